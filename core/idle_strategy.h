#pragma once

#include <algorithm>
#include <cstdint>

#include "clock.h"

namespace pinwheel {

/// Runs after each turn of a loop. It does nothing after a turn with work. The longer the loop is idle, the
/// less CPU time it takes. Threading: one thread. Allocates: nothing.
class IdleStrategy {
  public:
    virtual ~IdleStrategy() = default;
    /// `work` is the work of the turn; 0 for an idle turn.
    virtual void idle(int work) noexcept = 0;
};

/// Spins, for a dedicated core. It wakes at once.
class BusySpinIdle final : public IdleStrategy {
  public:
    void idle(int work) noexcept override;
};

/// The length of each stage of a BackoffIdle.
struct BackoffIdleOptions {
    std::uint32_t spins = 100;                         ///< turns
    std::uint32_t yields = 10;                         ///< turns
    Duration min_park = std::chrono::microseconds{1};  ///< the first sleep
    Duration max_park = std::chrono::milliseconds{1};  ///< the longest
};

/// Spins, then yields the core, then sleeps. Each sleep is twice as long as the one before, up to `max_park`.
/// For a shared core. It wakes up to `max_park` late, plus the kernel's own delay.
class BackoffIdle final : public IdleStrategy {
  public:
    /// The constructor's argument.
    using Options = BackoffIdleOptions;
    /// The action after a turn.
    enum class Action : std::uint8_t { none, spin, yield, park };
    /// An action, and the time of a `park`.
    struct Step {
        Action action = Action::none;  ///< the action
        Duration park{};               ///< the length of the sleep
        /// Equal in both.
        friend bool operator==(const Step&, const Step&) = default;
    };

    /// Starts in the spinning stage.
    explicit BackoffIdle(Options options = {}) noexcept : options_(options) {}

    /// The decision without the action: the step after a turn that did `work`.
    [[nodiscard]] Step next(int work) noexcept {
        if (work > 0) {
            idle_turns_ = 0;
            park_ = {};
            return {};
        }
        if (idle_turns_ < options_.spins) return ++idle_turns_, Step{Action::spin, {}};
        if (idle_turns_ - options_.spins < options_.yields) return ++idle_turns_, Step{Action::yield, {}};
        park_ = park_ < options_.min_park ? options_.min_park
                                          : (park_ > options_.max_park / 2 ? options_.max_park : park_ * 2);
        park_ = std::min(park_, options_.max_park);
        return {Action::park, park_};
    }

    void idle(int work) noexcept override;

  private:
    const Options options_;
    std::uint64_t idle_turns_ = 0;
    Duration park_{};
};

}  // namespace pinwheel
