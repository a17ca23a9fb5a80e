#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pinwheel {

/// The place of a JSON error, and the expected syntax.
struct JsonErrorLocation {
    std::size_t line = 1;    ///< from 1
    std::size_t column = 1;  ///< in bytes, from 1
    std::string_view what;   ///< for example `expected a value`; static storage
};

/// The first place at which `text` breaks the grammar of RFC 8259, or has a number out of range. Slow: for
/// text that the fast parser has refused without a place.
[[nodiscard]] JsonErrorLocation find_json_error(std::string_view text);

namespace detail {

/// Replaces each number in `text` that exceeds the parser's types by one that does not, in the same
/// direction: a whole number of 19 or more digits becomes a fraction, one beyond a double's range the largest
/// double. For readers that clamp to bounds. Invalid JSON stays invalid.
[[nodiscard]] std::string with_finite_numbers(std::string_view text);

}  // namespace detail

}  // namespace pinwheel
