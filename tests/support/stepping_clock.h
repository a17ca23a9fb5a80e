#pragma once

#include "../../core/clock.h"

namespace pinwheel::test {

/// Moves on by a fixed step each time that it is read, so that calls that wait come to an end, and as told.
class SteppingClock final : public Clock {
  public:
    explicit SteppingClock(Duration step = std::chrono::milliseconds{1}) : step_(step) {}
    [[nodiscard]] TimePoint now() noexcept override { return now_ += step_; }
    [[nodiscard]] SystemTime system_now() noexcept override {
        return SystemTime{std::chrono::seconds{1'700'000'000} + now_.time_since_epoch()};
    }
    void advance(Duration by) noexcept { now_ += by; }

  private:
    const Duration step_;
    TimePoint now_{std::chrono::hours{1}};
};

}  // namespace pinwheel::test
