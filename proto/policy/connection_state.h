#pragma once

#include <cstdint>
#include <string_view>

namespace pinwheel {

/// The state of a session as its user sees it.
///
///     DISCONNECTED ─▶ CONNECTING ─▶ CONNECTED ─▶ RECONNECTING ─▶ CONNECTED …, or DISCONNECTED
///                                       │
///                                       └─▶ CLOSING ─▶ DISCONNECTED, RECONNECTING or CLOSED
///
/// force_close() leads from every state to CLOSED. No state follows CLOSED.
enum class ConnectionState : std::uint8_t {
    disconnected = 1,  ///< nothing is open, and no attempt is made
    connecting = 2,    ///< the first attempt of a connect(), with its retries
    connected = 3,     ///< the connection is up
    reconnecting = 4,  ///< between two connections: waiting for a delay or a window, or trying
    closing = 5,       ///< the close handshake is under way
    closed = 6,        ///< ended permanently
};

/// True if connect() has an effect in this state.
[[nodiscard]] constexpr bool can_connect(ConnectionState state) noexcept {
    return state == ConnectionState::disconnected || state == ConnectionState::reconnecting;
}

/// True if send() is allowed.
[[nodiscard]] constexpr bool can_send(ConnectionState state) noexcept {
    return state == ConnectionState::connected;
}

/// True if no other state can follow.
[[nodiscard]] constexpr bool is_terminal(ConnectionState state) noexcept {
    return state == ConnectionState::closed;
}

/// The name in capitals, for example `RECONNECTING`. Static storage.
[[nodiscard]] std::string_view to_string(ConnectionState state) noexcept;

}  // namespace pinwheel
