// A session with limits of its dialer: the manager's part of section 3 of the feed's rules.
#include <gtest/gtest.h>

#include <string>

#include "../../../proto/session/observer.h"
#include "../../support/managed.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

class HeldSession : public test::ManagedTest {
  protected:
    class Watcher final : public SessionObserver {
      public:
        void on_step(const SessionStep& step) noexcept override { pings += step.sends_ping ? 1 : 0; }
        void on_ping(TimePoint) noexcept override { ++peer_pings; }
        void on_held(TimePoint) noexcept override { ++held; }
        int held = 0;
        int pings = 0;
        int peer_pings = 0;
    };

    HeldSession() {
        options.observer = &watcher;
        options.ping_interval = WebSocketOptions::Seconds{0};
        options.reconnect_delay = WebSocketOptions::Seconds{0};
        options.connection_timeout = WebSocketOptions::Seconds{5};
    }
    /// One connect in that time.
    void limit(Duration window) {
        dialer.limits().limit_connects("feed.example", "venue", {.count = 1, .window = window});
    }

    Watcher watcher;
};

TEST_F(HeldSession, Section3AnAttemptThatWouldBreakTheLimitWaitsBeyondTheTimeoutOfOne) {
    limit(60s);
    connect();
    dialer.plan();
    script(0).end();
    turn(20);
    EXPECT_EQ(dialer.dials(), 1U);
    ASSERT_TRUE(ws().held_until());
    EXPECT_EQ(watcher.held, 1);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    pass(50s);
    EXPECT_EQ(dialer.dials(), 1U);
    EXPECT_TRUE(alerts.empty()) << last_alert();
    pass(20s);
    EXPECT_EQ(dialer.dials(), 2U);
    EXPECT_TRUE(ws().is_connected());
    EXPECT_EQ(ws().held_until(), std::nullopt);
}

TEST_F(HeldSession, Section3TheLimitIsOfAllSessionsOnOneDialer) {
    limit(60s);
    connect();
    dialer.plan();
    WebSocketManager second(reactor, "ws://feed.example/other", options);
    WebSocketManager elsewhere(reactor, "ws://other.example/", options);
    second.connect();
    turn();
    EXPECT_TRUE(second.held_until());
    EXPECT_EQ(second.state(), ConnectionState::connecting);
    elsewhere.connect();
    turn();
    EXPECT_TRUE(elsewhere.is_connected());
    EXPECT_EQ(elsewhere.held_until(), std::nullopt);
}

TEST_F(HeldSession, Section3AHeldAttemptEndsWithClose) {
    limit(60s);
    connect();
    script(0).end();
    turn(20);
    ASSERT_TRUE(ws().held_until());
    ws().close();
    EXPECT_EQ(ws().held_until(), std::nullopt);
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    pass(70s);
    EXPECT_EQ(dialer.dials(), 1U);
}

TEST_F(HeldSession, Section3ARefusalOfRateAndACloseOfRateHalveThePaceOfTheHost) {
    dialer.plan().answer = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n";
    make().connect();
    turn();
    EXPECT_TRUE(dialer.limits().slowed_at("feed.example"));
    EXPECT_EQ(dialer.limits().slowed_at("other.example"), std::nullopt);
    const auto first = dialer.limits().slowed_at("feed.example");
    dialer.plan();
    for (int i = 0; i < 100 && !ws().is_connected(); ++i) pass(1s);
    ASSERT_TRUE(ws().is_connected());
    script(1).bytes(test::close_frame(1008, "Too many requests"));
    script(1).end();
    turn();
    EXPECT_GT(dialer.limits().slowed_at("feed.example"), first);
}

TEST_F(HeldSession, Section3PingsOfBothSidesAreSeen) {
    options.ping_interval = WebSocketOptions::Seconds{1};
    connect();
    pass(1200ms);
    EXPECT_EQ(watcher.pings, 1);
    script(0).bytes(test::ping_frame("x"));
    turn();
    EXPECT_EQ(watcher.peer_pings, 1);
}

}  // namespace
}  // namespace pinwheel
