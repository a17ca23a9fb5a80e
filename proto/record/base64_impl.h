#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pinwheel::detail {

/// Appends the bytes as base64 with padding (RFC 4648 section 4).
void append_base64(std::string& out, std::span<const std::byte> bytes);
/// Appends the bytes that `text` encodes. False: the text is not base64 with padding.
[[nodiscard]] bool append_from_base64(std::string& out, std::string_view text);

}  // namespace pinwheel::detail
