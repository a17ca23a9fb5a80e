#include "reconnect_policy.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "../websocket/close_code.h"

namespace pinwheel {
namespace {

constexpr int kTooManyRequests = 429;
constexpr int kServiceUnavailable = 503;

Duration doubled(Duration base, std::uint32_t times, Duration most) noexcept {
    if (base == Duration::zero()) return base;
    constexpr auto kBits = static_cast<std::uint32_t>(std::numeric_limits<Duration::rep>::digits);
    const bool beyond = times >= kBits || base.count() > (most.count() >> times);
    return beyond ? most : Duration(base.count() << times);
}

}  // namespace

std::string_view to_string(ReconnectStrategy strategy) noexcept {
    constexpr std::array<std::string_view, 4> kNames{"IMMEDIATE", "FIXED_DELAY", "EXPONENTIAL_BACKOFF",
                                                     "CALLBACK_CONTROLLED"};
    return kNames[static_cast<std::size_t>(strategy) - 1];
}

Error validate(const ReconnectOptions& options) {
    if (options.delay < Duration::zero())
        return {Errc::invalid_argument, "reconnect_delay is negative; give 0 or more"};
    if (options.max_delay < Duration::zero())
        return {Errc::invalid_argument, "max_reconnect_delay is negative; give 0 or more"};
    if (options.stable_connection_time < Duration::zero())
        return {Errc::invalid_argument, "stable_connection_time is negative; give 0 or more"};
    if (options.server_unavailable_delay < Duration::zero())
        return {Errc::invalid_argument, "server_unavailable_delay is negative; give 0 or more"};
    if (!(options.jitter >= 0 && options.jitter <= 1))
        return {Errc::invalid_argument, "reconnect_jitter is not within 0 to 1"};
    return {};
}

Duration ReconnectPolicy::delay(std::uint32_t n, double unit_random) const noexcept {
    Duration wait = options_.delay;
    if (options_.strategy == ReconnectStrategy::immediate) wait = Duration::zero();
    if (options_.strategy == ReconnectStrategy::exponential_backoff)
        wait = std::min(doubled(options_.delay, n - 1, options_.max_delay), options_.max_delay);
    if (options_.jitter == 0) return wait;
    const double cut = static_cast<double>(wait.count()) * options_.jitter * unit_random;
    return std::max(wait - Duration(static_cast<Duration::rep>(cut)), Duration::zero());
}

Duration ReconnectPolicy::floor(std::uint16_t close_code, int http_status,
                                std::optional<Duration> retry_after) const noexcept {
    const bool unavailable = close_code == to_wire(CloseCode::try_again_later) ||
                             http_status == kServiceUnavailable || http_status == kTooManyRequests;
    return unavailable ? retry_after.value_or(options_.server_unavailable_delay) : Duration::zero();
}

}  // namespace pinwheel
