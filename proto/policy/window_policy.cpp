#include "window_policy.h"

namespace pinwheel {

Duration WindowAnswer::clamped(double seconds) noexcept {
    if (seconds <= 0) return Duration::zero();
    const double nanoseconds = seconds * 1e9;
    return nanoseconds < static_cast<double>(Duration::max().count())
               ? Duration(static_cast<Duration::rep>(nanoseconds))
               : Duration::max();
}

Error validate(const WindowOptions& options) {
    if (options.disconnect_check_interval <= Duration::zero())
        return {Errc::invalid_argument, "disconnect_check_interval is not positive"};
    if (options.reconnect_check_interval <= Duration::zero())
        return {Errc::invalid_argument, "reconnect_check_interval is not positive"};
    if (options.connection_lifetime < Duration::zero())
        return {Errc::invalid_argument, "connection_lifetime is negative; give 0 for no limit"};
    if (options.disconnect_margin < Duration::zero())
        return {Errc::invalid_argument, "disconnect_margin is negative; give 0 or more"};
    if (options.connection_lifetime > Duration::zero() &&
        options.disconnect_margin >= options.connection_lifetime)
        return {Errc::invalid_argument,
                "disconnect_margin leaves no age: it must be shorter than connection_lifetime"};
    return {};
}

WindowPolicy::Step WindowPolicy::after(const WindowAnswer& answer, TimePoint now) const noexcept {
    using Kind = Step::Kind;
    const auto delay = answer.delay();
    if (!delay) return {Kind::ask_at, time_after(now, options_.reconnect_check_interval)};
    if (*delay == Duration::zero()) return {Kind::connect, now};
    return {Kind::connect_at, time_after(now, *delay)};
}

TimePoint WindowPolicy::next_disconnect_check(TimePoint now) const noexcept {
    return time_after(now, options_.disconnect_check_interval);
}

std::optional<TimePoint> WindowPolicy::age_limit(TimePoint connected_at) const noexcept {
    if (options_.connection_lifetime == Duration::zero()) return std::nullopt;
    return time_after(connected_at, options_.connection_lifetime - options_.disconnect_margin);
}

}  // namespace pinwheel
