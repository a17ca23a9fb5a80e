// Section 2 of the behaviour: the step after a proactive disconnect.

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Plans : public ManagedTest {
  protected:
    void answer_close(std::size_t connection) {
        script(connection).bytes(close_frame(1000));
        turn();
    }
};

TEST_F(Plans, ReconnectAfterTakesPrecedence) {
    options.should_reconnect = []() -> WindowAnswer {
        ADD_FAILURE() << "should_reconnect was asked";
        return true;
    };
    connect();
    dialer.plan();
    ws().request_disconnect(3s);
    answer_close(0);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    pass(2s);
    EXPECT_EQ(dialer.dials(), 1U);
    pass(2s);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Plans, ReconnectAfterHoldsWithoutAutoReconnect) {
    options.auto_reconnect = false;
    connect();
    dialer.plan();
    ws().request_disconnect(0s);
    answer_close(0);
    turn();
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Plans, TheConnectionLimitWithoutShouldReconnectReconnectsAtOnce) {
    options.connection_lifetime = 24h;
    options.ping_interval = 0s;
    connect();
    dialer.plan();
    pass(24h - 300s);
    EXPECT_EQ(ws().state(), ConnectionState::closing);
    answer_close(0);
    EXPECT_TRUE(ws().is_connected());
    EXPECT_EQ(log, "connect;disconnect CONNECTION_LIMIT;connect;");
}

TEST_F(Plans, TheConnectionLimitWithShouldReconnectAsksIt) {
    options.connection_lifetime = 600s;
    options.ping_interval = 0s;
    int asked = 0;
    options.should_reconnect = [&] { return ++asked == 2; };
    connect();
    dialer.plan();
    pass(300s);
    answer_close(0);
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    pass(6s);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Plans, ShouldReconnectIsPolledEveryReconnectCheckInterval) {
    int asked = 0;
    options.should_reconnect = [&] { return ++asked == 3; };
    options.reconnect_check_interval = 2s;
    connect();
    dialer.plan();
    ws().request_disconnect();
    answer_close(0);
    EXPECT_EQ(asked, 1);
    pass(1900ms);
    EXPECT_EQ(asked, 1);
    pass(200ms);
    EXPECT_EQ(asked, 2);
    pass(2s);
    EXPECT_EQ(asked, 3);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Plans, ShouldReconnectIsNotAskedWithoutAutoReconnect) {
    options.auto_reconnect = false;
    options.should_reconnect = [] { return true; };
    connect();
    ws().request_disconnect();
    answer_close(0);
    pass(10s);
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
}

TEST_F(Plans, OtherwiseItStaysDisconnected) {
    connect();
    ws().request_disconnect();
    answer_close(0);
    pass(90s);
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(dialer.dials(), 1U);
}

TEST_F(Plans, ADurationFromShouldReconnectConnectsAfterIt) {
    int asked = 0;
    options.should_reconnect = [&]() -> WindowAnswer {
        ++asked;
        return 7s;
    };
    connect();
    dialer.plan();
    ws().request_disconnect();
    answer_close(0);
    pass(6s);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    pass(2s);
    EXPECT_TRUE(ws().is_connected());
    EXPECT_EQ(asked, 1);
}

TEST_F(Plans, ShouldDisconnectIsAskedEveryDisconnectCheckIntervalWhileConnected) {
    int asked = 0;
    options.should_disconnect = [&] { return ++asked == 3; };
    options.disconnect_check_interval = 4s;
    connect();
    pass(3900ms);
    EXPECT_EQ(asked, 0);
    pass(200ms);
    EXPECT_EQ(asked, 1);
    pass(4s);
    EXPECT_EQ(asked, 2);
    pass(4s);
    EXPECT_EQ(ws().state(), ConnectionState::closing);
    answer_close(0);
    pass(60s);
    EXPECT_EQ(asked, 3) << "asked while not connected";
    EXPECT_EQ(log, "connect;disconnect CALLBACK_TRIGGERED;");
}

TEST_F(Plans, ACallInsideShouldDisconnectVoidsItsAnswer) {
    options.should_disconnect = [&] {
        ws().request_disconnect(60s);
        return true;
    };
    connect();
    pass(11s);
    answer_close(0);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    EXPECT_EQ(log, "connect;disconnect USER_REQUESTED;");
}

// The waiting call during a plan.

TEST_F(Plans, WaitForReconnectWindowAsksUntilItIsOpen) {
    int asked = 0;
    options.should_reconnect = [&] { return ++asked == 3; };
    make();
    EXPECT_TRUE(ws().wait_for_reconnect_window());
    EXPECT_EQ(asked, 3);
}

TEST_F(Plans, WaitForReconnectWindowTakesAnotherConditionAndATimeout) {
    options.should_reconnect = []() -> WindowAnswer {
        ADD_FAILURE() << "the options' condition was asked";
        return true;
    };
    make();
    EXPECT_FALSE(ws().wait_for_reconnect_window([] { return false; }, 20s));
    EXPECT_TRUE(ws().wait_for_reconnect_window([]() -> WindowAnswer { return 3s; }, 20s));
    EXPECT_FALSE(ws().wait_for_reconnect_window([]() -> WindowAnswer { return 30s; }, 20s));
    EXPECT_THROW(ws().wait_for_reconnect_window([] { return true; }, -1s), WebSocketError);
}

TEST_F(Plans, WaitForReconnectWindowWithoutAnyConditionIsTrueAtOnce) {
    EXPECT_TRUE(make().wait_for_reconnect_window());
}

TEST_F(Plans, WaitForReconnectWindowEndsWhenTheSessionIsClosed) {
    make();
    int asked = 0;
    EXPECT_FALSE(ws().wait_for_reconnect_window([&] {
        if (++asked == 2) ws().shutdown();
        return false;
    }));
}

TEST_F(Plans, NegativeTimesAndReasonsThatAreNotProactiveAreRefused) {
    connect();
    EXPECT_THROW(ws().request_disconnect(-1s), WebSocketError);
    EXPECT_THROW(ws().schedule_reconnect(-1s), WebSocketError);
    EXPECT_THROW(ws().request_disconnect(std::nullopt, DisconnectReason::killed), WebSocketError);
    EXPECT_TRUE(ws().is_connected());
    ws().request_disconnect(std::nullopt, DisconnectReason::scheduled);
    answer_close(0);
    EXPECT_EQ(log, "connect;disconnect SCHEDULED;");
}

}  // namespace
}  // namespace pinwheel::test
