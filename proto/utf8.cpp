#include "utf8.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pinwheel {
namespace {

/// The length that the first byte of a character promises; 0 if it begins none.
std::size_t promised_length(std::uint8_t first) noexcept {
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/// Where an unfinished character at the end begins; the size if there is none.
std::size_t unfinished_at(std::span<const std::byte> text) noexcept {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = std::to_integer<std::uint8_t>(text[text.size() - back]);
        if ((byte & 0xc0) == 0x80) continue;
        return promised_length(byte) > back ? text.size() - back : text.size();
    }
    return text.size();
}

/// The second byte has a narrower range after some first bytes (RFC 3629 section 4).
bool can_become_character(std::span<const std::byte> start) noexcept {
    if (start.size() < 2) return true;
    const auto first = std::to_integer<std::uint8_t>(start[0]);
    const auto second = std::to_integer<std::uint8_t>(start[1]);
    const std::uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

/// Most market data is plain ASCII: eight bytes a step, without a call.
bool is_ascii(std::span<const std::byte> text) noexcept {
    std::uint64_t seen = 0;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        seen |= word;
    }
    for (; at < text.size(); ++at) seen |= std::to_integer<std::uint64_t>(text[at]);
    return (seen & 0x8080808080808080) == 0;
}

}  // namespace

bool is_utf8(std::span<const std::byte> text) noexcept {
    return is_ascii(text) || simdjson::validate_utf8(reinterpret_cast<const char*>(text.data()), text.size());
}

Utf8Progress check_utf8_prefix(std::span<const std::byte> text) noexcept {
    const std::size_t whole = unfinished_at(text);
    const bool possible = is_utf8(text.first(whole)) && can_become_character(text.subspan(whole));
    return {whole, !possible};
}

}  // namespace pinwheel
