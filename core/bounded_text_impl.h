#pragma once

// The bound of texts that people read. Not installed.

#include <cstddef>
#include <string>

namespace pinwheel::detail {

/// Longest text of an error or an alert, bytes: a screenful. A peer or a name server adds to such texts, and
/// they are written to logs at each try.
inline constexpr std::size_t kMaxErrorText = 2048;

/// The text, cut at the end of a character if it is longer than kMaxErrorText; then it says how much is left
/// out.
[[nodiscard]] inline std::string bounded_text(std::string text) {
    if (text.size() <= kMaxErrorText) return text;
    constexpr std::size_t kRoomForMark = 48;
    std::size_t end = kMaxErrorText - kRoomForMark;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    const std::size_t left_out = text.size() - end;
    text.resize(end);
    return text += " ... (" + std::to_string(left_out) + " bytes more)";
}

}  // namespace pinwheel::detail
