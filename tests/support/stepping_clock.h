#pragma once

#include "../../core/clock.h"

namespace pinwheel::test {

/// Advances by a fixed step at each reading, so waiting calls end. It also advances on request.
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
