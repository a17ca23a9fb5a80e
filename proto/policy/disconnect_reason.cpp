#include "disconnect_reason.h"

#include <array>
#include <cstddef>

namespace pinwheel {

DisconnectReason reason_of(Errc error) noexcept {
    if (error == Errc::closed_by_peer) return DisconnectReason::server_closed;
    if (error == Errc::pong_timeout) return DisconnectReason::ping_timeout;
    const bool is_protocol = error == Errc::message_too_large || error_class(error) == ErrorClass::protocol;
    return is_protocol ? DisconnectReason::protocol_error : DisconnectReason::network_error;
}

std::string_view to_string(DisconnectReason reason) noexcept {
    constexpr std::array<std::string_view, 9> kNames{
        "USER_REQUESTED",   "SCHEDULED",      "CALLBACK_TRIGGERED",
        "CONNECTION_LIMIT", "SERVER_CLOSED",  "NETWORK_ERROR",
        "PING_TIMEOUT",     "PROTOCOL_ERROR", "KILLED"};
    return kNames[static_cast<std::size_t>(reason) - 1];
}

}  // namespace pinwheel
