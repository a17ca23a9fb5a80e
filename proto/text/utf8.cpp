#include "utf8.h"

#include <simdjson.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

namespace pinwheel {
namespace {

/// The length of a character with this first byte; 0 if no character begins with it.
std::size_t promised_length(std::uint8_t first) noexcept {
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/// The begin of an incomplete character at the end; the size if there is none.
std::size_t unfinished_at(std::span<const std::byte> text) noexcept {
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = std::to_integer<std::uint8_t>(text[text.size() - back]);
        if ((byte & 0xc0) == 0x80) continue;
        return promised_length(byte) > back ? text.size() - back : text.size();
    }
    return text.size();
}

/// Some first bytes restrict the range of the second byte (RFC 3629 section 4).
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

/// Up to 31 bytes: both ends, which may overlap.
bool is_short_ascii(const std::byte* text, std::size_t size) noexcept {
    const auto ends = [&]<class Word>(Word first) {
        Word last;
        std::memcpy(&first, text, sizeof first);
        std::memcpy(&last, text + size - sizeof last, sizeof last);
        return first | last;
    };
    if (size >= 16) {
        const Block both = ends(Block{});
        return ((both[0] | both[1]) & kHighBits) == 0;
    }
    if (size >= 8) return (ends(std::uint64_t{}) & kHighBits) == 0;
    if (size >= 4) return (ends(std::uint32_t{}) & kHighBits) == 0;
    return std::none_of(text, text + size,
                        [](std::byte byte) { return (byte & std::byte{0x80}) != std::byte{}; });
}

using WideBlock = std::uint64_t __attribute__((vector_size(32)));

/// For 32 bytes and more: four blocks a step, then the last four, or the first and last two, which may
/// overlap. Inlined into the two functions below, which differ in their instruction sets.
template <class Wide>
[[gnu::always_inline]] inline void or_all(const std::byte* text, std::size_t size, Wide& seen) noexcept {
    constexpr std::size_t kBlock = sizeof(Wide);
    const auto look = [&](const std::byte* at) __attribute__((always_inline)) {
        Wide block;
        std::memcpy(&block, at, kBlock);
        seen |= block;
    };
    const std::byte* const end = text + size;
    if (size > 2 * kBlock) {
        for (; end - text > static_cast<std::ptrdiff_t>(4 * kBlock); text += 4 * kBlock) {
            look(text);
            look(text + kBlock);
            look(text + 2 * kBlock);
            look(text + 3 * kBlock);
        }
        // Up to four blocks are left. If the text is shorter than four, the blocks of the two ends overlap.
        const std::byte* const first = size > 4 * kBlock ? end - 4 * kBlock : text;
        look(first);
        look(first + kBlock);
        look(end - 2 * kBlock);
    } else {
        look(text);
    }
    look(end - kBlock);
}

using LongAscii = bool (*)(const std::byte* text, std::size_t size) noexcept;

bool is_long_ascii_anywhere(const std::byte* text, std::size_t size) noexcept {
    Block seen{};
    or_all(text, size, seen);
    return ((seen[0] | seen[1]) & kHighBits) == 0;
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] bool is_long_ascii_avx2(const std::byte* text, std::size_t size) noexcept {
    WideBlock seen{};
    or_all(text, size, seen);
    return _mm256_movemask_epi8(reinterpret_cast<__m256i>(seen)) == 0;
}
#endif

bool choose_long_ascii(const std::byte* text, std::size_t size) noexcept;

/// Selects the implementation at the first call, so that it works before any static initialisation.
constinit std::atomic<LongAscii> long_ascii{choose_long_ascii};

bool choose_long_ascii(const std::byte* text, std::size_t size) noexcept {
    LongAscii chosen = is_long_ascii_anywhere;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") != 0) chosen = is_long_ascii_avx2;
#endif
    long_ascii.store(chosen, std::memory_order_relaxed);
    return chosen(text, size);
}

}  // namespace

bool is_ascii(std::span<const std::byte> text) noexcept {
    if (text.size() < sizeof(WideBlock)) return is_short_ascii(text.data(), text.size());
    return long_ascii.load(std::memory_order_relaxed)(text.data(), text.size());
}

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
