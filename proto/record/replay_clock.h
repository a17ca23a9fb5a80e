#pragma once

#include "../../core/clock.h"
#include "../../core/function_ref.h"

namespace pinwheel {

/// The clock of a replay: recorded time at a constant factor of the original pace, or as fast as the program
/// runs. In the second mode it stands still while there is work, then jumps to the next recorded event or
/// timer. Give it to the Reactor, and then to a ReplaySource. Threading: the reactor's thread. Invariant:
/// never goes back. Allocates: nothing.
class ReplayClock final : public Clock {
  public:
    /// Returns the time to jump to, given the current time.
    using NextDue = FunctionRef<TimePoint(TimePoint now)>;

    /// `speed` is a factor of the recorded pace; 0: as fast as the program runs.
    explicit ReplayClock(double speed = 0) noexcept : speed_(speed) {}

    /// The time of the replay.
    [[nodiscard]] TimePoint now() noexcept override;
    /// Recorded time.
    [[nodiscard]] SystemTime system_now() noexcept override { return start_ + (now_ - kStart); }

    /// The recording begins with this time. Call it before the first turn of the reactor.
    void begin(SystemTime start, NextDue next_due) noexcept;
    /// Stops the callback; time stands still.
    void end() noexcept;

  private:
    static constexpr TimePoint kStart{std::chrono::hours{1}};

    const double speed_;
    SteadyClock real_;
    TimePoint real_start_{};
    TimePoint now_ = kStart;
    SystemTime start_{};
    NextDue next_due_{};
};

}  // namespace pinwheel
