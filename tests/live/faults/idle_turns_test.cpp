// S1, T4: an idle reactor sleeps. Its turns are counted on a manual clock that epoll's sleep advances.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "../../../net/reactor.h"
#include "../../../net/tcp_stream.h"
#include "../../../net/tls_context.h"
#include "../../../net/tls_stream.h"
#include "../../../proto/session/manager.h"
#include "../../../tools/feed/server_session.h"
#include "../../net/tls/openssl_peer.h"
#include "../../support/frames.h"
#include "../../support/scripted_dialer.h"
#include "../../support/temp_dir.h"
#include "wrapped_calls.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

/// Two ends of a connection. Sent bytes arrive at once.
struct UnixPair {
    UnixPair() {
        std::array<int, 2> fds{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
        near.reset(fds[0]);
        far.reset(fds[1]);
    }
    UniqueFd near;
    UniqueFd far;
};

/// Delivers one stream, in a later turn.
class ReadyDialer final : public Dialer {
  public:
    ReadyDialer(Reactor& reactor, std::unique_ptr<ByteStream> stream)
        : reactor_(reactor), stream_(std::move(stream)) {}
    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget&, DialHandler& handler) override {
        handler_ = &handler;
        reactor_.schedule(timer_, reactor_.now());
        return std::make_unique<Dial>();
    }

  private:
    void on_timer(TimePoint) {
        if (stream_) handler_->on_dialed(std::move(stream_));
    }

    Reactor& reactor_;
    std::unique_ptr<ByteStream> stream_;
    DialHandler* handler_ = nullptr;
    Timer timer_{Timer::Callback::member<&ReadyDialer::on_timer>(*this)};
};

class IdleTurns : public testing::Test {
  protected:
    IdleTurns() { sleeping_clock = &clock; }
    ~IdleTurns() override { sleeping_clock = nullptr; }

    ManualClock clock;
};

struct QuietServer final : SessionHandler {
    void on_session_open(ServerSession&) override {}
    void on_session_message(ServerSession&, const Message&) override {}
    void on_session_drained(ServerSession&) override {}
    void on_session_gone(ServerSession&) override { gone = true; }
    bool gone = false;
};

/// An hour of a connection with default options and answered pings: few turns a ping, and no idle turn except
/// for timers that move down the wheel.
TEST_F(IdleTurns, S1AnIdleHourOfASessionTakesFewTurnsAPing) {
    Reactor reactor({.clock = &clock});
    UnixPair pair;
    QuietServer handler;
    ServerSession server(reactor, std::make_unique<TcpStream>(std::move(pair.far)), nullptr, handler);
    ReadyDialer dialer(reactor, std::make_unique<TcpStream>(std::move(pair.near)));
    WebSocketManager ws(reactor, "ws://feed.test/", {.dialer = &dialer});
    ws.connect();
    while (!ws.is_connected()) reactor.poll_for(24h);
    const TimePoint end = clock.now() + 1h;
    std::uint64_t turns = 0;
    for (; clock.now() < end && turns < 1'000'000; ++turns) reactor.poll_for(24h);
    EXPECT_GE(ws.stats().ping.count, 179U);
    EXPECT_LE(ws.stats().ping.count, 181U);
    EXPECT_TRUE(ws.is_connected());
    EXPECT_FALSE(handler.gone);
    EXPECT_LE(turns, 180U * 12);
}

/// The wait of a session between two tries, and plain timers of every length.
TEST_F(IdleTurns, S1AWaitOfAnyLengthTakesOneTurnALevelOfTheWheel) {
    for (const Duration delay :
         {Duration(1ms), Duration(63ms), Duration(64ms), Duration(500ms), Duration(4096ms), Duration(20s),
          Duration(1h), Duration(24h), Duration(24h * 30)}) {
        Reactor reactor({.clock = &clock});
        bool fired = false;
        auto fire = [&](TimePoint) { fired = true; };
        Timer timer{Timer::Callback(fire)};
        const TimePoint due = reactor.now() + delay;
        reactor.schedule(timer, due);
        int turns = 0;
        for (; !fired && turns < 1000; ++turns) reactor.poll_for(24h * 365);
        EXPECT_LE(turns, 9) << delay.count();
        EXPECT_EQ(clock.now(), due);
    }
    Reactor reactor({.clock = &clock});
    ReadyDialer dialer(reactor, nullptr);  // never answers
    WebSocketOptions options{.dialer = &dialer};
    options.connection_timeout = 60s;
    options.reconnect_delay = 3600s;
    options.max_reconnect_delay = 3600s;
    options.reconnect_jitter = 0;
    WebSocketManager ws(reactor, "ws://feed.test/", options);
    ws.connect();
    int turns = 0;
    for (const TimePoint end = clock.now() + 10h; clock.now() < end && turns < 100'000; ++turns)
        reactor.poll_for(24h);
    EXPECT_GE(ws.stats().reconnect_tries, 9U);
    EXPECT_LE(turns, 10 * 2 * 12);
}

/// In a spinning loop only turns with work count: idle turns are the purpose of that mode.
TEST_F(IdleTurns, S1AnIdleHourOfASpinningReactorHasFewTurnsWithWork) {
    Reactor reactor({.mode = ReactorMode::busy_spin, .clock = &clock});
    int fired = 0;
    auto fire = [&](TimePoint) { ++fired; };
    std::vector<std::unique_ptr<Timer>> timers;
    for (const Duration delay : {Duration(500ms), Duration(20s), Duration(10min), Duration(1h)}) {
        timers.push_back(std::make_unique<Timer>(Timer::Callback(fire)));
        reactor.schedule_after(*timers.back(), delay);
    }
    int turns_with_work = 0;
    for (const TimePoint end = clock.now() + 1h; clock.now() < end;) {
        clock.advance(10ms);
        turns_with_work += reactor.poll() > 0 ? 1 : 0;
    }
    EXPECT_EQ(fired, 4);
    EXPECT_EQ(turns_with_work, 4);
}

/// A client's TLS connection over sockets with small buffers. Its peer is OpenSSL on the same thread.
struct TlsPeer {
    TlsPeer() {
        const int small = 4096;
        ::setsockopt(pair.near.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        stream = context.client(std::make_unique<TcpStream>(std::move(pair.near)), "localhost", 443);
        for (bool up = false; !up;) {
            up = stream->handshake().status == IoStatus::ok;
            take_in();
            std::ignore = peer.shake();
            give_out();
        }
    }
    void take_in() {
        std::array<char, 4096> buffer{};
        for (auto got = ::recv(pair.far.get(), buffer.data(), buffer.size(), 0); got > 0;
             got = ::recv(pair.far.get(), buffer.data(), buffer.size(), 0))
            to_peer->bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
    void give_out() {
        auto& bytes = to_client->bytes;
        const auto sent = ::send(pair.far.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) bytes.erase(0, static_cast<std::size_t>(sent));
    }

    TempDir folder;
    CertAuthority authority;
    UnixPair pair;
    MemoryStream::Way to_peer = std::make_shared<MemoryWay>();
    MemoryStream::Way to_client = std::make_shared<MemoryWay>();
    OpensslPeer peer{{.identity = authority.issue({.common_name = "localhost", .dns_names = {"localhost"}})},
                     to_peer,
                     to_client};
    TlsContext context{TlsOptions{.ca_file = folder.write("ca.pem", authority.certificate())}};
    std::unique_ptr<TlsStream> stream;
};

/// A session over it.
class StuckTls : public IdleTurns, public TlsPeer {
  protected:
    StuckTls() {
        ws->connect();
        std::string request;
        while (!request.ends_with("\r\n\r\n")) {
            reactor.poll();
            take_in();
            request += peer.read();
        }
        peer.write(upgrade_answer(request));
        give_out();
        while (!ws->is_connected()) reactor.poll();
    }

    Reactor reactor{{.clock = &clock}};
    ReadyDialer dialer{reactor, std::move(stream)};
    int received = 0;
    std::unique_ptr<WebSocketManager> ws = std::make_unique<WebSocketManager>(
        reactor, "wss://localhost/",
        WebSocketOptions{
            .on_message = [this](const Message&) { ++received; }, .ping_interval = 0s, .dialer = &dialer});
};

TEST_F(StuckTls, T4AnAnswerThatCannotGoOutDoesNotMakeTheReactorSpin) {
    const std::string large(std::size_t{256} << 10, 'x');
    ASSERT_EQ(ws->try_send(large), Errc::ok);
    ASSERT_GT(ws->stats().bytes_to_send, 0U) << "the socket took it all";
    constexpr int kMessages = 20;
    for (int i = 0; i < kMessages; ++i) {
        peer.update_keys(true);
        peer.write(text_frame("m"));
    }
    give_out();
    int work = 0;
    for (int turns = 0; turns < 1000; ++turns) work += reactor.poll();
    EXPECT_LE(work, 2 * kMessages) << "it turns and turns, and nothing can go on";
    std::string echoed;
    for (int turns = 0; turns < 10'000 && (received < kMessages || ws->stats().bytes_to_send > 0); ++turns) {
        take_in();
        echoed += peer.read();
        give_out();
        reactor.poll();
    }
    EXPECT_EQ(received, kMessages);
    EXPECT_EQ(ws->stats().bytes_to_send, 0U);
    EXPECT_GT(echoed.size(), large.size());
    EXPECT_TRUE(ws->is_connected()) << ws->last_error().message();
}

/// The upgrade request waits for the socket, and so do the answers of TLS.
TEST_F(IdleTurns, T4AnAnswerThatCannotGoOutDoesNotHoldUpTheTimeoutOfTheAttempt) {
    TlsPeer peer;
    Reactor reactor({.clock = &clock});
    ReadyDialer dialer(reactor, std::move(peer.stream));
    WebSocketOptions options{.dialer = &dialer};
    options.max_reconnect_attempts = 0;
    options.connection_timeout = 5s;
    options.upgrade.headers = {{"X-Large", std::string(std::size_t{64} << 10, 'x')}};
    WebSocketManager ws(reactor, "wss://localhost/", options);
    const TimePoint due = clock.now() + 5s;
    ws.connect();
    reactor.poll();
    for (int i = 0; i < 4000; ++i)
        peer.peer.update_keys(true);  // more than TLS buffers: the socket is readable
    peer.give_out();
    int turns = 0;
    for (; !ws.last_error().failed() && turns < 10'000; ++turns) reactor.poll_for(24h);
    EXPECT_NE(ws.last_error().message().find("within the connection timeout"), std::string::npos)
        << ws.last_error().message();
    EXPECT_EQ(clock.now(), due);
    EXPECT_LE(turns, 50) << "it turns and turns, and nothing can go on";
}

}  // namespace
}  // namespace pinwheel::test
