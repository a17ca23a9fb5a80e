// Where legs connect, what they share, and what is told of them: sections 3, 4, 7 and 8 of the feed's rules.
#include "../../../proto/feed/feed_prometheus.h"
#include "../../support/subprocess.h"
#include "feed_fixture.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::Texts;

/// Notes where each attempt goes.
class NotingDialer final : public Dialer {
  public:
    explicit NotingDialer(Dialer& dialer) : dialer_(dialer) {}
    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override {
        dials.push_back(target.host + " " + std::to_string(target.rank));
        return dialer_.dial(target, handler);
    }
    [[nodiscard]] SharedLimits& limits() noexcept override { return dialer_.limits(); }

    Texts dials;

  private:
    Dialer& dialer_;
};

class FeedPlacesTest : public test::FeedTest {
  protected:
    FeedPlacesTest() {
        options.dialer = &places;
        venue_with(R"("rule": "contiguous", )", R"("rule": "contiguous", "identical": true, )");
    }
    void start_legs(std::size_t legs) {
        feed_options.legs = legs;
        make_feed();
        std::ignore = feed->subscribe("t", "a");
        plan(static_cast<int>(legs));
        feed->connect();
        turn();
    }
    void show(std::size_t connection, std::int64_t number) {
        receive(R"({"c":"t.a","n":)" + std::to_string(number) + "}", connection);
    }
    /// The old one ends as well. Its connection is `old`, that of the new one `fresh`.
    void take_over(std::size_t old, std::size_t fresh, std::int64_t number) {
        show(old, number);
        show(fresh, number);
        turn(40);
        script(old).bytes(test::close_frame(1000));
        script(old).end();
        turn(40);
    }

    NotingDialer places{dialer};
};

TEST_F(FeedPlacesTest, Section7LegsOfOneUrlTakeTheAddressesOfItsHostInTurn) {
    start_legs(3);
    EXPECT_EQ(places.dials, (Texts{"feed.example 1", "feed.example 2", "feed.example 3"}));
}

TEST_F(FeedPlacesTest, Section7OneLegLeavesTheOrderOfAddressesAsItIs) {
    start_legs(1);
    EXPECT_EQ(places.dials, Texts{"feed.example 0"});
}

TEST_F(FeedPlacesTest, Section7LegsSpreadOverTheUrlsAndARotationKeepsThePlace) {
    feed_options.urls = {"ws://one.example/", "ws://two.example/"};
    start_legs(2);
    EXPECT_EQ(places.dials, (Texts{"one.example 1", "two.example 1"}));
    show(0, 1);
    show(1, 1);
    plan(2);
    feed->rotate();
    turn(20);
    EXPECT_EQ(places.dials.back(), "one.example 1");
    take_over(0, 2, 2);
    EXPECT_EQ(places.dials.back(), "two.example 1") << "the spare session has moved";
    take_over(1, 3, 3);
    EXPECT_EQ(feed->stats().rotations, 2U);
    show(2, 4);
    show(3, 4);
    EXPECT_EQ(got, (Texts{"0:1", "0:2", "0:3", "0:4"}));
}

TEST_F(FeedPlacesTest, Section7AUrlBesideUrlsIsAMistake) {
    feed_options.url = "ws://one.example/";
    feed_options.urls = {"ws://two.example/"};
    EXPECT_THROW(make_feed(), WebSocketError);
    feed_options.url.clear();
    feed_options.urls = {"ws://two.example/", "nonsense"};
    EXPECT_THROW(make_feed(), WebSocketError);
}

TEST_F(FeedPlacesTest, Section3LegsShareTheBudgetOfConnects) {
    venue_with(R"("silence_limit")",
               R"("connect_limits": [{"count": 2, "window_ms": 1000, "scope": "ip"}], "silence_limit")");
    start_legs(3);
    EXPECT_EQ(places.dials.size(), 2U);
    EXPECT_EQ(feed->stats().held_connects, 1U);
    EXPECT_EQ(feed->leg_stats(2).state, LegState::held);
    pass(1200ms);
    EXPECT_EQ(places.dials.size(), 3U);
}

TEST_F(FeedPlacesTest, Section4TheSilenceOfOneLegIsToldApartFromThatOfAll) {
    start_legs(2);
    show(0, 1);
    show(1, 1);
    for (std::int64_t number = 2; number < 13; ++number) {
        clock.advance(2s);
        show(0, number);
    }
    EXPECT_EQ(last_alert(), "alert feed: no data within the silence limit, while another leg has data leg=1");
    const std::size_t told = alerts.size();
    pass(15s);
    EXPECT_EQ(alerts.size(), told) << "leg 0 is not silent for long enough";
    pass(5500ms);
    Texts news(alerts.begin() + static_cast<std::ptrdiff_t>(told), alerts.end());
    EXPECT_EQ(std::count(news.begin(), news.end(), "alert feed: no data within the silence limit"), 1);
}

TEST_F(FeedPlacesTest, Section7AHoleOfAllLegsSubscribesAnewOnTheLegThatShowedIt) {
    feed_options.on_hole = GapPolicy::resubscribe;
    feed_options.max_hold = 50ms;
    start_legs(2);
    show(0, 1);
    show(1, 1);
    std::ignore = sent(0);
    std::ignore = sent(1);
    pass(2s);
    show(1, 3);
    pass(100ms);
    EXPECT_EQ(got, (Texts{"0:1", "gap 2-2", "0:3 after a gap"}));
    EXPECT_EQ(sent(0), Texts{});
    EXPECT_EQ(sent(1), Texts{"text unsub t.a 2"});
    receive(R"({"ok":2})", 1);
    EXPECT_EQ(sent(1), Texts{"text sub t.a 3"});
    EXPECT_EQ(feed->channel_stats(0).gaps, 1U);
    EXPECT_EQ(feed->channel_stats(0).resubscribes, 1U);
    EXPECT_EQ(feed->channel_stats(0).last, 3);
    EXPECT_THROW((void)feed->channel_stats(1), WebSocketError);
}

TEST_F(FeedPlacesTest, Section6ASessionWithARingOfItsOwnReconnectsInPlaceOfARotation) {
    feed_options.leg_rings = true;
    start_legs(1);
    show(0, 1);
    dialer.plan();
    feed->rotate();
    turn(40);
    EXPECT_EQ(sent(0).back(), "close 1000");
    script(0).bytes(test::close_frame(1000));
    script(0).end();
    turn(40);
    EXPECT_EQ(feed->stats().rotations, 0U);
    EXPECT_EQ(feed->session().generation(), 2U) << "the recorder's session is the same";
    EXPECT_EQ(feed->leg_session(1), nullptr);
}

TEST_F(FeedPlacesTest, Section5ANoticeReconnectsASessionWithARingOfItsOwn) {
    feed_options.leg_rings = true;
    start_legs(1);
    show(0, 1);
    dialer.plan();
    receive(R"({"bye":1})");
    EXPECT_EQ(sent(0).back(), "close 1000");
    EXPECT_EQ(last_alert(), "alert feed: the venue will cut soon; reconnecting");
    EXPECT_EQ(feed->leg_session(1), nullptr);
}

/// A channel without numbers: nothing tells what comes twice.
TEST_F(FeedPlacesTest, Section6WhereNothingCanBeComparedTheOverlapOfARotationIsMarked) {
    venue_with(R"("rule": "contiguous", "identical": true, "last_at": "/n")", R"("rule": "none")");
    feed_options.on_message = [this](const FeedMessage& message) {
        got.push_back(std::string(message.text().substr(15, 1)) + (message.is_overlap ? " overlaps" : "") +
                      (message.is_after_gap ? " after a gap" : ""));
    };
    start_legs(1);
    show(0, 1);
    dialer.plan();
    feed->rotate();
    turn(20);
    show(0, 2);
    EXPECT_EQ(got, (Texts{"1", "2"})) << "the new session has shown nothing yet";
    show(1, 3);
    show(0, 3);
    EXPECT_EQ(got, (Texts{"1", "2", "3 overlaps", "3 overlaps"}));
    turn(40);
    EXPECT_EQ(feed->stats().rotations, 1U);
    show(0, 4);
    show(1, 4);
    EXPECT_EQ(got, (Texts{"1", "2", "3 overlaps", "3 overlaps", "4"}));
    EXPECT_EQ(feed->stats().gaps, 0U);
}

/// Trades with the largest number of all: the record of delivered numbers counts in 64 bits.
TEST_F(FeedPlacesTest, Section7TheLargestAndTheSmallestNumberAreNumbers) {
    venue_with(R"("identical": true, )", R"("identical": true, "independent": true, )");
    start_legs(2);
    show(0, INT64_MIN);
    show(0, INT64_MIN + 1);
    show(1, INT64_MIN);
    show(0, INT64_MAX);
    show(1, INT64_MIN + 1);
    show(1, INT64_MAX);
    EXPECT_EQ(got.size(), 4U) << "three messages, and the gap before the last";
}

/// A sample that waits for a number which a leg has passed would keep others from being taken.
TEST_F(FeedPlacesTest, Section7ALegThatJoinsLaterIsMeasuredAtOnce) {
    start_legs(2);
    show(0, 1);
    show(0, 2);
    show(1, 3);
    show(0, 3);
    EXPECT_EQ(feed->leg_lead(1).count(), 1U);
}

TEST_F(FeedPlacesTest, Section7StatisticsOfLegsAndChannelsForPrometheus) {
    start_legs(2);
    std::ignore = feed->subscribe("t", "b\"\\");
    show(0, 1);
    show(1, 1);
    show(1, 2);
    show(0, 2);
    std::string text;
    append_prometheus(text, *feed, R"(venue="x")");
    for (const char* line :
         {"pinwheel_feed_messages_total{venue=\"x\"} 2\n", "pinwheel_feed_leg_up{venue=\"x\",leg=\"1\"} 1\n",
          "pinwheel_feed_leg_up{venue=\"x\",leg=\"2\"} 0\n",
          "pinwheel_feed_leg_firsts_total{venue=\"x\",leg=\"1\"} 1\n",
          "pinwheel_feed_leg_duplicates_total{venue=\"x\",leg=\"1\"} 1\n",
          "pinwheel_feed_leg_lead_seconds_count{venue=\"x\",leg=\"1\"} 1\n",
          "pinwheel_feed_channel_last_number{venue=\"x\",channel=\"t a\"} 2\n",
          "pinwheel_feed_channel_live{venue=\"x\",channel=\"t b\\\"\\\\\"} 0\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
    EXPECT_EQ(feed->leg_lead(1).count(), 1U);
    EXPECT_EQ(feed->leg_lead(9).count(), 0U);
    EXPECT_GT(feed->channel_stats(0).last_time, SystemTime{});
    EXPECT_EQ(feed->channel_stats(1).last_time, SystemTime{});
    test::Subprocess promtool({"promtool", "check", "metrics"});
    promtool.write(text);
    const auto outcome = promtool.finish();
    EXPECT_EQ(outcome.status, 0) << outcome.output << text;
}

}  // namespace
}  // namespace pinwheel
