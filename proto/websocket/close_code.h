#pragma once

#include <cstdint>
#include <string_view>

#include "../../core/error.h"

namespace pinwheel {

/// RFC 6455 section 7.4.1 and the IANA registry.
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    no_status = 1005,  ///< local only: the peer's close frame had no code
    abnormal = 1006,   ///< local only: there was no close frame
    invalid_payload = 1007,
    policy_violation = 1008,
    message_too_big = 1009,
    mandatory_extension = 1010,
    internal_error = 1011,
    service_restart = 1012,
    try_again_later = 1013,
    bad_gateway = 1014,
    tls_handshake = 1015,  ///< local only
};

/// The number.
[[nodiscard]] constexpr std::uint16_t to_wire(CloseCode code) noexcept {
    return static_cast<std::uint16_t>(code);
}

/// True if the code may appear in a close frame: the registered codes that are not local, and 3000 to 4999.
[[nodiscard]] bool is_wire_close_code(std::uint16_t code) noexcept;

/// The registry's name; "private" from 4000, "registered" from 3000, else "unknown". Static storage.
[[nodiscard]] std::string_view describe_close_code(std::uint16_t code) noexcept;

/// The close code for an error of the peer (RFC 6455 section 7.4.1).
[[nodiscard]] CloseCode close_code_for(Errc broken) noexcept;

}  // namespace pinwheel
