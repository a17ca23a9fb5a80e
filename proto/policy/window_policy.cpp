#include "window_policy.h"

#include <string>
#include <string_view>

#include "../../core/duration_text.h"

namespace pinwheel {

Duration WindowAnswer::clamped(double seconds) noexcept {
    if (seconds <= 0) return Duration::zero();
    const double nanoseconds = seconds * 1e9;
    return nanoseconds < static_cast<double>(Duration::max().count())
               ? Duration(static_cast<Duration::rep>(nanoseconds))
               : Duration::max();
}

Error validate(const WindowOptions& options) {
    const auto refuse = [](std::string_view field, Duration value, std::string_view advice) {
        return Error{Errc::invalid_argument,
                     std::string(field) + " is " + detail::text_of(value) + "; " + std::string(advice)};
    };
    if (options.disconnect_check_interval <= Duration::zero())
        return refuse("disconnect_check_interval", options.disconnect_check_interval, "give more than 0");
    if (options.reconnect_check_interval <= Duration::zero())
        return refuse("reconnect_check_interval", options.reconnect_check_interval, "give more than 0");
    if (options.connection_lifetime < Duration::zero())
        return refuse("connection_lifetime", options.connection_lifetime, "give 0 for no limit, or more");
    if (options.disconnect_margin < Duration::zero())
        return refuse("disconnect_margin", options.disconnect_margin, "give 0 or more");
    if (options.connection_lifetime > Duration::zero() &&
        options.disconnect_margin >= options.connection_lifetime)
        return refuse("connection_lifetime", options.connection_lifetime,
                      "it must be longer than disconnect_margin, which is " +
                          detail::text_of(options.disconnect_margin) + "; change one of them");
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
