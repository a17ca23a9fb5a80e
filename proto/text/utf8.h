#pragma once

#include <cstddef>
#include <span>

namespace pinwheel {

/// True if `text` is valid UTF-8 (RFC 3629): no surrogates, no overlong forms, no incomplete character.
[[nodiscard]] bool is_utf8(std::span<const std::byte> text) noexcept;

/// True if `text` is ASCII. 32 bytes a step if the CPU has AVX2.
[[nodiscard]] bool is_ascii(std::span<const std::byte> text) noexcept;

/// Copies `text` to `out`, which has room for it. True if `text` is ASCII. One pass.
[[nodiscard]] bool copy_ascii(std::span<const std::byte> text, std::byte* out) noexcept;

/// The checked part of an incomplete text.
struct Utf8Progress {
    /// Bytes of complete, valid characters. At most 3 bytes of an incomplete character follow.
    std::size_t checked = 0;
    /// True if no continuation makes the text valid.
    bool impossible = false;
};

/// Checks the beginning of a text. Fails at the first byte that no continuation makes valid.
[[nodiscard]] Utf8Progress check_utf8_prefix(std::span<const std::byte> text) noexcept;

}  // namespace pinwheel
