// The relay's behaviour with a failing server.
#include "pumped.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

class RelayOutage : public Pumped {};

TEST_F(RelayOutage, AnAttemptThatFailsIsToldOnceAndRepeatedWithGrowingDelays) {
    link.can_connect = false;
    make();
    EXPECT_EQ(alerts, Texts{"refused; trying again"});
    const int before = link.connects;
    for (int i = 0; i < 100; ++i) pass(100ms);
    EXPECT_GE(link.connects - before, 6);
    EXPECT_LE(link.connects - before, 12);
    EXPECT_EQ(alerts.size(), 1U);
    push(1);
    link.can_connect = true;
    pass(2s);
    EXPECT_EQ(ids(), Texts{"1"});
    EXPECT_EQ(alerts.back(), "relaying again");
}

TEST_F(RelayOutage, WhatALostConnectionHasNotAcknowledgedIsSentAgain) {
    make();
    push(1);
    turns();
    link.is_stopped = true;
    push(2);
    push(3, 1);
    turns();
    link.cut("reset by peer");
    link.is_stopped = false;
    turns();
    push(4);
    pass(100ms);
    EXPECT_EQ(ids(), (Texts{"1", "2", "3", "2", "3", "4"}));
    EXPECT_EQ(link.stored_payloads(), (Texts{"m1", "m2", "m3", "m4"}));
    EXPECT_EQ(alerts, (Texts{"reset by peer; trying again", "relaying again"}));
    EXPECT_EQ(pump->stats(now).dropped, 0U);
}

TEST_F(RelayOutage, AStoppedServerHoldsTheRingNotUpAndGetsNothingMore) {
    options.ack_timeout = 60s;
    make();
    link.is_stopped = true;
    for (int i = 1; i <= 50; ++i) {
        push(i);
        pass(10ms);
        EXPECT_EQ(ring.queue().size(), 0U);
    }
    EXPECT_LE(link.published.size(), 22U) << "200 ms of messages";
    EXPECT_EQ(pump->stats(now).pending, 50U);
    EXPECT_GE(pump->stats(now).age, 490ms);
    EXPECT_EQ(ring.dropped(), 0U);
}

TEST_F(RelayOutage, AServerThatAcknowledgesNothingIsConnectedToAnew) {
    make();
    link.is_stopped = true;
    push(1);
    turns();
    pass(4s);
    EXPECT_EQ(link.disconnects, 0);
    pass(1ms);
    EXPECT_EQ(link.disconnects, 1);
    EXPECT_EQ(alerts, Texts{"the server acknowledges nothing; trying again"});
    pass(100ms);
    EXPECT_EQ(link.connects, 2);
    pass(4s + 1ms);
    EXPECT_EQ(link.disconnects, 2) << "it does not tell about the stream either";
    link.is_stopped = false;
    pass(1s);
    EXPECT_EQ(link.stored_payloads(), Texts{"m1"});
}

TEST_F(RelayOutage, PendingMessagesAreBoundedAndTheOldestAreToldByTheirNumbers) {
    options.max_pending = 10;
    make();
    link.cut("gone");
    link.can_connect = false;
    for (int i = 1; i <= 25; ++i) push(i, i % 5 == 0 ? 1 : 0);
    turns();
    EXPECT_EQ(pump->stats(now).pending, 10U);
    EXPECT_EQ(pump->stats(now).dropped, 15U);
    link.can_connect = true;
    pass(2s);
    Texts told = controls("not_relayed");
    ASSERT_EQ(told.size(), 2U);
    EXPECT_NE(told[0].find(R"("channel":"books","symbol":"A","from":1,"to":14)"), std::string::npos);
    EXPECT_NE(told[0].find(R"("count":12,"doubtful":false)"), std::string::npos) << told[0];
    EXPECT_NE(told[1].find(R"("channel":"trades","symbol":"B.C","from":5,"to":15)"), std::string::npos);
    EXPECT_EQ(link.published[0].payload, told[0]) << "in front of what is left";
    EXPECT_EQ(link.stored_payloads().size(), 10U);
    EXPECT_EQ(alerts.back(), "relaying again; 15 messages were not relayed");
}

TEST_F(RelayOutage, AfterAnOutageNothingOldIsLive) {
    make();
    link.cut("gone");
    link.can_connect = false;
    for (int i = 1; i <= 30; ++i) {
        push(i);
        pass(100ms);
    }
    link.can_connect = true;
    pass(2s);
    push(31);
    turns();
    ASSERT_EQ(link.published.size(), 31U);
    for (std::size_t i = 0; i < 31; ++i)
        EXPECT_EQ(link.published[i].subject, i < 30 ? "md-late.okx-v5.books.A" : "md.okx-v5.books.A") << i;
    EXPECT_EQ(link.stored_payloads().size(), 31U);
    EXPECT_EQ(pump->stats(now).late, 30U);
}

TEST_F(RelayOutage, WhatAnotherRelayHasStoredLongAgoIsNotStoredAgain) {
    make();
    link.cut("gone");
    link.can_connect = false;
    for (int i = 1; i <= 30; ++i) {
        push(i);
        if (i % 10 == 0) push(i, 1);
        pass(1s);
    }
    link.last_ids["md.okx-v5.books.A"] = "okx-v5|books|A|18";
    link.last_ids["md-late.okx-v5.books.A"] = "okx-v5|books|A|15..20";
    link.can_connect = true;
    pass(2s);
    Texts wanted{"10"};  // of trades: none is stored
    for (int i = 21; i <= 30; ++i) {
        if (i == 21) wanted.emplace_back("20");
        wanted.push_back(std::to_string(i));
    }
    wanted.emplace_back("30");
    EXPECT_EQ(ids(), wanted);
    EXPECT_EQ(pump->stats(now).skipped, 20U);
    EXPECT_EQ(pump->stats(now).dropped, 0U);
    EXPECT_TRUE(pump->is_done());
}

TEST_F(RelayOutage, OldMessagesThatCannotBeComparedAreTold) {
    make();
    push(100);
    turns();
    link.cut("gone");
    link.can_connect = false;
    push(101);
    push(1, 0, true);  // its numbers restart
    push(2);
    push_text("tick", std::nullopt, 1);
    turns();
    pass(30s);
    link.can_connect = true;
    pass(2s);
    EXPECT_EQ(link.stored_payloads(), (Texts{"m100", "m101"}));
    const Texts told = controls("not_relayed");
    ASSERT_EQ(told.size(), 2U);
    EXPECT_NE(told[0].find(R"("from":1,"to":2)"), std::string::npos) << told[0];
    EXPECT_EQ(told[1].find(R"("from":)"), std::string::npos) << told[1];
    EXPECT_NE(told[1].find(R"("count":1)"), std::string::npos) << told[1];
}

TEST_F(RelayOutage, WhatALinkBringsAfterASilenceIsComparedFirst) {
    make();
    push(1);
    turns();
    pass(8s);  // the venue's link was cut, and TCP repeats lost data
    link.last_ids["md.okx-v5.books.A"] = "okx-v5|books|A|3";
    link.stream.clear();  // the ids are forgotten
    for (int i = 2; i <= 5; ++i) push(i);
    turns();
    EXPECT_EQ(ids(1), (Texts{"4", "5"}));
    EXPECT_EQ(link.published.back().subject, "md.okx-v5.books.A");
    pass(9s);
    push(6);
    pass(1s);
    EXPECT_EQ(ids(3), Texts{"6"});
}

TEST_F(RelayOutage, AQuestionForTheStreamsNumberThatFailsIsAskedAgain) {
    make();
    link.cut("gone");
    link.can_connect = false;
    push(1);
    turns();
    pass(3s);
    link.can_connect = true;
    link.is_stopped = false;
    pass(2s);
    ASSERT_EQ(ids(), Texts{"1"});
    link.cut("again");
    link.can_connect = false;
    push(2);
    turns();
    pass(5s);
    link.can_connect = true;
    now += 2s;
    while (!pump->is_ready()) pump->turn(now);
    link.failing_publishes = 1;
    turns();
    EXPECT_EQ(pump->stats(now).pending, 1U);
    pass(2s);
    EXPECT_EQ(ids(1), Texts{"2"});
}

TEST_F(RelayOutage, AQuestionThatALostConnectionLeftOpenIsAskedAgain) {
    make();
    link.cut("gone");
    link.can_connect = false;
    push(1);
    turns();
    pass(5s);
    link.can_connect = true;
    link.is_telling_numbers = false;
    pass(2s);
    EXPECT_EQ(pump->stats(now).pending, 1U);
    link.cut("again");
    link.is_telling_numbers = true;
    turns();
    pass(200ms);
    EXPECT_EQ(ids(), Texts{"1"});
}

TEST_F(RelayOutage, AFullDiskIsToldAndWaitedFor) {
    make();
    link.refused_publishes = 4;
    push(1);
    push(2, 1);
    turns();
    EXPECT_EQ(alerts, Texts{"stream S: no space left; trying again"});
    EXPECT_EQ(pump->stats(now).pending, 2U);
    EXPECT_EQ(link.disconnects, 0);
    push(3);
    for (int i = 0; i < 10; ++i) pass(300ms);
    EXPECT_EQ(link.stored_payloads(), (Texts{"m1", "m2", "m3"})) << "in order";
    EXPECT_EQ(alerts.back(), "relaying again");
    EXPECT_EQ(pump->stats(now).dropped, 0U);
}

TEST_F(RelayOutage, WhatIsRefusedBeforeALaterOneWasStoredIsTold) {
    make();
    link.refused_publishes = 1;
    push(1);
    push(2);
    turns();
    pass(1s);
    EXPECT_EQ(link.stored_payloads(), Texts{"m2"}) << "in order, or not at all";
    ASSERT_EQ(controls("not_relayed").size(), 1U);
    EXPECT_NE(controls("not_relayed")[0].find(R"("from":1,"to":1)"), std::string::npos);
}

TEST_F(RelayOutage, ACallThatFailsEndsTheConnectionAndLosesNothing) {
    for (int nth = 0; nth < 6; ++nth) {
        SCOPED_TRACE(nth);
        link = FakeLink();
        alerts.clear();
        make();
        push(1);
        turns();
        link.failing_publishes = nth;
        push(2);
        push(3);
        turns();
        for (int i = 0; i < 20; ++i) pass(300ms);
        EXPECT_EQ(link.stored_payloads(), (Texts{"m1", "m2", "m3"}));
        EXPECT_EQ(link.disconnects, nth);
        if (nth > 0) {
            EXPECT_EQ(alerts, (Texts{"publish failed; trying again", "relaying again"}));
        }
        EXPECT_GE(pump->stats(now).failures, static_cast<std::uint64_t>(nth));
    }
}

TEST_F(RelayOutage, AStreamThatIsDeletedIsMadeAgain) {
    make();
    link.is_stopped = true;
    push(1);
    turns();
    link.is_stopped = false;
    link.has_stream = false;
    link.answers.push_back({"", ""});  // no subscriber
    turns();
    pass(100ms);
    EXPECT_EQ(link.requests.back().subject, "$JS.API.STREAM.CREATE.S");
    EXPECT_EQ(link.stored_payloads(), Texts{"m1"});
    EXPECT_EQ(alerts,
              (Texts{"stream S: nothing captures what is published; trying again", "relaying again"}));
}

TEST_F(RelayOutage, AServerWithoutJetStreamIsTold) {
    link.is_stopped = true;
    make();
    link.answers.push_back({"", ""});
    turns();
    EXPECT_EQ(alerts, Texts{"stream S: the server has no JetStream; enable it there; trying again"});
}

TEST_F(RelayOutage, WithoutAStreamWhatWasNotConfirmedIsToldAndNotRepeated) {
    options.stream.clear();
    make();
    link.is_stopped = true;
    push(1);
    turns();
    link.cut("gone");
    link.is_stopped = false;
    link.can_connect = false;
    turns();
    push(2);
    turns();
    pass(1001ms);
    EXPECT_EQ(pump->stats(now).pending, 0U) << "nothing is held that nobody will get";
    push(3);
    link.can_connect = true;
    turns();
    pass(500ms);
    EXPECT_EQ(ids(1).back(), "3");
    EXPECT_EQ(ids().size(), 3U) << "the first, one control message, the third";
    ASSERT_EQ(controls("not_relayed").size(), 1U);
    EXPECT_NE(controls("not_relayed")[0].find(R"("from":1,"to":2)"), std::string::npos);
    EXPECT_NE(controls("not_relayed")[0].find(R"("count":2,"doubtful":true)"), std::string::npos);
}

TEST_F(RelayOutage, AFullSocketIsNotPushed) {
    make();
    link.buffered_bytes = std::size_t{256} << 10;
    push(1);
    turns();
    EXPECT_TRUE(link.published.empty());
    link.buffered_bytes = 0;
    turns();
    EXPECT_EQ(ids(), Texts{"1"});
}

}  // namespace
}  // namespace pinwheel
