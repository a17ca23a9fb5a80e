#pragma once

#include <cstddef>
#include <span>

namespace pinwheel {

/// True if all of it is UTF-8 (RFC 3629): no surrogates, nothing overlong, nothing cut short.
[[nodiscard]] bool is_utf8(std::span<const std::byte> text) noexcept;

/// True if all of it is plain ASCII. 32 bytes a step where the CPU has AVX2.
[[nodiscard]] bool is_ascii(std::span<const std::byte> text) noexcept;

/// Copies a text and tells if all of it is plain ASCII, in one pass. `out` has room for it.
[[nodiscard]] bool copy_ascii(std::span<const std::byte> text, std::byte* out) noexcept;

/// How far a text that is still coming has been found good.
struct Utf8Progress {
    /// Bytes that are whole, valid characters. What follows may be the beginning of one, at most 3 bytes.
    std::size_t checked = 0;
    /// No continuation can make it valid.
    bool impossible = false;
};

/// Checks the beginning of a text of which more may come: it fails at once on a prefix that nothing can save.
[[nodiscard]] Utf8Progress check_utf8_prefix(std::span<const std::byte> text) noexcept;

}  // namespace pinwheel
