// A feed on one session, without sockets: sections 2 to 5, 7 and 8 of the feed's rules.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "feed_fixture.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using State = ChannelState;
using test::FeedTest;
using test::Texts;

TEST_F(FeedTest, Section2SubscribedAcknowledgedSettled) {
    start(2);
    EXPECT_EQ(sent(0), (Texts{"text sub t.a 1", "text sub t.b 2"}));
    receive(R"({"ok":2})");
    EXPECT_EQ(feed->state(0), State::requested);
    EXPECT_EQ(feed->state(1), State::live);
    EXPECT_FALSE(feed->wait_settled(1ms));
    receive(R"({"ok":1})");
    EXPECT_TRUE(feed->wait_settled(1ms));
    EXPECT_NE(log.find("1 requested;1 live;0 live;"), std::string::npos) << log;
}

TEST_F(FeedTest, Section2ARefusalIsReportedOnceAndRetriedOnTheNextConnection) {
    start(1);
    receive(R"({"err":1,"code":"60018","msg":"no such channel"})");
    EXPECT_TRUE(feed->settled());
    EXPECT_EQ(alerts, Texts{"alert feed: refused: t a code=60018 message=no such channel"});
    EXPECT_NE(log.find("0 refused 60018 no such channel;"), std::string::npos) << log;
    EXPECT_EQ(feed->stats().refused, 1U);
    pass(15s);
    EXPECT_EQ(sent(0), Texts{"text sub t.a 1"});
    cut();
    EXPECT_EQ(sent(1), Texts{"text sub t.a 2"});
}

// T2: alerts are for people, whatever a venue sends.
TEST_F(FeedTest, T2UnknownMessagesAndAnswersAreAlertedOnceASecond) {
    go_live();
    std::string frames;
    for (int i = 0; i < 100; ++i)
        frames +=
            test::text_frame(R"({"x":1})") + test::text_frame(R"({"err":null,"code":"1","msg":"what"})");
    script(0).bytes(frames);
    turn();
    EXPECT_EQ(alerts.size(), 2U);
    pass(1s);
    receive(R"({"x":1})");
    receive(R"({"err":null,"code":"1","msg":"what"})");
    ASSERT_EQ(alerts.size(), 4U);
    EXPECT_TRUE(alerts[2].ends_with(" messages=100")) << alerts[2];
    EXPECT_TRUE(alerts[3].ends_with(" answers=100")) << alerts[3];
    EXPECT_EQ(feed->stats().unmatched, 202U);
}

// N8: a venue's text of any size.
TEST_F(FeedTest, N8WhatAVenueSaysIsToldWithinABound) {
    const std::string large(100'000, 'x');
    start(2);
    receive(R"({"err":1,"code":")" + large + R"(","msg":")" + large + R"("})");
    receive(R"({"err":null,"code":"1","msg":")" + large + R"("})");
    receive("{\"" + large + "\":1}");
    receive(R"({"login":false,"x":")" + large + R"("})");
    ASSERT_EQ(alerts.size(), 4U);
    for (const auto& alert : alerts) EXPECT_LE(alert.size(), 5000U);
    EXPECT_LE(log.size(), 5000U);
    EXPECT_NE(log.find(" bytes more)"), std::string::npos);
}

TEST_F(FeedTest, Section2RequestsWithoutAcknowledgementAreRepeatedThenRefused) {
    feed_options.silence_limit = Duration::zero();
    start(1);
    for (int i = 0; i < 5; ++i) pass(11s);
    EXPECT_EQ(sent(0), (Texts{"text sub t.a 1", "text sub t.a 2", "text sub t.a 3"}));
    EXPECT_EQ(feed->state(0), State::refused);
}

TEST_F(FeedTest, Section2AnErrorOfNobodyIsAlertedAndRefusesNothing) {
    start(2);
    receive(R"({"err":null,"code":"1","msg":"what"})");
    EXPECT_EQ(feed->state(0), State::requested);
    EXPECT_EQ(last_alert(), "alert feed: the venue's answer matches no request code=1 message=what");
}

TEST_F(FeedTest, Section2RestoredInOrderAtThePaceAllowed) {
    start(4);
    EXPECT_EQ(sent(0), (Texts{"text sub t.a 1", "text sub t.b 2"}));
    pass(1200ms);
    EXPECT_EQ(sent(0), (Texts{"text sub t.c 3", "text sub t.d 4"}));
    cut();
    EXPECT_EQ(sent(1), (Texts{"text sub t.a 5", "text sub t.b 6"}));
    pass(1200ms);
    EXPECT_EQ(sent(1), (Texts{"text sub t.c 7", "text sub t.d 8"}));
}

TEST_F(FeedTest, Section2LoginFirstAtEachConnect) {
    int logins = 0;
    feed_options.login = [&](std::int64_t) { return "login " + std::to_string(++logins); };
    start(1);
    EXPECT_EQ(sent(0), Texts{"text login 1"});
    receive(R"({"login":true})");
    EXPECT_EQ(sent(0), Texts{"text sub t.a 1"});
    cut();
    EXPECT_EQ(sent(1), Texts{"text login 2"});
}

TEST_F(FeedTest, Section2ALoginWithoutAnswerIsTriedOnANewConnection) {
    feed_options.login = [](std::int64_t) { return std::string("login"); };
    start(1);
    dialer.plan();
    pass(11s);
    EXPECT_EQ(last_alert(), "alert feed: no answer to the login; reconnecting");
    pass(13s);
    EXPECT_EQ(sent(1), Texts{"text login"});
}

TEST_F(FeedTest, Section1AChannelKeepsItsId) {
    start(2);
    feed->unsubscribe(0);
    EXPECT_EQ(feed->subscribe("t", "c"), 2U);
    EXPECT_EQ(feed->subscribe("t", "a"), 0U);
    EXPECT_EQ(feed->subscribe("t.b"), 1U) << "the venue's own text of the same channel";
    EXPECT_EQ(feed->channel(2).symbol, "c");
    EXPECT_THROW(feed->unsubscribe(3), WebSocketError);
    EXPECT_EQ(feed->state(3), State::gone);
}

TEST_F(FeedTest, Section2UnsubscribedChannelsAreLeavingThenGone) {
    go_live();
    feed->unsubscribe(0);
    turn();
    EXPECT_EQ(sent(0), Texts{"text unsub t.a 2"});
    EXPECT_EQ(feed->state(0), State::leaving);
    receive(R"({"ok":2})");
    EXPECT_EQ(feed->state(0), State::gone);
    EXPECT_NE(log.find("0 leaving;0 gone;"), std::string::npos) << log;
    receive(R"({"c":"t.a","n":1})");
    EXPECT_TRUE(got.empty()) << "data of a channel that nobody wants";
    EXPECT_EQ(feed->stats().unmatched, 1U);
    cut();
    EXPECT_EQ(sent(1), Texts{}) << "it is not restored";
}

TEST_F(FeedTest, Section2DataCountsAsAcknowledgement) {
    start(2);
    receive(R"({"c":"t.b","n":1})");
    EXPECT_EQ(feed->state(0), State::requested);
    EXPECT_EQ(feed->state(1), State::live);
    EXPECT_EQ(got, Texts{"1:1"});
    receive(R"({"ok":2})");
    EXPECT_EQ(feed->state(1), State::live);
    EXPECT_TRUE(alerts.empty()) << last_alert();
}

TEST_F(FeedTest, Section2ARefusedLoginIsTriedOnANewConnection) {
    feed_options.login = [](std::int64_t) { return std::string("login"); };
    start(1);
    receive(R"({"login":false})");
    EXPECT_EQ(last_alert(), "alert feed: the venue refused the login: {\"login\":false}");
    dialer.plan();
    pass(13s);
    EXPECT_EQ(sent(0).back().substr(0, 5), "close") << "no subscription without a login";
    script(0).end();
    pass(13s);
    EXPECT_EQ(sent(1).front(), "text login");
}

TEST_F(FeedTest, Section4AcknowledgementsAndQuestionsAreNoData) {
    go_live();
    for (int i = 0; i < 3; ++i) {
        pass(5s);
        receive(R"({"ok":1})");
        receive(R"({"ask":1})");
    }
    pass(5s);
    EXPECT_EQ(last_alert(), "alert feed: no data within the silence limit");
}

TEST_F(FeedTest, Section4AHeartbeatOfTheProfileAndDataCountAsData) {
    feed_options.on_hole = GapPolicy::ignore;
    venue_with(R"("notices":)", R"("heartbeats": [{"match": {"at": "/beat", "exists": true}}], "notices":)");
    go_live();
    for (int i = 0; i < 5; ++i) {
        pass(15s);
        receive(i % 2 == 0 ? R"({"beat":1})" : R"({"c":"t.a","n":)" + std::to_string(i) + "}");
    }
    EXPECT_TRUE(alerts.empty()) << last_alert();
}

TEST_F(FeedTest, Section4AnAnswerIsSentBeforeTheQuestionIsHandedOn) {
    feed_options.deliver_control = true;
    Texts at_handing_on;
    feed_options.on_message = [&](const FeedMessage& message) {
        if (message.text().find("ask") != std::string_view::npos) at_handing_on = sent(0);
    };
    go_live();
    receive(R"({"ask":"x"})");
    EXPECT_EQ(at_handing_on, Texts{"text answer \"x\""});
}

TEST_F(FeedTest, Section4AStaleChannelMayBeSubscribedAnew) {
    feed_options.stale_after = 2s;
    feed_options.on_stale = [this](ChannelId channel) { feed->resubscribe(channel); };
    go_live();
    pass(2s);
    EXPECT_EQ(last_alert(), "alert feed: no data within the channel's time: t a");
    EXPECT_EQ(sent(0), Texts{"text unsub t.a 2"});
    EXPECT_EQ(feed->stats().resubscribes, 1U);
}

TEST_F(FeedTest, Section4AnswersGoAheadOfQueuedSubscriptions) {
    start(4);
    std::ignore = sent(0);
    receive(R"({"ask":7})");
    pass(1200ms);
    EXPECT_EQ(sent(0), (Texts{"text answer 7", "text sub t.c 4"}));
}

TEST_F(FeedTest, Section4SilenceResubscribesThenReconnects) {
    go_live();
    dialer.plan();
    pass(20s);
    EXPECT_EQ(last_alert(), "alert feed: no data within the silence limit");
    pass(20s);
    EXPECT_EQ(last_alert(), "alert feed: still no data; subscribing again");
    ASSERT_FALSE(sent(0).empty());
    EXPECT_EQ(dialer.dials(), 1U);
    pass(25s);
    EXPECT_EQ(dialer.dials(), 2U);
}

TEST_F(FeedTest, Section4AStaleChannelIsReportedOnce) {
    feed_options.stale_after = 2s;
    feed_options.on_stale = [this](ChannelId channel) { note("stale " + std::to_string(channel)); };
    go_live();
    log.clear();
    pass(5s);
    EXPECT_EQ(log, "stale 0;");
    EXPECT_EQ(feed->stats().stale, 1U);
}

TEST_F(FeedTest, Section5ANoticeBringsANewSessionThatTakesOver) {
    go_live();
    receive(R"({"c":"t.a","n":1})");
    dialer.plan();
    receive(R"({"bye":1})");
    turn(40);
    EXPECT_EQ(feed->stats().drains, 1U);
    EXPECT_EQ(sent(1), Texts{"text sub t.a 1"});
    EXPECT_EQ(sent(0), Texts{}) << "the old session stays until the new one has taken over";
    receive(R"({"c":"t.a","n":2})", 0);
    receive(R"({"c":"t.a","n":2})", 1);
    pass(100ms);
    EXPECT_EQ(sent(0), Texts{"close 1000"});
    script(0).bytes(test::close_frame(1000));
    script(0).end();
    receive(R"({"c":"t.a","n":3})", 1);
    EXPECT_EQ(got, (Texts{"0:1", "0:2", "0:3"}));
    EXPECT_EQ(feed->stats().rotations, 1U);
    EXPECT_EQ(feed->stats().gaps, 0U);
    EXPECT_TRUE(feed->settled());
}

TEST_F(FeedTest, Section7AGapIsReportedBeforeItsMessageAndDuplicatesAreDropped) {
    go_live();
    for (const auto* number : {"1", "2", "2", "5"})
        receive(R"({"c":"t.a","at":1700000000123,"n":)" + std::string(number) + "}");
    EXPECT_EQ(got, (Texts{"0:1", "0:2", "gap 3-4", "0:5 after a gap"}));
    EXPECT_EQ(last_alert(), "alert feed: messages are missing: t a from=3 to=4");
    EXPECT_EQ(feed->stats().duplicates, 1U);
    EXPECT_EQ(feed->stats().gaps, 1U);
    EXPECT_EQ(last_time, 1'700'000'000'123'000'000);
    EXPECT_TRUE(sent(0).empty());
}

TEST_F(FeedTest, Section7AGapResubscribesByPolicy) {
    feed_options.on_hole = GapPolicy::resubscribe;
    go_live();
    receive(R"({"c":"t.a","n":1})");
    receive(R"({"c":"t.a","n":3})");
    EXPECT_EQ(sent(0), Texts{"text unsub t.a 2"});
    receive(R"({"ok":2})");
    pass(1200ms);
    EXPECT_EQ(sent(0), Texts{"text sub t.a 3"});
    EXPECT_TRUE(alerts.empty());
}

TEST_F(FeedTest, Section7AGapMayBeIgnored) {
    feed_options.on_hole = GapPolicy::ignore;
    go_live();
    receive(R"({"c":"t.a","n":1})");
    receive(R"({"c":"t.a","n":3})");
    EXPECT_EQ(got, (Texts{"0:1", "gap 2-2", "0:3 after a gap"}));
    EXPECT_EQ(sent(0), Texts{});
    EXPECT_TRUE(alerts.empty()) << last_alert();
}

TEST_F(FeedTest, Section8ControlMessagesAreDeliveredOnRequest) {
    go_live();
    EXPECT_TRUE(got.empty());
    feed_options.deliver_control = true;
    start(1);
    receive(R"({"ok":1})", 1);
    EXPECT_EQ(got, Texts{std::to_string(kNoChannel) + ":-1"});
}

TEST_F(FeedTest, AHandlerMayDestroyTheFeed) {
    feed_options.on_channel = [this](ChannelId, ChannelState state, const Error&) {
        if (state == State::live) feed.reset();
    };
    start(2);
    receive(R"({"ok":1})");
    EXPECT_EQ(feed, nullptr);
}

TEST_F(FeedTest, AThrowingHandlerStopsNoClock) {
    feed_options.on_channel = [](ChannelId, ChannelState state, const Error&) {
        if (state == State::live) throw std::runtime_error("mine");
    };
    start(2);
    script(0).bytes(test::text_frame(R"({"ok":1})"));
    EXPECT_THROW(turn(), std::runtime_error);
    std::ignore = sent(0);
    pass(11s);
    EXPECT_EQ(sent(0), Texts{"text sub t.b 3"});
}

}  // namespace
}  // namespace pinwheel
