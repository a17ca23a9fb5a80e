#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "../../../proto/delivery/queue_sink.h"
#include "../../../tools/feed/feed_server.h"
#include "../../../tools/feed/temporary_identity.h"
#include "client_link.h"

namespace pinwheel::test {
namespace {

namespace json = simdjson::ondemand;

const std::filesystem::path kSessions = std::filesystem::path(PINWHEEL_SOURCE) / "../shared/captures";

/// One file each; one empty path if there are no files.
std::vector<std::filesystem::path> recorded_sessions() {
    std::vector<std::filesystem::path> files;
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(kSessions, absent))
        if (entry.path().extension() == ".tsv") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    if (files.empty()) files.emplace_back();
    return files;
}

std::string name_of(const testing::TestParamInfo<std::filesystem::path>& info) {
    std::string name = info.param.empty() ? "None" : info.param.stem().string();
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
}

/// Reads every value, because the parser parses only what is read.
void visit(json::value value) {
    switch (value.type()) {
        case json::json_type::object:
            for (auto field : value.get_object()) {
                std::ignore = std::string_view(field.unescaped_key());
                visit(field.value());
            }
            break;
        case json::json_type::array:
            for (auto element : value.get_array()) visit(element.value());
            break;
        case json::json_type::string:
            std::ignore = std::string_view(value.get_string());
            break;
        case json::json_type::number:
            std::ignore = double(value.get_double());
            break;
        case json::json_type::boolean:
            std::ignore = bool(value.get_bool());
            break;
        case json::json_type::null:
            if (!value.is_null()) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
            break;
    }
}

/// Serves a session over TLS, receives it, and turns both sides in alternation.
class RecordedSession : public testing::TestWithParam<std::filesystem::path> {
  protected:
    void SetUp() override {
        if (!GetParam().empty()) return;
        std::puts("recorded sessions not found, skipped");
        GTEST_SKIP();
    }

    void receive(MessageQueue& queue, OverflowPolicy policy) {
        const Capture capture = Capture::load(GetParam().string());
        ASSERT_FALSE(capture.received.empty());
        Reactor server_reactor;
        const FeedServer server(server_reactor, {.listen = *Endpoint::parse("127.0.0.1", 0),
                                                 .tls = &server_tls_,
                                                 .playback = [&] { return play(capture); },
                                                 .speed = 0});
        QueueSink sink(queue, policy);
        Link link(sink, identity_.authority_file());
        link.start("wss://127.0.0.1:" + std::to_string(server.endpoint().port()) + "/");

        std::size_t came = 0;
        while (!link.ended || queue.front() != nullptr) {
            server_reactor.poll();
            link.reactor().poll();
            for (const auto* record = queue.front(); record != nullptr; record = queue.front()) {
                ASSERT_EQ(record->kind, RecordKind::message);
                ASSERT_LT(came, capture.received.size());
                check(*record, capture.received[came].payload, came + 1);
                ++came;
                if (HasFatalFailure()) return;
                queue.pop();
            }
            if (link.opened && !link.ended) link.connection().resume();
        }
        EXPECT_EQ(came, capture.received.size());
        EXPECT_EQ(sink.dropped(), 0U);
        EXPECT_EQ(link.end.error.code, Errc::closed_by_peer) << link.end.error.message();
        EXPECT_EQ(link.end.close_code, to_wire(CloseCode::normal));
    }

  private:
    void check(const RecordHeader& record, const std::string& sent, std::size_t number) {
        const Message message = Message::from(record);
        ASSERT_TRUE(message.is_text);
        ASSERT_EQ(message.sequence, number);
        ASSERT_TRUE(message.text() == sent) << "message " << number << " came changed";
        try {
            auto document = parser_.iterate(message.text().data(), message.payload.size(),
                                            message.payload.size() + kPayloadPadding);
            visit(document.get_value());
        } catch (const simdjson::simdjson_error& error) {
            FAIL() << "message " << number << " does not parse in place: " << error.what();
        }
        // Parsing wrote nothing, and the padding is readable to its last byte.
        ASSERT_TRUE(message.text() == sent) << "message " << number << " was changed by the parser";
        const std::byte* const end = message.payload.data() + message.payload.size();
        read_ += std::count(end, end + kPayloadPadding, std::byte{0});
    }

    const TemporaryIdentity identity_;
    TlsContext server_tls_ = TlsContext::server(
        {.certificate_file = identity_.certificate_file(), .key_file = identity_.key_file()});
    json::parser parser_;
    std::ptrdiff_t read_ = 0;
};

static_assert(kPayloadPadding >= simdjson::SIMDJSON_PADDING && kPayloadPadding >= 64);

INSTANTIATE_TEST_SUITE_P(Venues, RecordedSession, testing::ValuesIn(recorded_sessions()), name_of);

TEST_P(RecordedSession, ArrivesCompletelyAtFullSpeed) {
    MessageQueue queue;
    receive(queue, OverflowPolicy::drop_newest);
}

TEST_P(RecordedSession, ArrivesCompletelyThroughAQueueOfThreeMessages) {
    MessageQueue queue(3, 4096);
    receive(queue, OverflowPolicy::backpressure);
}

}  // namespace
}  // namespace pinwheel::test
