#include "../../../proto/policy/session_fsm.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "../session/session_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;
using E = SessionEvent;

// States

TEST(States, OnlyTheTimersThatHaveAPurposeAreArmedWhileOpen) {
    SessionUnderTest session(plain());
    std::ignore = session.on(E::Connect{});
    EXPECT_EQ(session.on(E::TransportUp{}), "arm(stable, 60 s), notify_connected");
}

TEST(States, SubscriptionsAreSentOnceOnConnectHasReturnedAndAnewForEachConnection) {
    const std::vector<std::string> channels{"a", "b"};
    SessionUnderTest session(plain());
    EXPECT_EQ(session.on(E::Subscribe{channels}), "");
    std::ignore = session.on(E::Connect{});
    for (int connection = 0; connection < 2; ++connection) {
        EXPECT_EQ(session.on(E::ConnectHandled{}), "") << "there is no connection";
        std::ignore = session.on(E::TransportUp{});
        EXPECT_EQ(session.on(E::Subscribe{channels}), "") << "on_connect runs";
        EXPECT_EQ(session.on(E::Unsubscribe{channels}), "") << "on_connect runs";
        EXPECT_EQ(session.on(E::ConnectHandled{}), "replay_subscriptions");
        EXPECT_EQ(session.on(E::ConnectHandled{}), "");
        EXPECT_EQ(session.on(E::Subscribe{channels}), "send_subscribe(2)");
        EXPECT_EQ(session.on(E::Unsubscribe{channels}), "send_unsubscribe(2)");
        std::ignore = session.on(kReset);
        std::ignore = session.on(E::BackoffDue{});
    }
}

TEST(States, ACloseInOnConnectSendsNoSubscriptions) {
    SessionUnderTest session(plain());
    std::ignore = session.on(E::Connect{});
    std::ignore = session.on(E::TransportUp{});
    std::ignore = session.on(E::Close{});
    EXPECT_EQ(session.on(E::ConnectHandled{}), "");
}

TEST(States, AutoReconnectOffALossEndsInDisconnected) {
    auto options = plain();
    options.auto_reconnect = false;
    SessionUnderTest session(options);
    session.open();
    EXPECT_EQ(session.on(kReset), "notify_disconnected(NETWORK_ERROR)");
    EXPECT_EQ(session.shown(), ConnectionState::disconnected);
}

TEST(States, AutoReconnectOffAConnectStillRetries) {
    auto options = plain();
    options.auto_reconnect = false;
    SessionUnderTest session(options);
    std::ignore = session.on(E::Connect{});
    EXPECT_EQ(session.on(kRefused), "arm(backoff, 1 s)");
    EXPECT_EQ(session.shown(), ConnectionState::connecting);
}

TEST(States, APermanentErrorEndsAConnectButNotAReconnect) {
    SessionUnderTest session(plain());
    std::ignore = session.on(E::Connect{});
    std::ignore = session.on(kRefused);
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(session.on({E::TransportEnded{.error = Errc::tls_certificate}}),
              "notify_gave_up(attempts: 2, the server's certificate was refused)");
    EXPECT_EQ(session.shown(), ConnectionState::disconnected);

    session.open();
    std::ignore = session.on(kReset);
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(
        session.on(kForbidden),
        "arm(backoff, 2 s), warn(an error that seldom passes; it is tried again, as the budget allows)");
    EXPECT_EQ(session.shown(), ConnectionState::reconnecting);
}

TEST(States, AConnectAfterALossIsExplicitAgain) {
    SessionUnderTest session(plain());
    session.open();
    std::ignore = session.on(kReset);
    EXPECT_EQ(session.on(E::Connect{}), "start_connect");
    EXPECT_EQ(session.shown(), ConnectionState::connecting);
    EXPECT_EQ(session.on(kForbidden), "notify_gave_up(attempts: 1, the server refused the upgrade)");
}

TEST(States, AConnectAdoptsTheAttemptUnderWayAsItsFirst) {
    SessionUnderTest session(plain());
    session.open();
    std::ignore = session.on(kReset);
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(session.on(E::Connect{}), "");
    EXPECT_EQ(session.shown(), ConnectionState::connecting);
    EXPECT_EQ(session.fsm().tries(), 0U);
    EXPECT_EQ(session.on(kForbidden), "notify_gave_up(attempts: 1, the server refused the upgrade)");
}

TEST(States, IsShutdownFromShutdownAndForceCloseOnOnly) {
    SessionUnderTest closing(plain());
    closing.open();
    std::ignore = closing.on(E::Close{});
    EXPECT_FALSE(closing.fsm().is_shutdown());
    std::ignore = closing.on(E::Shutdown{});
    EXPECT_TRUE(closing.fsm().is_shutdown());
    EXPECT_EQ(closing.shown(), ConnectionState::closing);
    std::ignore = closing.on(kClosed);
    EXPECT_TRUE(closing.fsm().is_shutdown());

    SessionUnderTest killed(plain());
    killed.open();
    std::ignore = killed.on(E::Kill{});
    EXPECT_FALSE(killed.fsm().is_shutdown());
    std::ignore = killed.on(E::ForceClose{});
    EXPECT_TRUE(killed.fsm().is_shutdown());
}

TEST(States, CloseAndKillDoNotUndoAShutdown) {
    for (const SessionEvent::Any& call : {SessionEvent::Any{E::Close{}}, SessionEvent::Any{E::Kill{}}}) {
        SessionUnderTest session(plain());
        session.open();
        std::ignore = session.on(E::Shutdown{});
        std::ignore = session.on(call);
        std::ignore = session.on(kClosed);
        EXPECT_EQ(session.shown(), ConnectionState::closed) << to_string(call);
    }
}

TEST(States, AfterCloseAConnectIsPossibleAndAutoReconnectIsKept) {
    SessionUnderTest session(plain());
    session.open();
    std::ignore = session.on(E::Close{});
    EXPECT_EQ(session.on(kClosed), "notify_disconnected(USER_REQUESTED)");
    session.open();
    std::ignore = session.on(kReset);
    EXPECT_EQ(session.shown(), ConnectionState::reconnecting);
}

// The plan after a proactive disconnect

TEST(Plan, ReconnectAfterComesFirst) {
    auto options = plain();
    options.has_should_reconnect = true;
    SessionUnderTest session(options);
    session.open();
    std::ignore =
        session.on(E::RequestDisconnect{.reason = DisconnectReason::connection_limit, .reconnect_after = 9s});
    EXPECT_EQ(session.on(kClosed), "arm(backoff, 9 s), notify_disconnected(CONNECTION_LIMIT)");
}

TEST(Plan, TheConnectionLimitWithoutShouldReconnectReconnectsAtOnce) {
    auto options = plain();
    options.auto_reconnect = false;
    options.window.connection_lifetime = 24h;
    SessionUnderTest session(options);
    session.open();
    EXPECT_EQ(session.on(E::LifetimeDue{}), "send_close(1000)");
    EXPECT_EQ(session.on(kClosed), "start_connect(again), notify_disconnected(CONNECTION_LIMIT)");
    EXPECT_EQ(session.shown(), ConnectionState::reconnecting);
}

TEST(Plan, TheConnectionLimitWithShouldReconnectAsksIt) {
    auto options = plain();
    options.has_should_reconnect = true;
    options.window.connection_lifetime = 24h;
    SessionUnderTest session(options);
    session.open();
    std::ignore = session.on(E::LifetimeDue{});
    EXPECT_EQ(session.on(kClosed), "arm(window_check, 0 s), notify_disconnected(CONNECTION_LIMIT)");
}

TEST(Plan, ShouldReconnectIsNotAskedWithoutAutoReconnect) {
    auto options = plain();
    options.has_should_reconnect = true;
    options.auto_reconnect = false;
    SessionUnderTest session(options);
    session.open();
    std::ignore = session.on(E::RequestDisconnect{});
    EXPECT_EQ(session.on(kClosed), "notify_disconnected(USER_REQUESTED)");
    EXPECT_EQ(session.shown(), ConnectionState::disconnected);
}

TEST(Plan, OtherwiseTheSessionStaysDisconnected) {
    SessionUnderTest session(plain());
    session.open();
    std::ignore = session.on(E::RequestDisconnect{});
    std::ignore = session.on(kClosed);
    EXPECT_EQ(session.shown(), ConnectionState::disconnected);
}

TEST(Plan, AnAnswerThatHasBeenOvertakenIsIgnored) {
    auto options = plain();
    options.has_should_reconnect = true;
    options.has_should_disconnect = true;
    SessionUnderTest session(options);
    session.open();
    std::ignore = session.on(E::RequestDisconnect{});
    std::ignore = session.on(kClosed);
    std::ignore = session.on(E::Connect{});  // should_reconnect itself connects
    EXPECT_EQ(session.on(E::WindowAsked{true}), "");
    std::ignore = session.on(E::TransportUp{});
    std::ignore = session.on(E::Kill{});  // should_disconnect itself kills
    EXPECT_EQ(session.on(E::DisconnectAsked{true}), "");
    EXPECT_EQ(session.shown(), ConnectionState::disconnected);
}

TEST(Plan, S2ACallWhileClosingBecomesThePlan) {
    SessionUnderTest scheduled(plain());
    scheduled.open();
    std::ignore = scheduled.on(E::RequestDisconnect{});
    EXPECT_EQ(scheduled.on(E::ScheduleReconnect{50ms}), "");
    EXPECT_EQ(scheduled.on(kClosed), "arm(backoff, 0.05 s), notify_disconnected(USER_REQUESTED)");

    SessionUnderTest connected(plain());
    connected.open();
    std::ignore = connected.on(E::Close{});
    EXPECT_EQ(connected.on(E::Connect{}), "");
    EXPECT_EQ(connected.shown(), ConnectionState::closing);
    EXPECT_EQ(connected.on(kClosed), "start_connect, notify_disconnected(USER_REQUESTED)");
    EXPECT_EQ(connected.shown(), ConnectionState::connecting);
    EXPECT_EQ(connected.on(kForbidden), "notify_gave_up(attempts: 1, the server refused the upgrade)");
}

TEST(Plan, S3TheLastWordWhileClosingCounts) {
    const std::vector<std::pair<SessionEvent::Any, std::string>> words{
        {E::RequestDisconnect{}, ""},
        {E::RequestDisconnect{.reconnect_after = 7s}, "arm(backoff, 7 s), "},
        {E::ScheduleReconnect{8s}, "arm(backoff, 8 s), "},
        {E::ScheduleReconnect{0s}, "start_connect(again), "},
        {E::Connect{}, "start_connect, "},
        {E::Close{}, ""}};
    for (const auto& [first, ignored] : words)
        for (const auto& [last, follows] : words) {
            SessionUnderTest session(plain());
            session.open();
            std::ignore = session.on(E::RequestDisconnect{.reconnect_after = 20ms});
            std::ignore = session.on(first);
            std::ignore = session.on(last);
            EXPECT_EQ(session.on(kClosed), follows + "notify_disconnected(USER_REQUESTED)")
                << to_string(first) << ", then " << to_string(last);
        }
}

TEST(Plan, S2NothingChangesThePlanOfAShutdown) {
    for (const SessionEvent::Any& call :
         {SessionEvent::Any{E::Connect{}}, SessionEvent::Any{E::ScheduleReconnect{1s}},
          SessionEvent::Any{E::RequestDisconnect{.reconnect_after = 1s}}}) {
        SessionUnderTest session(plain());
        session.open();
        std::ignore = session.on(E::Shutdown{});
        EXPECT_NE(session.on(call).find("the session is CLOSING permanently"), std::string::npos);
        std::ignore = session.on(kClosed);
        EXPECT_EQ(session.shown(), ConnectionState::closed) << to_string(call);
    }
}

TEST(Plan, S7OnlyConnectUndercutsTheServersWait) {
    const E::TransportEnded busy{.error = Errc::closed_by_peer, .close_code = 1013};
    SessionUnderTest session(plain());
    session.open();
    std::ignore = session.on(busy);  // 30 s
    EXPECT_EQ(session.on(E::ScheduleReconnect{10ms}, 10s), "arm(backoff, 20 s)");
    EXPECT_EQ(session.on(E::ScheduleReconnect{25s}), "arm(backoff, 25 s)");
    EXPECT_EQ(session.on(E::RequestDisconnect{.reconnect_after = 0s}), "arm(backoff, 20 s)");
    EXPECT_EQ(session.on(E::Close{}), "record_stop(USER_REQUESTED)");
    EXPECT_EQ(session.on(E::ScheduleReconnect{0s}, 5s), "arm(backoff, 15 s)");
    EXPECT_EQ(session.on(E::Connect{}), "start_connect");
}

// Reasons

TEST(Reasons, AnyEndOfTheTransportWhileClosingIsThePlannedDisconnectOnce) {
    for (const auto& end :
         {kReset, kClosed, E::TransportEnded{.error = Errc::closed_by_peer, .close_code = 4000},
          E::TransportEnded{.error = Errc::bad_frame}}) {
        SessionUnderTest session(plain());
        session.open();
        std::ignore = session.on(E::ScheduleReconnect{5s});
        EXPECT_EQ(session.on(end), "arm(backoff, 5 s), notify_disconnected(SCHEDULED)");
        EXPECT_EQ(session.on(end), "");
    }
}

TEST(Reasons, KillIsReactiveInEveryStateThatHasAConnection) {
    SessionUnderTest session(plain());
    session.open();
    EXPECT_EQ(session.on(E::Kill{}), "abort_transport, notify_disconnected(KILLED)");
    EXPECT_EQ(session.on(E::Kill{}), "");
    session.open();
    std::ignore = session.on(E::ScheduleReconnect{5s});
    EXPECT_EQ(session.on(E::Kill{}), "abort_transport, notify_disconnected(KILLED)");
    EXPECT_EQ(session.shown(), ConnectionState::disconnected);
}

TEST(Reasons, ADroppedAttemptIsNotADisconnect) {
    for (const SessionEvent::Any& call :
         {SessionEvent::Any{E::Close{}}, SessionEvent::Any{E::Kill{}}, SessionEvent::Any{E::Shutdown{}},
          SessionEvent::Any{E::ForceClose{}}, SessionEvent::Any{E::RequestDisconnect{}}}) {
        SessionUnderTest session(plain());
        std::ignore = session.on(E::Connect{});
        EXPECT_TRUE(session.on(call).starts_with("abort_transport, record_stop(")) << to_string(call);
    }
}

// Keep-alive

TEST(KeepAlive, AConnectionWithoutPongIsLostWithPingTimeout) {
    auto options = plain();
    options.keepalive = {.interval = 20s, .timeout = 10s};
    SessionUnderTest session(options);
    session.open();
    EXPECT_EQ(session.on(E::KeepaliveDue{}, 20s), "send_ping, arm(keepalive, 10 s)");
    EXPECT_EQ(session.on(E::KeepaliveDue{}, 10s),
              "abort_transport(1011), arm(backoff, 1 s), notify_disconnected(PING_TIMEOUT)");
}

TEST(KeepAlive, AMissingPongThatMayBeUnreadGetsMoreTime) {
    auto options = plain();
    options.keepalive = {.interval = 20s, .timeout = 10s};
    SessionUnderTest session(options);
    session.open();
    EXPECT_EQ(session.on(E::KeepaliveDue{.all_read = false}, 20s), "send_ping, arm(keepalive, 10 s)");
    EXPECT_EQ(session.on(E::KeepaliveDue{.all_read = false}, 10s), "arm(keepalive, 20 s)");
    EXPECT_EQ(session.on(E::KeepaliveDue{}, 20s), "send_ping, arm(keepalive, 10 s)");
}

TEST(KeepAlive, APongMovesTheTimerToTheNextPingAndIsMeasured) {
    auto options = plain();
    options.keepalive = {.interval = 20s, .timeout = 10s};
    SessionUnderTest session(options);
    session.open();
    std::ignore = session.on(E::KeepaliveDue{}, 20s);
    Keepalive::Payload first{};
    first.back() = std::byte{1};
    EXPECT_EQ(session.on(E::Pong{first}, 1s), "arm(keepalive, 19 s)");
    EXPECT_EQ(session.fsm().round_trip().last, 1s);
}

TEST(KeepAlive, EachConnectionStartsItsOwn) {
    auto options = plain();
    options.keepalive = {.interval = 20s, .timeout = 10s};
    SessionUnderTest session(options);
    session.open();
    std::ignore = session.on(E::KeepaliveDue{}, 20s);
    std::ignore = session.on(kReset, 1s);
    std::ignore = session.on(E::BackoffDue{}, 1s);
    EXPECT_EQ(session.on(E::TransportUp{}), "arm(stable, 60 s), arm(keepalive, 20 s), notify_connected");
    EXPECT_EQ(session.on(E::KeepaliveDue{}, 20s), "send_ping, arm(keepalive, 10 s)");
}

// Limits

TEST(Limits, ASessionOptionThatCannotBeIsNamed) {
    EXPECT_FALSE(validate(SessionOptions{}).failed());
    const auto names = [](const SessionOptions& options, std::string_view field) {
        return validate(options).message().starts_with(field);
    };
    EXPECT_TRUE(names({.keepalive = {.interval = -1s}}, "ping_interval"));
    EXPECT_TRUE(names({.keepalive = {.timeout = 0s}}, "ping_timeout"));
    EXPECT_FALSE(validate(SessionOptions{.keepalive = {.interval = 0s, .timeout = 0s}}).failed());
    EXPECT_TRUE(names({.reconnect = {.jitter = 2}}, "reconnect_jitter"));
    EXPECT_TRUE(names({.window = {.connection_lifetime = 1s}}, "connection_lifetime is 1 s"));
    EXPECT_TRUE(names({.reconnect = {.jitter = 2}}, "reconnect_jitter is 2;"));
    EXPECT_TRUE(names({.keepalive = {.interval = -1s}}, "ping_interval is -1 s;"));
}

}  // namespace
}  // namespace pinwheel
