#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pinwheel::tool {

/// `text` cut to this many columns, `..` at the cut; what a terminal would obey, and what is not UTF-8, as a
/// dot. A wide character takes two columns.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);
/// The columns that fit() text takes.
[[nodiscard]] std::size_t width_of(std::string_view text);

}  // namespace pinwheel::tool
