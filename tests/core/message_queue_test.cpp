#include "../../core/message_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>

#include "queue_support.h"

namespace pinwheel {
namespace {

TEST(MessageQueue, CountsMessagesAgainstItsLimitAndNotControlRecords) {
    MessageQueue queue(2, 4096);
    EXPECT_TRUE(queue.push_control({.kind = RecordKind::connected}));
    push(queue, "a");
    EXPECT_FALSE(queue.full());
    push(queue, "b");
    EXPECT_TRUE(queue.full());
    EXPECT_TRUE(queue.push_control({.kind = RecordKind::dropped, .count = 3}));
    EXPECT_EQ(queue.size(), 2U);
    EXPECT_EQ(queue.high_water(), 2U);
    EXPECT_EQ(queue.front()->kind, RecordKind::connected);
    queue.pop();
    EXPECT_TRUE(queue.full());
    EXPECT_EQ(take(queue), "a");
    EXPECT_FALSE(queue.full());
    EXPECT_EQ(take(queue), "b");
    EXPECT_EQ(queue.front()->count, 3U);
}

TEST(MessageQueue, CountsBytesOfAllRecordsUntilTheyAreGivenBack) {
    MessageQueue queue(0, 1024);
    push(queue, "abc");
    EXPECT_EQ(queue.bytes(), 0U);
    EXPECT_TRUE(queue.push_control({.kind = RecordKind::connected}));
    push(queue, std::string(2000, 'x'));
    queue.publish();
    const std::size_t all = SpscRing::record_size(3) + SpscRing::record_size(0) + SpscRing::record_size(2000);
    EXPECT_EQ(queue.bytes(), all);
    EXPECT_EQ(take(queue), "abc");
    EXPECT_EQ(queue.bytes(), all - SpscRing::record_size(3));
    take(queue);
    take(queue);
    EXPECT_EQ(queue.bytes(), 0U);
}

// M3
TEST(MessageQueue, IsFullAtTheLimitOfBytesThoughMessagesHaveNone) {
    const std::size_t record = SpscRing::record_size(2000);
    MessageQueue queue(0, 1024, 3 * record);
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(queue.full()) << i;
        push(queue, std::string(2000, 'x'));
    }
    EXPECT_TRUE(queue.full()) << "those not published count";
    EXPECT_TRUE(queue.bytes_reached());
    queue.publish();
    EXPECT_EQ(queue.high_water_bytes(), 3 * record);
    EXPECT_FALSE(queue.half_free());
    take(queue);
    EXPECT_FALSE(queue.full());
    take(queue);
    EXPECT_TRUE(queue.half_free());
    queue.reset_high_water();
    EXPECT_EQ(queue.high_water_bytes(), record);
    EXPECT_EQ(queue.max_messages(), 0U);
    EXPECT_EQ(queue.max_bytes(), 3 * record);
}

// M3
TEST(MessageQueue, RefusesTheRecordThatWouldExceedTheLimitOfBytesUnlessItIsEmpty) {
    const std::size_t record = SpscRing::record_size(2000);
    MessageQueue queue(0, 1024, 2 * record - 1);
    EXPECT_FALSE(queue.full(1'000'000)) << "one alone may be larger";
    push(queue, std::string(2000, 'x'));
    EXPECT_FALSE(queue.full());
    EXPECT_TRUE(queue.full(2000));
    EXPECT_TRUE(queue.bytes_reached());
    EXPECT_FALSE(queue.messages_reached());
    queue.publish();
    take(queue);
    EXPECT_FALSE(queue.full(2000));
}

// M3
TEST(MessageQueue, TheFirstLimitThatIsReachedFillsIt) {
    MessageQueue queue(2, 1024, 1 << 20);
    push(queue, "a");
    push(queue, "b");
    EXPECT_TRUE(queue.full());
    EXPECT_FALSE(queue.bytes_reached());
}

TEST(MessageQueue, TheHighWaterMarkIsTheMostThatEverWaited) {
    MessageQueue queue(0, 4096);
    for (const int waiting : {3, 1, 7, 2}) {
        for (int i = 0; i < waiting; ++i) {
            push(queue, "x");
            queue.publish();
        }
        for (int i = 0; i < waiting; ++i) take(queue);
    }
    EXPECT_EQ(queue.high_water(), 7U);
}

TEST(MessageQueue, AnUnpublishedMessageCountsAgainstTheLimit) {
    MessageQueue queue(1, 1024);
    push(queue, "a");
    EXPECT_EQ(queue.size(), 0U);
    EXPECT_TRUE(queue.full());
}

TEST(MessageQueue, ADroppedRecordMarksThePlaceOfTheGap) {
    MessageQueue queue(1, 1024);
    push(queue, "before");
    queue.publish();
    ASSERT_TRUE(queue.full());
    EXPECT_EQ(take(queue), "before");
    EXPECT_TRUE(queue.push_control({.kind = RecordKind::dropped, .count = 4}));
    push(queue, "after");
    queue.publish();
    ASSERT_NE(queue.front(), nullptr);
    EXPECT_EQ(queue.front()->kind, RecordKind::dropped);
    EXPECT_EQ(queue.front()->count, 4U);
    queue.pop();
    EXPECT_EQ(take(queue), "after");
}

TEST(MessageQueue, OnlyTheLastOfABatchIsMarkedEvenOverSeveralRings) {
    MessageQueue queue(0, 1024);
    for (const std::size_t size : {10U, 5'000U, 10U, 50'000U, 10U}) push(queue, std::string(size, 'x'));
    EXPECT_EQ(queue.front(), nullptr) << "nothing is visible before publish()";
    queue.publish();
    for (int i = 0; i < 4; ++i) {
        ASSERT_NE(queue.front(), nullptr);
        EXPECT_FALSE(queue.front()->is_last_in_batch()) << i;
        queue.pop();
    }
    ASSERT_NE(queue.front(), nullptr);
    EXPECT_TRUE(queue.front()->is_last_in_batch());
}

TEST(MessageQueue, ABatchEndsBeforeAnOpenClaimThatHasMovedOn) {
    MessageQueue queue(0, 1024);
    push(queue, "a");
    push(queue, "b");
    std::memcpy(queue.claim(4), "head", 4);
    auto* room = queue.grow(4, 3'000);
    room = queue.grow(3'000, 30'000);
    queue.publish();
    ASSERT_NE(queue.front(), nullptr);
    EXPECT_FALSE(queue.front()->is_last_in_batch());
    EXPECT_EQ(take(queue), "a");
    ASSERT_NE(queue.front(), nullptr);
    EXPECT_TRUE(queue.front()->is_last_in_batch());
    EXPECT_EQ(take(queue), "b");
    EXPECT_EQ(queue.front(), nullptr);
    std::memset(room + 4, 't', 30'000 - 4);
    queue.commit({.size = 30'000});
    queue.publish();
    EXPECT_EQ(take(queue), "head" + std::string(30'000 - 4, 't'));
}

TEST(MessageQueueThreads, OrderAndContentsHoldAcrossRings) {
    constexpr std::uint64_t kMessages = 100'000;
    MessageQueue queue(0, 1024);
    std::thread producer([&] {
        std::mt19937 random(9);
        for (std::uint64_t i = 1; i <= kMessages; ++i) {
            push(queue, std::string(random() % (i % 1000 == 0 ? 20'000 : 200), 'm'), i);
            if (random() % 3 == 0) queue.publish();
            while (queue.size() > 500) std::this_thread::yield();
        }
        queue.publish();
    });
    std::uint64_t next = 1;
    while (next <= kMessages) {
        const auto* const record = queue.front();
        if (record == nullptr) {
            std::this_thread::yield();
            continue;
        }
        ASSERT_EQ(record->sequence, next);
        for (const auto byte : record->payload()) ASSERT_EQ(byte, std::byte{'m'});
        queue.pop();
        ++next;
    }
    producer.join();
    EXPECT_EQ(queue.size(), 0U);
}

/// Like a connection: drops when the queue is full, and reports the number before the next message.
TEST(MessageQueueThreads, EveryGapIsReportedAtItsPlace) {
    constexpr std::uint64_t kMessages = 200'000;
    MessageQueue queue(16, 1024);
    std::thread producer([&] {
        std::uint64_t gap = 0;
        for (std::uint64_t i = 1; i <= kMessages; ++i) {
            if (queue.full()) {
                ++gap;
                if (i % 64 == 0) std::this_thread::yield();
                continue;
            }
            if (gap != 0)
                std::ignore =
                    queue.push_control({.kind = RecordKind::dropped, .count = std::exchange(gap, 0)});
            push(queue, std::string(i % 90, 'g'), i);
            if (i % 3 == 0) queue.publish();
        }
        std::ignore = queue.push_control({.kind = RecordKind::disconnected, .count = gap});
    });
    std::uint64_t seen = 0;  // messages received or reported as lost
    std::uint64_t wrong = 0;
    for (bool open = true; open;) {
        wrong += queue.size() > 16;
        const auto* const record = queue.front();
        if (record == nullptr) {
            std::this_thread::yield();
            continue;
        }
        if (record->kind == RecordKind::message)
            wrong += ++seen != record->sequence;
        else
            seen += record->count;
        open = record->kind != RecordKind::disconnected;
        queue.pop();
    }
    producer.join();
    EXPECT_EQ(wrong, 0U);
    EXPECT_EQ(seen, kMessages);
    EXPECT_LE(queue.high_water(), 16U);
    EXPECT_EQ(queue.bytes(), 0U);
}

}  // namespace
}  // namespace pinwheel
