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

/// One step of a session, as a record for logs. Only `event` may be kept beyond the call that shows the step.
struct SessionStep {
    /// What happened. A call of the user: `connect`, `request_disconnect`, `schedule_reconnect`, `close`,
    /// `kill`, `shutdown`, `force_close`. The connection: `transport_up`, `transport_ended`, `pong`,
    /// `pongs_held_up`. A timer: `backoff_due`, `window_asked`, `disconnect_asked`, `lifetime_due`,
    /// `stable_due`, `keepalive_due`. Static storage.
    std::string_view event;
    ConnectionState before;     ///< the session's state
    ConnectionState after;      ///< the same as `before` if the step did not change it
    std::uint32_t attempt = 0;  ///< tries that the retry budget has spent
    bool sends_ping = false;    ///< a keep-alive ping is about to be sent
    TimePoint time{};           ///< of the reactor's clock
    SystemTime system_time{};   ///< the same moment, for a reader of the log
    /// What text() calls.
    FunctionRef<std::string()> describe{};

    /// One line with the details of the event, the machine's inner state after it, and what is about to be
    /// done, such as `transport_ended(the connection was reset by the peer) -> backoff, arm(backoff, 1 s)`.
    /// For a person to read: the wording may change. Allocates.
    [[nodiscard]] std::string text() const { return describe ? describe() : std::string(event); }
};

/// A message that has been taken by send(), or by the session itself for a subscription. Gone after the call
/// that shows it.
struct SentMessage {
    std::span<const std::byte> payload{};  ///< as it was given to send()
    bool is_text = true;                   ///< text, else binary
    bool is_secret = false;                ///< a feed's login
    std::uint32_t generation = 0;          ///< of the connection
    std::uint64_t sequence = 0;            ///< of the last message that was received before
    SystemTime time{};                     ///< when it was sent
};

/// Sees each step of a session, and what is sent. For logs and recordings; the library writes none by itself.
/// Not called for received messages. Threading: the reactor's thread. Must not throw, and must not call the
/// session.
class SessionObserver {
  public:
    virtual ~SessionObserver() = default;
    /// After the decision, before it is carried out.
    virtual void on_step(const SessionStep& step) noexcept = 0;
    /// After each message that was taken. By default nothing.
    virtual void on_sent(const SentMessage& /*message*/) noexcept {}
    /// The peer's ping came, and a pong answers it.
    virtual void on_ping(TimePoint /*received*/) noexcept {}
    /// An attempt waits until then, since it would break a limit of the dialer.
    virtual void on_held(TimePoint /*until*/) noexcept {}
};

}  // namespace pinwheel
