#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/random.h"
#include "connection_state.h"
#include "disconnect_reason.h"
#include "keepalive.h"
#include "reconnect_policy.h"
#include "session_effect.h"
#include "session_event.h"
#include "session_options.h"
#include "window_policy.h"

namespace pinwheel {

/// The internal states. The user sees them as ConnectionState.
enum class SessionState : std::uint8_t {
    idle,             ///< DISCONNECTED
    connecting,       ///< a transport is being made
    open,             ///< CONNECTED
    closing,          ///< CLOSING: the close handshake is under way; the Resume plan decides the next state
    backoff,          ///< waiting for the backoff timer, then a try
    awaiting_window,  ///< asking should_reconnect repeatedly, until it allows a try
    closed,           ///< CLOSED
};

[[nodiscard]] std::string_view to_string(SessionState state) noexcept;

/// The plan after a close handshake.
enum class Resume : std::uint8_t {
    none,         ///< idle
    connect,      ///< a connect(): the first attempt, with a full budget
    immediately,  ///< a try
    after_delay,  ///< backoff
    on_window,    ///< awaiting_window
    never,        ///< closed
};

[[nodiscard]] std::string_view to_string(Resume resume) noexcept;

/// The life of a session: when to make which transport, which handlers to call, when to stop. It does no I/O.
/// Its owner turns occurrences into events, and executes the effects of each event in order.
///
///                                                    close(), shutdown(), request_disconnect(),
///          connect()             TransportUp          schedule_reconnect(), should_disconnect, age
///     idle ────────▶ connecting ─────────────▶ open ────────────────────────────────────▶ closing
///      ▲              │      ▲                  │                                            │
///      │       failed │      │ BackoffDue,      │ lost                                       │ ended:
///      │              │      │ WindowAsked(yes) │                                            │ the plan
///      │              ▼      │                  ▼                                            ▼
///      │          ┌─────────────────────────────────┐            to backoff or awaiting_window,
///      └───────── │    backoff, awaiting_window     │ ◀───────── or to connecting, idle or closed
///       close(),  └─────────────────────────────────┘
///       kill()
///
/// After a loss, and after a failed attempt with budget left, the strategy chooses between backoff,
/// awaiting_window and an immediate try. Without budget, and after a permanent error, idle follows. close(),
/// kill() and request_disconnect() lead from connecting, backoff and awaiting_window to idle; kill() also
/// from open and closing. schedule_reconnect() leads from idle to backoff. shutdown() leads from every state
/// to closed, through closing if a connection is up. force_close() leads there at once.
///
/// The contract:
/// - Every pair of state and event is allowed. An event that means nothing in a state has no effects.
/// - A transport lives from StartConnect until its TransportEnded or an AbortTransport. One lives at a time.
///   The owner feeds TransportUp, Pong and TransportEnded of that transport only.
/// - A timer is armed from Arm until it fires or a Disarm. The owner feeds the answer of should_disconnect or
///   should_reconnect even if that callback has called the session. An answer is ignored if the state has
///   changed since.
/// - While reading is paused, PongsHeldUp replaces KeepaliveDue. It also comes when reading resumes. The
///   owner reads before KeepaliveDue, so that a late turn does not look like a late pong.
/// - NotifyConnected and NotifyDisconnected alternate, beginning with NotifyConnected.
/// - Effects are executed completely, whatever a handler does. A handler may feed events. Their effects are
///   executed before the rest.
/// - The owner feeds ConnectHandled when on_connect has returned or thrown, or, if subscriptions are held,
/// when
///   the server has accepted the login. All subscriptions are sent then.
///   Before it Subscribe and Unsubscribe send nothing.
///
/// Decisions beyond the table:
/// - Attempts that cost no try of the budget: one planned by the user or by the age limit, and the first of a
///   connect(). Their retries do. The budget resets after connect(), and after a connection has been up for
///   stable_connection_time.
/// - A report of giving up counts the attempts since connect(), the user's plan or the loss. After a loss,
///   tries that the budget has not reset count too.
/// - connect() while RECONNECTING with a transport under way adopts it as its first attempt.
/// - A server that reported overload (close code 1013, HTTP 503 or 429) is not tried before the time it asked
///   for, and should_reconnect is not called before. This holds for every plan. Only connect() overrides it.
/// - While closing, the last call is the plan: connect(), schedule_reconnect(), request_disconnect() or
///   close(). The reason stays that of the first call.
/// - should_reconnect is called at once when a connection has ended, and one interval after a failed try.
/// - Any end of the transport while closing counts as the planned disconnect, except kill(), which is KILLED.
///   Nothing undoes shutdown(): kill() and close() during it end in closed.
/// - A call for the current state, or for one that is under way, has no notice. An impossible call warns.
///
/// Threading: one thread. Invariant: connecting, open and closing have a transport; no other state has one.
/// backoff and awaiting_window have their timer armed. Allocates: nothing.
class SessionFsm {
  public:
    /// `options` must be valid.
    explicit SessionFsm(const SessionOptions& options) noexcept;

    /// `now` never goes back.
    [[nodiscard]] SessionEffects on(const SessionEvent::Any& event, TimePoint now) noexcept;

    [[nodiscard]] SessionState state() const noexcept { return state_; }
    [[nodiscard]] ConnectionState connection_state() const noexcept;
    /// True after shutdown() or force_close().
    [[nodiscard]] bool is_shutdown() const noexcept;
    /// While closing: the plan that follows.
    [[nodiscard]] Resume resume() const noexcept { return resume_; }
    /// Tries taken from the budget.
    [[nodiscard]] std::uint32_t tries() const noexcept { return policy_.tries(); }
    [[nodiscard]] const RoundTrip& round_trip() const noexcept { return keepalive_.round_trip(); }
    void reset_round_trip() noexcept { keepalive_.reset_round_trip(); }

  private:
    using State = SessionState;
    class Step;

    /// The purpose of connecting, backoff and awaiting_window.
    enum class Purpose : std::uint8_t {
        connect,    // a connect() that has not succeeded yet: CONNECTING
        reconnect,  // anything else: RECONNECTING
    };

    const bool auto_reconnect_;
    const bool has_should_disconnect_;
    const bool has_should_reconnect_;
    ReconnectPolicy policy_;
    Keepalive keepalive_;
    WindowPolicy window_;
    SeededRandom random_;

    SessionState state_ = SessionState::idle;
    Purpose purpose_ = Purpose::connect;
    Resume resume_ = Resume::none;                                // the plan of closing
    Duration resume_delay_{};                                     // for Resume::after_delay
    DisconnectReason reason_ = DisconnectReason::user_requested;  // the reason of closing
    std::uint32_t attempts_ = 0;                                  // for the report of giving up
    TimePoint not_before_{};                                      // the end of the server's wait
    bool are_subscriptions_sent_ = false;                         // of open
    std::bitset<kSessionTimers> armed_;
};

}  // namespace pinwheel
