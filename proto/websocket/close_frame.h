#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "../../core/error.h"
#include "close_code.h"
#include "frame_codec.h"

namespace pinwheel {

/// A close frame's content; code 1005 if the frame has none (RFC 6455 section 7.1.5).
struct CloseFrame {
    std::uint16_t code = to_wire(CloseCode::no_status);
    std::string_view reason{};
};

/// For messages: `close code 1001 (going away): reason`. Control characters of the reason are shown as
/// escapes.
[[nodiscard]] std::string describe(const CloseFrame& frame);

/// Reads a close frame's payload (RFC 6455 section 5.5.1). bad_close or bad_utf8.
[[nodiscard]] Errc read_close(std::span<const std::byte> payload, CloseFrame& frame) noexcept;

/// The payload of a close frame. Empty for a code that must not be sent (RFC 6455 section 7.4). The reason is
/// cut to 123 bytes at a character boundary, and left out if it is not UTF-8.
[[nodiscard]] ControlPayload write_close(const CloseFrame& frame) noexcept;

}  // namespace pinwheel
