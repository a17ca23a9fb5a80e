#pragma once

#include "../../core/clock.h"

namespace pinwheel::test {

/// A clock that moves only on request. Its zero is in 2026.
class ManualClock final : public Clock {
  public:
    [[nodiscard]] TimePoint now() noexcept override { return now_; }
    [[nodiscard]] SystemTime system_now() noexcept override {
        return SystemTime{std::chrono::seconds{1'790'000'000} + now_.time_since_epoch()};
    }
    void advance(Duration by) noexcept { now_ += by; }

  private:
    TimePoint now_{std::chrono::hours{1}};
};

}  // namespace pinwheel::test
