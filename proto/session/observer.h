#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/function_ref.h"

namespace pinwheel {

enum class ConnectionState : std::uint8_t;

/// One step of a session, as a record for logs. Valid during the call, except `event`, which may be kept.
struct SessionStep {
    /// The event. A call of the user: `connect`, `request_disconnect`, `schedule_reconnect`, `close`, `kill`,
    /// `shutdown`, `force_close`, `subscribe`, `unsubscribe`. The connection: `transport_up`,
    /// `transport_ended`, `pong`, `pongs_held_up`. A handler: `connect_handled`. A timer: `backoff_due`,
    /// `window_asked`, `disconnect_asked`, `lifetime_due`, `stable_due`, `keepalive_due`. Static storage.
    std::string_view event;
    ConnectionState before;     ///< the session's state
    ConnectionState after;      ///< equal to `before` if the step did not change it
    std::uint32_t attempt = 0;  ///< tries taken from the retry budget
    bool sends_ping = false;    ///< a keep-alive ping follows
    TimePoint time{};           ///< monotonic time, from the reactor's clock
    SystemTime system_time{};   ///< the same moment in Unix time
    /// The function behind text().
    FunctionRef<std::string()> describe{};

    /// One line with the event's details, the inner state after it, and the effects that follow:
    /// `transport_ended(the connection was reset by the peer) -> backoff, arm(backoff, 1 s)`. For people: the
    /// wording may change. Allocates.
    [[nodiscard]] std::string text() const { return describe ? describe() : std::string(event); }
};

/// A message that was accepted by send(), or sent by the session itself as a subscription. Valid during the
/// call.
struct SentMessage {
    std::span<const std::byte> payload{};  ///< as given to send()
    bool is_text = true;                   ///< true for text, false for binary
    bool is_secret = false;                ///< a feed's login
    std::uint32_t generation = 0;          ///< of the connection
    std::uint64_t sequence = 0;            ///< of the last message received before it
    SystemTime time{};                     ///< the time of sending
};

/// Receives each step of a session, and each sent message. For logs and recordings; the library writes
/// neither itself. Not called for received messages. Threading: the reactor's thread. Must not throw, and
/// must not call the session.
class SessionObserver {
  public:
    virtual ~SessionObserver() = default;
    /// After the decision, before it is carried out.
    virtual void on_step(const SessionStep& step) noexcept = 0;
    /// After each accepted message. Does nothing by default.
    virtual void on_sent(const SentMessage& /*message*/) noexcept {}
    /// The peer's ping came, and a pong answers it.
    virtual void on_ping(TimePoint /*received*/) noexcept {}
    /// An attempt waits until then, because it would exceed a limit of the dialer.
    virtual void on_held(TimePoint /*until*/) noexcept {}
};

}  // namespace pinwheel
