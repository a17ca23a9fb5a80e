#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../../net/network.h"
#include "../../../proto/session/manager.h"
#include "../../../tools/feed/temporary_identity.h"
#include "peer.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration kDelay = 20ms;        // of the fixed strategy
constexpr Duration kUnavailable = 60ms;  // server_unavailable_delay
constexpr Duration kPatience = 20s;      // the time limit for an answer of a peer

/// The network, with the start times of all tries.
class WatchedNetwork final : public Dialer {
  public:
    WatchedNetwork(Reactor& reactor, const NetworkOptions& options)
        : reactor_(reactor), network_(reactor, options) {}

    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override {
        tries.push_back(reactor_.now());
        return network_.dial(target, handler);
    }
    /// The time between try `n` (from 1) and the one before it.
    [[nodiscard]] Duration gap(std::size_t n) const { return tries.at(n) - tries.at(n - 1); }

    std::vector<TimePoint> tries;

  private:
    Reactor& reactor_;
    Network network_;
};

/// A manager with an independent server, and with delays that are short enough for a test.
class ManagerPeer {
  public:
    ManagerPeer() {
        options.ping_interval = WebSocketOptions::Seconds(0);
        options.reconnect_strategy = ReconnectStrategy::fixed_delay;
        options.reconnect_delay = kDelay;
        options.reconnect_jitter = 0;
        options.max_reconnect_attempts = 1000;
        options.server_unavailable_delay = kUnavailable;
        options.on_connect = [this] { ++connects; };
        options.on_disconnect = [this](DisconnectReason reason) {
            losses.push_back(std::string(to_string(reason)) + " " + std::to_string(ws().close_code()) + " " +
                             ws().close_reason());
        };
        options.on_alert = [this](std::string_view, std::string_view message, AlertContext) {
            alerts.emplace_back(message);
        };
    }

    WebSocketManager& make(const std::string& url) {
        network.emplace(reactor, NetworkOptions{.tls = {.ca_file = authority}});
        options.dialer = &*network;
        connects = 0;
        ws_ = std::make_unique<WebSocketManager>(reactor, url, options);
        return *ws_;
    }
    [[nodiscard]] WebSocketManager& ws() { return *ws_; }

    template <typename Condition>
    void turn_until(Condition condition) {
        while (!condition()) reactor.poll_for(kPatience);
    }
    [[nodiscard]] std::string receive() { return std::string(ws().receive(kPatience).text()); }
    void expect_streaming() {
        ws().send("still there?");
        EXPECT_EQ(receive(), "still there?");
    }
    [[nodiscard]] std::uint64_t tries() { return ws().stats().reconnect_tries; }
    [[nodiscard]] std::vector<std::string> lost(const std::string& how) const { return {how}; }

    Reactor reactor;
    WebSocketOptions options;
    std::string authority;  // empty: the system's authorities
    std::optional<WatchedNetwork> network;
    int connects = 0;
    std::vector<std::string> losses;  // the calls of on_disconnect: REASON CODE TEXT
    std::vector<std::string> alerts;

  private:
    std::unique_ptr<WebSocketManager> ws_;
};

enum class Author { python, node };

std::string author_name(const testing::TestParamInfo<Author>& info) {
    return info.param == Author::python ? "Python" : "Node";
}

class ManagerPeers : public testing::TestWithParam<Author>, protected ManagerPeer {
  protected:
    void start(std::vector<std::string> arguments = {}) {
        server = GetParam() == Author::python ? Peer::python(std::move(arguments))
                                              : Peer::node(std::move(arguments));
    }
    /// Starts the server, unless it runs, and makes the manager.
    WebSocketManager& prepare(const std::string& path) {
        if (!server) start();
        return make("ws://127.0.0.1:" + std::to_string(server->port()) + path);
    }
    void open(const std::string& path) {
        prepare(path).connect();
        turn_until([&] { return connects == 1; });
    }

    std::unique_ptr<Peer> server;
};

INSTANTIATE_TEST_SUITE_P(Real, ManagerPeers, testing::Values(Author::python, Author::node), author_name);

// Killed, restarted, paused

TEST_P(ManagerPeers, KilledAndRestartedServersAreStreamedFromAtTheNextTryWithAllSubscriptions) {
    open("/");
    ws().subscribe("trades", "books");
    EXPECT_EQ(receive(), R"({"type":"subscribe","channel":"trades"})");
    EXPECT_EQ(receive(), R"({"type":"subscribe","channel":"books"})");
    server->process().signal(SIGKILL);
    turn_until([&] { return tries() >= 3; });
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    const auto before = tries();
    server->restart();
    ASSERT_TRUE(ws().wait_connected(kPatience));
    EXPECT_LE(tries(), before + 1);  // one may have been under way
    EXPECT_EQ(receive(), R"({"type":"subscribe","channel":"trades"})");
    EXPECT_EQ(receive(), R"({"type":"subscribe","channel":"books"})");
    expect_streaming();
    EXPECT_EQ(losses, lost("NETWORK_ERROR 1006 "));
    EXPECT_EQ(connects, 2);
    EXPECT_EQ(network->tries.size(), 1 + tries());
    for (std::size_t i = 2; i < network->tries.size(); ++i) EXPECT_GE(network->gap(i), kDelay);
    EXPECT_EQ(ws().stats().reactive_disconnects, 1U);
}

TEST_P(ManagerPeers, TriesAtAKilledServerBackOffAndTheBudgetEnds) {
    options.reconnect_strategy = ReconnectStrategy::exponential_backoff;
    options.max_reconnect_delay = 4 * kDelay;
    options.max_reconnect_attempts = 4;
    open("/");
    server->process().signal(SIGKILL);
    try {
        while (ws().wait_connected(kPatience)) reactor.poll_for(kPatience);
        FAIL() << "gave up in silence";
    } catch (const WebSocketReconnectError& error) {
        EXPECT_EQ(error.last_error().code, Errc::connection_refused);
    }
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(network->tries.size(), 5U);
    EXPECT_GE(network->gap(2), 2 * kDelay);
    EXPECT_GE(network->gap(3), 4 * kDelay);
    EXPECT_GE(network->gap(4), 4 * kDelay);
    EXPECT_EQ(alerts.size(), 1U);
    EXPECT_EQ(losses, lost("NETWORK_ERROR 1006 "));
    server->restart();
    ws().connect();
    ASSERT_TRUE(ws().wait_connected(kPatience));
    expect_streaming();
}

TEST_P(ManagerPeers, APausedServerIsAPingTimeoutAndTheTryThatWaitsForItSucceeds) {
    options.ping_interval = kDelay;
    options.ping_timeout = 15 * kDelay;
    open("/");
    turn_until([&] { return ws().stats().ping.count > 0; });
    server->process().signal(SIGSTOP);
    turn_until([&] { return tries() == 1; });
    EXPECT_EQ(losses, lost("PING_TIMEOUT 1006 "));
    EXPECT_EQ(ws().last_error().code, Errc::pong_timeout);
    server->process().signal(SIGCONT);
    const std::string told = server->next_event();  // the reset for its late pong may come first
    EXPECT_TRUE(told == "closed 1011 " || (GetParam() == Author::python && told == "closed 1006 ")) << told;
    ASSERT_TRUE(ws().wait_connected(kPatience));
    EXPECT_EQ(tries(), 1U);
    expect_streaming();
    EXPECT_EQ(ws().stats().reactive_disconnects, 1U);
}

TEST_P(ManagerPeers, TriesAtAPausedServerEndAtTheConnectionTimeout) {
    options.connection_timeout = 10 * kDelay;
    prepare("/");
    server->process().signal(SIGSTOP);
    ws().connect();
    turn_until([&] { return tries() == 2; });
    EXPECT_EQ(ws().last_error().code, Errc::connect_timeout);
    EXPECT_EQ(ws().state(), ConnectionState::connecting);
    EXPECT_GE(network->gap(1), 10 * kDelay + kDelay);
    server->process().signal(SIGCONT);
    ASSERT_TRUE(ws().wait_connected(kPatience));
    expect_streaming();
    EXPECT_TRUE(losses.empty());
}

TEST_P(ManagerPeers, AConnectionThatIsResetIsANetworkError) {
    open("/plan?steps=drop,echo");
    ws().send("go away");
    turn_until([&] { return connects == 2; });
    EXPECT_EQ(losses, lost("NETWORK_ERROR 1006 "));
    EXPECT_EQ(tries(), 1U);
    expect_streaming();
}

// Closing

TEST_P(ManagerPeers, EachCloseCodeIsServerClosedAndTheNextTryWaitsAsItAsks) {
    for (const int code : {1000, 1001, 1008, 1011, 1012, 1013, 4000}) {
        SCOPED_TRACE(code);
        losses.clear();
        prepare("/plan?steps=close:" + std::to_string(code) + ":so-long,echo").connect();
        turn_until([&] { return connects == 2; });
        EXPECT_EQ(losses, lost("SERVER_CLOSED " + std::to_string(code) + " so-long"));
        EXPECT_EQ(tries(), 1U);
        EXPECT_GE(network->gap(1), code == 1013 ? kUnavailable : kDelay);
        expect_streaming();
        EXPECT_EQ(ws().close_code(), 1006);  // of the current connection
    }
}

TEST_P(ManagerPeers, WithoutAutoReconnectAClosedSessionStaysDisconnected) {
    options.auto_reconnect = false;
    prepare("/plan?steps=close:1001:so-long,echo").connect();
    try {
        (void)ws().receive(kPatience);
        FAIL() << "no message was sent";
    } catch (const WebSocketClosedError& error) {
        EXPECT_EQ(error.close_code(), 1001);
        EXPECT_EQ(error.reason(), "so-long");
    }
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(network->tries.size(), 1U);
    EXPECT_EQ(losses, lost("SERVER_CLOSED 1001 so-long"));
}

TEST_P(ManagerPeers, TheUsersEndingsReachTheServerAsTheyShould) {
    const auto ended = [&](void (WebSocketManager::*how)(), ConnectionState then) {
        open("/");
        (ws().*how)();
        turn_until([&] { return ws().state() == then; });
        return server->next_event();
    };
    EXPECT_EQ(ended(&WebSocketManager::close, ConnectionState::disconnected), "closed 1000 ");
    EXPECT_EQ(ended(&WebSocketManager::shutdown, ConnectionState::closed), "closed 1000 ");
    EXPECT_EQ(ended(&WebSocketManager::force_close, ConnectionState::closed), "closed 1000 ");
    EXPECT_EQ(ended(&WebSocketManager::kill, ConnectionState::disconnected), "closed 1006 ");
    EXPECT_EQ(losses, (std::vector<std::string>{"USER_REQUESTED 1000 ", "USER_REQUESTED 1000 ",
                                                "USER_REQUESTED 1006 ", "KILLED 1006 "}));
}

TEST_P(ManagerPeers, PlannedDisconnectsReconnectAfterTheirDelay) {
    open("/");
    ws().request_disconnect(2 * kDelay);
    turn_until([&] { return connects == 2; });
    EXPECT_GE(network->gap(1), 2 * kDelay);
    ws().schedule_reconnect(3 * kDelay);
    turn_until([&] { return connects == 3; });
    EXPECT_GE(network->gap(2), 3 * kDelay);
    EXPECT_EQ(losses, (std::vector<std::string>{"USER_REQUESTED 1000 ", "SCHEDULED 1000 "}));
    EXPECT_EQ(ws().stats().proactive_disconnects, 2U);
    expect_streaming();
}

TEST_P(ManagerPeers, TheConnectionLimitIsMetWithAMarginAndReconnectedAtOnce) {
    options.connection_lifetime = 10 * kDelay;
    options.disconnect_margin = 7 * kDelay;
    open("/");
    turn_until([&] { return connects == 2; });
    EXPECT_EQ(losses, lost("CONNECTION_LIMIT 1000 "));
    EXPECT_GE(network->gap(1), 3 * kDelay);
    EXPECT_EQ(ws().stats().proactive_disconnects, 1U);
}

// Refusing

TEST_P(ManagerPeers, TooManyRequestsWaitsForTheRetryAfter) {
    prepare("/plan?steps=429:1,echo").connect();
    ASSERT_TRUE(ws().wait_connected(kPatience));
    EXPECT_GE(network->gap(1), 1s);
    EXPECT_EQ(network->tries.size(), 2U);
    EXPECT_TRUE(losses.empty());
    expect_streaming();
}

TEST_P(ManagerPeers, UnavailableServersAreGivenTheirDelay) {
    prepare("/plan?steps=503,429,500,echo").connect();
    ASSERT_TRUE(ws().wait_connected(kPatience));
    EXPECT_GE(network->gap(1), kUnavailable);
    EXPECT_GE(network->gap(2), kUnavailable);
    EXPECT_GE(network->gap(3), kDelay);
    EXPECT_EQ(network->tries.size(), 4U);
    EXPECT_TRUE(losses.empty());
    expect_streaming();
}

TEST_P(ManagerPeers, ARefusalOfTheFirstConnectionIsFinal) {
    prepare("/plan?steps=403,echo").connect();
    try {
        ws().wait_connected(kPatience);
        FAIL() << "no error";
    } catch (const WebSocketConnectionError& error) {
        EXPECT_EQ(error.last_error().code, Errc::upgrade_refused);
        EXPECT_NE(error.last_error().message().find("403"), std::string::npos);
    }
    EXPECT_EQ(network->tries.size(), 1U);
    EXPECT_EQ(alerts.size(), 1U);
}

// S8: of the HTTP answers only 4xx are permanent, and not all of them.
TEST_P(ManagerPeers, ARedirectOfTheFirstConnectionIsTriedAgain) {
    prepare("/plan?steps=302:ws://elsewhere.example/,echo").connect();
    EXPECT_TRUE(ws().wait_connected(kPatience));
    EXPECT_EQ(network->tries.size(), 2U);
    expect_streaming();
}

TEST_P(ManagerPeers, ARefusalAfterAConnectionWasUpCostsATryAndIsAlerted) {
    prepare("/plan?steps=close:1012:restart,403,302:ws://elsewhere.example/,echo").connect();
    turn_until([&] { return connects == 2; });
    EXPECT_EQ(losses, lost("SERVER_CLOSED 1012 restart"));
    EXPECT_EQ(tries(), 3U);
    EXPECT_EQ(alerts.size(), 1U) << "the 403; a redirect is retryable";
    expect_streaming();
}

// TLS

class ManagerPeersOverTls : public ManagerPeers {
  protected:
    void open_tls(const std::string& path) {
        start({"--cert", identity.certificate_file(), "--key", identity.key_file()});
        authority = identity.authority_file();
        make("wss://127.0.0.1:" + std::to_string(server->port()) + path).connect();
        turn_until([&] { return connects == 1; });
    }

    TemporaryIdentity identity;
};

INSTANTIATE_TEST_SUITE_P(Real, ManagerPeersOverTls, testing::Values(Author::python, Author::node),
                         author_name);

TEST_P(ManagerPeersOverTls, AReconnectResumesTheSession) {
    open_tls("/plan?steps=close:1012:restart,echo");
    turn_until([&] { return connects == 2; });
    EXPECT_EQ(losses, lost("SERVER_CLOSED 1012 restart"));
    EXPECT_EQ(ws().stats().resumed_handshakes, 1U);
    expect_streaming();
}

TEST_P(ManagerPeersOverTls, AReconnectAfterAResetResumesTheSession) {
    open_tls("/plan?steps=drop,echo");
    ws().send("go away");
    turn_until([&] { return connects == 2; });
    EXPECT_EQ(losses, lost("NETWORK_ERROR 1006 "));
    EXPECT_EQ(ws().stats().resumed_handshakes, 1U);
    expect_streaming();
}

TEST_P(ManagerPeersOverTls, AServerThatForgotTheSessionIsReconnectedInFull) {
    open_tls("/");
    ws().subscribe("trades");
    EXPECT_EQ(receive(), R"({"type":"subscribe","channel":"trades"})");
    server->process().signal(SIGKILL);
    turn_until([&] { return tries() >= 2; });
    const auto before = tries();
    server->restart();
    ASSERT_TRUE(ws().wait_connected(kPatience));
    EXPECT_LE(tries(), before + 1);  // one may have been under way
    EXPECT_EQ(ws().stats().resumed_handshakes, 0U);
    EXPECT_EQ(receive(), R"({"type":"subscribe","channel":"trades"})");
    expect_streaming();
    EXPECT_EQ(losses, lost("NETWORK_ERROR 1006 "));
}

TEST_P(ManagerPeersOverTls, AnUntrustedServerIsGivenUpAtOnce) {
    const TemporaryIdentity theirs;
    start({"--cert", theirs.certificate_file(), "--key", theirs.key_file()});
    authority = identity.authority_file();
    make("wss://127.0.0.1:" + std::to_string(server->port()) + "/").connect();
    try {
        ws().wait_connected(kPatience);
        FAIL() << "no error";
    } catch (const WebSocketConnectionError& error) {
        EXPECT_EQ(error.last_error().code, Errc::tls_certificate);
    }
    EXPECT_EQ(network->tries.size(), 1U);
}

}  // namespace
}  // namespace pinwheel::test
