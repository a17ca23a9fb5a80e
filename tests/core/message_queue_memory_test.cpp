#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#include "../../core/message_queue.h"
#include "queue_support.h"

namespace pinwheel {
namespace {

TEST(MessageQueueMemory, WithoutALimitItGrowsByLinkingLargerRings) {
    MessageQueue queue(0, 1024);
    for (int i = 0; i < 5000; ++i) push(queue, std::to_string(i));
    queue.publish();
    EXPECT_FALSE(queue.full());
    EXPECT_EQ(queue.size(), 5000U);
    EXPECT_EQ(queue.capacity(), std::size_t{512} << 10) << "each ring is twice the one before";
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(take(queue), std::to_string(i));
    EXPECT_EQ(queue.front(), nullptr);
}

TEST(MessageQueueMemory, ARecordLargerThanTheRingGetsItsOwnRing) {
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

TEST(MessageQueueMemory, AGrowingClaimKeepsItsBytesOverARingsEnd) {
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

TEST(MessageQueueMemory, AnAbandonedClaimInANewRingLosesNothing) {
    MessageQueue queue(0, 1024);
    push(queue, "before");
    ASSERT_NE(queue.claim(5'000), nullptr);
    EXPECT_TRUE(queue.push_control({.kind = RecordKind::disconnected}));
    EXPECT_EQ(take(queue), "before");
    ASSERT_NE(queue.front(), nullptr);
    EXPECT_EQ(queue.front()->kind, RecordKind::disconnected);
}

TEST(MessageQueueMemory, AQueueDestroyedInTheMiddleOfABatchFreesAllItsRings) {
    MessageQueue queue(0, 1024);
    push(queue, "shown");
    queue.publish();
    for (int i = 0; i < 3; ++i) push(queue, std::string(1'000, 'x'));
    ASSERT_NE(queue.claim(10'000), nullptr);  // the leak checker verifies this
}

TEST(MessageQueueMemory, AClaimAboveTheLargestPayloadIsRefusedAndTheQueueContinues) {
    MessageQueue queue(0, 1024);
    EXPECT_EQ(queue.claim(kMaxPayload + 1), nullptr);
    EXPECT_EQ(queue.claim(std::numeric_limits<std::size_t>::max()), nullptr);
    EXPECT_EQ(queue.capacity(), 1024U);
    push(queue, "abc");
    queue.publish();
    EXPECT_EQ(take(queue), "abc");
}

TEST(MessageQueueMemory, ASteadyStateStaysInTheFirstRing) {
    MessageQueue queue(0, 4096);
    for (int i = 0; i < 100'000; ++i) {
        push(queue, std::string(static_cast<std::size_t>(i % 500), 'x'));
        queue.publish();
        take(queue);
    }
    EXPECT_EQ(queue.capacity(), 4096U);
}

/// Sends and takes `batches` of two small messages.
void trickle(MessageQueue& queue, int batches) {
    for (int i = 0; i < batches; ++i) {
        push(queue, "small");
        push(queue, "small");
        queue.publish();
        ASSERT_EQ(take(queue), "small");
        ASSERT_EQ(take(queue), "small");
    }
}

TEST(MessageQueueMemory, MemoryIsGivenBackAfterABurst) {
    MessageQueue queue(0, 1024);
    push(queue, std::string(1'000'000, 'x'));
    queue.publish();
    const auto address = reinterpret_cast<std::uintptr_t>(queue.front());
    void* const page = reinterpret_cast<void*>(address / 4096 * 4096);
    take(queue);
    EXPECT_EQ(queue.capacity(), std::size_t{1} << 20);
    trickle(queue, 140'000);
    EXPECT_EQ(queue.capacity(), 1024U);
    unsigned char state = 0;
    EXPECT_EQ(::mincore(page, 4096, &state), -1) << "the large ring is still mapped";
    trickle(queue, 10);
}

TEST(MessageQueueMemory, ARingThatBurstsStillNeedIsKept) {
    MessageQueue queue(0, 1024);
    for (int burst = 0; burst < 50; ++burst) {
        push(queue, std::string(100'000, 'x'));
        queue.publish();
        take(queue);
        trickle(queue, 4'000);
        ASSERT_EQ(queue.capacity(), std::size_t{128} << 10) << burst;
    }
}

constexpr std::size_t kMega = std::size_t{1} << 20;

/// The address space of this process, in bytes.
std::size_t mapped_bytes() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// M3: rings map twice their capacity. The maximum is two rings of 256 MiB and the smaller ones.
TEST(MessageQueueMemory, LargeMessagesMapNoMoreThanTheLimitOfBytesAllows) {
    MessageQueue queue(0, MessageQueue::kCapacity, 256 * kMega);
    const std::size_t before = mapped_bytes();
    std::size_t most = 0;
    int refused = 0;
    for (int i = 0; i < 1'000; ++i) {
        if (queue.full(4 * kMega)) {
            ++refused;
            if (i % 2 == 0 && queue.front() != nullptr) queue.pop();
            continue;
        }
        ASSERT_NE(queue.claim(4 * kMega), nullptr);
        queue.commit({.size = 4 * kMega});
        queue.publish();
        most = std::max(most, mapped_bytes() - before);
        ASSERT_LE(queue.bytes(), 256 * kMega);
    }
    EXPECT_GT(refused, 400);
    EXPECT_LE(queue.capacity(), 256 * kMega);
    EXPECT_LE(most, 2 * (2 * 256 * kMega));
}

// M3
TEST(MessageQueueMemory, AFullQueueAtItsLimitOfBytesStaysInOneRing) {
    MessageQueue queue(0, 1024, 4096);
    for (int i = 0; i < 10'000; ++i) {
        while (queue.full(300)) take(queue);
        push(queue, std::string(300, 'x'));
        queue.publish();
        ASSERT_LE(queue.bytes(), 4096U);
        ASSERT_LE(queue.capacity(), 4096U);
    }
}

TEST(MessageQueueMemory, PublicationsOfNothingDoNotCountAsQuiet) {
    MessageQueue queue(0, 1024);
    push(queue, std::string(100'000, 'x'));
    queue.publish();
    take(queue);
    for (int i = 0; i < 140'000; ++i) queue.publish();
    push(queue, "small");
    EXPECT_EQ(queue.capacity(), std::size_t{128} << 10);
}

/// From now on the kernel refuses this process mappings of 16 MiB or more.
void refuse_large_mappings() {
    const rlimit little_more{mapped_bytes() + 16 * kMega, RLIM_INFINITY};
    ASSERT_EQ(::setrlimit(RLIMIT_AS, &little_more), 0);
}

[[noreturn]] void claim_without_memory() {
    MessageQueue queue(0, 1024);
    push(queue, "before");
    refuse_large_mappings();
    const bool refused = queue.claim(16 * kMega) == nullptr;
    push(queue, "after");
    queue.publish();
    std::_Exit(refused && take(queue) == "before" && take(queue) == "after" ? 0 : 1);
}

[[noreturn]] void shrink_without_memory() {
    MessageQueue queue(0, 16 * kMega);
    const bool grown = queue.claim(20 * kMega) != nullptr;
    queue.commit({.size = 1});
    queue.publish();
    take(queue);
    refuse_large_mappings();
    trickle(queue, 140'000);
    std::_Exit(grown && !testing::Test::HasFailure() && queue.capacity() == 32 * kMega ? 0 : 1);
}

TEST(MessageQueueMemory, WithoutMemoryAClaimIsRefusedAndTheQueueContinues) {
    EXPECT_EXIT(claim_without_memory(), testing::ExitedWithCode(0), "");
}

TEST(MessageQueueMemory, WithoutMemoryForASmallerRingTheLargeOneServesOn) {
    EXPECT_EXIT(shrink_without_memory(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace pinwheel
