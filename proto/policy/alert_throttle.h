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

    // The same in three steps, for an owner that alerts from a timer.

    /// `events` more have happened.
    void add(std::uint64_t events = 1) noexcept { held_back_ += events; }
    /// The next alert is not due before this time.
    [[nodiscard]] TimePoint next_alert() const noexcept { return next_alert_; }
    /// An alert goes out at `now`: how many events it stands for.
    [[nodiscard]] std::uint64_t take(TimePoint now) noexcept;

  private:
    Duration interval_;
    TimePoint next_alert_{};
    std::uint64_t held_back_ = 0;
};

}  // namespace pinwheel
