// Section 9 of the behaviour: each field of the statistics.

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class StatsBehaviour : public ManagedTest {
  protected:
    [[nodiscard]] SystemTime unix_now() { return clock.system_now(); }
    static void expect_near(SystemTime got, SystemTime wanted) {
        EXPECT_LE(std::chrono::abs(got - wanted), 100ms);
    }
};

TEST_F(StatsBehaviour, AllBeginAtZeroAndNever) {
    const auto stats = make().stats();
    EXPECT_EQ(stats.connects + stats.disconnects + stats.messages_received + stats.messages_sent +
                  stats.bytes_received + stats.bytes_sent + stats.messages_dropped + stats.reconnect_tries,
              0U);
    EXPECT_EQ(stats.last_connect_time, SystemTime{});
    EXPECT_EQ(stats.last_disconnect_time, SystemTime{});
    EXPECT_EQ(stats.last_message_time, SystemTime{});
    EXPECT_EQ(stats.connection_time(reactor.now()), Duration::zero());
}

TEST_F(StatsBehaviour, ConnectsDisconnectsAndTheirUnixTimes) {
    connect();
    expect_near(ws().stats().last_connect_time, unix_now());
    EXPECT_EQ(ws().stats().connects, 1U);
    pass(5s);
    ws().kill();
    expect_near(ws().stats().last_disconnect_time, unix_now());
    expect_near(ws().stats().last_connect_time, unix_now() - 5s);
    EXPECT_EQ(ws().stats().disconnects, 1U);
}

TEST_F(StatsBehaviour, MessagesAndPayloadBytesBothWaysAndTheLastMessagesTime) {
    connect();
    ws().send("12345");
    script(0).bytes(text_frame("123") + binary_frame("1234"));
    turn();
    const auto stats = ws().stats();
    EXPECT_EQ(stats.messages_sent, 1U);
    EXPECT_EQ(stats.bytes_sent, 5U);
    EXPECT_EQ(stats.messages_received, 2U);
    EXPECT_EQ(stats.bytes_received, 7U);
    expect_near(stats.last_message_time, unix_now());
}

TEST_F(StatsBehaviour, UptimeAndConnectionTime) {
    make();
    pass(10s);
    connect();
    pass(5s);
    const auto stats = ws().stats();
    EXPECT_NEAR(std::chrono::duration<double>(stats.connection_time(reactor.now())).count(), 5, 0.2);
    EXPECT_NEAR(std::chrono::duration<double>(stats.uptime(reactor.now())).count(), 5, 0.2);
}

TEST_F(StatsBehaviour, ConnectionDurationIsZeroWhenNotConnected) {
    make();
    EXPECT_EQ(ws().connection_duration(), Duration::zero());
    connect();
    pass(5s);
    EXPECT_NEAR(std::chrono::duration<double>(ws().connection_duration()).count(), 5, 0.2);
    ws().close();
    EXPECT_EQ(ws().connection_duration(), Duration::zero()) << "CLOSING";
    ws().kill();
    EXPECT_EQ(ws().connection_duration(), Duration::zero());
}

TEST_F(StatsBehaviour, RingFillAndItsHighWaterMark) {
    connect();
    script(0).bytes(text_frame("a") + text_frame("b") + text_frame("c"));
    turn();
    EXPECT_EQ(ws().stats().queued, 3U);
    for (int i = 0; i < 3; ++i) std::ignore = ws().receive(1s);
    EXPECT_THROW(std::ignore = ws().receive(1s), WebSocketTimeoutError);
    EXPECT_EQ(ws().stats().queued, 0U);
    EXPECT_EQ(ws().stats().queued_high_water, 3U);
}

TEST_F(StatsBehaviour, ReconnectTriesAreAttemptsBesideTheFirstOfAConnect) {
    plan_failures(1);
    plan(2);
    make().connect();
    turn();
    pass(1s);
    EXPECT_EQ(ws().stats().reconnect_tries, 1U);
    script(1).end();
    turn();
    pass(2s);
    EXPECT_TRUE(ws().is_connected());
    EXPECT_EQ(ws().stats().reconnect_tries, 2U);
}

TEST_F(StatsBehaviour, BytesWaitingToBeSentGoWithTheirConnection) {
    for (const bool killed : {false, true}) {
        connect();
        script(dialer.dials() - 1).write_room = 0;
        ws().send("waits");
        EXPECT_EQ(ws().stats().bytes_to_send, 11U);
        if (killed)
            ws().kill();
        else
            script(dialer.dials() - 1).end();
        turn();
        EXPECT_EQ(ws().stats().bytes_to_send, 0U);
    }
}

TEST_F(StatsBehaviour, BytesOfAnEndedConnectionDoNotAffectTheNextOne) {
    options.reconnect_strategy = ReconnectStrategy::immediate;
    connect();
    dialer.plan();
    script(0).write_room = 0;
    ws().send("waits");
    script(0).bytes(close_frame(1001));
    turn();
    ASSERT_TRUE(ws().is_connected());
    script(0).write_room = 4;
    turn();
    EXPECT_EQ(ws().stats().bytes_to_send, 0U);
}

TEST_F(StatsBehaviour, ResetBringsAllThatIsCountedToZero) {
    connect();
    script(0).bytes(text_frame("a") + text_frame("b"));
    pass(20s);
    script(0).bytes(pong_frame(take_sent_frame(script(0).written).payload));
    turn();
    std::ignore = ws().receive(1s);
    EXPECT_EQ(ws().stats().ping.count, 1U);
    script(0).write_room = 0;
    ws().send("waits");
    ws().reset_stats();
    auto stats = ws().stats();
    EXPECT_EQ(stats.connects + stats.messages_received + stats.messages_sent + stats.ping.count, 0U);
    EXPECT_EQ(stats.last_connect_time, SystemTime{});
    EXPECT_EQ(stats.bytes_to_send, 11U) << "it still waits";
    EXPECT_EQ(stats.queued, 2U) << "the one that is shown, and the one behind it";
    EXPECT_EQ(stats.queued_high_water, 2U);
    script(0).write_room = StreamScript::kUnlimited;
    turn();
    std::ignore = take_sent_frame(script(0).written);
    pass(20s);
    script(0).bytes(pong_frame(take_sent_frame(script(0).written).payload));
    turn();
    EXPECT_EQ(ws().stats().ping.count, 1U) << "round trips begin anew";
    EXPECT_NEAR(std::chrono::duration<double>(ws().stats().uptime(reactor.now())).count(), 20, 0.5);
}

TEST_F(StatsBehaviour, ConnectionInfoTellsTheUpgradeWhileConnected) {
    options.upgrade.subprotocols = {"v2"};
    dialer.plan().headers = "Sec-WebSocket-Protocol: v2\r\nX-Gateway: 7\r\n";
    EXPECT_FALSE(make().connection_info());
    ws().connect();
    turn();
    const auto info = ws().connection_info();
    ASSERT_TRUE(info);
    EXPECT_EQ(info->subprotocol, "v2");
    EXPECT_FALSE(info->is_compressed);
    EXPECT_EQ(info->headers.back().name + "=" + info->headers.back().value, "X-Gateway=7");
    EXPECT_FALSE(info->socket.peer) << "a scripted stream has no socket";
    ws().close();
    EXPECT_FALSE(ws().connection_info());
}

}  // namespace
}  // namespace pinwheel::test
