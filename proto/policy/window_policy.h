#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../websocket/limit_table.h"

namespace pinwheel {

/// What should_reconnect answers: true (connect now), false (ask again later), or a duration (connect after
/// it; one that is not positive means now).
class WindowAnswer {
  public:
    /// Now, or ask again later.
    template <std::same_as<bool> Bool>
    WindowAnswer(Bool open) noexcept  // NOLINT(google-explicit-constructor): an answer is one or the other
        : delay_(open ? std::optional(Duration::zero()) : std::nullopt) {}
    /// A duration beyond what the clock can count, and NaN, mean as late as can be.
    template <class Rep, class Period>
    WindowAnswer(std::chrono::duration<Rep, Period> delay) noexcept  // NOLINT(google-explicit-constructor)
        : delay_(clamped(std::chrono::duration<double>(delay).count())) {}

    /// How long to wait before connecting; nothing: the window is closed.
    [[nodiscard]] std::optional<Duration> delay() const noexcept { return delay_; }

  private:
    [[nodiscard]] static Duration clamped(double seconds) noexcept;

    std::optional<Duration> delay_;
};

struct WindowOptions {
    /// Between two questions to should_disconnect while connected.
    Duration disconnect_check_interval = kDefaultLimits.disconnect_check_interval;
    /// Between two questions to should_reconnect while its window is closed.
    Duration reconnect_check_interval = kDefaultLimits.reconnect_check_interval;
    /// The venue's limit on a connection's age; 0 for none.
    Duration connection_lifetime = kDefaultLimits.connection_lifetime;
    /// A connection is given up so long before that limit.
    Duration disconnect_margin = kDefaultLimits.disconnect_margin;
};

/// An error that names the field whose value cannot be, such as a margin that leaves no positive age; ok if
/// there is none.
[[nodiscard]] Error validate(const WindowOptions& options);

/// When the user's own conditions for being connected are looked at. Threading: any, it does not change.
/// Allocates: nothing.
class WindowPolicy {
  public:
    struct Step {
        enum class Kind : std::uint8_t { connect, connect_at, ask_at };
        Kind kind;
        TimePoint at;  ///< `now` for connect
    };

    /// `options` must be valid.
    explicit WindowPolicy(const WindowOptions& options) noexcept : options_(options) {}

    /// What follows from an answer of should_reconnect.
    [[nodiscard]] Step after(const WindowAnswer& answer, TimePoint now) const noexcept;
    [[nodiscard]] TimePoint next_disconnect_check(TimePoint now) const noexcept;
    /// When a connection that is up since `connected_at` is too old; nothing if age does not matter.
    [[nodiscard]] std::optional<TimePoint> age_limit(TimePoint connected_at) const noexcept;

    [[nodiscard]] const WindowOptions& options() const noexcept { return options_; }

  private:
    WindowOptions options_;
};

}  // namespace pinwheel
