#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstdint>

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

}  // namespace pinwheel::detail
