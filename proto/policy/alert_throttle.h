#pragma once

#include <cstdint>
#include <optional>

#include "../../core/clock.h"

namespace pinwheel {

/// Lets one alert through in an interval and counts what it holds back: for disconnects, and for messages
/// that a full queue drops. Threading: one thread. Allocates: nothing.
class AlertThrottle {
  public:
    explicit AlertThrottle(Duration interval) noexcept : interval_(interval) {}

    /// `events` more have happened. If an alert is due: how many it stands for, those held back since the
    /// last one included. The first is always due, the next once `interval` has passed since the last alert.
    [[nodiscard]] std::optional<std::uint64_t> count(TimePoint now, std::uint64_t events = 1) noexcept;

  private:
    Duration interval_;
    std::optional<TimePoint> last_alert_;
    std::uint64_t held_back_ = 0;
};

}  // namespace pinwheel
