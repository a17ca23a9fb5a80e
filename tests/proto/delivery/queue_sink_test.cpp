#include "../../../proto/delivery/queue_sink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "../../../proto/delivery/message.h"
#include "../../support/frames.h"
#include "../../support/growing_message.h"

namespace pinwheel {
namespace {

using namespace test;
using Verdict = MessageSink::Verdict;

Verdict offer(MessageSink& sink, std::string_view payload, const MessageStamp& stamp = {}) {
    const auto claim = sink.claim(payload.size());
    if (claim.verdict != Verdict::take) return claim.verdict;
    std::copy_n(bytes_of(payload).begin(), payload.size(), claim.room);
    sink.commit(payload.size(), true, stamp);
    return Verdict::take;
}

/// Removes all records as the consumer sees them: texts, `connected:GENERATION`, `disconnected:REASON:CODE`,
/// `dropped:COUNT`.
std::string consume(MessageQueue& queue) {
    std::string seen;
    while (const auto* const record = queue.front()) {
        switch (record->kind) {
            case RecordKind::message:
                seen += std::string(Message::from(*record).text());
                break;
            case RecordKind::connected:
                seen += "connected:" + std::to_string(record->generation);
                break;
            case RecordKind::disconnected:
                seen += "disconnected:" + std::to_string(record->reason) + ":" + std::to_string(record->code);
                break;
            case RecordKind::gap:
            case RecordKind::channel_state:
            case RecordKind::leg_state:
                seen += "of a feed";
                break;
            case RecordKind::dropped:
                seen += "dropped:" + std::to_string(record->count);
                break;
        }
        seen += " ";
        queue.pop();
    }
    return seen;
}

TEST(QueueSink, AMessageCarriesAllThatIsKnownAboutIt) {
    MessageQueue queue;
    QueueSink sink(queue, OverflowPolicy::drop_newest);
    sink.connected(7, {});
    const MessageStamp stamp{.received = TimePoint{Duration{17}},
                             .kernel_received = SystemTime{Duration{42}}};
    EXPECT_EQ(offer(sink, "hello", stamp), Verdict::take);
    sink.batch_end();
    queue.pop();
    const Message message = Message::from(*queue.front());
    EXPECT_EQ(message.text(), "hello");
    EXPECT_TRUE(message.is_text);
    EXPECT_TRUE(message.is_last_in_batch);
    EXPECT_EQ(message.generation, 7U);
    EXPECT_EQ(message.sequence, 1U);
    EXPECT_EQ(message.received, stamp.received);
    EXPECT_EQ(message.kernel_received, stamp.kernel_received);
}

TEST(QueueSink, ABatchIsSeenAtItsEnd) {
    MessageQueue queue;
    QueueSink sink(queue, OverflowPolicy::drop_newest);
    offer(sink, "a");
    offer(sink, "b");
    EXPECT_EQ(consume(queue), "");
    sink.batch_end();
    EXPECT_FALSE(Message::from(*queue.front()).is_last_in_batch);
    EXPECT_EQ(consume(queue), "a b ");
}

TEST(QueueSink, ConnectionsAndTheirEndsStandWhereTheyHappened) {
    MessageQueue queue;
    QueueSink sink(queue, OverflowPolicy::drop_newest);
    sink.connected(1, {});
    offer(sink, "a");
    sink.disconnected(4, 1006, {});
    sink.connected(2, {});
    offer(sink, "b");
    sink.batch_end();
    EXPECT_EQ(consume(queue), "connected:1 a disconnected:4:1006 connected:2 b ");
}

TEST(QueueSink, DroppedMessagesAreReportedBeforeTheNextMessage) {
    MessageQueue queue(2);
    QueueSink sink(queue, OverflowPolicy::drop_newest);
    offer(sink, "a");
    offer(sink, "b");
    EXPECT_FALSE(sink.has_room());
    EXPECT_EQ(offer(sink, "c"), Verdict::drop);
    EXPECT_EQ(offer(sink, "d"), Verdict::drop);
    sink.batch_end();
    EXPECT_EQ(consume(queue), "a b ");
    offer(sink, "e");
    sink.batch_end();
    EXPECT_EQ(consume(queue), "dropped:2 e ");
    offer(sink, "f");
    sink.batch_end();
    EXPECT_EQ(queue.front()->sequence, 6U);
    EXPECT_EQ(consume(queue), "f ");
    EXPECT_EQ(sink.dropped(), 2U);
}

TEST(QueueSink, AGapIsReportedBeforeTheConnectionsEndAsWell) {
    MessageQueue queue(1);
    QueueSink sink(queue, OverflowPolicy::drop_newest);
    offer(sink, "a");
    offer(sink, "b");
    sink.disconnected(1, 1000, {});
    sink.batch_end();
    EXPECT_EQ(consume(queue), "a dropped:1 disconnected:1:1000 ");
}

TEST(QueueSink, BackpressurePausesAndLosesNothing) {
    MessageQueue queue(2);
    QueueSink sink(queue, OverflowPolicy::backpressure);
    offer(sink, "a");
    offer(sink, "b");
    EXPECT_EQ(offer(sink, "c"), Verdict::pause);
    EXPECT_EQ(consume(queue), "a b ") << "the consumer sees what fills the queue, or it would stay full";
    EXPECT_EQ(offer(sink, "c"), Verdict::take);
    sink.batch_end();
    EXPECT_EQ(consume(queue), "c ");
    EXPECT_EQ(sink.dropped(), 0U);
}

TEST(QueueSink, AGrowingMessageKeepsItsBeginningOverRings) {
    MessageQueue queue(0, 1024);
    QueueSink sink(queue, OverflowPolicy::drop_newest);
    offer(sink, "before");
    const std::string expected = commit_growing_message(sink);
    offer(sink, "after");
    sink.batch_end();
    EXPECT_TRUE(consume(queue) == "before " + expected + " after ");
}

TEST(QueueSink, AMessageWithoutMemoryIsDropped) {
    MessageQueue queue;
    QueueSink sink(queue, OverflowPolicy::drop_newest);
    EXPECT_EQ(sink.claim(std::size_t{1} << 32).verdict, Verdict::drop);
    std::ignore = sink.claim(1);
    EXPECT_EQ(sink.grow(1, std::size_t{1} << 32), nullptr);
    offer(sink, "next");
    sink.batch_end();
    EXPECT_EQ(consume(queue), "dropped:1 dropped:1 next ");
}

}  // namespace
}  // namespace pinwheel
