#pragma once

#include <cstdint>
#include <optional>

#include "../../core/clock.h"

namespace pinwheel {

/// Passes one alert in an interval and counts the events in between: for disconnects, and for messages that a
/// full queue drops. Threading: one thread. Allocates: nothing.
class AlertThrottle {
  public:
    explicit AlertThrottle(Duration interval) noexcept : interval_(interval) {}

    /// Counts `events` more. If an alert is due: the number of events that it reports, including those since
    /// the last alert. The first alert is always due, the next once `interval` has passed.
    [[nodiscard]] std::optional<std::uint64_t> count(TimePoint now, std::uint64_t events = 1) noexcept;

    // The same in three steps, for an owner that alerts from a timer.

    /// Counts `events` more.
    void add(std::uint64_t events = 1) noexcept { held_back_ += events; }
    /// The next alert is not due before this time.
    [[nodiscard]] TimePoint next_alert() const noexcept { return next_alert_; }
    /// An alert is made at `now`. Returns the number of events that it reports.
    [[nodiscard]] std::uint64_t take(TimePoint now) noexcept;

  private:
    Duration interval_;
    TimePoint next_alert_{};
    std::uint64_t held_back_ = 0;
};

}  // namespace pinwheel
