// Before each attempt: before_attempt, fallback_urls; after it: hold_subscriptions.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "../support/managed.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

class Attempts : public ManagedTest {
  protected:
    Attempts() {
        options.reconnect_strategy = ReconnectStrategy::fixed_delay;
        options.reconnect_delay = 1s;
        options.ping_interval = 0s;
    }
    void refuse() { dialer.plan(Error{Errc::connection_refused, "nobody is there"}); }
    [[nodiscard]] std::string host() const { return dialer.target().host; }
};

TEST_F(Attempts, TheHookChangesUrlHeadersAndSubprotocolsOfEachAttempt) {
    options.upgrade.headers = {{"X-Fixed", "1"}};
    std::vector<std::uint64_t> numbers;
    options.before_attempt = [&](ConnectAttempt& attempt) {
        numbers.push_back(attempt.number);
        EXPECT_EQ(attempt.url, "ws://feed.example/stream");
        EXPECT_EQ(attempt.upgrade.headers.size(), 1U) << "it starts from the options";
        attempt.url = "wss://feed" + std::to_string(attempt.number) + ".example/key";
        attempt.upgrade.headers.push_back({"X-Signed", std::to_string(attempt.number)});
        attempt.upgrade.subprotocols = {"v2"};
        attempt.addresses = {*Endpoint::parse("192.0.2.1", 0)};
    };
    refuse();
    auto& plan = dialer.plan();
    make().connect();
    turn();
    EXPECT_EQ(host(), "feed1.example");
    pass(2s);
    ASSERT_TRUE(ws().is_connected());
    EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(host(), "feed2.example");
    EXPECT_TRUE(dialer.target().tls);
    EXPECT_EQ(dialer.target().addresses.size(), 1U);
    for (const char* line : {"GET /key HTTP/1.1\r\n", "\r\nHost: feed2.example\r\n", "\r\nX-Fixed: 1\r\n",
                             "\r\nX-Signed: 2\r\n", "\r\nSec-WebSocket-Protocol: v2\r\n"})
        EXPECT_NE(plan.request.find(line), std::string::npos) << line;
    EXPECT_EQ(ws().url(), "ws://feed.example/stream");
}

TEST_F(Attempts, AHookThatThrowsOrGivesNonsenseFailsTheAttemptWithoutASecret) {
    int calls = 0;
    options.max_reconnect_attempts = 1;
    options.before_attempt = [&](ConnectAttempt& attempt) {
        if (++calls == 1) throw std::runtime_error("no listen key");
        attempt.url = "wss://feed.example:port/?key=secret";
    };
    make().connect();
    turn();
    EXPECT_EQ(ws().last_error().message(), "before_attempt threw: no listen key");
    EXPECT_EQ(ws().state(), ConnectionState::connecting);
    pass(2s);
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(dialer.dials(), 0U);
    const std::string error = ws().last_error().message();
    EXPECT_NE(error.find("before_attempt gave an invalid URL"), std::string::npos) << error;
    EXPECT_EQ(error.find("secret"), std::string::npos);
    EXPECT_THROW(ws().wait_connected(), WebSocketConnectionError);
}

TEST_F(Attempts, AHeaderOfTheHookThatIsNotAllowedFailsTheAttempt) {
    options.max_reconnect_attempts = 0;
    options.before_attempt = [](ConnectAttempt& attempt) { attempt.upgrade.headers = {{"Host", "x"}}; };
    make().connect();
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_NE(ws().last_error().message().find("'Host' belongs to the upgrade"), std::string::npos);
}

TEST_F(Attempts, TheHookMayEndTheAttemptOrDestroyTheManager) {
    int calls = 0;
    options.before_attempt = [&](ConnectAttempt&) {
        if (++calls == 1) ws().close();
        if (calls == 2) {
            ws().close();
            ws().connect();  // calls it again
        }
        if (calls == 4) destroy();
    };
    dialer.plan();
    make().connect();
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(dialer.dials(), 0U);
    ws().connect();
    turn();
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(dialer.dials(), 1U) << "one attempt, not two";
    EXPECT_TRUE(ws().is_connected());
    make();
    ws().connect();
    turn();
    EXPECT_EQ(calls, 4);
    EXPECT_FALSE(exists());
    EXPECT_EQ(dialer.dials(), 1U);
}

TEST_F(Attempts, AFailedAttemptIsFollowedByOneWithTheNextUrl) {
    options.fallback_urls = {"ws://second.example/", "wss://third.example/"};
    for (int i = 0; i < 3; ++i) refuse();
    dialer.plan().script.end();
    refuse();
    std::vector<std::string> hosts;
    options.before_attempt = [&](ConnectAttempt& attempt) { hosts.push_back(attempt.url); };
    make("ws://first.example/").connect();
    pass(20s);
    const std::string first = "ws://first.example/", second = options.fallback_urls[0],
                      third = options.fallback_urls[1];
    ASSERT_GE(hosts.size(), 6U);
    hosts.resize(6);
    // The fourth connects and ends; the same URL is tried first.
    EXPECT_EQ(hosts, (std::vector{first, second, third, first, first, second}));
}

TEST_F(Attempts, ConnectBeginsWithTheManagersUrl) {
    options.fallback_urls = {"ws://second.example/"};
    options.max_reconnect_attempts = 0;
    refuse();
    refuse();
    make("ws://first.example/").connect();
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(host(), "first.example");
    ws().connect();
    turn();
    EXPECT_EQ(host(), "first.example");
}

TEST_F(Attempts, AnInvalidFallbackIsAnErrorOfConstructionThatNamesIt) {
    options.fallback_urls = {"ws://second.example/", "http://third.example/"};
    try {
        make();
        FAIL();
    } catch (const WebSocketError& error) {
        EXPECT_EQ(error.code(), Errc::invalid_url);
        EXPECT_TRUE(std::string(error.what()).starts_with("fallback_urls[1]: ")) << error.what();
    }
}

TEST_F(Attempts, HeldSubscriptionsAreSentWhenTheServerHasAcceptedTheLogin) {
    options.hold_subscriptions = true;
    options.on_connect = [this] { ws().send("login"); };
    connect();
    ws().subscribe("trades");
    turn();
    EXPECT_EQ(sent(0), std::vector<std::string>{"text login"});
    ws().on_authenticated();
    ws().on_authenticated();
    EXPECT_EQ(sent(0), std::vector<std::string>{R"(text {"type":"subscribe","channel":"trades"})"});
    ws().subscribe("books");
    EXPECT_EQ(sent(0), std::vector<std::string>{R"(text {"type":"subscribe","channel":"books"})"});
    dialer.plan();
    dialer.at(0).script.end();
    pass(2s);
    ASSERT_TRUE(ws().is_connected());
    EXPECT_EQ(sent(1), std::vector<std::string>{"text login"}) << "each connection needs its login";
    ws().on_authenticated();
    EXPECT_EQ(sent(1), (std::vector<std::string>{R"(text {"type":"subscribe","channel":"trades"})",
                                                 R"(text {"type":"subscribe","channel":"books"})"}));
}

TEST_F(Attempts, OnAuthenticatedDoesNothingWithoutAConnection) {
    options.hold_subscriptions = true;
    make().subscribe("trades");
    ws().on_authenticated();
    dialer.plan();
    ws().connect();
    turn();
    ASSERT_TRUE(ws().is_connected());
    EXPECT_TRUE(sent(0).empty());
}

}  // namespace
}  // namespace pinwheel
