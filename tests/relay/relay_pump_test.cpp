// The relay's messages, and its use of a stream.
#include "pumped.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

class RelayPumpTest : public Pumped {};

TEST_F(RelayPumpTest, AMessageGoesOutAsItCameWithItsNumbers) {
    make();
    push(7);
    push(8, 1);
    turns();
    ASSERT_EQ(link.published.size(), 2U);
    const auto& first = link.published[0];
    EXPECT_EQ(first.subject, "md.okx-v5.books.A");
    EXPECT_EQ(first.payload, "m7");
    const std::map<std::string, std::string> headers{{"Nats-Msg-Id", "okx-v5|books|A|7"},
                                                     {"Pw-Kernel-Ns", "1700000000000000000"},
                                                     {"Pw-Leg", "1"},
                                                     {"Pw-Generation", "2"},
                                                     {"Pw-Seq", "1"}};
    EXPECT_EQ(first.headers, headers);
    EXPECT_EQ(link.published[1].subject, "md.okx-v5.trades.B%2EC");
    EXPECT_EQ(link.published[1].id, "okx-v5|trades|B%2EC|8");
    EXPECT_TRUE(pump->is_done());
    const RelayStats stats = pump->stats(now);
    EXPECT_EQ(stats.published, 2U);
    EXPECT_EQ(stats.acknowledged, 2U);
    EXPECT_EQ(stats.pending, 0U);
    EXPECT_TRUE(stats.is_connected);
    EXPECT_TRUE(alerts.empty());
}

TEST_F(RelayPumpTest, AStreamIsMadeIfItIsMissing) {
    link.has_stream = false;
    push(1);
    make();
    ASSERT_EQ(link.requests.size(), 2U);
    EXPECT_EQ(link.requests[0].subject, "$JS.API.STREAM.INFO.S");
    EXPECT_EQ(link.requests[1].subject, "$JS.API.STREAM.CREATE.S");
    EXPECT_NE(link.requests[1].payload.find(R"("subjects":["md.okx-v5.>","md-late.okx-v5.>"])"),
              std::string::npos);
    EXPECT_EQ(ids(), Texts{"1"});
}

TEST_F(RelayPumpTest, AStreamThatDoesNotFitIsToldOnceAndAskedForAgain) {
    link.stream_config =
        R"({"discard":"new","retention":"limits","subjects":["md.>","md-late.>"],"duplicate_window":4000000000})";
    push(1);
    make();
    for (int i = 0; i < 5; ++i) pass(2s);
    EXPECT_EQ(alerts, Texts{"stream S: its discard policy is not 'old'; change it; trying again"});
    EXPECT_GT(link.requests.size(), 4U);
    EXPECT_TRUE(link.published.empty());
    link.stream_config =
        R"({"discard":"old","retention":"limits","subjects":["md.>","md-late.>"],"duplicate_window":4000000000})";
    pass(2s);
    EXPECT_EQ(alerts.back(), "relaying again");
    EXPECT_EQ(link.stored_payloads(), Texts{"m1"});
}

TEST_F(RelayPumpTest, ControlRecordsComeInOrder) {
    make();
    ring.push_leg(LegState::connecting, 1, 2, 0, 0, now);
    ring.push_leg(LegState::up, 1, 2, 0, 0, now);
    push(1);
    ring.push_gap({.channel = 0, .from = 2, .to = 4}, 1, now);
    push(5);
    ring.push_channel(1, ChannelState::refused, 1, "no \"such\" symbol", now);
    ring.push_leg(LegState::down, 1, 2, 1006, 6, now);
    turns();
    Texts all;
    for (const auto& one : link.published) all.push_back(one.payload);
    EXPECT_EQ(
        all,
        (Texts{
            R"({"event":"connected","relay":"one","leg":1,"generation":2})", "m1",
            R"({"event":"gap","relay":"one","leg":1,"channel":"books","symbol":"A","from":2,"to":4,"doubtful":false})",
            "m5",
            R"({"event":"channel","relay":"one","leg":1,"channel":"trades","symbol":"B.C","state":"refused","why":"no \"such\" symbol"})",
            R"({"event":"disconnected","relay":"one","leg":1,"generation":2,"code":1006,"reason":"NETWORK_ERROR"})"}));
    for (const auto i : {0U, 2U, 4U, 5U}) {
        EXPECT_EQ(link.published[i].subject, "md.okx-v5._control");
        EXPECT_EQ(link.published[i].id.rfind("okx-v5|_control|one|0.", 0), 0U);
        EXPECT_EQ(link.published[i].headers.size(), 1U);
    }
    EXPECT_EQ(link.stream.size(), 6U);
}

TEST_F(RelayPumpTest, WhatTheRingHadNoRoomForIsTold) {
    FeedRing small(2, 0);
    make();
    pump.emplace(
        small.queue(), link, options,
        [](ChannelId) {
            return ChannelName{"books", "A"};
        },
        nullptr, SystemTime{});
    FeedMessage message;
    message.channel = 0;
    for (message.sequence = 1; message.sequence <= 4; ++message.sequence)
        EXPECT_EQ(small.push(message), message.sequence <= 2);
    turns();
    message.sequence = 5;
    EXPECT_TRUE(small.push(message));
    turns();
    EXPECT_EQ(controls("dropped"), Texts{R"({"event":"dropped","relay":"one","from":3,"to":4,"count":2})"});
    EXPECT_EQ(pump->stats(now).ring_dropped, 2U);
}

TEST_F(RelayPumpTest, TwoRelaysGiveAStreamEachMessageOnce) {
    make();
    for (int i = 1; i <= 3; ++i) push(i);
    push(3, 0, true);
    turns();
    pump.reset();
    FakeLink& server = link;
    make();
    for (int i = 2; i <= 5; ++i) push(i);
    push(3, 0, true);
    turns();
    EXPECT_EQ(server.stored_payloads(), (Texts{"m1", "m2", "m3", "m3", "m4", "m5"}));
    EXPECT_EQ(pump->stats(now).duplicates, 3U);
}

TEST_F(RelayPumpTest, MessagesWithoutNumbersAreKnownByTheirContents) {
    make();
    push_text("tick", std::nullopt);
    push_text("tick", std::nullopt);
    push_text("tock", std::nullopt);
    turns();
    EXPECT_EQ(link.stored_payloads(), (Texts{"tick", "tock"}));
    EXPECT_EQ(link.published[0].id, "okx-v5|books|A|" + id_of_contents("tick"));
    EXPECT_EQ(alerts,
              Texts{"books A has no numbers: equal messages within the stream's window are stored once"});
}

TEST_F(RelayPumpTest, OrTheyAreNotKnownAndTheRelaySaysSo) {
    options.content_ids = false;
    make();
    push_text("tick", std::nullopt);
    push_text("tick", std::nullopt);
    turns();
    EXPECT_EQ(link.stored_payloads(), (Texts{"tick", "tick"}));
    EXPECT_EQ(link.published[0].headers.count("Nats-Msg-Id"), 0U);
    EXPECT_EQ(alerts, Texts{"books A has no numbers: each relay stores its own messages"});
}

TEST_F(RelayPumpTest, AMessageTooLargeForTheServerIsTold) {
    link.max_payload = 1000;
    make();
    push(1);
    push_text(std::string(1001, 'x'), 2);
    push(3);
    turns();
    EXPECT_EQ(link.stored_payloads(), (Texts{"m1", "m3"}));
    ASSERT_EQ(controls("not_relayed").size(), 1U);
    EXPECT_NE(controls("not_relayed")[0].find(R"("from":2,"to":2)"), std::string::npos);
    EXPECT_EQ(link.published[1].payload, controls("not_relayed")[0]) << "in its place";
    EXPECT_NE(alerts.at(0).find("max_payload"), std::string::npos);
}

TEST_F(RelayPumpTest, WithoutAStreamNothingIsStoredAndAllIsConfirmed) {
    options.stream.clear();
    make();
    for (int i = 1; i <= 3; ++i) push(i);
    turns();
    EXPECT_EQ(ids(), (Texts{"1", "2", "3"}));
    for (const auto& one : link.published) EXPECT_EQ(one.reply, "");
    EXPECT_TRUE(link.requests.empty());
    EXPECT_TRUE(pump->is_done());
    EXPECT_EQ(pump->stats(now).acknowledged, 3U);
}

}  // namespace
}  // namespace pinwheel
