// Section 2 of the behaviour: the rows of the state table in which the user ends a connection.

#include "state_rows.h"

namespace pinwheel::test {
namespace {

class StateEndings : public StateRows {};

// CONNECTED: a proactive disconnect

TEST_F(StateEndings, AProactiveDisconnectIsClosingUntilThePeerAnswersThenOnDisconnectOnce) {
    options.on_disconnect = [this](DisconnectReason reason) {
        EXPECT_EQ(ws().state(), disconnected);
        note(std::string(to_string(reason)));
    };
    connect();
    ws().request_disconnect();
    EXPECT_EQ(ws().state(), closing);
    pass(1s);
    EXPECT_EQ(ws().state(), closing);
    EXPECT_EQ(log, "connect;");
    EXPECT_EQ(sent(0), std::vector<std::string>{"close 1000"});
    script(0).bytes(close_frame(1000, "bye"));
    turn();
    EXPECT_EQ(ws().state(), disconnected);
    pass(5s);
    EXPECT_EQ(log, "connect;USER_REQUESTED;");
    EXPECT_EQ(ws().close_code(), 1000);
    EXPECT_EQ(ws().close_reason(), "bye");
    EXPECT_EQ(ws().stats().proactive_disconnects, 1U);
}

TEST_F(StateEndings, AProactiveDisconnectWaitsAtMostTheCloseTimeoutOfTwoSeconds) {
    connect();
    ws().request_disconnect();
    pass(1900ms);
    EXPECT_EQ(ws().state(), closing);
    pass(200ms);
    EXPECT_EQ(ws().state(), disconnected);
    EXPECT_EQ(ws().close_code(), 1006);
    EXPECT_TRUE(script(0).destroyed);
}

// CONNECTING, RECONNECTING: request_disconnect()

TEST_F(StateEndings, RequestDisconnectDropsAnAttempt) {
    for (const auto state : {connecting, reconnecting}) {
        begin_anew();
        if (state == connecting) {
            reach(connecting);
        } else {
            connect();
            script(base).end();
            turn();
            pass(1s);
        }
        EXPECT_EQ(dialer.under_way(), 1U);
        ws().request_disconnect();
        turn();
        EXPECT_EQ(ws().state(), disconnected);
        EXPECT_EQ(dialer.under_way(), 0U);
        while (dialer.plans() <= dialer.dials()) dialer.plan();
    }
}

TEST_F(StateEndings, RequestDisconnectWithReconnectAfterDropsAnAttemptAndReconnects) {
    reach(connecting);
    ws().request_disconnect(3s);
    EXPECT_EQ(ws().state(), reconnecting);
    plan(2);  // of the dropped one, too
    pass(2s);
    EXPECT_EQ(dialer.dials(), 1U);
    pass(2s);
    EXPECT_EQ(ws().state(), connected);
}

// any but CLOSED: close()

TEST_F(StateEndings, CloseRunsTheHandshakeIfConnectedAndElsewhereLeadsToDisconnectedAtOnce) {
    for (const auto state : {disconnected, connecting, reconnecting}) {
        begin_anew();
        if (state == reconnecting) {
            connect();
            script(base).end();
            turn();
        } else {
            reach(state);
        }
        ws().close();
        EXPECT_EQ(ws().state(), disconnected);
        EXPECT_FALSE(ws().is_shutdown());
        EXPECT_TRUE(ws().is_recoverable());
    }
}

TEST_F(StateEndings, CloseIsIdempotentAndDropsAPlannedReconnect) {
    connect();
    ws().request_disconnect(1s);
    ws().close();
    ws().close();
    EXPECT_EQ(ws().state(), closing);
    EXPECT_EQ(sent(0), std::vector<std::string>{"close 1000"});
    script(0).bytes(close_frame(1000));
    turn();
    ws().close();
    pass(3s);
    EXPECT_EQ(ws().state(), disconnected);
    EXPECT_EQ(log, "connect;disconnect USER_REQUESTED;");
}

TEST_F(StateEndings, CloseKeepsAutoReconnectForTheNextConnection) {
    connect();
    ws().close();
    script(0).bytes(close_frame(1000));
    turn();
    plan(2);
    ws().connect();
    turn();
    script(1).end();
    pass(2s);
    EXPECT_EQ(ws().state(), connected);
    EXPECT_EQ(dialer.dials(), 3U);
}

// any but CLOSED: kill()

TEST_F(StateEndings, KillResetsTheSocketWithoutACloseFrameAndStaysDisconnected) {
    connect();
    ws().kill();
    EXPECT_EQ(ws().state(), disconnected);
    EXPECT_TRUE(script(0).aborted);
    EXPECT_EQ(sent(0), std::vector<std::string>{});
    EXPECT_EQ(log, "connect;disconnect KILLED;");
    EXPECT_EQ(ws().stats().reactive_disconnects, 1U);
    EXPECT_EQ(ws().last_error().message(), "kill() cut the connection to feed.example");
    pass(90s);
    EXPECT_EQ(dialer.dials(), 1U);
    EXPECT_TRUE(ws().is_recoverable());
    plan(1);
    ws().connect();
    turn();
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(StateEndings, KillLeadsFromEveryStateButClosedToDisconnected) {
    for (const auto state : {disconnected, connecting, reconnecting, closing}) {
        begin_anew();
        if (state == closing || state == reconnecting) {
            connect();
            if (state == closing) ws().close();
            if (state == reconnecting) script(base).end();
            turn();
        } else {
            reach(state);
        }
        EXPECT_EQ(ws().state(), state);
        ws().kill();
        EXPECT_EQ(ws().state(), disconnected);
        EXPECT_EQ(dialer.under_way(), 0U);
        EXPECT_EQ(ws().stats().disconnects, state == closing || state == reconnecting ? 1U : 0U);
    }
}

// CLOSING, not by shutdown(): the request becomes the plan

TEST_F(StateEndings, S2ACallWhileClosingFollowsTheCloseHandshake) {
    connect();
    ws().close();
    ws().connect();
    EXPECT_EQ(ws().state(), closing);
    EXPECT_TRUE(alerts.empty());
    dialer.plan();
    script(0).bytes(close_frame(1000));
    pass(0s);
    EXPECT_TRUE(ws().is_connected());

    ws().request_disconnect();
    ws().schedule_reconnect(50ms);
    dialer.plan();
    script(1).bytes(close_frame(1000));
    pass(10ms);
    EXPECT_EQ(ws().state(), reconnecting);
    pass(50ms);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(StateEndings, S3ALaterRequestDisconnectCancelsTheReconnect) {
    connect();
    ws().request_disconnect(20ms);
    ws().request_disconnect();
    script(0).bytes(close_frame(1000));
    pass(1s);
    EXPECT_EQ(ws().state(), disconnected);
}

// any but CLOSED: shutdown()

TEST_F(StateEndings, ShutdownClosesInOrderForGood) {
    connect();
    ws().shutdown();
    EXPECT_EQ(ws().state(), closing);
    EXPECT_TRUE(ws().is_shutdown());
    EXPECT_EQ(sent(0), std::vector<std::string>{"close 1000"});
    script(0).bytes(close_frame(1000));
    turn();
    EXPECT_EQ(ws().state(), closed);
    EXPECT_EQ(log, "connect;disconnect USER_REQUESTED;");
    EXPECT_TRUE(ws().is_dead());
    EXPECT_FALSE(ws().is_recoverable());
}

TEST_F(StateEndings, ShutdownIsNotUndoneByPlansOrCallsMeanwhile) {
    for (const int call : {0, 1, 2, 3}) {
        begin_anew();
        connect();
        ws().request_disconnect(1s);
        ws().shutdown();
        if (call == 1) ws().close();
        if (call == 2) ws().kill();
        if (call == 3) ws().connect();
        pass(5s);
        EXPECT_EQ(ws().state(), closed);
    }
}

TEST_F(StateEndings, ShutdownWithoutAConnectionIsClosedAtOnce) {
    for (const auto state : {disconnected, connecting}) {
        begin_anew();
        reach(state);
        ws().shutdown();
        EXPECT_EQ(ws().state(), closed);
        EXPECT_EQ(log, "");
    }
}

// any but CLOSED: force_close()

TEST_F(StateEndings, ForceCloseIsClosedAtOnceAndTriesACloseFrameOnce) {
    connect();
    ws().force_close();
    EXPECT_EQ(ws().state(), closed);
    EXPECT_TRUE(ws().is_shutdown());
    EXPECT_EQ(sent(0), std::vector<std::string>{"close 1000"});
    EXPECT_TRUE(script(0).destroyed);
    EXPECT_EQ(log, "connect;disconnect USER_REQUESTED;");
}

TEST_F(StateEndings, ForceCloseDoesNotWaitForASocketThatTakesNothing) {
    connect();
    script(0).write_room = 0;
    ws().force_close();
    EXPECT_EQ(ws().state(), closed);
    EXPECT_EQ(sent(0), std::vector<std::string>{});
}

// CLOSED: anything

TEST_F(StateEndings, ClosedAbsorbsEverything) {
    reach(closed);
    alerts.clear();
    ws().connect();
    EXPECT_EQ(
        last_alert(),
        "alert websocket: connect() changes nothing: the session is CLOSED permanently; make a new manager");
    ws().schedule_reconnect(1s);
    ws().request_disconnect(1s);
    ws().close();
    ws().kill();
    ws().shutdown();
    ws().force_close();
    ws().subscribe("a");
    pass(5s);
    EXPECT_EQ(ws().state(), closed);
    EXPECT_EQ(dialer.dials(), 0U);
    EXPECT_THROW(ws().send("text"), WebSocketClosedError);
    EXPECT_EQ(ws().try_send("text"), Errc::not_connected);
}

}  // namespace
}  // namespace pinwheel::test
