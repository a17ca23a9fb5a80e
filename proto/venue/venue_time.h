#pragma once

#include <cstdint>

#include "field_scanner.h"

namespace pinwheel {

/// The format of a venue's times.
enum class TimeUnit : std::uint8_t { seconds, milliseconds, microseconds, nanoseconds, rfc3339 };

/// Unix time in ns; 0 if the value is malformed. A number may have a fraction, and may be in a string. A text
/// follows RFC 3339 section 5.6, with any number of digits behind the second.
[[nodiscard]] std::int64_t venue_time(const FieldValue& value, TimeUnit unit) noexcept;

}  // namespace pinwheel
