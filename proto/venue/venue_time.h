#pragma once

#include <cstdint>

#include "../text/stamp.h"
#include "field_scanner.h"

namespace pinwheel {

/// Unix time in ns; 0 if the value is malformed. A number may have a fraction, and may be in a string. A text
/// follows RFC 3339 section 5.6, with any number of digits behind the second.
[[nodiscard]] std::int64_t venue_time(const FieldValue& value, TimeUnit unit) noexcept;

}  // namespace pinwheel
