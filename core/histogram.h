#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pinwheel {

/// Counts of durations in nanoseconds, log-linear: 128 buckets for each power of two. A reported value is at
/// most 1/128 (0.8 %) above the recorded value. Values above 2^42 ns (73 minutes) count as 2^42 ns.
/// Threading: one thread. Invariant: count() is the sum of all buckets. Allocates: 38 KiB at construction.
class Histogram {
  public:
    Histogram() : buckets_(kBuckets) {}

    /// Records one duration. A negative one counts as 0.
    void record(std::int64_t nanoseconds) noexcept {
        const auto value = static_cast<std::uint64_t>(nanoseconds < 0 ? 0 : nanoseconds);
        ++buckets_[index_of(value < kLimit ? value : kLimit)];
        ++count_;
        sum_ += value;
        if (value > max_) max_ = value;
        if (value < min_) min_ = value;
    }

    /// The number of recorded values.
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// Exact; 0 if nothing was recorded.
    [[nodiscard]] std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
    /// Exact; 0 if nothing was recorded.
    [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
    /// Exact, in nanoseconds; 0 if nothing was recorded.
    [[nodiscard]] double mean() const noexcept;
    /// The sum of all recorded values, in nanoseconds.
    [[nodiscard]] double sum() const noexcept { return static_cast<double>(sum_); }
    /// The smallest value, in nanoseconds, that at least `percentile` per cent (0 to 100) of the recorded
    /// values do not exceed.
    [[nodiscard]] std::uint64_t value_at(double percentile) const noexcept;
    /// The number of recorded values up to `nanoseconds`, at the resolution of the buckets.
    [[nodiscard]] std::uint64_t count_at_most(std::uint64_t nanoseconds) const noexcept;

    /// Adds the counts of `other`.
    void merge(const Histogram& other) noexcept;
    /// Removes all recorded values.
    void reset() noexcept;

  private:
    static constexpr unsigned kSubBits = 7;
    static constexpr std::uint64_t kLimit = std::uint64_t{1} << 42;
    static constexpr std::size_t kBuckets = (42 - kSubBits + 2) << kSubBits;

    /// Exact below 2^kSubBits. Above: the power of two and the next kSubBits bits.
    [[nodiscard]] static std::size_t index_of(std::uint64_t value) noexcept {
        const auto width = static_cast<unsigned>(std::bit_width(value));
        if (width <= kSubBits) return value;
        const unsigned shift = width - kSubBits - 1;
        return (std::size_t{shift} << kSubBits) + (value >> shift);
    }
    [[nodiscard]] static std::uint64_t highest_of(std::size_t index) noexcept;

    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t min_ = ~std::uint64_t{0};
    std::uint64_t max_ = 0;
};

}  // namespace pinwheel
