#include "reconnect_policy.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>

#include "../../core/duration_text.h"
#include "../websocket/close_code.h"

namespace pinwheel {
namespace {

constexpr int kRequestTimeout = 408;
constexpr int kTooEarly = 425;
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
    const std::array<std::pair<std::string_view, Duration>, 5> times{
        {{"reconnect_delay", options.delay},
         {"max_reconnect_delay", options.max_delay},
         {"stable_connection_time", options.stable_connection_time},
         {"server_unavailable_delay", options.server_unavailable_delay},
         {"max_retry_after", options.max_retry_after}}};
    for (const auto& [field, time] : times)
        if (time < Duration::zero())
            return {Errc::invalid_argument,
                    std::string(field) + " is " + detail::text_of(time) + "; give 0 or more"};
    if (!(options.jitter >= 0 && options.jitter <= 1)) {
        std::array<char, 40> value{};
        std::snprintf(value.data(), value.size(), "%.12g", options.jitter);
        return {Errc::invalid_argument,
                "reconnect_jitter is " + std::string(value.data()) + "; give a number from 0 to 1"};
    }
    return {};
}

bool is_retryable(Errc error, int http_status) noexcept {
    if (http_status == 0) return is_retryable(error);
    if (http_status < 400 || http_status >= 500) return true;
    return http_status == kRequestTimeout || http_status == kTooEarly || http_status == kTooManyRequests;
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
    if (!unavailable) return Duration::zero();
    const Duration asked =
        retry_after ? std::min(*retry_after, options_.max_retry_after) : options_.server_unavailable_delay;
    return std::max(asked, Duration::zero());
}

}  // namespace pinwheel
