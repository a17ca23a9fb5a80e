#pragma once

#include <chrono>
#include <cstdint>

namespace pinwheel {

/// A span of time, in nanoseconds.
using Duration = std::chrono::nanoseconds;
/// A point on the monotonic clock. Everything below the reactor takes one as an argument.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// A point in Unix time, used for stamps only, never for deadlines. The epoch means "not known".
using SystemTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// `now` + `delay`, saturated at the end of time. `delay` is not negative.
[[nodiscard]] constexpr TimePoint time_after(TimePoint now, Duration delay) noexcept {
    return delay > TimePoint::max() - now ? TimePoint::max() : now + delay;
}

/// The source of a reactor's time, read once a turn.
class Clock {
  public:
    virtual ~Clock() = default;
    /// The monotonic time. Never goes back.
    [[nodiscard]] virtual TimePoint now() noexcept = 0;
    /// The Unix time.
    [[nodiscard]] virtual SystemTime system_now() noexcept = 0;
};

/// CLOCK_MONOTONIC and CLOCK_REALTIME through the vDSO. Threading: any. Allocates: nothing.
class SteadyClock final : public Clock {
  public:
    [[nodiscard]] TimePoint now() noexcept override;
    [[nodiscard]] SystemTime system_now() noexcept override;
};

/// A clock that moves only by advance(). Threading: one thread. Invariant: never goes back.
class ManualClock final : public Clock {
  public:
    /// Shows these times until the first advance().
    explicit ManualClock(TimePoint start = TimePoint{std::chrono::hours{1}},
                         SystemTime unix_start = SystemTime{std::chrono::seconds{1'700'000'000}}) noexcept
        : now_(start), system_now_(unix_start) {}

    [[nodiscard]] TimePoint now() noexcept override { return now_; }
    [[nodiscard]] SystemTime system_now() noexcept override { return system_now_; }
    /// Moves both times; `by` is not negative.
    void advance(Duration by) noexcept {
        now_ += by;
        system_now_ += by;
    }

  private:
    TimePoint now_;
    SystemTime system_now_;
};

}  // namespace pinwheel
