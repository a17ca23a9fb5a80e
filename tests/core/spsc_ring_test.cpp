#include "../../core/spsc_ring.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ring_support.h"

namespace pinwheel {
namespace {

/// Like a message of initially unknown size. False if it does not fit completely.
template <class Ring>
bool push_in_two(Ring& ring, std::string_view text) {
    const std::string_view begin = text.substr(0, text.size() / 3);
    auto* room = ring.claim(begin.size());
    if (room == nullptr) return false;
    std::memcpy(room, begin.data(), begin.size());
    room = ring.claim(text.size());
    if (room == nullptr) return false;
    std::memcpy(room + begin.size(), text.data() + begin.size(), text.size() - begin.size());
    ring.commit({.size = static_cast<std::uint32_t>(text.size())});
    return true;
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
    EXPECT_EQ(ring.fill(), 0U);
}

TEST(SpscRing, EveryFieldOfTheHeaderArrives) {
    SpscRing ring(4096);
    ASSERT_NE(ring.claim(3), nullptr);
    ring.commit({.size = 3,
                 .kind = RecordKind::disconnected,
                 .flags = RecordHeader::kText,
                 .code = 1006,
                 .sequence = 7,
                 .count = 8,
                 .generation = 9,
                 .reason = 10,
                 .received = 11,
                 .kernel_received = 12});
    ring.publish();
    const auto& record = *ring.front();
    EXPECT_EQ(record.size, 3U);
    EXPECT_EQ(record.kind, RecordKind::disconnected);
    EXPECT_TRUE(record.is_text());
    EXPECT_TRUE(record.is_last_in_batch());
    EXPECT_EQ(record.code, 1006);
    EXPECT_EQ(record.sequence, 7U);
    EXPECT_EQ(record.count, 8U);
    EXPECT_EQ(record.generation, 9U);
    EXPECT_EQ(record.reason, 10);
    EXPECT_EQ(record.received, 11);
    EXPECT_EQ(record.kernel_received, 12);
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

TEST(SpscRing, APublicationOfAnUnfinishedBatchMarksNone) {
    SpscRing ring(4096);
    ASSERT_TRUE(push(ring, "a"));
    EXPECT_TRUE(ring.has_unpublished());
    ring.publish_unfinished();
    EXPECT_FALSE(ring.has_unpublished());
    ring.publish();
    ASSERT_NE(ring.front(), nullptr);
    EXPECT_FALSE(ring.front()->is_last_in_batch());
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
    EXPECT_EQ(pushed, 2);  // 48 + 70 + 64 bytes take three of the eight units
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

TEST(SpscRing, AnAbandonedClaimLeavesNoTrace) {
    SpscRing ring(1024);
    ASSERT_NE(ring.claim(500), nullptr);
    ring.publish();
    EXPECT_EQ(ring.front(), nullptr);
    ASSERT_TRUE(push(ring, "abc"));
    ring.publish();
    EXPECT_EQ(text_of(*ring.front()), "abc");
    EXPECT_EQ(ring.fill(), ring.record_size(3));
}

TEST(SpscRing, AClaimAboveTheLargestPayloadIsRefused) {
    SpscRing ring(1024);
    EXPECT_EQ(ring.claim(kMaxPayload + 1), nullptr);
    EXPECT_EQ(ring.claim(std::numeric_limits<std::size_t>::max()), nullptr);
    EXPECT_EQ(ring.claim(std::numeric_limits<std::size_t>::max() - 150), nullptr);
}

TEST(SpscRing, RefusesACapacityThatIsNotAPowerOfTwoOrOutOfRangeAndNamesIt) {
    for (const std::size_t capacity :
         {std::size_t{0}, std::size_t{64}, std::size_t{1000}, std::size_t{1} << 47, std::size_t{1} << 63}) {
        try {
            SpscRing ring(capacity);
            ADD_FAILURE() << capacity << " was taken";
        } catch (const std::invalid_argument& error) {
            EXPECT_TRUE(std::string_view(error.what()).ends_with("it is " + std::to_string(capacity)))
                << error.what();
        }
    }
    EXPECT_NO_THROW(BasicSpscRing<std::uint8_t>(8192));
    EXPECT_THROW(BasicSpscRing<std::uint8_t>(16384), std::invalid_argument);
}

/// Positions of eight bits wrap every 256 units: here thousands of times, at all fill levels, against a plain
/// deque. Some of the claims start small and are enlarged once a part of the bytes is written.
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
            ASSERT_EQ(random() % 2 == 0 ? push(ring, text) : push_in_two(ring, text), fits);
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

}  // namespace
}  // namespace pinwheel
