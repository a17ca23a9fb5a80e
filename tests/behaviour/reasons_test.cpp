// Section 3 of the behaviour: each reason of a disconnect is counted and reported once.

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Reasons : public ManagedTest {
  protected:
    /// The only disconnect so far had this reason, in every place that reports it.
    void expect_once(DisconnectReason reason, std::uint16_t code, const std::string& text = {}) {
        turn();
        EXPECT_EQ(log, "connect;disconnect " + std::string(to_string(reason)) + ";");
        const auto stats = ws().stats();
        EXPECT_EQ(stats.disconnects, 1U);
        EXPECT_EQ(stats.proactive_disconnects, is_proactive(reason) ? 1U : 0U);
        EXPECT_EQ(stats.reactive_disconnects, is_proactive(reason) ? 0U : 1U);
        EXPECT_EQ(stats.protocol_errors, reason == DisconnectReason::protocol_error ? 1U : 0U);
        EXPECT_EQ(ws().close_code(), code);
        EXPECT_EQ(ws().close_reason(), text);
        const RecordHeader* record = ws().queue().front();
        while (record != nullptr && record->kind != RecordKind::disconnected) {
            ws().queue().pop();
            record = ws().queue().front();
        }
        ASSERT_NE(record, nullptr);
        EXPECT_EQ(record->reason, static_cast<std::uint8_t>(reason));
        EXPECT_EQ(record->code, code);
    }
};

// Proactive

TEST_F(Reasons, UserRequestedByRequestDisconnectCloseAndShutdown) {
    for (const int call : {0, 1, 2}) {
        dialer.plan();
        make().connect();
        turn();
        log = "connect;";
        if (call == 0) ws().request_disconnect();
        if (call == 1) ws().close();
        if (call == 2) ws().shutdown();
        script(dialer.dials() - 1).bytes(close_frame(1000));
        expect_once(DisconnectReason::user_requested, 1000);
    }
}

TEST_F(Reasons, ScheduledByScheduleReconnect) {
    connect();
    ws().schedule_reconnect(5s);
    script(0).bytes(close_frame(1000));
    expect_once(DisconnectReason::scheduled, 1000);
}

TEST_F(Reasons, CallbackTriggeredByShouldDisconnect) {
    options.should_disconnect = [] { return true; };
    connect();
    pass(11s);
    script(0).bytes(close_frame(1000));
    expect_once(DisconnectReason::callback_triggered, 1000);
}

TEST_F(Reasons, ConnectionLimitByAge) {
    options.connection_lifetime = 400s;
    options.ping_interval = 0s;
    connect();
    pass(101s);
    script(0).bytes(close_frame(1000));
    expect_once(DisconnectReason::connection_limit, 1000);
}

TEST_F(Reasons, WhateverEndsAPlannedDisconnectItKeepsItsReason) {
    connect();
    ws().request_disconnect();
    script(0).fail(Errc::connection_reset);
    expect_once(DisconnectReason::user_requested, 1006);
}

// Reactive

TEST_F(Reasons, ServerClosedByACloseFrameWhateverItsCode) {
    for (const unsigned code : {1000U, 1001U, 1008U, 1011U, 1012U, 1013U, 3000U, 4000U, 4999U}) {
        dialer.plan();
        make().connect();
        turn();
        log = "connect;";
        script(dialer.dials() - 1).bytes(close_frame(code, "so it is"));
        expect_once(DisconnectReason::server_closed, static_cast<std::uint16_t>(code), "so it is");
        EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    }
}

TEST_F(Reasons, ServerClosedByACloseFrameWithoutCodeIs1005) {
    connect();
    script(0).bytes(raw_frame({.opcode = 8}, ""));
    expect_once(DisconnectReason::server_closed, 1005);
}

TEST_F(Reasons, NetworkErrorByTheEndOfTheStreamByResetByTimeoutAndByTls) {
    for (const Errc error : {Errc::ok, Errc::connection_reset, Errc::connect_timeout, Errc::tls_failure}) {
        dialer.plan();
        make().connect();
        turn();
        log = "connect;";
        if (error == Errc::ok)
            script(dialer.dials() - 1).end();
        else
            script(dialer.dials() - 1).fail(error);
        expect_once(DisconnectReason::network_error, 1006);
        EXPECT_EQ(ws().last_error().code, error == Errc::ok ? Errc::end_of_stream : error);
    }
}

TEST_F(Reasons, PingTimeoutByASilentPeer) {
    connect();
    pass(20s);
    pass(11s);
    expect_once(DisconnectReason::ping_timeout, 1006);
    EXPECT_EQ(ws().last_error().message(), "feed.example answered no ping within the ping timeout");
}

TEST_F(Reasons, ProtocolErrorByABadFrameBadTextAndTooLargeAMessage) {
    options.max_message_size = 100;
    const std::vector<std::pair<std::string, Errc>> offences{
        {raw_frame({.rsv = 4}, "x"), Errc::bad_frame},
        {continuation("x"), Errc::bad_fragment},
        {text_frame("\xff"), Errc::bad_utf8},
        {raw_frame({.opcode = 8}, "x"), Errc::bad_close},
        {raw_frame({.masked = true}, "x"), Errc::masked_frame},
        {text_frame(std::string(101, 'x')), Errc::message_too_large}};
    for (const auto& [bytes, error] : offences) {
        dialer.plan();
        make().connect();
        turn();
        log = "connect;";
        script(dialer.dials() - 1).bytes(bytes);
        expect_once(DisconnectReason::protocol_error, 1006);
        EXPECT_EQ(ws().last_error().code, error);
        if (error == Errc::message_too_large) {  // S10
            const auto text = ws().last_error().message();
            EXPECT_NE(text.find("101 bytes or more; max_message_size is 100"), std::string::npos) << text;
        }
        const auto frames = sent(dialer.dials() - 1);
        ASSERT_EQ(frames.size(), 1U);
        EXPECT_EQ(frames[0], error == Errc::bad_utf8            ? "close 1007"
                             : error == Errc::message_too_large ? "close 1009"
                                                                : "close 1002");
    }
}

TEST_F(Reasons, KilledByKill) {
    connect();
    ws().kill();
    expect_once(DisconnectReason::killed, 1006);
}

TEST_F(Reasons, KillWhileClosingIsKilled) {
    connect();
    ws().close();
    ws().kill();
    expect_once(DisconnectReason::killed, 1006);
}

TEST_F(Reasons, ADroppedOrFailedAttemptIsNotADisconnect) {
    plan_failures(1);
    make().connect();
    turn();
    ws().close();
    ws().connect();
    ws().kill();
    turn();
    EXPECT_EQ(log, "");
    EXPECT_EQ(ws().stats().disconnects, 0U);
}

// schedule_reconnect(delay)

TEST_F(Reasons, ScheduleReconnectFromDisconnectedArmsTheReconnect) {
    dialer.plan();
    make().schedule_reconnect(3s);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    pass(2s);
    EXPECT_EQ(dialer.dials(), 0U);
    pass(2s);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Reasons, ScheduleReconnectFromReconnectingRearmsTheTimer) {
    connect();
    dialer.plan();
    script(0).end();
    turn();
    ws().schedule_reconnect(5s);
    pass(4s);
    EXPECT_EQ(dialer.dials(), 1U);
    pass(2s);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Reasons, ScheduleReconnectFromConnectedReconnectsAfterTheDelay) {
    connect();
    dialer.plan();
    ws().schedule_reconnect(3s);
    script(0).bytes(close_frame(1000));
    turn();
    pass(2s);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    pass(2s);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Reasons, ScheduleReconnectElsewhereIsAWarning) {
    make().connect();
    ws().schedule_reconnect(1s);
    EXPECT_EQ(ws().state(), ConnectionState::connecting);
    EXPECT_EQ(last_alert(), "alert websocket: no reconnect is planned: the session is CONNECTING");
}

TEST_F(Reasons, AMarginThatLeavesNoAgeIsAnErrorOfConstruction) {
    options.connection_lifetime = 300s;
    try {
        make();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const WebSocketError& error) {
        EXPECT_NE(std::string(error.what()).find("disconnect_margin"), std::string::npos) << error.what();
    }
}

TEST_F(Reasons, WithoutALifetimeAConnectionHasNoAgeLimit) {
    options.ping_interval = 0s;
    connect();
    pass(24h * 365);
    EXPECT_TRUE(ws().is_connected());
}

}  // namespace
}  // namespace pinwheel::test
