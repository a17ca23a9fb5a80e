#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pinwheel {

/// A decimal number as a whole number of 10^-`digits`: `63978.5` with 2 digits is 6397850. Exact: nothing if
/// the value has more digits than that behind the point, if it is out of range, or if `text` is not a number
/// of JSON (RFC 8259 section 6), leading zeros allowed. `digits` is at most 18.
[[nodiscard]] std::optional<std::int64_t> parse_scaled(std::string_view text, unsigned digits) noexcept;

/// The nearest double. Nothing if `text` is no such number, or if it is out of range.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text) noexcept;

}  // namespace pinwheel
