#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../../core/result.h"

namespace pinwheel {

/// What a configuration may set. The values here are the defaults.
struct WebSocketLimits {
    Duration ping_interval = std::chrono::seconds{20};  ///< between pings; 0: none
    Duration ping_timeout = std::chrono::seconds{10};   ///< for a pong to come
    Duration connection_timeout =
        std::chrono::seconds{30};                        ///< of one try: DNS, TCP, TLS and upgrade together
    Duration reconnect_delay = std::chrono::seconds{1};  ///< before the first try
    Duration max_reconnect_delay = std::chrono::seconds{60};       ///< that delays grow to
    std::uint32_t max_reconnect_attempts = 10;                     ///< the budget of tries, or kUnlimited
    Duration stable_connection_time = std::chrono::seconds{60};    ///< up so long, the budget is whole again
    Duration server_unavailable_delay = std::chrono::seconds{30};  ///< after a refusal for overload, at least
    std::uint32_t queue_size = 65'536;                             ///< of the ring, in messages; 0: no limit
    std::uint64_t queue_bytes = std::uint64_t{256} << 20;          ///< of the ring, in bytes
    Duration disconnect_check_interval =
        std::chrono::seconds{10};                                 ///< between questions to should_disconnect
    Duration reconnect_check_interval = std::chrono::seconds{5};  ///< between questions to should_reconnect
    Duration disconnect_margin = std::chrono::seconds{300};       ///< ahead of the venue's age limit
    Duration disconnect_alert_interval = std::chrono::seconds{300};  ///< between alerts of disconnects

    /// Equal in all.
    friend bool operator==(const WebSocketLimits&, const WebSocketLimits&) = default;
};

/// One row of the table of limits. Values are in seconds, or counts.
struct LimitRow {
    std::string_view field;         ///< the name in WebSocketLimits
    std::string_view group;         ///< the config's key is `websocket.group.key`
    std::string_view key;           ///< see `group`
    bool is_count = false;          ///< a whole number, else seconds
    double min = 0;                 ///< the least that a config gets
    double max = 0;                 ///< the most
    std::string_view why;           ///< of the bounds
    bool can_be_unlimited = false;  ///< the config may say "unlimited", which is kUnlimited

    /// `websocket.group.key`
    [[nodiscard]] std::string path() const;
};

/// All rows, in the order of the fields. Static storage.
[[nodiscard]] std::span<const LimitRow> websocket_limit_table() noexcept;

/// Where a value came from.
enum class LimitOrigin : std::uint8_t {
    default_value,
    config,
    clamped,  ///< from the config, but beyond a bound
    option,   ///< set explicitly
};

/// The name in words. Static storage.
[[nodiscard]] std::string_view to_string(LimitOrigin origin) noexcept;

/// A limit, and how it came about.
struct LimitValue {
    const LimitRow* row = nullptr;                    ///< static storage
    double value = 0;                                 ///< what is used
    double asked = 0;                                 ///< what the config said
    LimitOrigin origin = LimitOrigin::default_value;  ///< where it came from

    /// One line, such as `ping_interval = 5 s (clamped: the config asks for 1 s, the bounds are 5 to 60)`.
    [[nodiscard]] std::string describe() const;
};

/// Something in a config that was passed over.
struct LimitWarning {
    std::string path;      ///< such as `websocket.ping.interval`
    std::string expected;  ///< such as `a number`; empty for a key that nobody knows
    std::string found;     ///< the kind of value that stands there, never the value
    std::string used;      ///< what is used in its place; empty if nothing is

    /// One line that says all of it.
    [[nodiscard]] std::string message() const;
};

/// Limits, and how each came about.
struct ResolvedLimits {
    WebSocketLimits limits{};            ///< the values
    std::vector<LimitValue> values;      ///< one for each row, in its order
    std::vector<LimitWarning> warnings;  ///< what was passed over

    /// All defaults.
    ResolvedLimits();

    /// Sets a field explicitly: not clamped. `value` is in seconds, or a count. An error that names the field
    /// if the value is negative, NaN, infinite, a fraction of a count, or if there is no such field.
    [[nodiscard]] Error set_option(std::string_view field, double value);
    /// The same with a duration.
    [[nodiscard]] Error set_option(std::string_view field, std::chrono::duration<double> value) {
        return set_option(field, value.count());
    }
};

/// The limits that a config asks for, clamped to the table's bounds. What is missing, and what has a wrong
/// type, takes the default. Text that is not JSON is an error with `name` and the place, as in
/// `app.json:3:14`.
[[nodiscard]] Result<ResolvedLimits> get_websocket_limits(std::string_view json,
                                                          std::string_view name = "config");
/// The same from a file.
[[nodiscard]] Result<ResolvedLimits> load_websocket_limits(const std::string& path);

/// The duration that an option gives in seconds; one beyond what the clock can count is the longest. An error
/// that names the field if it is negative, NaN or infinite.
[[nodiscard]] Result<Duration> option_duration(std::string_view field, std::chrono::duration<double> value);

}  // namespace pinwheel
