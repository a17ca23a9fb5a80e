#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../websocket/limit_table.h"

namespace pinwheel {

/// True if an attempt that ended so may succeed later; false ends a connect() at once. `http_status` is that
/// of an answer which refused the upgrade, or 0.
/// - HTTP 4xx: the request itself is refused, and the next one is the same. 408 (timeout), 425 (too early)
/// and
///   429 (too many) speak of the time instead, so they are retryable.
/// - Any other status is retryable: 1xx and 2xx come from a proxy or a server that is restarting, 3xx from a
///   maintenance page, 5xx from a server in trouble.
/// - Without an answer: a certificate, a TLS setup or an argument that is refused now is refused again; what
/// the
///   network, the name server or a broken answer says is retryable.
[[nodiscard]] bool is_retryable(Errc error, int http_status) noexcept;

/// For `max_attempts`: no end.
inline constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

/// How long a try to connect again waits.
enum class ReconnectStrategy : std::uint8_t {
    immediate = 1,            ///< not at all
    fixed_delay = 2,          ///< reconnect_delay
    exponential_backoff = 3,  ///< reconnect_delay, doubled at each try, up to max_reconnect_delay
    callback_controlled = 4,  ///< until should_reconnect says so; reconnect_delay if there is none
};

/// The name in capitals, as in `FIXED_DELAY`. Static storage.
[[nodiscard]] std::string_view to_string(ReconnectStrategy strategy) noexcept;

struct ReconnectOptions {
    ReconnectStrategy strategy = ReconnectStrategy::exponential_backoff;
    Duration delay = kDefaultLimits.reconnect_delay;
    Duration max_delay = kDefaultLimits.max_reconnect_delay;
    /// A delay is multiplied by a random factor in [1 - jitter, 1].
    double jitter = kDefaultLimits.reconnect_jitter;
    /// Retries after the first failed try of a connect(), tries after a loss; 0 for none, or kUnlimited.
    std::uint32_t max_attempts = kDefaultLimits.max_reconnect_attempts;
    /// Uptime after which the retry budget resets.
    Duration stable_connection_time = kDefaultLimits.stable_connection_time;
    /// The least wait after a server has said that it cannot serve now.
    Duration server_unavailable_delay = kDefaultLimits.server_unavailable_delay;
    /// The most that an answer's Retry-After is waited for.
    Duration max_retry_after = kDefaultLimits.max_retry_after;
};

/// An error that names the field whose value cannot be; ok if there is none.
[[nodiscard]] Error validate(const ReconnectOptions& options);

/// The one budget of tries, and the wait before each. Threading: one thread. Invariant: tries() never exceeds
/// the budget. Allocates: nothing.
class ReconnectPolicy {
  public:
    /// `options` must be valid.
    explicit ReconnectPolicy(const ReconnectOptions& options) noexcept : options_(options) {}

    /// The strategy's wait before try `n` = 1, 2, …; `unit_random` in [0, 1) draws the jitter. Never
    /// overflows.
    [[nodiscard]] Duration delay(std::uint32_t n, double unit_random) const noexcept;

    /// The least wait that the server's last word asks for: close code 1013, HTTP 503 or 429, with the
    /// answer's Retry-After if it had one, up to max_retry_after. Zero if it asked for nothing. 0 stands for
    /// no code, no status.
    [[nodiscard]] Duration floor(std::uint16_t close_code, int http_status,
                                 std::optional<Duration> retry_after) const noexcept;

    /// Tries taken from the budget since the last reset().
    [[nodiscard]] std::uint32_t tries() const noexcept { return tries_; }
    [[nodiscard]] bool exhausted() const noexcept {
        return options_.max_attempts != kUnlimited && tries_ >= options_.max_attempts;
    }
    /// Takes one try and returns its number, from 1. Not to be called when exhausted. The number saturates.
    std::uint32_t take() noexcept {
        if (tries_ < std::numeric_limits<std::uint32_t>::max()) ++tries_;
        return tries_;
    }
    /// Gives the whole budget back: at a connect(), and when a connection has been up for
    /// stable_connection_time.
    void reset() noexcept { tries_ = 0; }

    [[nodiscard]] const ReconnectOptions& options() const noexcept { return options_; }

  private:
    ReconnectOptions options_;
    std::uint32_t tries_ = 0;
};

}  // namespace pinwheel
