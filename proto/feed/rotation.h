#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "../../core/clock.h"
#include "../../core/random.h"
#include "feed_defaults.h"

namespace pinwheel {

struct RotationOptions {
    std::size_t legs = 1;                        ///< the number kept up; there is one more slot
    Duration lifetime{};                         ///< the age at which the venue cuts; 0: unknown
    Duration timeout = kDefaultRotationTimeout;  ///< for the new session to come up, and then to take over
    Duration retry = std::chrono::minutes{1};    ///< after a failed replacement, doubled each time
    std::uint64_t seed = 0;                      ///< staggers the ages of legs and feeds
};

/// The cause of a replacement.
enum class RotationReason : std::uint8_t { age, notice, call };

/// Decides when a session of a feed is replaced. A new session is made beside the old one. The old one is
/// closed when the new one has taken over. If the new session does not come up, the old one stays. Sessions
/// have slots, one of them spare. Threading: one thread; time is an argument. Invariant: at most one session
/// is being replaced. Allocates: nothing.
class Rotation {
  public:
    static constexpr std::size_t kMaxSlots = 5;
    enum class Act : std::uint8_t {
        none,
        open,     ///< connect `fresh` beside `old`
        close,    ///< `fresh` takes the place of `old`; close `old`
        abandon,  ///< close `fresh`; `old` stays
    };
    struct Step {
        Act act = Act::none;
        std::size_t old = 0, fresh = 0;
        RotationReason reason = RotationReason::age;
    };

    explicit Rotation(const RotationOptions& options) noexcept;

    /// A session is up. Its age begins.
    void on_up(std::size_t slot, TimePoint now) noexcept;
    void on_down(std::size_t slot, TimePoint now) noexcept;
    /// All channels of the old session have moved to the new one.
    void on_moved() noexcept { has_moved_ = true; }
    /// Replaces the slot's session as soon as no replacement is under way. The old session is left by
    /// `leave_by` if the new one is up then.
    void ask(std::size_t slot, RotationReason reason, TimePoint now,
             TimePoint leave_by = TimePoint::max()) noexcept;
    /// Replaces each slot's session in turn.
    void ask_all(TimePoint now) noexcept;
    /// The feed is closed: no session is replaced any more.
    void stop() noexcept;

    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
    /// The next action; `none` when nothing is left.
    [[nodiscard]] Step due(TimePoint now) noexcept;

    [[nodiscard]] bool is_active(std::size_t slot) const noexcept { return slots_[slot].is_active; }
    /// The new session, while there is one.
    [[nodiscard]] std::optional<std::size_t> fresh() const noexcept { return fresh_; }
    [[nodiscard]] std::optional<std::size_t> old() const noexcept { return old_; }
    [[nodiscard]] std::size_t slots() const noexcept { return options_.legs + 1; }

  private:
    struct Slot {
        bool is_active = false;
        bool is_up = false;
        std::optional<TimePoint> replace_at{};
        RotationReason reason = RotationReason::age;
        TimePoint leave_by = TimePoint::max();
    };

    [[nodiscard]] std::size_t spare() const noexcept;
    [[nodiscard]] Step finish(Act act, TimePoint now) noexcept;

    RotationOptions options_;
    SeededRandom random_;
    std::array<Slot, kMaxSlots> slots_{};
    std::optional<std::size_t> old_{}, fresh_{};
    std::optional<TimePoint> until_{};
    std::optional<TimePoint> not_before_{};
    Duration retry_{};
    bool has_moved_ = false;
    RotationReason reason_ = RotationReason::age;
};

}  // namespace pinwheel
