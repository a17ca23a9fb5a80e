#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pinwheel::tool {

/// `text` cut to this many columns, `..` at the cut; what a terminal would obey, and what is not UTF-8, as a
/// dot. A wide character takes two columns.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);
/// All of `text`: a character that a terminal would obey, that is not seen, or that the locale does not have
/// as
/// `\u{202e}`, a byte that is not UTF-8 as `\x9b`; those in `kept` as they are.
[[nodiscard]] std::string printable(std::string_view text, std::string_view kept = {});
/// If the process's locale is not UTF-8, fit() and printable() pass ASCII alone from now on.
void adopt_locale();
/// The columns that fit() text takes.
[[nodiscard]] std::size_t width_of(std::string_view text);

}  // namespace pinwheel::tool
