// Several legs, and legs that replace each other, on scripted sessions: sections 5 to 7 of the feed's rules.
#include "feed_fixture.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::Texts;

class FeedLegsTest : public test::FeedTest {
  protected:
    /// All connections split messages identically.
    void identical() {
        venue_with(R"("rule": "contiguous", )", R"("rule": "contiguous", "identical": true, )");
    }
    /// With one channel and connected legs. Connection n is leg n.
    void start_legs(std::size_t legs) {
        feed_options.legs = legs;
        make_feed();
        std::ignore = feed->subscribe("t", "a");
        plan(static_cast<int>(legs));
        feed->connect();
        turn();
        ASSERT_EQ(dialer.dials(), legs);
    }
    void show(std::size_t connection, std::int64_t number) {
        receive(R"({"c":"t.a","n":)" + std::to_string(number) + "}", connection);
    }
};

TEST_F(FeedLegsTest, Section7TheFirstOfTwoLegsWinsAndEachFillsHolesOfItsPeer) {
    identical();
    start_legs(2);
    show(0, 1);
    show(1, 1);
    show(1, 2);
    show(0, 2);
    EXPECT_EQ(got, (Texts{"0:1", "0:2"}));
    show(0, 4);
    EXPECT_EQ(got.size(), 2U) << "held: leg 1 may bring 3";
    show(1, 3);
    EXPECT_EQ(got, (Texts{"0:1", "0:2", "0:3", "0:4"}));
    EXPECT_EQ(feed->leg_stats(0).firsts, 2U);
    EXPECT_EQ(feed->leg_stats(1).firsts, 2U);
    EXPECT_EQ(feed->leg_stats(0).holes, 1U);
    EXPECT_EQ(feed->leg_stats(1).filled, 1U);
    EXPECT_EQ(feed->stats().gaps, 0U);
}

TEST_F(FeedLegsTest, Section7AHoleThatNoLegFillsIsReportedAfterTheHoldTime) {
    identical();
    feed_options.max_hold = 100ms;
    start_legs(2);
    show(0, 1);
    show(1, 1);
    show(0, 4);
    EXPECT_EQ(got, Texts{"0:1"});
    pass(110ms);
    EXPECT_EQ(got, (Texts{"0:1", "gap 2-3", "0:4 after a gap"}));
}

TEST_F(FeedLegsTest, Section7AHoleIsReportedAtOnceIfNoSecondLegLives) {
    identical();
    start_legs(2);
    show(0, 1);
    show(1, 1);
    script(1).end();
    turn();
    show(0, 4);
    EXPECT_EQ(got, (Texts{"0:1", "gap 2-3", "0:4 after a gap"}));
}

TEST_F(FeedLegsTest, Section7CuttingALegLosesAndDuplicatesNothing) {
    identical();
    start_legs(2);
    for (const int number : {1, 2, 3}) show(0, number);
    script(0).end();
    turn();
    for (const int number : {1, 2, 3, 4, 5}) show(1, number);
    EXPECT_EQ(got, (Texts{"0:1", "0:2", "0:3", "0:4", "0:5"}));
    EXPECT_EQ(feed->state(0), ChannelState::live);
    EXPECT_TRUE(feed->session().is_connected()) << "that of a leg that is up";
}

TEST_F(FeedLegsTest, Section7LegsThatAreCutDifferentlyAreNotMixed) {
    start_legs(2);
    show(0, 1);
    show(1, 1);
    show(1, 2);
    EXPECT_EQ(got, Texts{"0:1"}) << "leg 0 leads";
    show(0, 2);
    show(1, 3);
    script(0).end();
    turn();
    pass(10ms);
    EXPECT_EQ(got, (Texts{"0:1", "0:2", "0:3"})) << "leg 1 goes on where leg 0 has ended";
    EXPECT_EQ(feed->stats().gaps, 0U);
}

TEST_F(FeedLegsTest, Section7AChannelIsReportedLiveOnce) {
    identical();
    start_legs(2);
    show(0, 1);
    show(1, 1);
    EXPECT_EQ(log.find("0 live"), log.rfind("0 live")) << log;
    script(1).end();
    turn();
    EXPECT_EQ(log.find("wanted"), log.rfind("wanted")) << log;
}

TEST_F(FeedLegsTest, Section7BetweenOneAndFourLegs) {
    for (const std::size_t legs : {0U, 5U}) {
        feed_options.legs = legs;
        EXPECT_THROW(make_feed(), WebSocketError);
    }
}

TEST_F(FeedLegsTest, Section6AThousandRotationsLoseAndDuplicateNothing) {
    go_live();
    std::int64_t number = 0;
    for (std::size_t old = 0; old < 1000; ++old) {
        show(old, ++number);
        dialer.plan();
        feed->rotate();
        turn(20);
        ASSERT_EQ(dialer.dials(), old + 2);
        // The new session lags, leads, or joins in the middle.
        ++number;
        if (old % 2 == 0) show(old, number);
        show(old + 1, number);
        if (old % 2 != 0) show(old, number);
        turn(40);
        ASSERT_EQ(feed->stats().rotations, old + 1);
        show(old, ++number);
        show(old + 1, number);
        script(old).bytes(test::close_frame(1000));
        script(old).end();
        turn(20);
    }
    ASSERT_EQ(got.size(), static_cast<std::size_t>(number));
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], "0:" + std::to_string(i + 1));
    EXPECT_EQ(feed->stats().gaps, 0U);
}

TEST_F(FeedLegsTest, Section6ANewSessionThatDoesNotComeUpLeavesTheOldOne) {
    feed_options.rotation_timeout = 5s;
    feed_options.silence_limit = Duration::zero();
    go_live();
    show(0, 1);
    plan_failures(1);
    feed->rotate();
    pass(6s);
    EXPECT_EQ(last_alert(), "alert feed: the session that was to take over did not; the old one stays");
    show(0, 2);
    EXPECT_EQ(got, (Texts{"0:1", "0:2"}));
    EXPECT_EQ(feed->stats().rotations, 0U);
}

TEST_F(FeedLegsTest, Section5LegsRotateInTurn) {
    identical();
    start_legs(2);
    show(0, 1);
    show(1, 1);
    plan(2);
    feed->rotate();
    turn(20);
    EXPECT_EQ(dialer.dials(), 3U) << "one at a time";
    show(2, 2);
    show(0, 2);
    turn(40);
    EXPECT_EQ(feed->stats().rotations, 1U);
    script(0).bytes(test::close_frame(1000));
    script(0).end();
    turn(40);
    EXPECT_EQ(dialer.dials(), 4U);
}

TEST_F(FeedLegsTest, Section6ClosingTheFeedInARotationClosesBothSessions) {
    go_live();
    dialer.plan();
    feed->rotate();
    turn(20);
    ASSERT_EQ(dialer.dials(), 2U);
    feed->close();
    turn();
    const auto old_frames = sent(0);
    const auto new_frames = sent(1);
    EXPECT_EQ(old_frames.back(), "close 1000");
    EXPECT_EQ(new_frames.back(), "close 1000");
}

}  // namespace
}  // namespace pinwheel
