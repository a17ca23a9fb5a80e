#pragma once

#include <optional>
#include <string_view>

#include "../../core/clock.h"

namespace pinwheel::detail {

/// A Retry-After of more than a year counts as one.
inline constexpr Duration kLongestRetryAfter = std::chrono::hours{365 * 24};

/// The wait that a Retry-After asks for: seconds, or one of the three date forms of RFC 9110 section 5.6.7. A
/// date in the past is no wait. Nothing for any other text, such as a negative number. The weekday must be
/// one, but not the date's: the date alone decides. Independent of the locale.
[[nodiscard]] std::optional<Duration> parse_retry_after(std::string_view text, SystemTime now);

}  // namespace pinwheel::detail
