// T1, T2, T3: an attempt ends at its timeout, in spite of any flood by its peer or by another one on the
// reactor. Work is counted: each read, ping and message moves the clock, so that a turn without a bound is
// late. T4 is in idle_turns_test.cpp, because its turns sleep.
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "../../../net/turn_bounds.h"
#include "../../net/tls/openssl_peer.h"
#include "../../support/scripted_dialer.h"
#include "../../support/temp_dir.h"
#include "echo_pair.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeout = 200ms;
constexpr Duration kTurn = 1ms;
/// A turn of two connections and the wheel's tick. A turn without a bound takes ten times as long or more.
constexpr Duration kLatest = 10ms;

/// An endless flood of a peer, and the part that a turn has taken.
struct Flood {
    static constexpr int kPatience = 50'000;  // reads in a turn; beyond them a bound is missing

    std::function<void()> refill{};  // gives the stream below more
    bool is_on = false;
    bool is_held = false;  // in user space, as by TLS
    int reads = 0;         // of this turn
    std::size_t bytes = 0;
    int most_reads = 0;
    std::size_t most_bytes = 0;

    void begin_turn() { reads = 0, bytes = 0; }
    void note(const IoResult& read) {
        most_reads = std::max(most_reads, ++reads);
        most_bytes = std::max(most_bytes, bytes += read.bytes);
    }
};

class FloodStream final : public ByteStream {
  public:
    FloodStream(std::unique_ptr<ByteStream> lower, Flood& flood, ManualClock& clock)
        : lower_(std::move(lower)), flood_(flood), clock_(clock) {}
    IoResult read_some(std::span<std::byte> out) noexcept override {
        IoResult got = lower_->read_some(out);
        if (got.status == IoStatus::would_block && flood_.is_on && flood_.reads < Flood::kPatience) {
            flood_.refill();
            got = lower_->read_some(out);
        }
        flood_.note(got);
        clock_.advance(10us);
        return got;
    }
    IoResult write_some(std::span<const std::byte> in) noexcept override { return lower_->write_some(in); }
    void shutdown_write() noexcept override { lower_->shutdown_write(); }
    void abort() noexcept override { lower_->abort(); }
    int fd() const noexcept override { return lower_->fd(); }
    StreamStatus status() const noexcept override {
        StreamStatus status = lower_->status();
        status.has_buffered_input |= flood_.is_on && flood_.is_held;
        return status;
    }

  private:
    std::unique_ptr<ByteStream> lower_;
    Flood& flood_;
    ManualClock& clock_;
};

struct Attempt final : ConnectionHandler {
    Attempt(Reactor& reactor, ManualClock& its_clock, Dialer& dialer)
        : clock(its_clock), connection(reactor, dialer, {.connection_timeout = kTimeout}, *this, sink) {}
    void start(const char* url) {
        due = clock.now() + kTimeout;
        connection.start(*Url::parse(url));
    }
    void on_open() override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_ping() override { clock.advance(1us); }
    void on_warning(const Error&) override {}
    void on_message(const Message&) {
        clock.advance(1us);
        ++messages;
    }
    void on_end(const ConnectionEnd& its_end) override {
        end = its_end;
        late = clock.now() - due;
        ++ends;
    }

    ManualClock& clock;
    TimePoint due;
    ConnectionEnd end;
    Duration late{};
    int ends = 0;
    int messages = 0;
    CallbackSink sink{CallbackSink::Callback::member<&Attempt::on_message>(*this)};
    Connection connection;
};

class AttemptUnderFlood : public testing::Test {
  protected:
    [[nodiscard]] MemoryDialer::Wrap flooding() {
        return [this](std::unique_ptr<ByteStream> lower) {
            return std::make_unique<FloodStream>(std::move(lower), flood, clock);
        };
    }
    void turn() {
        flood.begin_turn();
        most_work = std::max(most_work, reactor.poll());
        clock.advance(kTurn);
    }
    void turn_until_end(const Attempt& attempt) {
        for (int turns = 0; attempt.ends == 0 && turns < 2 * (kTimeout / kTurn); ++turns) turn();
    }
    void expect_timeout_on_time(const Attempt& attempt) {
        turn_until_end(attempt);
        ASSERT_EQ(attempt.ends, 1);
        EXPECT_EQ(attempt.end.error.code, Errc::connect_timeout) << attempt.end.error.message();
        EXPECT_GE(attempt.late, 0ms);
        EXPECT_LE(attempt.late, kLatest);
    }

    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    Flood flood;
    ScriptedDialer silence{reactor};
    Attempt silent{reactor, clock, silence};  // its dial never ends
    int most_work = 0;
};

std::string many(const std::string& text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

/// T1. HelloRequest (RFC 5246 section 7.4.1.1) is ignored within a handshake.
TEST_F(AttemptUnderFlood, T1HelloRequestsDoNotHoldUpTheTimeoutOfTheirAttempt) {
    constexpr int kRequests = 64;
    const std::string requests = many(std::string("\x16\x03\x03\0\x04\0\0\0\0", 9), kRequests);
    for (const std::size_t bytes_a_read : {MemoryWay::kUnlimited, std::size_t{1}}) {
        TlsContext context;
        const auto in = std::make_shared<MemoryWay>(), out = std::make_shared<MemoryWay>();
        in->bytes_a_read = bytes_a_read;
        flood = {.refill = [&] { in->bytes += requests; }, .is_on = true};
        MemoryDialer dialer(reactor, context, in, out, flooding());
        Attempt flooded(reactor, clock, dialer);
        flooded.start("wss://localhost/");
        expect_timeout_on_time(flooded);
        EXPECT_GT(flood.most_reads, 0);
        EXPECT_LE(flood.most_reads, turn_bounds::kHandshakeReads + 1);
        EXPECT_LE(flood.most_bytes, 2 * requests.size()) << "records that one call takes";
    }
}

struct FrameFlood {
    const char* name;
    std::string first;
    std::string again;
    bool is_held;
};

class AttemptUnderFrames : public AttemptUnderFlood, public testing::WithParamInterface<FrameFlood> {};

/// T2. The decoder's bound is for each call of a connection, and a turn may revisit it and find it readable.
TEST_P(AttemptUnderFrames, T2FramesOfAnotherConnectionDoNotHoldUpTheTimeout) {
    ScriptedDialer dialer(reactor);
    StreamScript& script = dialer.plan().script;
    dialer.wrap(flooding());
    Attempt flooded(reactor, clock, dialer);
    flooded.start("ws://feed.example/");
    while (!flooded.connection.is_open()) turn();
    script.bytes(GetParam().first);
    const std::string frames = many(GetParam().again, 10'000);
    flood = {.refill = [&] { script.bytes(frames); }, .is_on = true, .is_held = GetParam().is_held};
    silent.start("ws://silent.example/");
    expect_timeout_on_time(silent);
    EXPECT_EQ(flooded.ends, 0) << flooded.end.error.message();
    EXPECT_GE(most_work, turn_bounds::kDecodedFrames);
    EXPECT_LE(most_work, 2 * (turn_bounds::kDecodedFrames + turn_bounds::kReads));
    flooded.connection.abort();
}

INSTANTIATE_TEST_SUITE_P(
    , AttemptUnderFrames,
    testing::Values(FrameFlood{"Pings", text_frame("begins"), ping_frame({}), false},
                    FrameFlood{"PingsThatTlsHolds", text_frame("begins"), ping_frame({}), true},
                    FrameFlood{"PingsBetweenFragments", text_frame("a", false),
                               continuation("b", false) + ping_frame({}), true},
                    FrameFlood{"EmptyFragments", text_frame("a", false), continuation({}, false), true}),
    [](const testing::TestParamInfo<FrameFlood>& tested) { return tested.param.name; });

/// T3. A session over TLS 1.3 whose peer is OpenSSL, in memory.
class AttemptUnderRecords : public AttemptUnderFlood, public testing::WithParamInterface<TlsRecords> {
  protected:
    /// Until the request of the upgrade has come.
    std::string connect() {
        flooded.start("wss://localhost/");
        std::string request;
        for (bool is_up = false; !request.ends_with("\r\n\r\n");) {
            turn();
            is_up = is_up || peer.shake();
            if (is_up) request += peer.read();
        }
        return request;
    }

    TempDir folder;
    CertAuthority authority;
    MemoryStream::Way to_peer = std::make_shared<MemoryWay>();
    MemoryStream::Way to_client = std::make_shared<MemoryWay>();
    OpensslPeer peer{{.identity = authority.issue({.common_name = "localhost", .dns_names = {"localhost"}})},
                     to_peer,
                     to_client};
    TlsContext context{
        TlsOptions{.ca_file = folder.write("ca.pem", authority.certificate()), .records = GetParam()}};
    MemoryDialer dialer{reactor, context, to_client, to_peer, flooding()};
    Attempt flooded{reactor, clock, dialer};
};

TEST_P(AttemptUnderRecords, T3KeyUpdatesOfAnotherConnectionDoNotHoldUpTheTimeout) {
    peer.write(upgrade_answer(connect()));
    while (!flooded.connection.is_open()) turn();
    constexpr int kPairs = 512;  // one read of TLS brings more than a turn's reads
    const std::string message =
        text_frame("x");  // one between two updates, else the peer breaks the protocol
    flood = {.refill =
                 [&] {
                     for (int i = 0; i < kPairs; ++i) {
                         peer.update_keys(false);
                         peer.write(message);
                     }
                 },
             .is_on = true};
    silent.start("ws://silent.example/");
    int most_messages = 0;
    for (int turns = 0; silent.ends == 0 && turns < 2 * (kTimeout / kTurn); ++turns) {
        const int before = flooded.messages;
        turn();
        most_messages = std::max(most_messages, flooded.messages - before);
    }
    expect_timeout_on_time(silent);
    EXPECT_EQ(flooded.ends, 0) << flooded.end.error.message();
    EXPECT_GE(most_messages, turn_bounds::kReads);
    EXPECT_LE(most_messages, 2 * turn_bounds::kReads);
    flooded.connection.abort();
}

TEST_P(AttemptUnderRecords, T3KeyUpdatesBeforeTheAnswerEndTheAttempt) {
    std::ignore = connect();
    flood = {.refill = [&] { peer.update_keys(true); }, .is_on = true};
    turn_until_end(flooded);
    ASSERT_EQ(flooded.ends, 1);
    EXPECT_EQ(flooded.end.error.code, Errc::tls_failure) << flooded.end.error.message();
    EXPECT_LT(flooded.late, 0ms);
    EXPECT_LE(flood.most_reads, 2 * turn_bounds::kReads);
}

INSTANTIATE_TEST_SUITE_P(, AttemptUnderRecords, testing::Values(TlsRecords::openssl, TlsRecords::in_place),
                         [](const testing::TestParamInfo<TlsRecords>& tested) {
                             return tested.param == TlsRecords::openssl ? "Openssl" : "InPlace";
                         });

}  // namespace
}  // namespace pinwheel::test
