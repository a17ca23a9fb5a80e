// Traps for callers of the session: each call does what its documentation says, or says why not.

#include <limits>

#include "../../proto/coroutine.h"
#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Traps : public ManagedTest {
  protected:
    template <class Exception, class Call>
    std::string message_of(const Call& call) {
        try {
            call();
        } catch (const Exception& error) {
            return error.what();
        } catch (const std::exception& error) {
            ADD_FAILURE() << "another exception: " << error.what();
            return {};
        }
        ADD_FAILURE() << "nothing was thrown";
        return {};
    }
    static bool has(const std::string& text, std::string_view part) {
        return text.find(part) != std::string::npos;
    }
    const std::string url = "ws://feed.example/stream";
};

TEST_F(Traps, S2AWindowAfterARequestedDisconnectIsCheckedOnceItIsDown) {
    dialer.plan();
    dialer.plan();
    connect();
    ws().request_disconnect();
    int asked = 0;
    const auto yes = [&]() -> WindowAnswer {
        EXPECT_EQ(ws().state(), ConnectionState::disconnected);
        ++asked;
        return true;
    };
    EXPECT_FALSE(ws().wait_for_reconnect_window(yes, 0s)) << "still closing";
    script(0).bytes(close_frame(1000));
    EXPECT_TRUE(ws().wait_for_reconnect_window(yes, 3s));
    EXPECT_EQ(asked, 1);
    ws().connect();
    turn();
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Traps, S5ChannelsMustBeUtf8) {
    connect();
    for (const std::string bad : {"\xff", "a\xc3", "\xed\xa0\x80"}) {
        EXPECT_TRUE(has(message_of<WebSocketError>([&] { ws().subscribe("good", bad); }), "UTF-8"));
        EXPECT_TRUE(ws().subscriptions().empty());
    }
    EXPECT_TRUE(sent(0).empty());
}

TEST_F(Traps, S5CodecTextsMustBeUtf8) {
    struct Broken final : SubscriptionCodec {
        std::vector<std::string> subscribe(std::span<const std::string>) const override {
            return {"\xff", "fine"};
        }
        std::vector<std::string> unsubscribe(std::span<const std::string>) const override { return {"\xfe"}; }
    };
    options.subscription_codec = std::make_shared<Broken>();
    connect();
    ws().subscribe("a");
    EXPECT_EQ(sent(0), std::vector<std::string>{"text fine"});
    EXPECT_TRUE(has(last_alert(), "not UTF-8"));
    ws().unsubscribe("a");
    EXPECT_TRUE(sent(0).empty());
}

TEST_F(Traps, S5JsonMustBeUtf8) {
    connect();
    EXPECT_THROW(ws().send_json("\xff"), WebSocketError);
    EXPECT_TRUE(sent(0).empty());
}

TEST_F(Traps, S8WaitDisconnectedWaitsForAnAttempt) {
    options.max_reconnect_attempts = 0;
    make();
    EXPECT_TRUE(ws().wait_disconnected(0s));
    dialer.plan(Error{Errc::connection_refused, "nobody there"});
    ws().connect();
    EXPECT_FALSE(ws().wait_disconnected(0s));
    EXPECT_TRUE(ws().wait_disconnected(1s));
}

TEST_F(Traps, S8AFailedFirstConnectReportsItsCause) {
    options.max_reconnect_attempts = 1;
    options.reconnect_delay = 0s;
    make();
    plan_failures(2);
    ws().connect();
    try {
        ws().wait_connected(1min);
        ADD_FAILURE() << "nothing was thrown";
    } catch (const WebSocketConnectionError& error) {
        EXPECT_EQ(error.attempts(), 2U);
        EXPECT_EQ(error.last_error().code, Errc::connection_refused);
        EXPECT_EQ(error.url(), url);
    }
    plan_failures(2, Errc::connect_timeout);
    ws().connect();
    try {
        ws().wait_connected(1min);
        ADD_FAILURE() << "nothing was thrown";
    } catch (const WebSocketTimeoutError& error) {
        EXPECT_EQ(error.operation(), "connect");
        EXPECT_EQ(error.timeout(), 30s);
        EXPECT_EQ(error.last_error().code, Errc::connect_timeout);
    }
}

TEST_F(Traps, S8AStreamBeforeConnectWaits) {
    dialer.plan().script.bytes(text_frame("first"));
    make();
    reactor.post([this] { ws().connect(); });
    EXPECT_EQ((*ws().stream().begin()).text(), "first");
}

TEST_F(Traps, L5ATimeoutCarriesTheLastError) {
    options.max_reconnect_attempts = 100;
    make();
    plan_failures(50);
    const auto scope = message_of<WebSocketTimeoutError>([&] { const ConnectedScope up(ws(), 1500ms); });
    EXPECT_TRUE(has(scope, "nobody there")) << scope;
    plan_failures(50);
    ws().connect();
    const auto receive = message_of<WebSocketTimeoutError>([&] { std::ignore = ws().receive(1500ms); });
    EXPECT_TRUE(has(receive, "nobody there")) << receive;
}

TEST_F(Traps, L3AClosedSessionHasNoWindow) {
    AsyncWebSocket ws(reactor, url, options);
    ws.force_close();
    for (const bool open : {false, true}) {
        auto task = ws.wait_for_reconnect_window([open]() -> WindowAnswer { return open; }, 1h);
        task.start();
        turn();
        ASSERT_TRUE(task.done()) << open;
        EXPECT_FALSE(task.result());
    }
}

TEST_F(Traps, L3AWindowEndsWithTheSession) {
    AsyncWebSocket ws(reactor, url, options);
    auto task = ws.wait_for_reconnect_window([]() -> WindowAnswer { return false; }, 1h);
    task.start();
    turn();
    EXPECT_FALSE(task.done());
    ws.force_close();
    turn();
    ASSERT_TRUE(task.done());
    EXPECT_FALSE(task.result());
}

TEST_F(Traps, S9AnEmptyObjectACharacterAndTheResultOfSubscriptions) {
    connect();
    ws().send_json({});
    ws().send_json('c');
    ws().send_json({{"id", 7}});
    ws().send_json(std::vector<int>{1, 2});
    EXPECT_EQ(sent(0), (std::vector<std::string>{"text {}", "text \"c\"", R"(text {"id":7})", "text [1,2]"}));
    ws().subscribe("a", "b");
    const auto channels = ws().subscriptions();
    ws().unsubscribe(channels);
    EXPECT_TRUE(ws().subscriptions().empty());
    ws().subscribe(channels);
    EXPECT_EQ(ws().subscriptions(), channels);
}

TEST_F(Traps, S9AnErrorOfTheConfigIsOneOfConstruction) {
    options.config = get_websocket_limits("{", "app.json");
    EXPECT_TRUE(has(message_of<WebSocketError>([&] { make(); }), "app.json"));
}

TEST_F(Traps, S10MessagesNameTheirFacts) {
    make();
    EXPECT_TRUE(has(message_of<WebSocketClosedError>([&] { std::ignore = ws().receive(); }), "connect()"));
    EXPECT_TRUE(has(message_of<WebSocketClosedError>([&] { ws().send("x"); }), "DISCONNECTED"));
    options.send_buffer_limit = 100;
    connect();
    const auto large = message_of<WebSocketError>([&] { ws().send(std::string(200, 'x')); });
    EXPECT_TRUE(has(large, "200 bytes exceeds the send_buffer_limit of 100 bytes")) << large;
    options.upgrade.headers.push_back({"Bad Name", "x"});
    EXPECT_TRUE(has(message_of<WebSocketError>([&] { make(); }), "'Bad Name'"));
}

TEST_F(Traps, N4ASendBufferLimitOfAllMemoryIsOne) {
    options.send_buffer_limit = std::numeric_limits<std::size_t>::max();
    connect();
    ws().send(std::string(100'000, 'x'));
    EXPECT_EQ(sent(0).size(), 1U);
}

TEST_F(Traps, N4LongestDurationsAreAccepted) {
    const WebSocketOptions::Seconds longest(std::numeric_limits<double>::max());
    options.ping_interval = options.ping_timeout = options.connection_timeout = longest;
    options.stable_connection_time = options.disconnect_check_interval = longest;
    options.connection_lifetime = options.close_timeout = longest;
    options.disconnect_alert_interval = longest;
    options.queue_size = std::numeric_limits<std::uint32_t>::max();
    options.max_message_size = std::numeric_limits<std::size_t>::max();
    connect();
    ws().send("x");
    ws().request_disconnect(Duration::max());
    script(0).bytes(close_frame(1000));
    pass(1h);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
}

}  // namespace
}  // namespace pinwheel::test
