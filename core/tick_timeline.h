#pragma once

#include <cstdint>
#include <limits>

#include "clock.h"

namespace pinwheel {

namespace detail {
__extension__ using Wide = unsigned __int128;
}

/// Converts ticks of a counter to nanoseconds: one multiplication and one shift in 128 bits. No count of
/// ticks overflows, and ten years of ticks are exact to a nanosecond. Threading: any; a value. Invariant: the
/// shift is the largest for which the factor fits into 64 bits.
class TickScale {
  public:
    constexpr TickScale() noexcept = default;
    /// `ticks` took `elapsed`; both above 0.
    [[nodiscard]] static constexpr TickScale from(std::uint64_t ticks, Duration elapsed) noexcept {
        TickScale scale;
        const auto nanoseconds = static_cast<std::uint64_t>(elapsed.count());
        detail::Wide quotient = nanoseconds / ticks;
        detail::Wide rest = nanoseconds % ticks;
        while (scale.shift_ < kMaxShift && quotient < (detail::Wide{1} << 63)) {
            rest *= 2;
            quotient = quotient * 2 + (rest >= ticks ? 1 : 0);
            rest -= rest >= ticks ? ticks : 0;
            ++scale.shift_;
        }
        constexpr std::uint64_t kMostFactor = std::numeric_limits<std::uint64_t>::max();
        // Rounded up: where the true time is a whole number, rounding the product down still gives it.
        if (rest > 0 && quotient < kMostFactor) ++quotient;
        scale.factor_ = static_cast<std::uint64_t>(quotient);
        return scale;
    }

    /// Rounded down. Beyond the range of Duration (292 years): the longest Duration.
    [[nodiscard]] constexpr Duration to_duration(std::uint64_t ticks) const noexcept {
        const detail::Wide nanoseconds = (detail::Wide{ticks} * factor_) >> shift_;
        constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
        return Duration{nanoseconds > kMost ? kMost : static_cast<std::int64_t>(nanoseconds)};
    }

  private:
    static constexpr unsigned kMaxShift = 127;

    std::uint64_t factor_ = 0;
    unsigned shift_ = 0;
};

/// Time from a tick counter, corrected against a reference clock ten times a second. It does not drift, and
/// it recovers from a jump of the counter. It reads no clock itself. Threading: one thread. Invariant: never
/// goes back. Allocates: nothing.
class TickTimeline {
  public:
    /// The counter stood at `ticks` when the reference clock showed `time`.
    void anchor(std::uint64_t ticks, TimePoint time) noexcept;
    /// True if an anchor() is due. at() must not be called before it.
    [[nodiscard]] bool due(std::uint64_t ticks) const noexcept { return ticks - ticks_ >= interval_; }
    /// True once two anchors have measured the length of a tick.
    [[nodiscard]] bool calibrated() const noexcept { return interval_ != 0; }

    /// The time at `ticks`. A count before the last anchor (from another core's counter) gives the anchor's
    /// time.
    [[nodiscard]] TimePoint at(std::uint64_t ticks) noexcept;

  private:
    std::uint64_t ticks_ = 0;
    TimePoint time_{};
    TimePoint last_{};
    TickScale scale_{};
    TickScale doubted_{};         // a measurement far from the last one; accepted if the next one agrees
    std::uint64_t interval_ = 0;  // in ticks; 0: not calibrated
    bool anchored_ = false;
};

}  // namespace pinwheel
