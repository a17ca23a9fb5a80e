#pragma once

#include <cstddef>
#include <vector>

#include "../core/clock.h"

namespace pinwheel {

/// At most `count` events in any `window`, wherever it begins.
struct RateLimit {
    std::size_t count = 0;  ///< above 0
    Duration window{};      ///< above 0
};

/// Keeps a RateLimit as a true sliding window: an event fits once the count-th event before it is a whole
/// window old. A token bucket would allow twice the burst in one window. The window is 10 % longer than the
/// limit demands, because the peer counts arrivals. After slow_down() it is twice as long. Threading: one
/// thread. Invariant: `times_` holds the newest `count` events. Allocates: in the constructor.
class SlidingWindow {
  public:
    /// The pace returns to normal after this time without another slow_down().
    static constexpr Duration kQuiet = std::chrono::minutes{1};

    /// Allocates room for `count` events. Throws std::bad_alloc.
    explicit SlidingWindow(const RateLimit& limit);

    /// The time at which the next event fits: `now` or later.
    [[nodiscard]] TimePoint earliest(TimePoint now) const noexcept;
    /// Records an event, even if it did not fit. `now` never goes back.
    void record(TimePoint now) noexcept;
    /// The peer reported an excessive rate: halves the pace until a minute without report has passed.
    void slow_down(TimePoint now) noexcept;

    /// True while the pace is halved.
    [[nodiscard]] bool is_slow(TimePoint now) const noexcept { return slowed_ && now < slow_until_; }
    /// The limit as given, without the margin.
    [[nodiscard]] const RateLimit& limit() const noexcept { return limit_; }

  private:
    RateLimit limit_;
    Duration window_;  // with the margin
    std::vector<TimePoint> times_;
    std::size_t next_ = 0;  // the next place to write: that of the oldest event, once all are used
    std::size_t used_ = 0;
    bool slowed_ = false;
    TimePoint slow_until_{};
};

}  // namespace pinwheel
