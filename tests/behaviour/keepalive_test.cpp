// Section 5 of the behaviour: pings, pongs, and a connection that sends no pong.

#include <algorithm>

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class KeepAliveBehaviour : public ManagedTest {
  protected:
    /// The payload of the only frame sent since. It must be a ping.
    std::string take_ping(std::size_t connection) {
        const auto frame = take_sent_frame(script(connection).written);
        EXPECT_EQ(frame.opcode, 9U);
        return frame.payload;
    }
};

TEST_F(KeepAliveBehaviour, APingWithEightBytesIsSentInEveryPingInterval) {
    connect();
    for (int i = 0; i < 3; ++i) {
        pass(18s);
        EXPECT_EQ(script(0).written, "");
        pass(3s);
        const auto payload = take_ping(0);
        EXPECT_EQ(payload.size(), 8U);
        script(0).bytes(pong_frame(payload));
        turn();
    }
    EXPECT_TRUE(ws().is_connected());
    EXPECT_EQ(ws().stats().ping.count, 3U);
}

TEST_F(KeepAliveBehaviour, WithoutThePongWithinPingTimeoutTheConnectionIsLostAnd1011Tried) {
    options.ping_timeout = 5s;
    connect();
    pass(20s);
    take_ping(0);
    pass(4s);
    EXPECT_TRUE(ws().is_connected());
    pass(2s);
    EXPECT_EQ(log, "connect;disconnect PING_TIMEOUT;");
    EXPECT_EQ(sent(0), std::vector<std::string>{"close 1011"});
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
}

TEST_F(KeepAliveBehaviour, APongWithAnotherPayloadIsIgnored) {
    connect();
    pass(20s);
    auto payload = take_ping(0);
    payload[0] = static_cast<char>(payload[0] ^ 1);
    script(0).bytes(pong_frame(payload));
    pass(11s);
    EXPECT_EQ(log, "connect;disconnect PING_TIMEOUT;");
}

TEST_F(KeepAliveBehaviour, UnaskedPongsAreLegalAndIgnored) {
    connect();
    script(0).bytes(pong_frame("") + pong_frame("12345678") + text_frame("after"));
    EXPECT_EQ(ws().receive(1s).text(), "after");
    EXPECT_EQ(ws().stats().ping.count, 0U);
}

TEST_F(KeepAliveBehaviour, ThePeersPingsAreAnsweredAtOnceWithTheSamePayload) {
    connect();
    script(0).bytes(ping_frame("are you there") + text_frame("and this"));
    turn(1);
    EXPECT_EQ(sent(0), std::vector<std::string>{"pong are you there"});
}

TEST_F(KeepAliveBehaviour, TheRoundTripOfEachPingIsKept) {
    connect();
    for (const Duration trip : {Duration(100ms), Duration(300ms)}) {
        while (script(0).written.empty()) {
            clock.advance(1s);
            turn(1);
        }
        clock.advance(trip);
        script(0).bytes(pong_frame(take_ping(0)));
        turn();
    }
    const auto ping = ws().stats().ping;
    EXPECT_EQ(ping.count, 2U);
    EXPECT_NEAR(std::chrono::duration<double>(ping.last).count(), 0.3, 0.01);
    EXPECT_NEAR(std::chrono::duration<double>(ping.min).count(), 0.1, 0.01);
    EXPECT_NEAR(std::chrono::duration<double>(ping.max).count(), 0.3, 0.01);
    EXPECT_NEAR(std::chrono::duration<double>(ping.smoothed).count(), 0.125, 0.01);
}

TEST_F(KeepAliveBehaviour, APingIntervalOfZeroTurnsPingsOff) {
    options.ping_interval = 0s;
    connect();
    pass(24h);
    EXPECT_EQ(script(0).written, "");
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(KeepAliveBehaviour, ALatePongOfAnEarlierConnectionMatchesNothing) {
    connect();
    pass(20s);
    const auto old = take_ping(0);
    dialer.plan();
    script(0).end();
    turn();
    pass(1s);
    ASSERT_TRUE(ws().is_connected());
    pass(20s);
    take_ping(1);
    script(1).bytes(pong_frame(old));
    pass(11s);
    EXPECT_EQ(log, "connect;disconnect NETWORK_ERROR;connect;disconnect PING_TIMEOUT;");
}

TEST_F(KeepAliveBehaviour, APongThatCameInTimeCountsEvenIfTheTurnIsLate) {
    connect();
    pass(20s);
    script(0).bytes(text_frame("before it") + pong_frame(take_ping(0)));
    clock.advance(1min);
    turn(1);
    EXPECT_TRUE(ws().is_connected());
    EXPECT_EQ(ws().stats().ping.count, 1U);
    EXPECT_EQ(ws().receive(1s).text(), "before it");
    EXPECT_EQ(log, "connect;");
}

TEST_F(KeepAliveBehaviour, APongBehindSeveralReadsIsWaitedFor) {
    connect();
    pass(20s);
    const std::string behind(100'000, 'x');
    script(0).bytes(text_frame(behind) + pong_frame(take_ping(0)));
    clock.advance(1min);
    turn(1);
    EXPECT_TRUE(ws().is_connected());
    EXPECT_EQ(ws().receive(1s).text(), behind);
    pass(20s);
    EXPECT_EQ(take_ping(0).size(), 8U);
    pass(11s);
    EXPECT_EQ(log, "connect;disconnect PING_TIMEOUT;");
}

TEST_F(KeepAliveBehaviour, AHandlerThatThrowsThenStopsNoPings) {
    options.on_message = [](const Message&) { throw std::runtime_error("handler"); };
    connect();
    script(0).bytes(text_frame("x"));
    clock.advance(20s + 1ms);
    EXPECT_THROW(turn(1), std::runtime_error);
    EXPECT_EQ(take_ping(0).size(), 8U);
    pass(11s);
    EXPECT_EQ(log, "connect;disconnect PING_TIMEOUT;");
}

TEST_F(KeepAliveBehaviour, WhileReadingIsPausedNoPongIsMissed) {
    options.queue_size = 2;
    options.overflow = OverflowPolicy::backpressure;
    connect();
    for (int i = 0; i < 5; ++i) script(0).bytes(text_frame(std::to_string(i)));
    turn();
    pass(10min);
    EXPECT_TRUE(ws().is_connected());
    std::string texts;
    for (int i = 0; i < 5; ++i) texts += ws().receive(1s).text();
    EXPECT_EQ(texts, "01234");
    script(0).written.clear();
    pass(19s);
    EXPECT_EQ(script(0).written, "") << "the interval begins when reading goes on";
    pass(2s);
    EXPECT_EQ(take_ping(0).size(), 8U);
    pass(11s);
    EXPECT_EQ(log, "connect;disconnect PING_TIMEOUT;");
}

TEST_F(KeepAliveBehaviour, AnyTrafficIsLifeIfTheOptionSaysSo) {
    options.reconnect_delay = 1h;
    for (const bool is_life : {true, false}) {
        options.any_traffic_is_life = is_life;
        const std::size_t connection = dialer.plans();
        connect();
        for (int second = 0; second < 60; ++second) {
            script(connection).bytes(text_frame("tick"));
            pass(1s);
        }
        EXPECT_EQ(ws().is_connected(), is_life) << "no pong came";
        pass(40s);
        EXPECT_FALSE(ws().is_connected()) << "silence is not life";
    }
}

}  // namespace
}  // namespace pinwheel::test
