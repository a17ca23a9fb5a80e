#pragma once

#include <cstdint>
#include <string_view>

#include "../../core/error.h"

namespace pinwheel {

/// The reason why a connection that was up ended. The first four are caused by the user (proactive), the rest
/// are not (reactive).
enum class DisconnectReason : std::uint8_t {
    user_requested = 1,      ///< request_disconnect(), close(), shutdown(), force_close()
    scheduled = 2,           ///< schedule_reconnect() while connected
    callback_triggered = 3,  ///< should_disconnect returned true
    connection_limit = 4,    ///< before the venue's limit on a connection's age
    server_closed = 5,       ///< a close frame came, with any code
    network_error = 6,       ///< end of stream without a close frame, reset, TCP timeout, TLS failure
    ping_timeout = 7,        ///< no pong came in time
    protocol_error = 8,      ///< the peer broke RFC 6455, sent invalid UTF-8, or exceeded the message size
    killed = 9,              ///< kill()
};

/// True for the reasons that the user causes.
[[nodiscard]] constexpr bool is_proactive(DisconnectReason reason) noexcept {
    return reason <= DisconnectReason::connection_limit;
}
/// True for all other reasons.
[[nodiscard]] constexpr bool is_reactive(DisconnectReason reason) noexcept {
    return !is_proactive(reason);
}

/// The reactive reason for the error that ended an open connection.
[[nodiscard]] DisconnectReason reason_of(Errc error) noexcept;

/// The name in capitals, for example `PING_TIMEOUT`. Static storage.
[[nodiscard]] std::string_view to_string(DisconnectReason reason) noexcept;

}  // namespace pinwheel
