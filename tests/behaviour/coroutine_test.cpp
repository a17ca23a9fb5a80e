// The waiting calls as awaited by coroutines.

#include <type_traits>

#include "../../proto/coroutine.h"

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

static_assert(!std::is_convertible_v<AsyncWebSocket*, WebSocketManager*>, "it has one");

using namespace std::chrono_literals;

/// Drives a coroutine over scripted streams.
class Coroutines : public ManagedTest {
  protected:
    void finish(Task<>& task) {
        for (int i = 0; i < 10'000 && !task.done(); ++i) reactor.poll();
        ASSERT_TRUE(task.done());
        task.result();
    }

    const std::string url = "ws://feed.example/stream";
};

Task<> stream_all(Reactor& reactor, const std::string& url, WebSocketOptions options, std::string& log) {
    AsyncWebSocket ws(reactor, url, options);
    log += co_await ws.connect() ? "up;" : "down;";
    ws.subscribe("trades");
    while (const auto message = co_await ws.next()) {
        log += std::string(message->text()) + ";";
        if (message->text() == "three") ws.manager().close();
    }
    log += to_string(ws.state());
}

TEST_F(Coroutines, StreamOverReconnectsUntilClose) {
    dialer.plan().script.bytes(text_frame("one") + text_frame("two"));
    dialer.plan().script.bytes(text_frame("three"));
    auto task = stream_all(reactor, url, options, log);
    task.start();
    turn();
    EXPECT_EQ(log, "connect;up;one;two;");
    script(0).end();
    pass(2s);
    EXPECT_EQ(log, "connect;up;one;two;disconnect NETWORK_ERROR;connect;three;");
    script(1).bytes(close_frame(1000));
    finish(task);
    EXPECT_TRUE(log.ends_with("three;disconnect USER_REQUESTED;DISCONNECTED")) << log;
    EXPECT_EQ(sent(1).at(0), R"(text {"type":"subscribe","channel":"trades"})");
}

Task<> drain(AsyncWebSocket& ws, std::string& log) {
    co_await ws.connect();
    while (const auto message = co_await ws.next()) log += message->text();
    log += to_string(ws.state());
}

TEST_F(Coroutines, AStreamEndsAtACloseBetweenConnections) {
    dialer.plan();
    AsyncWebSocket ws(reactor, url, options);
    auto task = drain(ws, log);
    task.start();
    turn();
    script(0).end();
    turn();
    EXPECT_EQ(ws.state(), ConnectionState::reconnecting);
    ws.manager().close();
    finish(task);
    EXPECT_EQ(log, "connect;disconnect NETWORK_ERROR;DISCONNECTED");
}

Task<> receive_one(AsyncWebSocket& ws, std::string& log) {
    try {
        co_await ws.connect();
        log += std::string((co_await ws.receive(10s)).text()) + ";";
        co_await ws.receive(10s);
    } catch (const WebSocketTimeoutError& error) {
        log += "timeout of " + error.operation();
    } catch (const WebSocketClosedError& error) {
        log += "closed " + std::to_string(error.close_code());
    } catch (const WebSocketConnectionError&) {
        log += "refused";
    } catch (const WebSocketReconnectError& error) {
        log += "gave up";
    }
}

TEST_F(Coroutines, ReceiveTimesOutAtItsTimeAndNotBefore) {
    dialer.plan().script.bytes(text_frame("one"));
    options.ping_interval = WebSocketOptions::Seconds(0);
    AsyncWebSocket ws(reactor, url, options);
    auto task = receive_one(ws, log);
    task.start();
    turn();
    pass(9s);
    EXPECT_FALSE(task.done());
    pass(1s);
    finish(task);
    EXPECT_EQ(log, "connect;one;timeout of receive");
}

TEST_F(Coroutines, ReceiveThrowsWhenNoConnectionIsComing) {
    dialer.plan().script.bytes(text_frame("one") + close_frame(1001));
    options.auto_reconnect = false;
    AsyncWebSocket ws(reactor, url, options);
    auto task = receive_one(ws, log);
    task.start();
    finish(task);
    EXPECT_EQ(log, "connect;disconnect SERVER_CLOSED;one;closed 1001");
}

TEST_F(Coroutines, ConnectThrowsLikeWaitConnected) {
    dialer.plan(Error{Errc::tls_certificate, "not trusted"});
    AsyncWebSocket refused(reactor, url, options);
    auto first = receive_one(refused, log);
    first.start();
    finish(first);
    options.max_reconnect_attempts = 0;
    dialer.plan(Error{Errc::connection_refused, "nobody there"});
    AsyncWebSocket given_up(reactor, url, options);
    auto second = receive_one(given_up, log);
    second.start();
    finish(second);
    EXPECT_EQ(log, "refusedrefused");
}

Task<> close_and_say(AsyncWebSocket& ws, std::string& log) {
    co_await ws.connect();
    co_await ws.close();
    log += to_string(ws.state());
}

TEST_F(Coroutines, CloseIsAwaitedToTheEndOfItsHandshake) {
    dialer.plan();
    AsyncWebSocket ws(reactor, url, options);
    auto task = close_and_say(ws, log);
    task.start();
    turn();
    EXPECT_EQ(ws.state(), ConnectionState::closing);
    EXPECT_FALSE(task.done());
    script(0).bytes(close_frame(1000));
    finish(task);
    EXPECT_EQ(log, "connect;disconnect USER_REQUESTED;DISCONNECTED");
}

Task<> window(AsyncWebSocket& ws, std::string& log, int& asked) {
    const auto third = [&asked] { return WindowAnswer(++asked == 3); };
    log += co_await ws.wait_for_reconnect_window(third, 1h) ? "open;" : "shut;";
    const auto never = [] { return WindowAnswer(false); };
    log += co_await ws.wait_for_reconnect_window(never, 12s) ? "open;" : "shut;";
    const auto soon = [] { return WindowAnswer(3s); };
    log += co_await ws.wait_for_reconnect_window(soon) ? "open;" : "shut;";
}

TEST_F(Coroutines, WaitForAWindowAsksAtItsIntervals) {
    AsyncWebSocket ws(reactor, url, options);
    int asked = 0;
    auto task = window(ws, log, asked);
    task.start();
    pass(9s);
    EXPECT_EQ(asked, 2);
    pass(2s);
    EXPECT_EQ(log, "open;");
    pass(13s);
    EXPECT_EQ(log, "open;shut;");
    pass(4s);
    finish(task);
    EXPECT_EQ(log, "open;shut;open;");
}

TEST_F(Coroutines, OneThatWaitsMayBeDestroyed) {
    dialer.plan();
    AsyncWebSocket ws(reactor, url, options);
    {
        auto task = receive_one(ws, log);
        task.start();
        turn();
    }
    script(0).bytes(text_frame("for nobody"));
    turn();
    EXPECT_EQ(log, "connect;");
    EXPECT_EQ(ws.try_receive()->text(), "for nobody");
    EXPECT_FALSE(ws.try_receive());
}

TEST_F(Coroutines, RunGivesTheResultAndPassesExceptionsOn) {
    const auto add = [](Reactor& loop, int a, int b) -> Task<int> {
        co_await Sleep(loop, 1s);
        co_return a + b;
    };
    EXPECT_EQ(run(reactor, add(reactor, 1, 2)), 3);
    const auto fail = [&](Reactor& loop) -> Task<> {
        if (co_await add(loop, 1, 2) == 3) throw std::runtime_error("three");
    };
    EXPECT_THROW(run(reactor, fail(reactor)), std::runtime_error);
}

}  // namespace
}  // namespace pinwheel::test
