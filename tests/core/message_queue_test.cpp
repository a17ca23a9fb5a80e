#include "../../core/message_queue.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <thread>

namespace pinwheel {
namespace {

void push(MessageQueue& queue, std::string_view text, std::uint64_t sequence = 0) {
    auto* const room = queue.claim(text.size());
    ASSERT_NE(room, nullptr);
    std::memcpy(room, text.data(), text.size());
    queue.commit({.size = static_cast<std::uint32_t>(text.size()), .sequence = sequence});
}

std::string take(MessageQueue& queue) {
    const auto* const record = queue.front();
    if (record == nullptr) return "(nothing)";
    const auto payload = record->payload();
    std::string text(reinterpret_cast<const char*>(payload.data()), payload.size());
    queue.pop();
    return text;
}

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

TEST(MessageQueue, WithoutALimitItGrowsByLinkingLargerRings) {
    MessageQueue queue(0, 1024);
    for (int i = 0; i < 5000; ++i) push(queue, std::to_string(i));
    queue.publish();
    EXPECT_FALSE(queue.full());
    EXPECT_EQ(queue.size(), 5000U);
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(take(queue), std::to_string(i));
    EXPECT_EQ(queue.front(), nullptr);
}

TEST(MessageQueue, ARecordLargerThanTheRingGetsOneOfItsOwn) {
    MessageQueue queue(10, 1024);
    const std::string large(3'000'000, 'x');
    push(queue, "before");
    push(queue, large);
    push(queue, "after");
    queue.publish();
    EXPECT_EQ(take(queue), "before");
    EXPECT_EQ(take(queue), large);
    EXPECT_EQ(take(queue), "after");
}

TEST(MessageQueue, AGrowingClaimKeepsItsBytesOverARingsEnd) {
    MessageQueue queue(0, 1024);
    push(queue, std::string(300, 'p'));
    std::memcpy(queue.claim(4), "head", 4);
    auto* room = queue.grow(4, 100);
    room = queue.grow(4, 50'000);
    ASSERT_NE(room, nullptr);
    std::memset(room + 4, 't', 50'000 - 4);
    queue.commit({.size = 50'000});
    queue.publish();
    EXPECT_EQ(take(queue), std::string(300, 'p'));
    EXPECT_EQ(take(queue), "head" + std::string(50'000 - 4, 't'));
}

TEST(MessageQueue, ALargeRingIsGivenBackAfterABurst) {
    MessageQueue queue(0, 1024);
    push(queue, std::string(100'000, 'x'));
    queue.publish();
    take(queue);
    for (int i = 0; i < 5000; ++i) {
        push(queue, "small");
        queue.publish();
        ASSERT_EQ(take(queue), "small");
    }
    push(queue, std::string(900, 'y'));
    queue.publish();
    push(queue, std::string(900, 'z'));  // fits the large ring beside the other, not the first ring's size
    queue.publish();
    EXPECT_EQ(take(queue), std::string(900, 'y'));
    EXPECT_EQ(take(queue), std::string(900, 'z'));
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

}  // namespace
}  // namespace pinwheel
