#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "disconnect_reason.h"
#include "window_policy.h"

namespace pinwheel {

/// What can happen to a session, one closed list.
struct SessionEvent {
    // The user's calls.

    struct Connect {};
    struct RequestDisconnect {
        DisconnectReason reason = DisconnectReason::user_requested;  ///< a proactive one
        std::optional<Duration> reconnect_after{};                   ///< not negative
    };
    struct ScheduleReconnect {
        Duration delay{};  ///< not negative
    };
    struct Close {};
    struct Kill {};
    struct Shutdown {};
    struct ForceClose {};

    // The transport's reports. A transport bounds its own attempt and its own close handshake in time.

    /// It is up.
    struct TransportUp {};
    /// It ended by itself, whether before, while or after it was up: the state tells what that means. The
    /// last report of a transport; none comes after an AbortTransport.
    struct TransportEnded {
        Errc error = Errc::ok;         ///< ok: the close handshake that SendClose began is over
        std::uint16_t close_code = 0;  ///< of the peer's close frame; 0, or a local code, if there was none
        int http_status = 0;           ///< of an answer that refused the upgrade; 0 if there was none
        std::optional<Duration> retry_after{};
    };
    struct Pong {
        std::span<const std::byte> payload{};  ///< need not outlive the call
    };
    /// Pongs may lie unread, because reading has been paused: a missing one proves nothing.
    struct PongsHeldUp {};

    // Timers that were armed with Arm, with the answer of the callback that the timer stands for.

    struct BackoffDue {};
    struct WindowAsked {
        WindowAnswer answer = false;  ///< what should_reconnect said
    };
    struct DisconnectAsked {
        bool answer = false;  ///< what should_disconnect said
    };
    struct LifetimeDue {};
    struct StableDue {};
    struct KeepaliveDue {
        bool all_read = true;  ///< false: a pong may lie behind what is still unread
    };

    using Any = std::variant<Connect, RequestDisconnect, ScheduleReconnect, Close, Kill, Shutdown, ForceClose,
                             TransportUp, TransportEnded, Pong, PongsHeldUp, BackoffDue, WindowAsked,
                             DisconnectAsked, LifetimeDue, StableDue, KeepaliveDue>;
};

/// Such as `request_disconnect`. Static storage.
[[nodiscard]] std::string_view name_of(const SessionEvent::Any& event) noexcept;
/// One line for logs, such as `request_disconnect(SCHEDULED, reconnect after 5 s)`.
[[nodiscard]] std::string to_string(const SessionEvent::Any& event);

}  // namespace pinwheel
