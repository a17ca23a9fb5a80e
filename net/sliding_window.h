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
/// window old. A token bucket would let twice the burst into one window. The window is taken 10 % longer
/// than the limit says, since the peer counts arrivals, and twice as long after slow_down().
/// Threading: one thread. Invariant: `times_` holds the newest `count` events. Allocates: in the constructor.
class SlidingWindow {
  public:
    /// The pace returns to normal after this time without another slow_down().
    static constexpr Duration kQuiet = std::chrono::minutes{1};

    /// Allocates room for `count` events. Throws std::bad_alloc.
    explicit SlidingWindow(const RateLimit& limit);

    /// When the next event fits: `now` or later.
    [[nodiscard]] TimePoint earliest(TimePoint now) const noexcept;
    /// An event happened, even if it did not fit. `now` never goes back.
    void record(TimePoint now) noexcept;
    /// The peer complained about the rate: half the pace until a quiet minute has passed.
    void slow_down(TimePoint now) noexcept;

    /// True while the pace is halved.
    [[nodiscard]] bool is_slow(TimePoint now) const noexcept { return slowed_ && now < slow_until_; }
    /// The limit as it was given, without the safety.
    [[nodiscard]] const RateLimit& limit() const noexcept { return limit_; }

  private:
    RateLimit limit_;
    Duration window_;  // with the safety
    std::vector<TimePoint> times_;
    std::size_t next_ = 0;  // where the next event goes: the oldest one, once all are used
    std::size_t used_ = 0;
    bool slowed_ = false;
    TimePoint slow_until_{};
};

}  // namespace pinwheel
