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

/// The events of a session, one closed list.
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
    /// subscribe(): the channels that it added. There is at least one.
    struct Subscribe {
        std::span<const std::string> channels{};  ///< need not outlive the call
    };
    /// unsubscribe(): the channels that it removed. There is at least one.
    struct Unsubscribe {
        std::span<const std::string> channels{};  ///< need not outlive the call
    };

    // The transport's reports. A transport limits the time of its own attempt and of its own close handshake.

    /// The transport is up.
    struct TransportUp {};
    /// The transport ended by itself, before, while or after it was up: the state decides the meaning. The
    /// last report of a transport. No report follows an AbortTransport.
    struct TransportEnded {
        Errc error = Errc::ok;         ///< ok: the close handshake of SendClose is complete
        std::uint16_t close_code = 0;  ///< of the peer's close frame; 0, or a local code, if there was none
        int http_status = 0;           ///< of an answer that refused the upgrade; 0 if there was none
        std::optional<Duration> retry_after{};
    };
    struct Pong {
        std::span<const std::byte> payload{};  ///< valid during the call only
    };
    /// on_connect has returned.
    struct ConnectHandled {};
    /// Reading is paused, so pongs may be unread. A missing pong proves nothing.
    struct PongsHeldUp {};

    // Timers armed by Arm. An event with an answer carries that of the timer's callback.

    struct BackoffDue {};
    struct WindowAsked {
        WindowAnswer answer = false;  ///< the return value of should_reconnect
    };
    struct DisconnectAsked {
        bool answer = false;  ///< the return value of should_disconnect
    };
    struct LifetimeDue {};
    struct StableDue {};
    struct KeepaliveDue {
        bool all_read = true;   ///< false: unread bytes may hold a pong
        TimePoint last_read{};  ///< when bytes of the peer came last
    };

    using Any =
        std::variant<Connect, RequestDisconnect, ScheduleReconnect, Close, Kill, Shutdown, ForceClose,
                     Subscribe, Unsubscribe, TransportUp, TransportEnded, Pong, ConnectHandled, PongsHeldUp,
                     BackoffDue, WindowAsked, DisconnectAsked, LifetimeDue, StableDue, KeepaliveDue>;
};

/// For example `request_disconnect`. Static storage.
[[nodiscard]] std::string_view name_of(const SessionEvent::Any& event) noexcept;
/// One line for logs, for example `request_disconnect(SCHEDULED, reconnect after 5 s)`.
[[nodiscard]] std::string to_string(const SessionEvent::Any& event);

}  // namespace pinwheel
