#include "../../core/spsc_ring.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <thread>

#include "../../core/cpu.h"

namespace pinwheel {
namespace {

template <class Ring>
bool push(Ring& ring, std::string_view text, std::uint64_t sequence = 0) {
    auto* const room = ring.claim(text.size());
    if (room == nullptr) return false;
    std::memcpy(room, text.data(), text.size());
    ring.commit({.size = static_cast<std::uint32_t>(text.size()), .sequence = sequence});
    return true;
}

std::string text_of(const RecordHeader& record) {
    const auto payload = record.payload();
    return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

TEST(SpscRing, ARecordIsSeenOnlyAfterPublish) {
    SpscRing ring(4096);
    ASSERT_TRUE(push(ring, "abc", 7));
    EXPECT_EQ(ring.front(), nullptr);
    ring.publish();
    const auto* const record = ring.front();
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(text_of(*record), "abc");
    EXPECT_EQ(record->sequence, 7U);
    ring.pop();
    EXPECT_EQ(ring.front(), nullptr);
    EXPECT_TRUE(ring.drained());
}

TEST(SpscRing, TheLastRecordOfAPublicationIsMarked) {
    SpscRing ring(4096);
    ASSERT_TRUE(push(ring, "a"));
    ASSERT_TRUE(push(ring, "b"));
    ring.publish();
    EXPECT_FALSE(ring.front()->is_last_in_batch());
    ring.pop();
    EXPECT_TRUE(ring.front()->is_last_in_batch());
}

TEST(SpscRing, PayloadsAreAlignedAndPaddedWithinTheirOwnRecord) {
    SpscRing ring(4096);
    auto* const first = ring.claim(100);
    ring.commit({.size = 100});
    auto* const second = ring.claim(1);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 16, 0U);
    EXPECT_GE(second - static_cast<std::ptrdiff_t>(sizeof(RecordHeader)), first + 100 + kPayloadPadding);
}

TEST(SpscRing, AClaimIsRefusedWhenFullAndTakenAgainAfterAPop) {
    SpscRing ring(512);
    int pushed = 0;
    while (push(ring, std::string(70, 'x'))) ++pushed;
    EXPECT_EQ(pushed, 2);  // 48 + 70 + 64 bytes are three units of the eight
    ring.publish();
    ASSERT_NE(ring.front(), nullptr);
    EXPECT_EQ(ring.fill(), 384U);
    ring.pop();
    EXPECT_TRUE(push(ring, std::string(70, 'y')));
}

TEST(SpscRing, AnOpenClaimMayBeMadeLargerInPlace) {
    SpscRing ring(1024);
    auto* const small = ring.claim(3);
    std::memcpy(small, "abc", 3);
    EXPECT_EQ(ring.claim(300), small);
    ring.commit({.size = 300});
    ring.publish();
    EXPECT_EQ(text_of(*ring.front()).substr(0, 3), "abc");
}

TEST(SpscRing, RefusesACapacityThatIsNoPowerOfTwoOrOutOfReach) {
    EXPECT_THROW(SpscRing(1000), std::invalid_argument);
    EXPECT_THROW(SpscRing(64), std::invalid_argument);
    EXPECT_NO_THROW(BasicSpscRing<std::uint8_t>(8192));
    EXPECT_THROW(BasicSpscRing<std::uint8_t>(16384), std::invalid_argument);
}

/// Positions of eight bits wrap every 256 units: thousands of times here, at all fills, against a plain
/// deque.
TEST(SpscRing, AgreesWithADequeThroughThousandsOfWraps) {
    BasicSpscRing<std::uint8_t> ring(8192);
    std::deque<std::string> model;
    std::mt19937 random(3);
    std::size_t units = 0;
    for (int step = 0; step < 400'000; ++step) {
        if (random() % 2 == 0) {
            const std::string text(random() % (random() % 8 == 0 ? 8000 : 400),
                                   static_cast<char>('a' + step % 26));
            const bool fits = units + ring.record_size(text.size()) <= ring.capacity();
            ASSERT_EQ(push(ring, text), fits);
            if (!fits) continue;
            units += ring.record_size(text.size());
            model.push_back(text);
            ring.publish();
        } else if (model.empty()) {
            ASSERT_EQ(ring.front(), nullptr);
        } else {
            ASSERT_EQ(text_of(*ring.front()), model.front());
            units -= ring.record_size(model.front().size());
            ring.pop();
            model.pop_front();
        }
        ASSERT_EQ(ring.fill(), units);
    }
}

TEST(SpscRing, WorksBetweenTwoMappingsOfOneMemory) {
    const std::size_t bytes = SpscRing::bytes_needed(4096);
    const int memory = ::memfd_create("ring", 0);
    ASSERT_EQ(::ftruncate(memory, static_cast<off_t>(bytes)), 0);
    const auto map = [&] {
        void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
        return std::span(static_cast<std::byte*>(at), bytes);
    };
    const auto here = map();
    const auto there = map();
    ASSERT_NE(here.data(), there.data());
    EXPECT_THROW(SpscRing{there}, std::invalid_argument);
    SpscRing producer(here, 4096);
    SpscRing consumer(there);
    ASSERT_TRUE(push(producer, "over there"));
    producer.publish();
    ASSERT_NE(consumer.front(), nullptr);
    EXPECT_EQ(text_of(*consumer.front()), "over there");
    consumer.pop();
    EXPECT_TRUE(producer.drained());
    EXPECT_THROW(BasicSpscRing<std::uint8_t>{there}, std::invalid_argument);
    ::munmap(here.data(), bytes);
    ::munmap(there.data(), bytes);
    ::close(memory);
}

TEST(SpscRingThreads, EveryRecordArrivesWholeAndInOrder) {
    constexpr std::uint64_t kRecords = 200'000;
    SpscRing ring(1 << 14);
    std::thread producer([&] {
        std::mt19937 random(5);
        for (std::uint64_t i = 1; i <= kRecords; ++i) {
            const std::string text(random() % 300, static_cast<char>('a' + i % 26));
            while (!push(ring, text, i)) {
                ring.publish();
                std::this_thread::yield();
            }
            if (i % 7 == 0) ring.publish();
        }
        ring.publish();
    });
    std::mt19937 random(5);
    for (std::uint64_t i = 1; i <= kRecords;) {
        const auto* const record = ring.front();
        if (record == nullptr) {
            std::this_thread::yield();
            continue;
        }
        const std::string expected(random() % 300, static_cast<char>('a' + i % 26));
        EXPECT_EQ(record->sequence, i);
        EXPECT_EQ(text_of(*record), expected);
        ring.pop();
        ++i;
    }
    producer.join();
}

}  // namespace
}  // namespace pinwheel
