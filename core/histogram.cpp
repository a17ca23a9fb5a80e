#include "histogram.h"

#include <algorithm>
#include <cmath>

namespace pinwheel {

double Histogram::mean() const noexcept {
    return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

std::uint64_t Histogram::highest_of(std::size_t index) noexcept {
    if (index < (std::size_t{2} << kSubBits)) return index;
    const std::size_t shift = (index >> kSubBits) - 1;
    const std::uint64_t mantissa = index - (shift << kSubBits);
    return ((mantissa + 1) << shift) - 1;
}

std::uint64_t Histogram::value_at(double percentile) const noexcept {
    if (count_ == 0) return 0;
    const double share = std::clamp(percentile, 0.0, 100.0) / 100.0;
    const auto rank = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        seen += buckets_[i];
        if (seen >= rank) return std::min(highest_of(i), max_);
    }
    return max_;
}

std::uint64_t Histogram::count_at_most(std::uint64_t nanoseconds) const noexcept {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size() && highest_of(i) <= nanoseconds; ++i) seen += buckets_[i];
    return seen;
}

void Histogram::merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
}

void Histogram::reset() noexcept {
    std::fill(buckets_.begin(), buckets_.end(), 0);
    count_ = sum_ = max_ = 0;
    min_ = ~std::uint64_t{0};
}

}  // namespace pinwheel
