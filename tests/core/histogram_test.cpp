#include "../../core/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace pinwheel {
namespace {

TEST(Histogram, IsEmptyAtFirst) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.min(), 0U);
    EXPECT_EQ(histogram.value_at(99), 0U);
    EXPECT_EQ(histogram.mean(), 0.0);
}

TEST(Histogram, PercentilesAreWithinOneIn128AboveTheExactOnes) {
    Histogram histogram;
    std::mt19937_64 random(1);
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 100'000; ++i) values.push_back(random() % (std::uint64_t{1} << (1 + random() % 41)));
    for (const auto value : values) histogram.record(static_cast<std::int64_t>(value));
    std::sort(values.begin(), values.end());
    for (const double percentile : {0.1, 1.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
        const auto rank = static_cast<std::size_t>(std::max(1.0, percentile / 100 * 100'000 + 0.5));
        const auto exact = values[std::min(rank, values.size()) - 1];
        EXPECT_GE(histogram.value_at(percentile) + 1, exact) << percentile;
        EXPECT_LE(histogram.value_at(percentile), exact + exact / 128 + exact / 1000 + 1) << percentile;
    }
    EXPECT_EQ(histogram.min(), values.front());
    EXPECT_EQ(histogram.max(), values.back());
    EXPECT_EQ(histogram.count_at_most(~std::uint64_t{0}), 100'000U);
}

TEST(Histogram, ValuesBeyondItsRangeAreCountedAtItsEnd) {
    Histogram histogram;
    histogram.record(-5);
    histogram.record(std::int64_t{1} << 60);
    EXPECT_EQ(histogram.count(), 2U);
    EXPECT_EQ(histogram.value_at(1), 0U);
    EXPECT_EQ(histogram.max(), std::uint64_t{1} << 60);
}

TEST(Histogram, MergeAddsAndResetForgets) {
    Histogram one;
    Histogram two;
    one.record(10);
    two.record(30);
    one.merge(two);
    EXPECT_EQ(one.count(), 2U);
    EXPECT_EQ(one.mean(), 20.0);
    EXPECT_EQ(one.count_at_most(29), 1U);
    one.reset();
    EXPECT_EQ(one.count(), 0U);
    EXPECT_EQ(one.max(), 0U);
}

}  // namespace
}  // namespace pinwheel
