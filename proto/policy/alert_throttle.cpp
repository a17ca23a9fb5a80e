#include "alert_throttle.h"

#include <utility>

namespace pinwheel {

std::optional<std::uint64_t> AlertThrottle::count(TimePoint now, std::uint64_t events) noexcept {
    add(events);
    if (now < next_alert_) return std::nullopt;
    return take(now);
}

std::uint64_t AlertThrottle::take(TimePoint now) noexcept {
    next_alert_ = time_after(now, interval_);
    return std::exchange(held_back_, 0);
}

}  // namespace pinwheel
