#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../websocket/limit_table.h"

namespace pinwheel {

/// The answer of should_reconnect: true (connect now), false (ask again later), or a duration (connect after
/// it; now if it is not positive).
class WindowAnswer {
  public:
    /// Now, or ask again later.
    template <std::same_as<bool> Bool>
    WindowAnswer(Bool open) noexcept  // NOLINT(google-explicit-constructor): an answer is one or the other
        : delay_(open ? std::optional(Duration::zero()) : std::nullopt) {}
    /// A duration beyond the clock's range, and NaN, mean the latest possible time.
    template <class Rep, class Period>
    WindowAnswer(std::chrono::duration<Rep, Period> delay) noexcept  // NOLINT(google-explicit-constructor)
        : delay_(clamped(std::chrono::duration<double>(delay).count())) {}

    /// The wait before connecting. Nothing: the window is closed.
    [[nodiscard]] std::optional<Duration> delay() const noexcept { return delay_; }

  private:
    [[nodiscard]] static Duration clamped(double seconds) noexcept;

    std::optional<Duration> delay_;
};

struct WindowOptions {
    /// Between two calls of should_disconnect while connected.
    Duration disconnect_check_interval = kDefaultLimits.disconnect_check_interval;
    /// Between two calls of should_reconnect while its window is closed.
    Duration reconnect_check_interval = kDefaultLimits.reconnect_check_interval;
    /// The venue's limit on a connection's age; 0: none.
    Duration connection_lifetime = kDefaultLimits.connection_lifetime;
    /// The time before that limit at which a connection is given up.
    Duration disconnect_margin = kDefaultLimits.disconnect_margin;
};

/// An error that names the field with an invalid value, for example a margin that leaves no positive age; ok
/// if there is none.
[[nodiscard]] Error validate(const WindowOptions& options);

/// Decides when the user's conditions are checked. Threading: any; it is immutable. Allocates: nothing.
class WindowPolicy {
  public:
    struct Step {
        enum class Kind : std::uint8_t { connect, connect_at, ask_at };
        Kind kind;
        TimePoint at;  ///< `now` for connect
    };

    /// `options` must be valid.
    explicit WindowPolicy(const WindowOptions& options) noexcept : options_(options) {}

    /// The step that follows an answer of should_reconnect.
    [[nodiscard]] Step after(const WindowAnswer& answer, TimePoint now) const noexcept;
    [[nodiscard]] TimePoint next_disconnect_check(TimePoint now) const noexcept;
    /// The time at which a connection that is up since `connected_at` is too old. Nothing if age has no
    /// limit.
    [[nodiscard]] std::optional<TimePoint> age_limit(TimePoint connected_at) const noexcept;

    [[nodiscard]] const WindowOptions& options() const noexcept { return options_; }

  private:
    WindowOptions options_;
};

}  // namespace pinwheel
