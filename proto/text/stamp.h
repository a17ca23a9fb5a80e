#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pinwheel {

/// The format of a time in a message.
enum class TimeUnit : std::uint8_t { seconds, milliseconds, microseconds, nanoseconds, rfc3339 };

/// Unix time in ns. Nothing if `text` is not in the format, before 1970 or after 2261. A number may have a
/// fraction, whose digits below the nanosecond are cut. A text follows RFC 3339 section 5.6, with any number
/// of digits behind the second.
[[nodiscard]] std::optional<std::int64_t> parse_stamp(std::string_view text, TimeUnit unit) noexcept;

}  // namespace pinwheel
