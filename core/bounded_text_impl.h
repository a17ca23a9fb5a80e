#pragma once

// The bound of texts that people read. Not installed.

#include <cstddef>
#include <string>

namespace pinwheel::detail {

/// The longest error or alert text, in bytes: one screenful. A peer or a name server adds to such texts, and
/// each try logs them.
inline constexpr std::size_t kMaxErrorText = 2048;

/// Cuts a text that is longer than kMaxErrorText at a character boundary. The result then says how many bytes
/// are left out.
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
