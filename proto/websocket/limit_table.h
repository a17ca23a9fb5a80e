#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "../../core/clock.h"

namespace pinwheel {

/// The limits of a session. The constructor sets each to the default of its row in kLimitRows.
struct WebSocketLimits {
    Duration ping_interval{};                  ///< between pings; 0: none
    Duration ping_timeout{};                   ///< for the pong of a ping
    Duration connection_timeout{};             ///< of one try: DNS, TCP, TLS and upgrade together
    Duration reconnect_delay{};                ///< before the first try
    Duration max_reconnect_delay{};            ///< the limit of the growing delay
    std::uint32_t max_reconnect_attempts = 0;  ///< the retry budget, or kUnlimited
    Duration stable_connection_time{};         ///< uptime after which the retry budget resets
    Duration server_unavailable_delay{};       ///< least wait after a refusal for overload
    Duration max_retry_after{};                ///< the longest wait for a Retry-After
    std::uint32_t queue_size = 0;              ///< of the ring, in messages; 0: no limit
    std::uint64_t queue_bytes = 0;             ///< of the ring, in bytes
    Duration disconnect_check_interval{};      ///< between calls of should_disconnect
    Duration reconnect_check_interval{};       ///< between calls of should_reconnect
    Duration disconnect_margin{};              ///< before the end of the venue's age limit
    Duration disconnect_alert_interval{};      ///< between alerts of disconnects
    Duration connection_lifetime{};            ///< the venue's limit on a connection's age; 0: none
    Duration close_timeout{};                  ///< of the close handshake
    double reconnect_jitter = 0;               ///< 0 to 1; 0: the exact schedule
    std::uint64_t max_message_size = 0;        ///< of a received message, in bytes
    std::uint64_t send_buffer_limit = 0;       ///< the largest backlog, in bytes

    /// The defaults.
    constexpr WebSocketLimits() noexcept;
    /// Equal in all fields.
    friend bool operator==(const WebSocketLimits&, const WebSocketLimits&) = default;
};

/// The unit of a row's numbers.
enum class LimitUnit : std::uint8_t { seconds, messages, attempts, bytes, ratio };

/// The member that a row sets.
using LimitMember = std::variant<Duration WebSocketLimits::*, std::uint32_t WebSocketLimits::*,
                                 std::uint64_t WebSocketLimits::*, double WebSocketLimits::*>;

/// One limit: the single source of its default, its bounds and its key.
struct LimitRow {
    std::string_view field;               ///< the name in WebSocketLimits
    std::string_view group;               ///< the config's key is `websocket.group.key`
    std::string_view key;                 ///< see `group`
    LimitUnit unit = LimitUnit::seconds;  ///< of the three numbers below
    double fallback = 0;                  ///< the default
    double min = 0;                       ///< the smallest value from a config
    double max = 0;                       ///< the largest value from a config
    std::string_view why;                 ///< the reason for the bounds
    LimitMember member{};                 ///< the member that takes the value
    bool can_be_unlimited = false;        ///< the config may have "unlimited", which means kUnlimited

    /// True for whole numbers.
    [[nodiscard]] constexpr bool is_count() const noexcept {
        return unit != LimitUnit::seconds && unit != LimitUnit::ratio;
    }
    /// `websocket.group.key`
    [[nodiscard]] std::string path() const;
};

/// All limits, in the order of the fields.
inline constexpr std::array kLimitRows{
    LimitRow{"ping_interval", "ping", "interval", LimitUnit::seconds, 20, 5, 60,
             "shorter burdens the venue; idle proxies cut after a minute", &WebSocketLimits::ping_interval},
    LimitRow{"ping_timeout", "ping", "timeout", LimitUnit::seconds, 10, 5, 30,
             "shorter: slow networks look dead; longer: you trade on a dead connection",
             &WebSocketLimits::ping_timeout},
    LimitRow{"connection_timeout", "connection", "timeout", LimitUnit::seconds, 30, 5, 120,
             "shorter cuts a slow TLS handshake; the kernel gives up after two minutes",
             &WebSocketLimits::connection_timeout},
    LimitRow{"reconnect_delay", "reconnect", "delay", LimitUnit::seconds, 1, 0, 300, "0 retries at once",
             &WebSocketLimits::reconnect_delay},
    LimitRow{"max_reconnect_delay", "reconnect", "max_delay", LimitUnit::seconds, 60, 1, 600,
             "shorter hammers the server; after ten minutes give up instead",
             &WebSocketLimits::max_reconnect_delay},
    LimitRow{"max_reconnect_attempts", "reconnect", "max_attempts", LimitUnit::attempts, 10, 0, 100,
             "0 means no retry; venues ban addresses that never stop",
             &WebSocketLimits::max_reconnect_attempts, true},
    LimitRow{"stable_connection_time", "reconnect", "stable_connection_time", LimitUnit::seconds, 60, 10, 300,
             "shorter: a flapping server looks stable", &WebSocketLimits::stable_connection_time},
    LimitRow{"server_unavailable_delay", "reconnect", "server_unavailable_delay", LimitUnit::seconds, 30, 10,
             300, "an overloaded server needs time to recover", &WebSocketLimits::server_unavailable_delay},
    LimitRow{"max_retry_after", "reconnect", "max_retry_after", LimitUnit::seconds, 3600, 1, 86'400,
             "shorter tries a server that is still closed; longer waits for a wrong answer",
             &WebSocketLimits::max_retry_after},
    LimitRow{"queue_size", "queue", "size", LimitUnit::messages, 65'536, 0, 4'194'304, "0 means no limit",
             &WebSocketLimits::queue_size},
    LimitRow{"queue_bytes", "queue", "bytes", LimitUnit::bytes, 268'435'456, 1 << 20, 17'179'869'184,
             "less drops whole snapshots; no consumer catches up with more", &WebSocketLimits::queue_bytes},
    LimitRow{"disconnect_check_interval", "proactive", "disconnect_check_interval", LimitUnit::seconds, 10, 1,
             60, "the callback runs on the reactor's thread", &WebSocketLimits::disconnect_check_interval},
    LimitRow{"reconnect_check_interval", "proactive", "reconnect_check_interval", LimitUnit::seconds, 5, 0.5,
             60, "the callback runs on the reactor's thread", &WebSocketLimits::reconnect_check_interval},
    LimitRow{"disconnect_margin", "proactive", "disconnect_margin", LimitUnit::seconds, 300, 60, 3600,
             "shorter: the venue cuts first; longer wastes the connection's age",
             &WebSocketLimits::disconnect_margin},
    LimitRow{"disconnect_alert_interval", "alerts", "disconnect_interval", LimitUnit::seconds, 300, 30, 3600,
             "shorter floods the person on call", &WebSocketLimits::disconnect_alert_interval},
    LimitRow{"connection_lifetime", "connection", "lifetime", LimitUnit::seconds, 0, 0, 604'800,
             "0 means no limit; venues cut within a day", &WebSocketLimits::connection_lifetime},
    LimitRow{"close_timeout", "connection", "close_timeout", LimitUnit::seconds, 2, 0.1, 30,
             "shorter: the peer's close frame is missed; longer delays the next connection",
             &WebSocketLimits::close_timeout},
    LimitRow{"reconnect_jitter", "reconnect", "jitter", LimitUnit::ratio, 0.1, 0, 1,
             "the share of a delay that is random", &WebSocketLimits::reconnect_jitter},
    LimitRow{"max_message_size", "messages", "max_size", LimitUnit::bytes, 67'108'864, 1024, 4'294'967'296,
             "less refuses ordinary snapshots; a larger message is an attack or a fault",
             &WebSocketLimits::max_message_size},
    LimitRow{"send_buffer_limit", "send", "buffer_limit", LimitUnit::bytes, 16'777'216, 4096, 4'294'967'296,
             "less refuses a batch of subscriptions; more hides a dead peer",
             &WebSocketLimits::send_buffer_limit},
};

namespace detail {

/// Rounds to the nanosecond. Saturates at the longest duration. Not for negative values.
[[nodiscard]] constexpr Duration duration_of(double seconds) noexcept {
    constexpr auto kMost = static_cast<double>(std::numeric_limits<Duration::rep>::max());
    const double nanoseconds = seconds * 1e9;
    if (nanoseconds >= kMost) return Duration::max();
    const auto whole = static_cast<Duration::rep>(nanoseconds);
    return Duration(nanoseconds - static_cast<double>(whole) >= 0.5 ? whole + 1 : whole);
}

/// `value` is in the row's unit.
constexpr void set_limit(WebSocketLimits& limits, const LimitRow& row, double value) noexcept {
    std::visit(
        [&limits, value](auto member) {
            if constexpr (std::is_same_v<decltype(member), Duration WebSocketLimits::*>)
                limits.*member = duration_of(value);
            else
                limits.*member = static_cast<std::remove_reference_t<decltype(limits.*member)>>(value);
        },
        row.member);
}

}  // namespace detail

constexpr WebSocketLimits::WebSocketLimits() noexcept {
    for (const LimitRow& row : kLimitRows) detail::set_limit(*this, row, row.fallback);
}

/// The defaults, for the options of each part.
inline constexpr WebSocketLimits kDefaultLimits{};

}  // namespace pinwheel
