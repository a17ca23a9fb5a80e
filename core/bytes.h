#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pinwheel {

/// The bytes of a text. A view: the text must outlive it.
[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// The bytes as characters. A view: the bytes must outlive it.
[[nodiscard]] inline std::string_view chars_of(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The little-endian number in the four bytes from `at`, which must exist.
[[nodiscard]] inline std::uint32_t little_endian_at(std::span<const std::byte> bytes,
                                                    std::size_t at) noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(bytes[at + i]) << (8 * i);
    return value;
}

}  // namespace pinwheel
