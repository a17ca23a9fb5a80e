#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "connection_state.h"
#include "disconnect_reason.h"
#include "keepalive.h"

namespace pinwheel {

/// The timers of a session, each armed at most once: `row(name, event)`, where `event` is the SessionEvent of
/// a due timer. The enum, the names and the owner's members follow from the rows.
// clang-format off
#define PINWHEEL_SESSION_TIMERS(row)                                               \
    row(backoff, BackoffDue)                                                       \
    row(window_check, WindowAsked)          /* after asking should_reconnect */    \
    row(disconnect_check, DisconnectAsked)  /* after asking should_disconnect */   \
    row(lifetime, LifetimeDue)                                                     \
    row(stable, StableDue)                                                         \
    row(keepalive, KeepaliveDue)            /* after reading */
// clang-format on

/// The timers, by name.
enum class SessionTimer : std::uint8_t {
#define PINWHEEL_ENUMERATOR(name, event) name,
    PINWHEEL_SESSION_TIMERS(PINWHEEL_ENUMERATOR)
#undef PINWHEEL_ENUMERATOR
};
#define PINWHEEL_ONE(name, event) +1  // NOLINT(bugprone-macro-parentheses): they are added up
inline constexpr std::size_t kSessionTimers = 0 PINWHEEL_SESSION_TIMERS(PINWHEEL_ONE);
#undef PINWHEEL_ONE

[[nodiscard]] std::string_view to_string(SessionTimer timer) noexcept;

/// A call without effect, or a condition that a person should see.
enum class SessionWarning : std::uint8_t {
    connect_ignored,     ///< connect() where can_connect() is false
    reconnect_ignored,   ///< reconnect_after, or schedule_reconnect(), where it is not possible
    retry_after_capped,  ///< the server asks for a longer wait than max_retry_after
    refused_but_trying,  ///< a permanent error that is retried, because it is not in a connect()
};

/// The actions that a session asks for, one closed list. Executed in order.
struct SessionEffect {
    /// Make a new transport and start it. No transport exists at this point.
    struct StartConnect {
        bool again = false;  ///< not the first try of a connect(): counts as a reconnect try
    };
    /// Begin the close handshake. TransportEnded reports its end.
    struct SendClose {
        std::uint16_t code = 0;
    };
    /// Drop the transport at once, without a further report. With a code, try to send a close frame first.
    struct AbortTransport {
        std::optional<std::uint16_t> code{};
    };
    struct SendPing {
        Keepalive::Payload payload{};
    };
    /// Arm or re-arm the timer.
    struct Arm {
        SessionTimer timer{};
        TimePoint deadline{};
    };
    struct Disarm {
        SessionTimer timer{};
    };
    /// on_connect.
    struct NotifyConnected {};
    /// Send all subscriptions, in order.
    struct ReplaySubscriptions {};
    /// Send the subscriptions that were added.
    struct SendSubscribe {
        std::span<const std::string> channels{};  ///< the event's
    };
    /// Send that subscriptions have ended.
    struct SendUnsubscribe {
        std::span<const std::string> channels{};  ///< the event's
    };
    /// on_disconnect, then on_disconnect_alert if due. Exactly one for each NotifyConnected.
    struct NotifyDisconnected {
        DisconnectReason reason{};
    };
    /// The session is DISCONNECTED and makes no further attempt.
    struct NotifyGaveUp {
        Errc error = Errc::ok;       ///< retries_exhausted, or the permanent error
        Errc cause = Errc::ok;       ///< of the last failed try, or of the loss
        std::uint32_t attempts = 0;  ///< since connect(), the user's plan or the loss
        bool of_connect = false;     ///< of a connect() that has not succeeded yet
    };
    /// A call ended the tries, or there were none. No NotifyDisconnected carries the user's reason.
    struct RecordStop {
        DisconnectReason reason{};
        bool forgets_failure = false;  ///< the earlier failure no longer matters
    };
    struct Warn {
        SessionWarning warning{};
        ConnectionState state{};  ///< the state at the call
        Duration asked{};         ///< of retry_after_capped
        Duration waited{};        ///< the wait used instead
    };

    using Any = std::variant<StartConnect, SendClose, AbortTransport, SendPing, Arm, Disarm, NotifyConnected,
                             ReplaySubscriptions, SendSubscribe, SendUnsubscribe, NotifyDisconnected,
                             NotifyGaveUp, RecordStop, Warn>;
};

/// A sentence: the ignored call, the state, and the remedy.
[[nodiscard]] std::string describe(const SessionEffect::Warn& warn);

/// A short phrase for logs, with deadlines as time from `now`: `arm(backoff, 1.5 s)`.
[[nodiscard]] std::string to_string(const SessionEffect::Any& effect, TimePoint now);

/// The effects of one event, in order. Allocates: nothing. Invariant: notices come after all other effects,
/// so that a handler finds the change complete.
class SessionEffects {
  public:
    /// One event arms and disarms each timer at most once, and has every other kind of effect at most once.
    static constexpr std::size_t kCapacity =
        2 * kSessionTimers + (std::variant_size_v<SessionEffect::Any> - 2);

    void push(const SessionEffect::Any& effect) noexcept {
        assert(size_ < kCapacity);
        items_[size_++] = effect;
    }

    [[nodiscard]] const SessionEffect::Any* begin() const noexcept { return items_.data(); }
    [[nodiscard]] const SessionEffect::Any* end() const noexcept { return items_.data() + size_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  private:
    std::array<SessionEffect::Any, kCapacity> items_{};
    std::size_t size_ = 0;
};

}  // namespace pinwheel
