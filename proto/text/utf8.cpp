#include "utf8.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
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

using Block = std::uint64_t __attribute__((vector_size(16)));

template <class Word>
Word copy_word(const std::byte* in, std::byte* out) noexcept {
    Word word;
    std::memcpy(&word, in, sizeof word);
    std::memcpy(out, &word, sizeof word);
    return word;
}

/// Both ends of a text, which may overlap.
template <class Word>
Word copy_ends(const std::byte* in, std::byte* out, std::size_t size) noexcept {
    const std::size_t last = size - sizeof(Word);
    return copy_word<Word>(in, out) | copy_word<Word>(in + last, out + last);
}

constexpr std::uint64_t kHighBits = 0x8080808080808080;

}  // namespace

bool copy_ascii(std::span<const std::byte> text, std::byte* out) noexcept {
    const auto* const in = text.data();
    const std::size_t size = text.size();
    if (size >= sizeof(Block)) [[likely]] {
        constexpr std::size_t kStride = 4 * sizeof(Block);
        Block seen = copy_ends<Block>(in, out, size);
        std::size_t at = 0;
        for (; at + kStride <= size; at += kStride) {
            const Block first =
                copy_word<Block>(in + at, out + at) | copy_word<Block>(in + at + 16, out + at + 16);
            const Block second =
                copy_word<Block>(in + at + 32, out + at + 32) | copy_word<Block>(in + at + 48, out + at + 48);
            seen |= first | second;
        }
        for (; at + sizeof(Block) < size; at += sizeof(Block)) seen |= copy_word<Block>(in + at, out + at);
        return ((seen[0] | seen[1]) & kHighBits) == 0;
    }
    if (size >= 8) return (copy_ends<std::uint64_t>(in, out, size) & kHighBits) == 0;
    if (size >= 4) return (copy_ends<std::uint32_t>(in, out, size) & kHighBits) == 0;
    std::uint64_t seen = 0;
    for (std::size_t at = 0; at < size; ++at) seen |= copy_word<std::uint8_t>(in + at, out + at);
    return (seen & kHighBits) == 0;
}

bool is_utf8(std::span<const std::byte> text) noexcept {
    return simdjson::validate_utf8(reinterpret_cast<const char*>(text.data()), text.size());
}

Utf8Progress check_utf8_prefix(std::span<const std::byte> text) noexcept {
    const std::size_t whole = unfinished_at(text);
    const bool possible = is_utf8(text.first(whole)) && can_become_character(text.subspan(whole));
    return {whole, !possible};
}

}  // namespace pinwheel
