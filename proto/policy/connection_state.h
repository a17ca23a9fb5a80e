#pragma once

#include <cstdint>
#include <string_view>

namespace pinwheel {

/// What a user sees of a session.
///
///     DISCONNECTED ─▶ CONNECTING ─▶ CONNECTED ─▶ RECONNECTING ─▶ CONNECTED …, or DISCONNECTED
///                                       │
///                                       └─▶ CLOSING ─▶ DISCONNECTED, RECONNECTING or CLOSED
///
/// force_close() leads from every state to CLOSED, which nothing leaves.
enum class ConnectionState : std::uint8_t {
    disconnected = 1,  ///< nothing is open, and nothing is tried
    connecting = 2,    ///< the first attempt of a connect(), with its retries
    connected = 3,     ///< the connection is up
    reconnecting = 4,  ///< between two connections: waiting for a delay or a window, or trying
    closing = 5,       ///< the close handshake runs
    closed = 6,        ///< ended for good
};

/// True if connect() begins something from here.
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

/// The name in capitals, as in `RECONNECTING`. Static storage.
[[nodiscard]] std::string_view to_string(ConnectionState state) noexcept;

}  // namespace pinwheel
