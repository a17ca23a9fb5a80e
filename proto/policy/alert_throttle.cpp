#include "alert_throttle.h"

#include <utility>

namespace pinwheel {

std::optional<std::uint64_t> AlertThrottle::count(TimePoint now, std::uint64_t events) noexcept {
    held_back_ += events;
    if (last_alert_ && now - *last_alert_ < interval_) return std::nullopt;
    last_alert_ = now;
    return std::exchange(held_back_, 0);
}

}  // namespace pinwheel
