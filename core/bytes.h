#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace pinwheel {

/// The bytes of a text. A view: the text must outlive it.
[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace pinwheel
