#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../websocket/limit_table.h"

namespace pinwheel {

/// True if another attempt may succeed after one that ended with `error`. False ends a connect() at once.
/// `http_status` is that of an answer that refused the upgrade, or 0.
/// - HTTP 4xx is permanent: the next request would be the same. 408 (timeout), 425 (too early) and 429 (too
///   many requests) depend on the time, so they are retryable.
/// - Any other status is retryable: 1xx and 2xx come from a proxy or a restarting server, 3xx from a
///   maintenance page, 5xx from a failing server.
/// - Without an answer: errors of a certificate, of the TLS setup or of an argument are permanent. Errors of
///   the network, the name server or a malformed answer are retryable.
[[nodiscard]] bool is_retryable(Errc error, int http_status) noexcept;

/// For `max_attempts`: no limit.
inline constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();

/// The delay before a reconnect.
enum class ReconnectStrategy : std::uint8_t {
    immediate = 1,            ///< none
    fixed_delay = 2,          ///< reconnect_delay
    exponential_backoff = 3,  ///< reconnect_delay, doubled at each try, up to max_reconnect_delay
    callback_controlled = 4,  ///< until should_reconnect allows it
};

/// The name in capitals, for example `FIXED_DELAY`. Static storage.
[[nodiscard]] std::string_view to_string(ReconnectStrategy strategy) noexcept;

struct ReconnectOptions {
    ReconnectStrategy strategy = ReconnectStrategy::exponential_backoff;
    Duration delay = kDefaultLimits.reconnect_delay;
    Duration max_delay = kDefaultLimits.max_reconnect_delay;
    /// A delay is multiplied by a random factor in [1 - jitter, 1].
    double jitter = kDefaultLimits.reconnect_jitter;
    /// The retry budget: retries after the first failed try of a connect(), or tries after a loss. 0 for
    /// none, or kUnlimited.
    std::uint32_t max_attempts = kDefaultLimits.max_reconnect_attempts;
    /// Uptime after which the retry budget resets.
    Duration stable_connection_time = kDefaultLimits.stable_connection_time;
    /// The least wait after a server has reported overload.
    Duration server_unavailable_delay = kDefaultLimits.server_unavailable_delay;
    /// The longest wait for a Retry-After.
    Duration max_retry_after = kDefaultLimits.max_retry_after;
};

/// An error that names the field with an invalid value; ok if there is none.
[[nodiscard]] Error validate(const ReconnectOptions& options);

/// The retry budget and the delay before each try. Threading: one thread. Invariant: tries() never exceeds
/// the budget. Allocates: nothing.
class ReconnectPolicy {
  public:
    /// `options` must be valid.
    explicit ReconnectPolicy(const ReconnectOptions& options) noexcept : options_(options) {}

    /// The strategy's delay before try `n` = 1, 2, …; `unit_random` in [0, 1) gives the jitter. Never
    /// overflows.
    [[nodiscard]] Duration delay(std::uint32_t n, double unit_random) const noexcept;

    /// The least wait that the server asked for last: by close code 1013, or HTTP 503 or 429, with the
    /// answer's Retry-After if it had one, up to max_retry_after. Zero if it asked for none. 0 stands for no
    /// code and for no status.
    [[nodiscard]] Duration floor(std::uint16_t close_code, int http_status,
                                 std::optional<Duration> retry_after) const noexcept;

    /// Tries taken from the budget since the last reset().
    [[nodiscard]] std::uint32_t tries() const noexcept { return tries_; }
    [[nodiscard]] bool exhausted() const noexcept {
        return options_.max_attempts != kUnlimited && tries_ >= options_.max_attempts;
    }
    /// Takes one try and returns its number, from 1. Must not be called when the budget is exhausted. The
    /// number saturates.
    std::uint32_t take() noexcept {
        if (tries_ < std::numeric_limits<std::uint32_t>::max()) ++tries_;
        return tries_;
    }
    /// Resets the retry budget: at a connect(), and when a connection has been up for stable_connection_time.
    void reset() noexcept { tries_ = 0; }

    [[nodiscard]] const ReconnectOptions& options() const noexcept { return options_; }

  private:
    ReconnectOptions options_;
    std::uint32_t tries_ = 0;
};

}  // namespace pinwheel
