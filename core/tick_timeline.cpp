#include "tick_timeline.h"

#include <algorithm>
#include <chrono>

namespace pinwheel {
namespace {

constexpr Duration kInterval = std::chrono::milliseconds{100};

/// Within a thousandth of each other. Crystals differ by less, and a counter that was changed by more.
bool agree(TickScale a, TickScale b) noexcept {
    constexpr std::uint64_t kMany = std::uint64_t{1} << 40;
    const Duration of_a = a.to_duration(kMany);
    const Duration of_b = b.to_duration(kMany);
    return std::chrono::abs(of_a - of_b) <= of_a / 1000;
}

}  // namespace

void TickTimeline::anchor(std::uint64_t ticks, TimePoint time) noexcept {
    const bool measures =
        anchored_ && ticks > ticks_ && time > time_ && (!calibrated() || time - time_ >= kInterval / 2);
    if (measures) {
        const auto scale = TickScale::from(ticks - ticks_, time - time_);
        if (!calibrated() || agree(scale, scale_) || agree(scale, doubted_)) {
            scale_ = scale;
            const auto interval = detail::Wide{ticks - ticks_} *
                                  static_cast<std::uint64_t>(kInterval.count()) /
                                  static_cast<std::uint64_t>((time - time_).count());
            interval_ = std::max<std::uint64_t>(static_cast<std::uint64_t>(interval), 1);
        } else {
            doubted_ = scale;
        }
    }
    ticks_ = ticks;
    time_ = time;
    anchored_ = true;
}

TimePoint TickTimeline::at(std::uint64_t ticks) noexcept {
    const std::uint64_t elapsed = ticks > ticks_ ? ticks - ticks_ : 0;
    last_ = std::max(last_, time_after(time_, scale_.to_duration(elapsed)));
    return last_;
}

}  // namespace pinwheel
