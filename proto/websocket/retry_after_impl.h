#pragma once

#include <optional>
#include <string_view>

#include "../../core/clock.h"

namespace pinwheel::detail {

/// The upper bound of a Retry-After: one year.
inline constexpr Duration kLongestRetryAfter = std::chrono::hours{365 * 24};

/// The wait that a Retry-After asks for: seconds, or one of the three date forms of RFC 9110 section 5.6.7. A
/// past date means no wait. Nothing for any other text, for example a negative number. The weekday must be
/// valid, but only the date counts. Independent of the locale.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view text, SystemTime now);

}  // namespace pinwheel::detail
