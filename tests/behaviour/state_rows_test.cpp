// Section 2 of the behaviour: the rows of the state table in which a connection comes up or is lost.

#include "state_rows.h"

namespace pinwheel::test {
namespace {

constexpr const char* kForbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";

TEST_F(StateRows, TheSixStatesDetermineTheAllowedCalls) {
    for (const auto state : {disconnected, connecting, connected, reconnecting, closing, closed}) {
        EXPECT_EQ(can_connect(state), state == disconnected || state == reconnecting);
        EXPECT_EQ(can_send(state), state == connected);
        EXPECT_EQ(is_terminal(state), state == closed);
    }
}

TEST_F(StateRows, ReconnectingIsShownWhileItWaitsForADelayAndWhileItTriesAgain) {
    reach(reconnecting);
    EXPECT_EQ(dialer.dials(), 1U);
    pass(1s);
    EXPECT_EQ(dialer.dials(), 2U);
    EXPECT_EQ(dialer.under_way(), 1U);
    EXPECT_EQ(ws().state(), reconnecting);
}

TEST_F(StateRows, ReconnectingIsShownWhileItWaitsForAWindow) {
    options.should_reconnect = [] { return false; };
    reach(connected);
    ws().request_disconnect();
    script(0).bytes(close_frame(1000));
    turn();
    EXPECT_EQ(ws().state(), reconnecting);
}

TEST_F(StateRows, ConnectingIsTheFirstAttemptOfAnExplicitConnectWithItsRetries) {
    plan_failures(1);
    make().connect();
    EXPECT_EQ(ws().state(), connecting);
    turn();
    EXPECT_EQ(ws().state(), connecting);
    pass(1s);
    EXPECT_EQ(dialer.dials(), 2U);
    EXPECT_EQ(ws().state(), connecting);
}

// DISCONNECTED: connect()

TEST_F(StateRows, ConnectFromDisconnectedStartsTheAttemptCountAtZero) {
    options.max_reconnect_attempts = 1;
    plan_failures(4);
    for (int round = 1; round <= 2; ++round) {
        if (round == 1) make();
        ws().connect();
        EXPECT_THROW(ws().wait_connected(), WebSocketConnectionError);
        EXPECT_EQ(dialer.dials(), 2U * round);
        EXPECT_EQ(ws().state(), disconnected);
    }
}

// RECONNECTING: connect()

TEST_F(StateRows, ConnectFromReconnectingDropsTheWaitAndStartsTheAttemptNow) {
    reach(reconnecting);
    dialer.plan();
    ws().connect();
    EXPECT_EQ(ws().state(), connecting);
    EXPECT_EQ(dialer.dials(), 2U);
    turn();
    EXPECT_EQ(ws().state(), connected);
    pass(2s);
    EXPECT_EQ(dialer.dials(), 2U) << "the wait that was dropped still fired";
}

// any other: connect()

TEST_F(StateRows, ConnectElsewhereChangesNothingButAWarning) {
    for (const auto state : {connecting, connected, closed}) {
        begin_anew();
        reach(state);
        alerts.clear();
        ws().connect();
        EXPECT_EQ(ws().state(), state);
        ASSERT_EQ(alerts.size(), 1U);
        EXPECT_TRUE(alerts[0].starts_with("alert websocket: connect() changes nothing: the session is " +
                                          std::string(to_string(state))))
            << alerts[0];
    }
}

// upgraded

TEST_F(StateRows, UpgradedMeansConnectedThenOnConnectThenTheSubscriptions) {
    for (const bool again : {false, true}) {
        options.on_connect = [&] {
            EXPECT_EQ(ws().state(), connected);
            EXPECT_EQ(ws().stats().connects, again ? 2U : 1U);
            ws().send("hello");
        };
        if (!again) {
            dialer.plan();
            make().subscribe("b", "a");
            ws().connect();
            turn();
        } else {
            dialer.plan();
            script(0).end();
            turn();
            pass(1s);
        }
        EXPECT_EQ(sent(again ? 1 : 0),
                  (std::vector<std::string>{"text hello", R"(text {"type":"subscribe","channel":"b"})",
                                            R"(text {"type":"subscribe","channel":"a"})"}));
    }
}

// attempt failed, budget left

TEST_F(StateRows, AFailedAttemptIsFollowedByTheNextAfterTheStrategysDelay) {
    plan_failures(2);
    dialer.plan();
    make().connect();
    turn();
    EXPECT_EQ(dialer.dials(), 1U);
    pass(900ms);
    EXPECT_EQ(dialer.dials(), 1U);
    pass(200ms);
    EXPECT_EQ(dialer.dials(), 2U);
    EXPECT_EQ(ws().state(), connecting);
    EXPECT_EQ(ws().last_error().code, Errc::connection_refused);
    pass(2s);
    EXPECT_EQ(ws().state(), connected);
    EXPECT_EQ(log, "connect;");
    EXPECT_FALSE(ws().last_error().failed());
}

// budget spent

TEST_F(StateRows, ASpentBudgetMeansDisconnectedAnAlertAndAWaitingCallThatThrows) {
    options.max_reconnect_attempts = 1;
    plan_failures(2);
    make("ws://feed.example/stream?key=secret").connect();
    turn();
    pass(1s);
    EXPECT_EQ(ws().state(), disconnected);
    EXPECT_EQ(ws().last_error().code, Errc::retries_exhausted);
    EXPECT_EQ(ws().last_error().message(),
              "gave up connecting after 2 attempts: nobody there; call connect() to try again");
    EXPECT_EQ(last_alert(),
              "alert websocket: gave up connecting after 2 attempts: nobody there; call "
              "connect() to try again url=ws://feed.example/stream attempts=2");
    EXPECT_EQ(log, "");
    EXPECT_THROW(ws().wait_connected(), WebSocketConnectionError);
    EXPECT_THROW(std::ignore = ws().receive(), WebSocketConnectionError);
}

TEST_F(StateRows, ASpentBudgetAfterALossMeansDisconnected) {
    options.max_reconnect_attempts = 2;
    connect();
    plan_failures(2);
    script(0).end();
    EXPECT_THROW(std::ignore = ws().receive(), WebSocketReconnectError);
    EXPECT_EQ(ws().state(), disconnected);
    EXPECT_EQ(log, "connect;disconnect NETWORK_ERROR;");
}

// a permanent error

TEST_F(StateRows, ARefusedCertificateEndsAConnectThatHadNoSuccessYet) {
    plan_failures(1, Errc::tls_certificate);
    make().connect();
    turn();
    EXPECT_EQ(ws().state(), disconnected);
    EXPECT_EQ(ws().last_error().code, Errc::tls_certificate);
    EXPECT_TRUE(
        last_alert().starts_with("alert websocket: cannot connect to ws://feed.example/stream (1 "
                                 "attempt): nobody there"))
        << last_alert();
    EXPECT_THROW(ws().wait_connected(), WebSocketConnectionError);
}

TEST_F(StateRows, ARetryableStatusIsRetriedAndAnother4xxEndsTheConnect) {
    for (const int status : {400, 401, 403, 404, 408, 425, 429, 500, 503}) {
        const bool passes = status == 408 || status == 425 || status == 429 || status >= 500;
        begin_anew();
        dialer.plan().answer = "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 0\r\n\r\n";
        make().connect();
        turn();
        EXPECT_EQ(ws().state(), passes ? connecting : disconnected) << status;
    }
}

TEST_F(StateRows, TheSameErrorAfterTheConnectionWasUpCostsATryAndIsAlerted) {
    options.max_reconnect_attempts = 3;
    options.reconnect_strategy = ReconnectStrategy::fixed_delay;
    connect();
    dialer.plan().answer = kForbidden;
    plan_failures(1, Errc::tls_certificate);
    plan_failures(1);
    script(0).end();
    turn();
    pass(1s);
    EXPECT_EQ(ws().state(), reconnecting);
    EXPECT_TRUE(last_alert().starts_with(
        "alert websocket: an error that seldom passes; it is tried again, as the budget allows last_error="))
        << last_alert();
    pass(1s);
    EXPECT_EQ(ws().state(), reconnecting);
    EXPECT_EQ(alerts.size(), 2U);
    pass(1s);
    EXPECT_EQ(ws().state(), disconnected);
    EXPECT_EQ(ws().last_error().code, Errc::retries_exhausted);
}

// CONNECTED: lost

TEST_F(StateRows, ALossLeadsToReconnectingAndCallsOnDisconnectThenTheAlert) {
    options.on_disconnect_alert = [this](DisconnectReason, std::uint64_t count) {
        note("alert " + std::to_string(count));
    };
    options.on_disconnect = [this](DisconnectReason reason) {
        EXPECT_EQ(ws().state(), reconnecting);
        EXPECT_EQ(ws().stats().reactive_disconnects, 1U);
        note(std::string(to_string(reason)));
    };
    connect();
    script(0).bytes(close_frame(1001, "restarting"));
    turn();
    EXPECT_EQ(ws().state(), reconnecting);
    EXPECT_EQ(log, "connect;SERVER_CLOSED;alert 1;");
}

TEST_F(StateRows, ALossWithoutAutoReconnectLeadsToDisconnected) {
    options.auto_reconnect = false;
    connect();
    script(0).end();
    turn();
    EXPECT_EQ(ws().state(), disconnected);
    EXPECT_EQ(log, "connect;disconnect NETWORK_ERROR;");
    pass(5s);
    EXPECT_EQ(dialer.dials(), 1U);
    EXPECT_TRUE(ws().is_recoverable());
}

}  // namespace
}  // namespace pinwheel::test
