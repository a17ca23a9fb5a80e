#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "field_value.h"

// Scans many bytes of JSON at a time.
namespace pinwheel::detail {

/// The end of a number or a word, or the next quote or backslash of a string; `end` if there is none. Reads
/// 16 bytes at a time, up to 15 behind `end`.
#ifdef __SSE2__
template <bool kScalarEnd>
inline const char* find_end(const char* at, const char* end) noexcept {
    const auto is = [](__m128i block, char byte) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(byte)); };
    for (; at < end; at += sizeof(__m128i)) {
        const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        __m128i hits{};
        if constexpr (kScalarEnd) {
            // A byte up to the space character ends it.
            hits = _mm_or_si128(_mm_or_si128(is(block, ','), is(block, '}')),
                                _mm_or_si128(is(block, ']'), _mm_cmplt_epi8(block, _mm_set1_epi8('!'))));
        } else {
            hits = _mm_or_si128(is(block, '"'), is(block, '\\'));
        }
        if (const int mask = _mm_movemask_epi8(hits); mask != 0)
            return std::min(at + std::countr_zero(static_cast<unsigned>(mask)), end);
    }
    return end;
}

/// The quotes, backslashes and brackets of 64 bytes, one bit each.
struct Marks {
    explicit Marks(const char* at) noexcept {
        const auto is = [](__m128i block, char byte) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(byte)); };
        for (int i = 0; i < 64; i += 16) {
            const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
            const __m128i folded = _mm_or_si128(block, _mm_set1_epi8(0x20));  // maps [ to { and ] to }
            const auto bits = [i](__m128i hits) {
                return std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(hits))} << i;
            };
            quotes |= bits(is(block, '"'));
            backslashes |= bits(is(block, '\\'));
            opens |= bits(is(folded, '{'));
            closes |= bits(is(folded, '}'));
        }
    }
    std::uint64_t quotes = 0, backslashes = 0, opens = 0, closes = 0;
};

/// Each bit becomes the parity of the bits up to it: set from an opening quote to the byte before its closing
/// one.
inline std::uint64_t parity_up_to(std::uint64_t bits) noexcept {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}
#else
template <bool kScalarEnd>
inline const char* find_end(const char* at, const char* end) noexcept {
    const auto is_end = [](char byte) {
        if (kScalarEnd)
            return byte == ',' || byte == '}' || byte == ']' || static_cast<signed char>(byte) <= ' ';
        return byte == '"' || byte == '\\';
    };
    while (at < end && !is_end(*at)) ++at;
    return at;
}
#endif

/// The type of a value, by its first byte.
inline constexpr std::array<JsonType, 256> kTypes = [] {
    std::array<JsonType, 256> types{};
    types['{'] = JsonType::object;
    types['['] = JsonType::array;
    types['"'] = JsonType::string;
    types['t'] = types['f'] = JsonType::boolean;
    types['n'] = JsonType::null;
    types['-'] = JsonType::number;
    for (char digit = '0'; digit <= '9'; ++digit) types[static_cast<unsigned char>(digit)] = JsonType::number;
    return types;
}();
[[nodiscard]] inline JsonType type_of(char first) noexcept {
    return kTypes[static_cast<unsigned char>(first)];
}

/// The place behind the closing quote of the string whose text begins at `at`; nullptr if there is none.
[[nodiscard]] inline const char* string_end(const char* at, const char* end, bool& escaped) noexcept {
    while (true) {
        at = find_end<false>(at, end);
        if (at == end) return nullptr;
        if (*at == '"') return at + 1;
        escaped = true;
        at += 2;
        if (at >= end) return nullptr;
    }
}

/// The place behind the bracket that closes `depth` open ones; nullptr if there is none.
[[nodiscard]] inline const char* skip_brackets(const char* at, const char* end, std::size_t depth) noexcept {
    bool escaped = false;
    while (at < end) {
        const char byte = *at++;
        if (byte == '"') {
            at = string_end(at, end, escaped);
            if (at == nullptr) return nullptr;
        } else if (byte == '{' || byte == '[') {
            ++depth;
        } else if (byte == '}' || byte == ']') {
            if (--depth == 0) return at;
        }
    }
    return nullptr;
}

/// The place behind the bracket that closes the one at `at`; nullptr if there is none. Reads up to 63 bytes
/// behind the text.
[[nodiscard]] inline const char* skip_container(const char* at, const char* end) noexcept {
    if (at + 1 < end && (at[1] == ']' || at[1] == '}')) return at + 2;
    std::size_t depth = 0;
#ifdef __SSE2__
    std::uint64_t in_string = 0;  // all bits set: the block begins inside a string
    for (; at < end; at += 64) {
        const Marks marks(at);
        if (marks.backslashes != 0) break;
        const std::uint64_t strings = parity_up_to(marks.quotes) ^ in_string;
        in_string = std::uint64_t{0} - (strings >> 63);
        for (std::uint64_t brackets = (marks.opens | marks.closes) & ~strings; brackets != 0;
             brackets &= brackets - 1) {
            const std::uint64_t bracket = brackets & (0 - brackets);
            if ((marks.opens & bracket) != 0) {
                ++depth;
            } else if (--depth == 0) {
                at += std::countr_zero(bracket) + 1;
                return at <= end ? at : nullptr;
            }
        }
    }
    if (in_string != 0 && at < end) {
        bool escaped = false;
        at = string_end(at, end, escaped);
        if (at == nullptr) return nullptr;
    }
#endif
    return skip_brackets(at, end, depth);
}

/// The place behind the value at `at`; nullptr if it is not JSON.
[[nodiscard]] inline const char* skip_value(const char* at, const char* end) noexcept {
    bool escaped = false;
    switch (type_of(*at)) {
        case JsonType::absent:
            return nullptr;
        case JsonType::string:
            return string_end(at + 1, end, escaped);
        case JsonType::array:
        case JsonType::object:
            return skip_container(at, end);
        case JsonType::null:
        case JsonType::boolean:
        case JsonType::number:
            return find_end<true>(at, end);
    }
    return nullptr;  // not reached: the switch is complete
}

}  // namespace pinwheel::detail
