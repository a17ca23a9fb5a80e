#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../../core/bytes.h"
#include "../../net/tls_context.h"
#include "../../net/tls_stream.h"
#include "../../tools/feed/cert_authority.h"
#include "../net/tls/openssl_peer.h"
#include "../net/tls/record_support.h"
#include "../support/require.h"
#include "../support/temp_dir.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

constexpr int kAlert = 21;
constexpr int kHandshake = 22;
constexpr int kData = 23;
constexpr std::size_t kMostSteps = 24;    // OpenSSL ends after 32 empty records in a row
constexpr std::size_t kMostCanceled = 4;  // and after 5 of these alerts
constexpr char kUserCanceled = 90;

/// A server's messages, one record a step, and whether the client sends data behind it.
struct Step {
    enum class Kind { data, ticket, handshake, alert, key_update, unknown, open, spoilt, closed };
    Kind kind = Kind::data;
    int type = kData;
    std::string content;
    std::size_t padding = 0;
    std::size_t spoilt_at = 0;
    bool ask = false;
    bool client_writes = false;
};

/// A head of four bytes, and `body`.
std::string message(char type, const std::string& body) {
    return std::string{type, '\0', static_cast<char>(body.size() >> 8), static_cast<char>(body.size())} +
           body;
}

Step draw_step(FuzzInput& input, bool& only_tickets, std::size_t& canceled) {
    Step step;
    step.kind = static_cast<Step::Kind>(input.below(9));
    step.client_writes = input.flag();
    step.content = input.take(input.size_below(300));
    step.padding = input.size_below(16) == 0 ? input.size_below(16'000) : 0;
    switch (step.kind) {
        case Step::Kind::data:
            if (input.size_below(8) == 0 && !step.content.empty())
                step.content.resize(16'384 - step.padding, 'x');
            break;
        case Step::Kind::ticket: {
            // In place, later tickets are not read, so that a broken one is no failure.
            const bool sound = !only_tickets || input.flag();
            const std::string whole("\0\0\x1c\x20\0\0\0\0\x01n\0\x05tickt\0\0", 19);
            step.content = message(4, sound ? whole : step.content + 'x');
            step.type = kHandshake;
            break;
        }
        case Step::Kind::handshake:
            step.type = kHandshake;
            step.content.resize(std::max<std::size_t>(step.content.size(), 4), '\0');
            if (step.content[0] == 4) step.content[0] = 24;
            break;
        case Step::Kind::alert:
            step.type = kAlert;
            step.content = step.content.substr(0, input.flag() ? 2 : 3);
            if (step.content.size() == 2 && step.content[1] == kUserCanceled && ++canceled > kMostCanceled)
                step.content[1] = '\0';
            break;
        case Step::Kind::key_update:
            step.ask = input.flag();
            break;
        case Step::Kind::unknown:
            step.type = static_cast<int>(input.below(20)) + (input.flag() ? 24 : 0);
            break;
        case Step::Kind::open:
            step.type = static_cast<int>(input.below(30));
            break;
        case Step::Kind::spoilt:
            step.spoilt_at = input.size_below(65'536);
            break;
        case Step::Kind::closed:
            step.type = kAlert;
            step.content = std::string("\x01\0", 2);
            break;
    }
    only_tickets = only_tickets && step.kind == Step::Kind::ticket;
    return step;
}

std::string wire_of(const Step& step, RecordForge& forge) {
    if (step.kind == Step::Kind::key_update) return forge.key_update(step.ask);
    if (step.kind == Step::Kind::open) {
        const std::size_t size = step.content.size();
        return std::string{static_cast<char>(step.type), '\x03', '\x03', static_cast<char>(size >> 8),
                           static_cast<char>(size)} +
               step.content;
    }
    std::string wire = forge.record(step.type, step.content, step.padding);
    if (step.kind == Step::Kind::spoilt) {
        auto& byte = wire[detail::kRecordHeader + step.spoilt_at % (wire.size() - detail::kRecordHeader)];
        byte = static_cast<char>(byte ^ 0x40);
    }
    return wire;
}

/// Everything that the stream's user and its peer can observe.
struct Seen {
    std::string received;
    std::string sent;
    IoStatus status = IoStatus::would_block;
    Errc error = Errc::ok;
};

struct Setup {
    CertAuthority authority;
    Identity identity = authority.issue({.common_name = "localhost", .dns_names = {"localhost"}});
    TempDir dir;
    TlsOptions options{.ca_file = dir.write("ca.pem", authority.certificate()), .session_resumption = false};
    TlsContext openssl{options};
    TlsContext in_place{in_place_options()};

    [[nodiscard]] TlsOptions in_place_options() const {
        TlsOptions made = options;
        made.records = TlsRecords::in_place;
        return made;
    }
    [[nodiscard]] TlsContext& context(TlsRecords records) {
        return records == TlsRecords::in_place ? in_place : openssl;
    }
};

Setup& setup() {
    static Setup made;
    return made;
}

class Conversation {
  public:
    explicit Conversation(TlsRecords records)
        : peer_({.identity = setup().identity, .suites = "TLS_AES_128_GCM_SHA256", .tickets = 0}, up_, down_),
          client_(
              setup().context(records).client(std::make_unique<MemoryStream>(down_, up_), "localhost", 443)) {
        auto result = IoResult::again();
        for (int turns = 0; turns < 10 && result.status == IoStatus::would_block; ++turns) {
            result = client_->handshake();
            std::ignore = peer_.shake();
        }
        require(result.status == IoStatus::ok, "a handshake fails for nothing");
        require((client_->tls_info().records != TlsRecordsBy::openssl) == (records == TlsRecords::in_place),
                "not by whom it was asked for");
    }

    [[nodiscard]] Seen play(const std::vector<Step>& steps, const std::vector<std::size_t>& pieces,
                            bool by_view) {
        RecordForge forge(peer_.secrets().server);
        std::size_t piece = 0;
        for (const auto& step : steps) {
            std::string wire = wire_of(step, forge);
            while (!wire.empty() && is_up()) {
                const std::string part = wire.substr(0, pieces[piece++ % pieces.size()]);
                wire.erase(0, part.size());
                down_->bytes += part;
                read(by_view);
            }
            if (is_up() && step.client_writes)
                require(client_->write_some(bytes_of("answer")).bytes == 6, "a write is not taken");
        }
        down_->shut = true;
        read(by_view);
        seen_.sent = sent();
        return seen_;
    }

  private:
    [[nodiscard]] bool is_up() const noexcept { return seen_.status == IoStatus::would_block; }

    void read(bool by_view) {
        for (int calls = 0; is_up() && (calls == 0 || client_->status().has_buffered_input); ++calls) {
            require(calls < 10'000, "reading without end");
            std::span<const std::byte> bytes;
            const IoResult got = by_view ? client_->read_view(room_, bytes) : client_->read_some(room_);
            if (!by_view) bytes = std::span(room_).first(got.bytes);
            seen_.received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            if (got.status == IoStatus::ok || got.status == IoStatus::would_block) continue;
            seen_.status = got.status;
            seen_.error = got.error;
            require(got.status == IoStatus::eof || !client_->error_detail().empty(),
                    "a failure without a word");
        }
    }

    /// The data that the client has sent.
    [[nodiscard]] std::string sent() {
        detail::TlsRecordLayer witness;
        require(witness.start({}, peer_.secrets().client, peer_.secrets().server), "no witness");
        auto wire = std::as_writable_bytes(std::span(up_->bytes));
        std::string text;
        while (!wire.empty()) {
            const auto out = wire.subspan(detail::kRecordHeader);
            const auto opened = witness.open(wire, out);
            if (opened.what == detail::TlsRecordLayer::What::data)
                text.append(reinterpret_cast<const char*>(out.data()), opened.size);
            require(opened.consumed > 0 || witness.peer_alert() != 0,
                    "what the client has sent cannot be opened");
            if (opened.consumed == 0) break;
            wire = wire.subspan(opened.consumed);
        }
        return text;
    }

    const MemoryStream::Way up_ = std::make_shared<MemoryWay>();
    const MemoryStream::Way down_ = std::make_shared<MemoryWay>();
    OpensslPeer peer_;
    std::unique_ptr<TlsStream> client_;
    std::array<std::byte, 1'000> room_{};
    Seen seen_;
};

}  // namespace

void fuzz_records(std::span<const std::byte> input) {
    FuzzInput choices(input);
    const auto pieces = draw_sizes(choices);
    const bool by_view = choices.flag();
    std::vector<Step> steps;
    bool only_tickets = true;
    std::size_t canceled = 0;
    while (!choices.empty() && steps.size() < kMostSteps)
        steps.push_back(draw_step(choices, only_tickets, canceled));

    const Seen by_openssl = Conversation(TlsRecords::openssl).play(steps, pieces, by_view);
    const Seen in_place = Conversation(TlsRecords::in_place).play(steps, pieces, by_view);
    require(in_place.received == by_openssl.received, "other data in place");
    require(in_place.sent == by_openssl.sent, "other data sent in place");
    require(in_place.status == by_openssl.status && in_place.error == by_openssl.error,
            "another end in place");
}

}  // namespace pinwheel::test
