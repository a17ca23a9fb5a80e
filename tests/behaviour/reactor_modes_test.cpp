// Both modes of the reactor give the same transitions for the same script.

#include "../../proto/session/observer.h"
#include "../support/feed_thread.h"
#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

/// Events and the states after them. The arming of timers is left out, because its times depend on the clock.
struct Transitions final : SessionObserver {
    void on_step(const SessionStep& step) noexcept override {
        const std::string line = step.text();
        text += line.substr(0, line.find(',', line.find(" -> "))) + "\n";
    }
    std::string text;
};

class Scripted : public ManagedTest {
  public:
    explicit Scripted(ReactorMode mode) : ManagedTest(mode) {}
    void TestBody() override {}

    /// The troubles of a day, on the test's clock.
    std::string play() {
        Transitions transitions;
        options.observer = &transitions;
        options.should_disconnect = [this] { return dialer.dials() == 5; };
        options.should_reconnect = [asked = 0]() mutable { return ++asked == 2; };
        plan(1);
        plan_failures(2);
        dialer.plan().answer = "HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n";
        plan(4);
        make().subscribe("a");
        ws().connect();
        turn();
        script(0).bytes(text_frame("x") + ping_frame("p") + close_frame(1012));
        turn();
        pass(2s);
        pass(3s);
        pass(5s);
        pass(9s);  // up again after the fifth dial
        pass(10s);
        script(4).bytes(close_frame(1000));
        turn();
        pass(6s);
        script(5).bytes(raw_frame({.rsv = 1}, "bad"));
        turn();
        pass(20s);
        pass(31s);  // pings stay unanswered
        ws().close();
        destroy();
        return transitions.text;
    }
};

TEST(ReactorModes, GiveTheSameTransitionsForTheSameScript) {
    const std::string spinning = Scripted(ReactorMode::busy_spin).play();
    const std::string sleeping = Scripted(ReactorMode::epoll).play();
    EXPECT_EQ(spinning, sleeping);
    for (const char* const part : {"transport_up -> open", "close code 1012) -> backoff",
                                   "HTTP 503, retry after 3 s", "disconnect_asked(yes) -> closing",
                                   "window_asked(no) -> awaiting_window", "window_asked(yes) -> connecting",
                                   "keepalive_due -> backoff", "close -> ", "force_close -> closed"})
        EXPECT_NE(spinning.find(part), std::string::npos) << part << " in\n" << spinning;
}

/// Over sockets: a session that is cut on purpose, killed, and connected again.
std::string play_over_sockets(ReactorMode mode) {
    FeedThread feed(false);
    Reactor reactor({.mode = mode});
    Transitions transitions;
    WebSocketOptions options;
    options.observer = &transitions;
    WebSocketManager ws(reactor, feed.url("/echo"), options);
    ws.connect();
    EXPECT_TRUE(ws.wait_connected());
    ws.send("one");
    EXPECT_EQ(ws.receive().text(), "one");
    ws.request_disconnect(1ms);
    EXPECT_TRUE(ws.wait_disconnected());
    EXPECT_TRUE(ws.wait_connected());
    ws.send("two");
    EXPECT_EQ(ws.receive().text(), "two");
    ws.kill();
    ws.connect();
    EXPECT_TRUE(ws.wait_connected());
    ws.shutdown();
    EXPECT_TRUE(ws.wait_disconnected());
    EXPECT_EQ(ws.state(), ConnectionState::closed);
    EXPECT_EQ(ws.stats().connects, 3U);
    return transitions.text;
}

TEST(ReactorModes, GiveTheSameTransitionsOverSockets) {
    const std::string spinning = play_over_sockets(ReactorMode::busy_spin);
    const std::string sleeping = play_over_sockets(ReactorMode::epoll);
    EXPECT_EQ(spinning, sleeping);
    EXPECT_NE(spinning.find("kill -> idle"), std::string::npos) << spinning;
}

}  // namespace
}  // namespace pinwheel::test
