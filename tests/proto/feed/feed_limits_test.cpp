// A feed within its venue's limits: sections 3, 4 and 5 of the feed's rules.
#include "feed_fixture.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using State = ChannelState;
using test::FeedTest;
using test::Texts;

constexpr std::string_view kMessageLimit =
    R"("message_limits": [{"count": 2, "window_ms": 1000, "scope": "connection",
                      "counts": ["requests", "answers"]}])";

class FeedLimitsTest : public FeedTest {
  protected:
    void limits(const std::string& messages, const std::string& more = {}) {
        venue_with(kMessageLimit, "\"message_limits\": [" + messages + "]" + more);
    }
};

TEST_F(FeedLimitsTest, Section3AConnectThatWouldBreakTheVenuesLimitWaits) {
    limits(R"({"count": 2, "window_ms": 1000})",
           R"(, "connect_limits": [{"count": 1, "window_ms": 60000, "scope": "ip"}])");
    start(1);
    EXPECT_EQ(feed->leg_state(), LegState::up);
    dialer.plan();
    script(0).end();
    turn(20);
    EXPECT_EQ(feed->leg_state(), LegState::held);
    EXPECT_TRUE(feed->session().held_until());
    EXPECT_EQ(feed->stats().held_connects, 1U);
    pass(65s);
    EXPECT_EQ(dialer.dials(), 1U) << "ten percent longer";
    pass(3s);
    EXPECT_EQ(dialer.dials(), 2U);
    EXPECT_EQ(feed->leg_state(), LegState::up);
}

TEST_F(FeedLimitsTest, Section3OneBudgetForAllFeedsOfADialer) {
    limits(R"({"count": 2, "window_ms": 1000, "scope": "ip"})",
           R"(, "connect_limits": [{"count": 1, "window_ms": 5000, "scope": "ip"}])");
    start(2);
    EXPECT_EQ(sent(0).size(), 2U);
    const auto profile = parse_venue(venue, "small");
    feed_options.url = "ws://another.example/";
    Feed second(reactor, *profile, feed_options);
    second.subscribe("t", "z");
    dialer.plan();
    second.connect();
    turn();
    EXPECT_EQ(second.leg_state(), LegState::held) << "another host, the same venue and address";
    pass(6s);
    ASSERT_TRUE(second.session().is_connected());
    pass(2s);
    std::ignore = sent(1);
    feed->subscribe("t", "y");
    feed->subscribe("t", "x");
    second.subscribe("t", "w");
    turn();
    EXPECT_EQ(sent(0).size(), 2U);
    EXPECT_TRUE(sent(1).empty()) << "the first has taken the window";
}

TEST_F(FeedLimitsTest, Section3A429AtTheUpgradeHalvesThePaceOfMessages) {
    limits(R"({"count": 1, "window_ms": 10000, "scope": "connection"})");
    dialer.plan().answer = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n";
    start(2);
    for (int i = 0; i < 500 && dialer.dials() < 2; ++i) pass(100ms);
    turn();
    EXPECT_EQ(sent(1).size(), 1U);
    pass(15s);
    EXPECT_TRUE(sent(1).empty()) << "11 s would do at the usual pace";
    pass(10s);
    EXPECT_EQ(sent(1).size(), 1U);
}

TEST_F(FeedLimitsTest, Section3ACloseForRateHalvesThePaceOfTheNextConnection) {
    limits(R"({"count": 1, "window_ms": 10000, "scope": "connection"})");
    start(2);
    dialer.plan();
    script(0).bytes(test::close_frame(1008, "Too many requests"));
    script(0).end();
    for (int i = 0; i < 500 && dialer.dials() < 2; ++i) pass(20ms);
    turn();
    EXPECT_EQ(sent(1).size(), 1U);
    pass(15s);
    EXPECT_TRUE(sent(1).empty());
    pass(10s);
    EXPECT_EQ(sent(1).size(), 1U);
}

TEST_F(FeedLimitsTest, Section3PongsAndTheManagersPingsTakeTheirPlaceInTheWindow) {
    limits(R"({"count": 3, "window_ms": 1000})");
    start(1);
    EXPECT_EQ(sent(0).size(), 1U);
    script(0).bytes(test::ping_frame("a") + test::ping_frame("b"));
    turn();
    EXPECT_EQ(sent(0), (Texts{"pong a", "pong b"}));
    feed->subscribe("t", "b");
    turn();
    EXPECT_TRUE(sent(0).empty()) << "one request and two pongs: the window is full";
    script(0).bytes(test::ping_frame("c"));
    turn();
    EXPECT_EQ(sent(0), Texts{"pong c"}) << "a pong is never held back";
    pass(1200ms);
    EXPECT_EQ(sent(0).size(), 1U);
}

TEST_F(FeedLimitsTest, Section3TheManagersOwnPingIsCounted) {
    limits(R"({"count": 1, "window_ms": 1000})");
    options.ping_interval = WebSocketOptions::Seconds{5};
    feed_options.silence_limit = Duration::zero();
    start(0);
    pass(5s);
    EXPECT_EQ(sent(0), Texts{"ping"});
    feed->subscribe("t", "a");
    turn();
    EXPECT_TRUE(sent(0).empty());
    pass(1200ms);
    EXPECT_EQ(sent(0), Texts{"text sub t.a 1"});
}

TEST_F(FeedLimitsTest, Section4AServersPingsCountAsLife) {
    limits(R"({"count": 9, "window_ms": 1000})", R"(, "keepalive": {"server_ping_ms": 10000})");
    options.ping_interval = std::nullopt;
    feed_options.silence_limit = Duration::zero();
    start(1);
    receive(R"({"ok":1})");
    for (int i = 0; i < 10; ++i) {
        pass(10s);
        script(0).bytes(test::ping_frame("p"));
        turn();
    }
    for (const auto& frame : sent(0)) EXPECT_NE(frame, "ping") << "it needs none of ours";
    EXPECT_EQ(dialer.dials(), 1U);
    EXPECT_TRUE(alerts.empty()) << last_alert();
    dialer.plan();
    pass(24s);
    EXPECT_TRUE(alerts.empty()) << "two may be late";
    pass(2s);
    EXPECT_EQ(last_alert(), "alert feed: nothing came from the venue, not even its pings; reconnecting");
    pass(20s);
    EXPECT_EQ(dialer.dials(), 2U);
}

TEST_F(FeedLimitsTest, Section4TheFirstSubscriptionGoesAheadOfTheSetupIfTheVenueDemandsItEarly) {
    limits(R"({"count": 1, "window_ms": 2000})",
           R"(, "setup": [{"message": "setup {id}"}], "first_subscribe": {"ms": 5000})");
    start(2);
    pass(3s);
    pass(3s);
    EXPECT_EQ(sent(0), (Texts{"text sub t.a 1", "text setup 2", "text sub t.b 3"}));
    EXPECT_TRUE(alerts.empty()) << last_alert();
}

TEST_F(FeedLimitsTest, Section4AFirstSubscriptionThatPacingMakesTooLateIsAlerted) {
    limits(R"({"count": 1, "window_ms": 10000})", R"(, "first_subscribe": {"ms": 5000})");
    feed_options.login = [](std::int64_t) { return std::string("login"); };
    start(1);
    receive(R"({"login":true})");
    EXPECT_EQ(sent(0), Texts{"text login"});
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_EQ(alerts.front().substr(0, 88),
              "alert feed: no subscription can be sent as soon after connecting as the venue demands se");
    pass(12s);
    EXPECT_EQ(sent(0), Texts{"text sub t.a 1"});
    EXPECT_EQ(alerts.size(), 1U);
}

TEST_F(FeedLimitsTest, Section4NoAlertWithoutAChannel) {
    limits(R"({"count": 1, "window_ms": 10000})", R"(, "first_subscribe": {"ms": 5000})");
    feed_options.silence_limit = Duration::zero();
    start(0);
    pass(20s);
    EXPECT_TRUE(alerts.empty()) << last_alert();
}

TEST_F(FeedLimitsTest, Section4TheVenuesPingIsSentAnsweredAndMissed) {
    limits(
        R"({"count": 9, "window_ms": 1000})",
        R"(, "keepalive": {"ping": {"message": "hello {id}", "answer": {"text": "pong"}, "interval_ms": 5000,
              "timeout_ms": 3000}})");
    options.ping_interval = std::nullopt;
    feed_options.silence_limit = Duration::zero();
    start(1);
    receive(R"({"ok":1})");
    std::ignore = sent(0);
    pass(5s);
    EXPECT_EQ(sent(0), Texts{"text hello 2"});
    receive("pong");
    pass(4s);
    EXPECT_TRUE(alerts.empty()) << last_alert();
    pass(6s);
    EXPECT_EQ(last_alert(), "alert feed: the venue did not answer its ping; reconnecting");
}

TEST_F(FeedLimitsTest, Section5AnAgeLimitRotatesAhead) {
    limits(R"({"count": 9, "window_ms": 1000})", R"(, "lifetime": {"ms": 86400000})");
    feed_options.silence_limit = Duration::zero();
    start(1);
    receive(R"({"ok":1})");
    dialer.plan();
    pass(21h);
    EXPECT_EQ(dialer.dials(), 1U);
    pass(3h - 5min);
    EXPECT_EQ(dialer.dials(), 2U);
    receive(R"({"ok":1})", 1);
    pass(2min);
    EXPECT_EQ(feed->stats().rotations, 1U) << "the channel is quiet";
}

}  // namespace
}  // namespace pinwheel
