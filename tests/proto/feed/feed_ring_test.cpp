// A feed's ring: section 8 of the feed's rules, and section 2 while it is full.
#include <thread>

#include "feed_fixture.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using State = ChannelState;
using test::FeedTest;
using test::Texts;

class FeedRingTest : public FeedTest {
  protected:
    FeedRingTest() { feed_options.on_message = nullptr; }

    static std::string number(int n) {
        return R"({"c":"t.a","at":1700000000123,"n":)" + std::to_string(n) + "}";
    }
    /// All records, as words.
    Texts records() {
        Texts texts;
        auto& queue = feed->queue();
        for (; const auto* record = queue.front(); queue.pop()) texts.push_back(in_words(*record));
        return texts;
    }
    static std::string in_words(const RecordHeader& record) {
        if (record.kind == RecordKind::dropped) return "dropped " + std::to_string(record.count);
        if (record.kind == RecordKind::message) {
            const auto message = FeedMessage::from(record);
            return "message " + std::to_string(message.sequence) + " channel " +
                   std::to_string(message.channel) + " number " +
                   std::to_string(message.sequence_end.value_or(-1)) +
                   (message.is_after_gap ? " after a gap" : "");
        }
        const FeedHead head = FeedHead::of(record);
        if (record.kind == RecordKind::gap)
            return "gap " + std::to_string(head.begin) + "-" + std::to_string(head.end) + " of " +
                   std::to_string(head.channel);
        if (record.kind == RecordKind::channel_state)
            return std::to_string(head.channel) + " " +
                   std::string(to_string(static_cast<ChannelState>(head.state))) +
                   (FeedHead::text_of(record).empty() ? "" : " " + std::string(FeedHead::text_of(record)));
        return "leg " + std::string(to_string(static_cast<LegState>(head.state))) + " " +
               std::to_string(record.generation) +
               (record.code != 0 ? " " + std::to_string(record.code) : "");
    }
};

TEST_F(FeedRingTest, Section8RecordsOfGapsChannelsAndLegsStandBetweenTheMessages) {
    go_live();
    for (const int n : {1, 2, 2, 5}) receive(number(n));
    EXPECT_EQ(records(), (Texts{"0 wanted", "leg connecting 0", "leg up 1", "0 queued", "0 requested",
                                "0 live", "message 1 channel 0 number 1", "message 2 channel 0 number 2",
                                "gap 3-4 of 0", "message 3 channel 0 number 5 after a gap"}));
    cut();
    receive(R"({"err":2,"code":"7","msg":"no"})", 1);
    EXPECT_EQ(records(), (Texts{"leg down 1 1006", "leg connecting 1", "0 wanted", "leg up 2", "0 queued",
                                "0 requested", "0 refused 7 no"}));
}

TEST_F(FeedRingTest, Section8TheHeaderHasTheValuesOfTheCallback) {
    options.deliver_to_ring = true;
    FeedMessage heard;
    std::string text;
    feed_options.on_message = [&](const FeedMessage& message) {
        heard = message;
        text = message.text();
    };
    go_live();
    receive(number(7));
    const auto message = feed->try_receive();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->text(), text);
    EXPECT_EQ(message->text(), number(7));
    EXPECT_EQ(message->channel, heard.channel);
    EXPECT_EQ(message->leg, 0);
    EXPECT_EQ(message->sequence_begin, 7);
    EXPECT_EQ(message->sequence_end, 7);
    EXPECT_EQ(message->venue_time, 1'700'000'000'123'000'000);
    EXPECT_EQ(message->generation, 1U);
    EXPECT_EQ(message->sequence, heard.sequence);
    EXPECT_EQ(message->received, heard.received);
    EXPECT_EQ(message->kernel_received, heard.kernel_received);
    EXPECT_TRUE(message->is_text);
    EXPECT_FALSE(feed->try_receive());
}

TEST_F(FeedRingTest, Section8SnapshotsRangesAndUnknownTimesLookTheSameByCallbackAndRing) {
    options.deliver_to_ring = true;
    venue_with(R"("last_at": "/n"})", R"("first_at": "/m", "last_at": "/n"},
        "snapshot": {"at": "/snap", "equals": true})");
    Texts heard;
    const auto in_short = [](const FeedMessage& message) {
        return std::to_string(message.sequence_begin.value_or(-1)) + "-" +
               std::to_string(message.sequence_end.value_or(-1)) + " at " +
               std::to_string(message.venue_time) + (message.is_snapshot ? " snapshot" : "") +
               (message.is_after_gap ? " after a gap" : "") + (message.is_overlap ? " overlap" : "");
    };
    feed_options.on_message = [&](const FeedMessage& message) { heard.push_back(in_short(message)); };
    go_live();
    receive(R"({"c":"t.a","snap":true,"n":7})");
    receive(R"({"c":"t.a","m":8,"n":9,"at":1700000000123})");
    receive(R"({"c":"t.a","m":12,"n":15})");
    receive(R"({"c":"t.a"})");
    EXPECT_EQ(heard, (Texts{"7-7 at 0 snapshot", "8-9 at 1700000000123000000", "12-15 at 0 after a gap",
                            "-1--1 at 0"}));
    for (const auto& expected : heard) {
        const auto message = feed->try_receive();
        ASSERT_TRUE(message);
        EXPECT_EQ(in_short(*message), expected);
    }
}

TEST_F(FeedRingTest, Section2AnAcknowledgementIsActedOnWhileTheRingIsFull) {
    options.queue_size = 2;
    start(2);
    receive(R"({"ok":1})");
    for (const int n : {1, 2, 3, 4}) receive(number(n));
    EXPECT_EQ(feed->stats().dropped, 2U);
    EXPECT_EQ(feed->state(1), State::requested);
    receive(R"({"ok":2})");
    EXPECT_EQ(feed->state(1), State::live);
    EXPECT_TRUE(feed->settled());
    receive(R"({"ask":7})");
    pass(1200ms);
    EXPECT_NE(sent(0).back().find("answer 7"), std::string::npos);
    EXPECT_EQ(alerts,
              Texts{"alert feed: the feed's ring is full; messages are dropped queue_size=2 dropped=1"});
    EXPECT_EQ(feed->receive().sequence, 1U);
    EXPECT_EQ(feed->receive().sequence, 2U);
    receive(number(5));
    EXPECT_EQ(records().back(), "message 5 channel 0 number 5") << "3 and 4 are gone";
}

TEST_F(FeedRingTest, Section8ADroppedRecordMarksThePlaceOfMissingMessages) {
    options.queue_size = 1;
    options.throw_on_dropped = true;
    go_live();
    for (const int n : {1, 2, 3}) receive(number(n));
    EXPECT_EQ(feed->receive().sequence_end, 1);
    EXPECT_FALSE(feed->try_receive());
    receive(number(4));
    EXPECT_THROW(std::ignore = feed->receive(), WebSocketQueueFullError);
    EXPECT_EQ(feed->receive().sequence_end, 4);
}

TEST_F(FeedRingTest, Section8ReceiveWaitsTimesOutAndReportsTheEnd) {
    make_feed();
    EXPECT_THROW(std::ignore = feed->receive(1ms), WebSocketClosedError) << "nothing is coming";
    go_live();
    EXPECT_THROW(std::ignore = feed->receive(1ms), WebSocketTimeoutError);
    script(0).bytes(test::text_frame(number(1)));
    EXPECT_EQ(feed->receive(1s).sequence_end, 1);
    feed->close();
    script(0).bytes(test::close_frame(1000));
    script(0).end();
    turn();
    EXPECT_THROW(std::ignore = feed->receive(), WebSocketClosedError);
}

TEST_F(FeedRingTest, Section8AStreamRunsAcrossReconnectsAndEndsWithClose) {
    go_live();
    receive(number(1));
    cut();
    receive(R"({"ok":2})", 1);
    receive(number(9), 1);
    Texts seen;
    for (const FeedMessage& message : feed->stream()) {
        seen.push_back(std::to_string(message.generation) + ":" + std::to_string(*message.sequence_end));
        if (seen.size() == 2) {
            feed->close();
            script(1).bytes(test::close_frame(1000));
            script(1).end();
        }
    }
    EXPECT_EQ(seen, (Texts{"1:1", "2:9"}));
}

TEST_F(FeedRingTest, Section8AnotherThreadTakesTheRecords) {
    options.queue_size = 0;
    go_live();
    constexpr int kMessages = 2000;
    std::int64_t sum = 0;
    int count = 0;
    auto& queue = feed->queue();
    std::thread consumer([&] {
        while (count < kMessages) {
            const auto* const record = queue.front();
            if (record == nullptr) {
                std::this_thread::yield();
                continue;
            }
            if (record->kind == RecordKind::message) {
                sum += FeedMessage::from(*record).sequence_end.value_or(0);
                ++count;
            }
            queue.pop();
        }
    });
    std::string burst;
    for (int n = 1; n <= kMessages; ++n) burst += test::text_frame(number(n));
    script(0).bytes(burst);
    for (int i = 0; i < 1000 && feed->stats().messages < kMessages; ++i) turn();
    consumer.join();
    EXPECT_EQ(sum, std::int64_t{kMessages} * (kMessages + 1) / 2);
}

TEST_F(FeedRingTest, Section8WithoutRingOrWithBackpressureTheMistakeIsNamed) {
    feed_options.on_message = [](const FeedMessage&) {};
    go_live();
    EXPECT_THROW(std::ignore = feed->queue(), WebSocketError);
    EXPECT_THROW(std::ignore = feed->receive(), WebSocketError);
    options.overflow = OverflowPolicy::backpressure;
    EXPECT_THROW(make_feed(), WebSocketError);
}

TEST_F(FeedRingTest, WaitingInAHandlerIsRefused) {
    std::string told;
    feed_options.on_channel = [&](ChannelId, State state, const Error&) {
        if (state != State::live) return;
        try {
            std::ignore = feed->receive();
        } catch (const WebSocketError& error) {
            told = error.what();
        }
    };
    go_live();
    EXPECT_NE(told.find("cannot be called from a handler"), std::string::npos) << told;
}

TEST_F(FeedRingTest, WaitSettledEndsWhereNoConnectionIsComing) {
    make_feed();
    EXPECT_FALSE(feed->wait_settled());
}

}  // namespace
}  // namespace pinwheel
