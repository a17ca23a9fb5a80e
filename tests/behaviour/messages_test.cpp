// Section 6 of the behaviour: messages to a handler and to the ring.

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Messages : public ManagedTest {
  protected:
    /// Removes all records from the ring and returns one word for each.
    std::string records() {
        std::string text;
        for (const auto* record = ws().queue().front(); record != nullptr; record = ws().queue().front()) {
            const auto generation = std::to_string(record->generation);
            switch (record->kind) {
                case RecordKind::message:
                    text +=
                        std::string(Message::from(*record).text()) + "#" + std::to_string(record->sequence);
                    break;
                case RecordKind::connected:
                    text += "connected:" + generation;
                    break;
                case RecordKind::disconnected:
                    text += "disconnected:" + generation + ":" + std::to_string(record->code);
                    break;
                case RecordKind::dropped:
                    text += "dropped:" + std::to_string(record->count);
                    break;
                default:
                    text += "?";
            }
            text += " ";
            ws().queue().pop();
        }
        return text;
    }
    void send_texts(std::size_t connection, const std::string& letters) {
        std::string frames;
        for (const char letter : letters) frames += text_frame(std::string(1, letter));
        script(connection).bytes(frames);
    }
};

// A message is a view

TEST_F(Messages, AMessageHasPayloadTypeSequenceGenerationAndTimes) {
    std::vector<Message> seen;
    options.on_message = [&](const Message& message) {
        EXPECT_EQ(message.text(), seen.empty() ? "one" : "two");
        seen.push_back(message);
    };
    connect();
    const TimePoint before = reactor.now();
    script(0).bytes(text_frame("one"));
    turn();
    dialer.plan();
    script(0).end();
    turn();
    pass(1s);
    script(1).bytes(binary_frame("two"));
    turn();
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_TRUE(seen[0].is_text);
    EXPECT_FALSE(seen[1].is_text);
    EXPECT_EQ(seen[0].sequence, 1U);
    EXPECT_EQ(seen[1].sequence, 2U) << "counted over all connections";
    EXPECT_EQ(seen[0].generation, 1U);
    EXPECT_EQ(seen[1].generation, 2U);
    EXPECT_EQ(ws().generation(), 2U);
    EXPECT_GT(seen[0].received, before);
    EXPECT_LT(seen[0].received, seen[1].received);
    EXPECT_EQ(seen[0].kernel_received, SystemTime{77s}) << "the stream's";
}

TEST_F(Messages, JsonIsReadInPlaceAndOtherTextStaysText) {
    int seen = 0;
    options.on_message = [&](const Message& message) {
        ++seen;
        if (seen == 1) {
            EXPECT_EQ(message.json().integer("/data/0"), 7);
        } else {
            EXPECT_FALSE(message.json());
            EXPECT_EQ(message.text(), "hello");
        }
    };
    connect();
    script(0).bytes(text_frame(R"({"data":[7]})") + text_frame("hello"));
    turn();
    EXPECT_EQ(seen, 2);
}

// Delivery

TEST_F(Messages, OnMessageIsCalledInTheTurnThatCompletesTheMessage) {
    std::string texts;
    options.on_message = [&](const Message& message) { texts += message.text(); };
    connect();
    script(0).bytes(text_frame("wh", false));
    turn(1);
    EXPECT_EQ(texts, "");
    script(0).bytes(continuation("ole"));
    turn(1);
    EXPECT_EQ(texts, "whole");
}

TEST_F(Messages, WithOnMessageThereIsNoRing) {
    options.on_message = [](const Message&) {};
    make();
    EXPECT_THROW(std::ignore = ws().receive(1s), WebSocketError);
    EXPECT_THROW(std::ignore = ws().stream(), WebSocketError);
    EXPECT_THROW(std::ignore = ws().queue(), WebSocketError);
}

// S6
TEST_F(Messages, WithDeliverToRingTheHandlerSeesEachMessageAndTheRingThoseItHasRoomFor) {
    std::string texts;
    options.on_message = [&](const Message& message) { texts += message.text(); };
    options.deliver_to_ring = true;
    options.queue_size = 2;
    connect();
    send_texts(0, "abcd");
    script(0).bytes(text_frame("e", false) + ping_frame("") + continuation("f"));
    turn(4);
    EXPECT_EQ(texts, "abcdef") << "whole messages and those in parts";
    EXPECT_EQ(ws().stats().messages_received, 5U);
    EXPECT_EQ(ws().stats().messages_dropped, 3U) << "the ring's copies";
    EXPECT_EQ(records(), "connected:1 a#1 b#2 ");
    send_texts(0, "g");
    turn();
    EXPECT_EQ(records(), "dropped:3 g#6 ");
}

// S6
TEST_F(Messages, WithBackpressureTheHandlerSeesEachMessageOnce) {
    std::string texts;
    options.on_message = [&](const Message& message) { texts += message.text(); };
    options.deliver_to_ring = true;
    options.overflow = OverflowPolicy::backpressure;
    options.queue_size = 2;
    connect();
    send_texts(0, "abc");
    turn();
    EXPECT_EQ(texts, "ab");
    EXPECT_EQ(ws().receive(1s).text(), "a");
    EXPECT_EQ(ws().receive(1s).text(), "b");
    EXPECT_EQ(ws().receive(1s).text(), "c");
    EXPECT_EQ(texts, "abc");
}

TEST_F(Messages, TheRingCarriesControlRecordsWhereTheStreamBroke) {
    options.reconnect_strategy = ReconnectStrategy::immediate;
    options.queue_size = 2;
    connect();
    plan(1);
    send_texts(0, "abcd");
    script(0).bytes(close_frame(1012));
    turn();
    send_texts(1, "e");
    turn();
    ws().kill();
    EXPECT_EQ(records(),
              "connected:1 a#1 b#2 dropped:2 disconnected:1:1012 connected:2 dropped:1 "
              "disconnected:2:1006 ");
}

TEST_F(Messages, AConnectionThatIsDestroyedInItsHandlerLeavesItsRecord) {
    options.on_connect = [this] { ws().force_close(); };
    dialer.plan();
    make().connect();
    turn();
    EXPECT_EQ(records(), "connected:1 disconnected:1:1006 ");
}

// Full

TEST_F(Messages, DropNewestCountsAlertsAtMostOnceASecondAndContinues) {
    options.queue_size = 2;
    connect();
    send_texts(0, "abcde");
    turn();
    EXPECT_EQ(ws().stats().messages_dropped, 3U);
    EXPECT_EQ(ws().stats().messages_received, 2U);
    EXPECT_EQ(last_alert(), "alert websocket: Message queue full queue_size=2 dropped=3");
    for (int i = 0; i < 5; ++i) {
        send_texts(0, "x");
        turn();
    }
    EXPECT_EQ(alerts.size(), 1U);
    pass(1100ms);
    EXPECT_EQ(alerts.size(), 2U);
    EXPECT_EQ(last_alert(), "alert websocket: Message queue full queue_size=2 dropped=5");
    EXPECT_EQ(records(), "connected:1 a#1 b#2 ");
    send_texts(0, "f");
    turn();
    EXPECT_EQ(records(), "dropped:8 f#11 ") << "the gap in the numbers shows what is missing";
}

// M3
TEST_F(Messages, TheLimitOfBytesHoldsWithoutOneOfMessagesAndIsNamed) {
    options.queue_size = 0;
    options.queue_bytes = 4 * SpscRing::record_size(1);  // the record of the connect is one
    connect();
    send_texts(0, "abcde");
    turn();
    EXPECT_EQ(last_alert(), "alert websocket: Message queue full queue_bytes=512 dropped=2");
    EXPECT_EQ(ws().stats().queued_bytes, 512U);
    EXPECT_EQ(ws().stats().queued_bytes_high_water, 512U);
    EXPECT_EQ(records(), "connected:1 a#1 b#2 c#3 ");
    EXPECT_EQ(ws().stats().queued_bytes, 0U);
}

// M3
TEST_F(Messages, BackpressureAtTheLimitOfBytesLosesNothing) {
    options.queue_size = 0;
    options.queue_bytes = 3 * SpscRing::record_size(1);
    options.overflow = OverflowPolicy::backpressure;
    connect();
    send_texts(0, "abcdefg");
    turn();
    EXPECT_EQ(ws().stats().queued_bytes, *options.queue_bytes);
    for (const std::string_view text : {"a", "b", "c", "d", "e", "f", "g"})
        EXPECT_EQ(ws().receive(1s).text(), text);
    EXPECT_EQ(ws().stats().messages_dropped, 0U);
}

TEST_F(Messages, DropNewestStillAnswersPingsAndCloses) {
    options.queue_size = 1;
    connect();
    send_texts(0, "abc");
    script(0).bytes(ping_frame("p") + close_frame(1001));
    turn();
    EXPECT_EQ(sent(0), (std::vector<std::string>{"pong p", "close 1001"}));
}

TEST_F(Messages, ThrowOnDroppedReportsTheGapToTheConsumer) {
    options.queue_size = 1;
    options.throw_on_dropped = true;
    connect();
    send_texts(0, "abc");
    turn();
    EXPECT_EQ(ws().receive(1s).text(), "a");
    send_texts(0, "d");
    try {
        std::ignore = ws().receive(1s);
        ADD_FAILURE() << "nothing was thrown";
    } catch (const WebSocketQueueFullError& error) {
        EXPECT_EQ(error.queue_size(), 1U);
        EXPECT_EQ(error.dropped_count(), 2U);
    }
}

TEST_F(Messages, BackpressureStopsReadingAndLosesNothing) {
    options.queue_size = 4;
    options.overflow = OverflowPolicy::backpressure;
    connect();
    std::string wanted;
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        send_texts(0, std::string(1, letter));
        wanted += letter;
    }
    turn();
    EXPECT_FALSE(script(0).steps.empty()) << "it went on reading";
    const int reads = script(0).reads;
    pass(1min);
    EXPECT_EQ(script(0).reads, reads);
    std::string texts;
    for (std::size_t i = 0; i < wanted.size(); ++i) texts += ws().receive(1s).text();
    EXPECT_EQ(texts, wanted);
    EXPECT_EQ(ws().stats().messages_dropped, 0U);
    EXPECT_EQ(alerts.size(), 0U);
}

TEST_F(Messages, BackpressureEndsWhenAnotherConsumerMakesRoom) {
    options.queue_size = 2;
    options.overflow = OverflowPolicy::backpressure;
    connect();
    send_texts(0, "abcdef");
    turn();
    std::string all;
    for (int i = 0; i < 5; ++i) {
        all += records();
        turn();
    }
    EXPECT_EQ(all, "connected:1 a#1 b#2 c#3 d#4 e#5 f#6 ");
}

TEST_F(Messages, CloseUnderBackpressureIsBoundedByTheCloseTimeout) {
    options.queue_size = 1;
    options.overflow = OverflowPolicy::backpressure;
    connect();
    send_texts(0, "abc");
    script(0).bytes(close_frame(1000));
    turn();
    ws().close();
    pass(3s);
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(log, "connect;disconnect USER_REQUESTED;");
}

TEST_F(Messages, AQueueSizeOfZeroIsUnlimited) {
    options.queue_size = 0;
    connect();
    for (int i = 0; i < 100; ++i) script(0).bytes(text_frame(std::string(20'000, 'x')));
    turn(200);
    EXPECT_EQ(ws().stats().queued, 100U);
    EXPECT_EQ(ws().stats().messages_dropped, 0U);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(ws().receive(1s).payload.size(), 20'000U);
}

TEST_F(Messages, TheLargestMessageIsSixtyFourMebibytesByDefault) {
    EXPECT_EQ(resolve({})->connection.max_message_size, std::size_t{64} << 20);
    connect();
    script(0).bytes(raw_frame({.length_bytes = 8, .claimed = (std::uint64_t{64} << 20) + 1}, "x"));
    turn();
    EXPECT_EQ(sent(0), std::vector<std::string>{"close 1009"});
    EXPECT_EQ(log, "connect;disconnect PROTOCOL_ERROR;");
}

}  // namespace
}  // namespace pinwheel::test
