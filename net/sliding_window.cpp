#include "sliding_window.h"

#include <algorithm>

namespace pinwheel {
namespace {

Duration doubled(Duration window) noexcept {
    return window > Duration::max() / 2 ? Duration::max() : window * 2;
}

Duration with_safety(Duration window) noexcept {
    const Duration tenth = window / 10 + Duration{1};
    return window > Duration::max() - tenth ? Duration::max() : window + tenth;
}

}  // namespace

SlidingWindow::SlidingWindow(const RateLimit& limit)
    : limit_(limit), window_(with_safety(limit.window)), times_(std::max<std::size_t>(limit.count, 1)) {}

TimePoint SlidingWindow::earliest(TimePoint now) const noexcept {
    if (used_ < times_.size()) return now;
    const TimePoint oldest = times_[next_];
    const TimePoint normal = time_after(oldest, window_);
    if (!is_slow(now)) return std::max(now, normal);
    // The normal pace may return before the doubled window is over.
    const TimePoint slow = time_after(oldest, doubled(window_));
    return std::max(now, std::min(slow, std::max(normal, slow_until_)));
}

void SlidingWindow::record(TimePoint now) noexcept {
    times_[next_] = now;
    next_ = (next_ + 1) % times_.size();
    used_ = std::min(used_ + 1, times_.size());
}

void SlidingWindow::slow_down(TimePoint now) noexcept {
    slowed_ = true;
    slow_until_ = time_after(now, kQuiet);
}

}  // namespace pinwheel
