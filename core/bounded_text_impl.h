#pragma once

// The bound of texts that people read. Not installed.

#include <cstddef>
#include <string>

namespace pinwheel::detail {

/// The longest error or alert text, in bytes: one screenful. A peer or a name server adds to such texts, and
/// each try logs them.
inline constexpr std::size_t kMaxErrorText = 2048;

/// Cuts a text that is longer than `limit` bytes (at least 64) at a character boundary. The result then says
/// how many bytes are left out. All texts from outside are cut here: from peers, name servers and files.
[[nodiscard]] inline std::string bounded_text(std::string text, std::size_t limit = kMaxErrorText) {
    if (text.size() <= limit) return text;
    constexpr std::size_t kRoomForMark = 48;
    std::size_t end = limit - kRoomForMark;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    const std::size_t left_out = text.size() - end;
    text.resize(end);
    return text += " ... (" + std::to_string(left_out) + " bytes more)";
}

}  // namespace pinwheel::detail
