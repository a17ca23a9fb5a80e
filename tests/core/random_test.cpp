#include "../../core/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace pinwheel {
namespace {

TEST(SecureRandom, GivesOtherBytesEachTimeBeyondItsPool) {
    SecureRandom random;
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 5000; ++i) seen.insert(random.next_u32());
    EXPECT_GT(seen.size(), 4980U);
    std::array<std::byte, 10'000> large{};
    random.fill(large);
    std::set<std::byte> values(large.begin(), large.end());
    EXPECT_GT(values.size(), 200U);
}

TEST(SeededRandom, TheSameSeedGivesTheSameSequence) {
    SeededRandom one(7);
    SeededRandom same(7);
    SeededRandom other(8);
    const auto first = one.next();
    EXPECT_EQ(first, same.next());
    EXPECT_NE(first, other.next());
}

TEST(SeededRandom, UnitIsEvenlySpreadOverZeroToOne) {
    SeededRandom random(1);
    std::array<int, 10> tenths{};
    for (int i = 0; i < 100'000; ++i) ++tenths.at(static_cast<std::size_t>(random.unit() * 10));
    for (const int count : tenths) EXPECT_NEAR(count, 10'000, 500);
}

}  // namespace
}  // namespace pinwheel
