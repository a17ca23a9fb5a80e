#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pinwheel::tool {

/// `text` cut to this many columns, with `..` at the cut. Control characters and invalid UTF-8 become dots. A
/// wide character takes two columns.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);
/// All of `text`. A control or invisible character, or one that the locale lacks, becomes `\u{202e}`; a byte
/// that is not UTF-8 becomes `\x9b`. Characters in `kept` stay unchanged.
[[nodiscard]] std::string printable(std::string_view text, std::string_view kept = {});
/// If the process's locale is not UTF-8, fit() and printable() pass only ASCII from now on.
void adopt_locale();
/// The number of columns that fit() text takes.
[[nodiscard]] std::size_t width_of(std::string_view text);

}  // namespace pinwheel::tool
