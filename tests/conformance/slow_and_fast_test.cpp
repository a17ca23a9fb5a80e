#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "../../proto/delivery/queue_sink.h"
#include "../../proto/websocket/connection.h"
#include "../support/scripted_connection.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

class SlowAndFast : public ScriptedConnection {
  protected:
    void on_message(const Message& message) override {
        ScriptedConnection::on_message(message);
        last = std::string(message.text());
    }

    void open(MessageSink& into) {
        start(into);
        for (int i = 0; i < 5; ++i) turn(1ms);
        ASSERT_TRUE(connection->is_open());
    }
    void open() { open(sink); }
    void turn(Duration time = 0ms) {
        clock.advance(time);
        reactor.poll();
    }
    /// Turns until the server's bytes are read.
    void read_all() {
        while (!script().steps.empty()) turn();
    }
    [[nodiscard]] Errc send(const std::string& text) {
        return connection->send(Opcode::text, bytes_of(text));
    }

    std::string last;
};

constexpr int kSeconds = 30;
constexpr int kRate = 200;  // messages a second
constexpr int kAll = kSeconds * kRate;

/// One second of the feed: numbered messages, and a ping.
std::string second_of_feed(int second) {
    std::string frames;
    for (int i = 0; i < kRate; ++i) frames += text_frame(std::to_string(second * kRate + i));
    return frames + ping_frame(std::to_string(second));
}

TEST_F(SlowAndFast, AConsumerThatStopsForHalfAMinuteMissesTheNewestAndGetsTheirCount) {
    constexpr int kRoom = 1000;
    MessageQueue queue(kRoom);
    QueueSink queue_sink(queue, OverflowPolicy::drop_newest);
    open(queue_sink);
    for (int second = 0; second < kSeconds; ++second) {
        script().bytes(second_of_feed(second));
        read_all();
        turn(1s);
        EXPECT_EQ(take_sent_frame(script().written).payload, std::to_string(second)) << "no pong";
    }
    EXPECT_TRUE(connection->is_open());
    EXPECT_EQ(queue.size(), static_cast<std::size_t>(kRoom));
    for (int i = 0; i < kRoom; ++i, queue.pop())
        ASSERT_EQ(text_of(queue.front()->payload()), std::to_string(i));
    EXPECT_EQ(queue.front(), nullptr);
    script().bytes(text_frame("after"));
    read_all();
    ASSERT_EQ(queue.front()->kind, RecordKind::dropped);
    EXPECT_EQ(queue.front()->count, static_cast<std::uint64_t>(kAll - kRoom));
    queue.pop();
    EXPECT_EQ(text_of(queue.front()->payload()), "after");
    EXPECT_EQ(queue.front()->sequence, static_cast<std::uint64_t>(kAll) + 1);
}

TEST_F(SlowAndFast, AConsumerThatStopsForHalfAMinuteHoldsTheServerBackAndMissesNothing) {
    MessageQueue queue(1000);
    QueueSink queue_sink(queue, OverflowPolicy::backpressure);
    open(queue_sink);
    for (int second = 0; second < kSeconds; ++second) script().bytes(second_of_feed(second));
    for (int i = 0; i < 10; ++i) turn();
    const int reads = script().reads;
    turn(std::chrono::seconds{kSeconds});
    turn();
    EXPECT_EQ(script().reads, reads) << "the socket is read although there is no room";
    EXPECT_TRUE(connection->is_open());
    for (int i = 0; i < kAll; ++i, queue.pop()) {
        while (queue.front() == nullptr) {
            connection->resume();
            turn();
        }
        ASSERT_EQ(queue.front()->kind, RecordKind::message);
        ASSERT_EQ(text_of(queue.front()->payload()), std::to_string(i));
    }
    read_all();
    EXPECT_EQ(queue_sink.dropped(), 0U);
    for (int second = 0; second < kSeconds; ++second)
        EXPECT_EQ(take_sent_frame(script().written).payload, std::to_string(second)) << "no pong";
}

TEST_F(SlowAndFast, AConsumerThatStopsForHalfAMinuteFindsAllInAQueueWithoutLimit) {
    MessageQueue queue;
    QueueSink queue_sink(queue, OverflowPolicy::drop_newest);
    open(queue_sink);
    for (int second = 0; second < kSeconds; ++second) {
        script().bytes(second_of_feed(second));
        read_all();
        turn(1s);
    }
    for (int i = 0; i < kAll; ++i, queue.pop())
        ASSERT_EQ(text_of(queue.front()->payload()), std::to_string(i));
    EXPECT_EQ(queue_sink.dropped(), 0U);
}

TEST_F(SlowAndFast, AServerThatReadsNothingIsSentNoHalfMessage) {
    options.send_buffer_limit = 100'000;
    open();
    script().write_room = 12'345;  // the kernel's buffer
    int taken = 0;
    Errc refused = Errc::ok;
    while (refused == Errc::ok) {
        refused = send(std::to_string(taken) + std::string(999, 'x'));
        taken += refused == Errc::ok ? 1 : 0;
        ASSERT_LE(connection->bytes_to_send(), options.send_buffer_limit);
    }
    EXPECT_EQ(refused, Errc::send_buffer_full);
    EXPECT_EQ(describe(refused), "the send buffer is full");
    EXPECT_EQ(taken, (100'000 + 12'345) / 1010);
    EXPECT_EQ(send(std::string(options.send_buffer_limit + 1, 'x')), Errc::send_buffer_full);
    EXPECT_TRUE(connection->is_open());
    script().write_room = StreamScript::kUnlimited;
    turn();
    for (int i = 0; i < taken; ++i)
        ASSERT_EQ(take_sent_frame(script().written).payload, std::to_string(i) + std::string(999, 'x'));
    EXPECT_TRUE(script().written.empty());
    EXPECT_EQ(send("again"), Errc::ok);
}

TEST_F(SlowAndFast, BehindAFullSendBufferAPongAndACloseStillFit) {
    options.send_buffer_limit = 10'000;
    open();
    script().write_room = 0;
    const std::string message(10'000 - 8, 'x');  // exactly the limit with its header
    ASSERT_EQ(send(message), Errc::ok);
    ASSERT_EQ(send(""), Errc::send_buffer_full);
    script().bytes(ping_frame(std::string(125, 'p')));
    read_all();
    connection->close(1000, std::string(123, 'r'));
    script().write_room = StreamScript::kUnlimited;
    turn();
    EXPECT_EQ(take_sent_frame(script().written).payload, message);
    EXPECT_EQ(take_sent_frame(script().written).payload, std::string(125, 'p'));
    EXPECT_EQ(take_sent_frame(script().written).payload, close_payload(1000, std::string(123, 'r')));
}

TEST_F(SlowAndFast, TheBacklogAndTheAnswerToACloseAreSentBeforeTheHalfClose) {
    open();
    script().write_room = 10;
    ASSERT_EQ(send(std::string(100, 'x')), Errc::ok);
    script().bytes(close_frame(1001));
    read_all();
    EXPECT_EQ(end.close_code, 1001);
    EXPECT_FALSE(script().write_shut);
    script().write_room = 50;
    turn();
    EXPECT_FALSE(script().write_shut);
    script().write_room = StreamScript::kUnlimited;
    turn();
    EXPECT_TRUE(script().write_shut);
    EXPECT_EQ(take_sent_frame(script().written).payload, std::string(100, 'x'));
    EXPECT_EQ(take_sent_frame(script().written).payload, close_payload(1001));
}

TEST_F(SlowAndFast, AServerThatClosesAndReadsNothingIsLeftAtTheCloseTimeout) {
    open();
    script().write_room = 10;
    ASSERT_EQ(send(std::string(100, 'x')), Errc::ok);
    script().bytes(close_frame(1001));
    read_all();
    turn(options.close_timeout + 1ms);
    EXPECT_TRUE(script().destroyed);
    EXPECT_EQ(ends, 1);
}

TEST_F(SlowAndFast, AServerThatSendsOnBehindItsCloseIsLeftAtTheCloseTimeout) {
    open();
    script().bytes(close_frame(1000));
    read_all();
    for (Duration gone{}; gone <= options.close_timeout && !script().destroyed; gone += 1ms) {
        script().bytes(binary_frame(std::string(30'000, 'x')));
        turn(1ms);
    }
    turn(1ms);
    EXPECT_TRUE(script().destroyed);
    EXPECT_EQ(messages, 0);
}

TEST_F(SlowAndFast, OfABurstOfPingsEachReadsFirstSixteenAndItsLastAreAnswered) {
    constexpr int kBurst = 100'000;
    open();
    std::string burst;
    for (int i = 0; i < kBurst; ++i) burst += ping_frame(std::to_string(100'000 + i));
    constexpr std::size_t kPing = 2 + 6;
    constexpr std::size_t kRead = 16'384;
    const int writes = script().writes;
    script().trickle(burst, kRead);
    read_all();
    for (int i = 0; i < 10; ++i) turn();
    EXPECT_EQ(connection->bytes_to_send(), 0U);
    const auto reads = (kBurst * kPing + kRead - 1) / kRead;
    EXPECT_EQ(script().writes - writes, static_cast<int>(reads)) << "one write a read";
    for (std::size_t read = 0; read < reads; ++read) {
        const std::size_t first = 100'000 + read * kRead / kPing;
        const std::size_t behind = std::min<std::size_t>(first + kRead / kPing, 100'000 + kBurst);
        for (std::size_t i = 0; i < 16; ++i)
            ASSERT_EQ(take_sent_frame(script().written).payload, std::to_string(first + i));
        ASSERT_EQ(take_sent_frame(script().written).payload, std::to_string(behind - 1));
    }
    EXPECT_EQ(script().written, "");
}

TEST_F(SlowAndFast, ABurstOfPingsWithUnreadAnswersBuffersOneBatchOfPongs) {
    constexpr int kBurst = 100'000;
    constexpr std::size_t kBatch = 17;
    options.send_buffer_limit = 4096;
    open();
    script().write_room = 0;
    std::string burst;
    for (int i = 0; i < kBurst; ++i) burst += ping_frame(std::string(100, 'p') + std::to_string(i));
    script().trickle(burst, 32'768);
    while (!script().steps.empty()) {
        turn();
        ASSERT_LE(connection->bytes_to_send(), kBatch * frame_size(kMaxControlPayload));
    }
    for (int i = 0; i < 100; ++i) turn();
    EXPECT_EQ(send("there is room for messages"), Errc::ok);
    script().write_room = StreamScript::kUnlimited;
    turn();
    for (int i = 0; i < 16; ++i)
        EXPECT_EQ(take_sent_frame(script().written).payload, std::string(100, 'p') + std::to_string(i));
    std::ignore = take_sent_frame(script().written);  // the last message of the first read
    EXPECT_EQ(take_sent_frame(script().written).payload, "there is room for messages");
    EXPECT_EQ(take_sent_frame(script().written).payload, std::string(100, 'p') + std::to_string(kBurst - 1));
    EXPECT_TRUE(script().written.empty());
}

TEST_F(SlowAndFast, AMessageOfAMillionEmptyFragmentsIsOneMessage) {
    open();
    std::string fragments;
    for (int i = 0; i < 1'000'000; ++i) fragments += continuation("", false);
    script().bytes(text_frame("a", false));
    script().trickle(fragments, 32'768);
    script().bytes(ping_frame("still there?") + continuation("b"));
    read_all();
    EXPECT_EQ(messages, 1);
    EXPECT_EQ(last, "ab");
    EXPECT_EQ(take_sent_frame(script().written).payload, "still there?");
    EXPECT_TRUE(connection->is_open());
}

TEST_F(SlowAndFast, AMillionUnsolicitedPongsAreReported) {
    open();
    std::string all;
    for (int i = 0; i < 1'000'000; ++i) all += pong_frame("");
    script().trickle(all, 32'768);
    read_all();
    EXPECT_EQ(pongs, 1'000'000);
    EXPECT_TRUE(script().written.empty());
}

TEST_F(SlowAndFast, AFrameWithOneByteASecondIsDelivered) {
    open();
    for (const char byte : text_frame("slow")) {
        script().bytes(std::string(1, byte));
        turn(1s);
    }
    EXPECT_EQ(last, "slow");
    EXPECT_TRUE(connection->is_open());
}

}  // namespace
}  // namespace pinwheel
