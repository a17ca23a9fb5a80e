#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../../core/result.h"
#include "../delivery/queue_sink.h"
#include "../policy/reconnect_policy.h"
#include "../websocket/limit_table.h"
#include "../websocket/upgrade_client.h"

namespace pinwheel {

/// kLimitRows. Static storage.
[[nodiscard]] std::span<const LimitRow> websocket_limit_table() noexcept;

/// The source of a value.
enum class LimitOrigin : std::uint8_t {
    default_value,
    config,
    clamped,  ///< from the config, moved to a bound
    option,   ///< set explicitly
};

/// The source in text. Static storage.
[[nodiscard]] std::string_view to_string(LimitOrigin origin) noexcept;

/// A limit with its source.
struct LimitValue {
    const LimitRow* row = nullptr;                    ///< static storage
    double value = 0;                                 ///< the value in use
    double asked = 0;                                 ///< the value in the config
    LimitOrigin origin = LimitOrigin::default_value;  ///< its source

    /// One line, for example `ping_interval = 5 s (clamped: the config asks for 1 s, the bounds are 5 to
    /// 60)`.
    [[nodiscard]] std::string describe() const;
};

/// An ignored value of a config.
struct LimitWarning {
    std::string path;      ///< for example `websocket.ping.interval`
    std::string expected;  ///< for example `a number`; empty for an unknown key
    std::string found;     ///< the type of the value, never the value
    std::string used;      ///< the value used instead; empty for none

    /// One line with all fields.
    [[nodiscard]] std::string message() const;
};

/// Limits with their sources.
struct ResolvedLimits {
    WebSocketLimits limits{};                               ///< the values
    std::vector<LimitValue> values;                         ///< one for each row, in its order
    std::optional<ReconnectStrategy> reconnect_strategy{};  ///< `reconnect.strategy`
    std::optional<OverflowPolicy> overflow{};               ///< `queue.overflow`
    std::optional<bool> any_traffic_is_life{};              ///< `ping.any_traffic`
    UpgradeOptions upgrade{};                               ///< the keys under `upgrade`
    std::vector<LimitWarning> warnings;                     ///< ignored values

    /// All defaults.
    ResolvedLimits();

    /// One line for each value, with its source. Headers by name only: their values are secrets.
    [[nodiscard]] std::vector<std::string> describe() const;

    /// Sets a field explicitly: not clamped. `value` is in the row's unit. An error that names the field
    /// if the value is negative, NaN, infinite, a fraction of a count, or if there is no such field.
    [[nodiscard]] Error set_option(std::string_view field, double value);
    /// The same with a duration.
    [[nodiscard]] Error set_option(std::string_view field, std::chrono::duration<double> value) {
        return set_option(field, value.count());
    }
};

/// The limits of a config, clamped to the bounds of the table. A missing value, or one of the wrong type,
/// takes the default. Invalid JSON is an error with `name` and the place, as in `app.json:3:14`.
[[nodiscard]] Result<ResolvedLimits> get_websocket_limits(std::string_view json,
                                                          std::string_view name = "config");
/// The same from a file.
[[nodiscard]] Result<ResolvedLimits> load_websocket_limits(const std::string& path);

}  // namespace pinwheel
