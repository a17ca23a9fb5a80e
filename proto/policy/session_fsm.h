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

/// The states inside. What a user sees of them is ConnectionState.
enum class SessionState : std::uint8_t {
    idle,             ///< DISCONNECTED
    connecting,       ///< a transport is on its way up
    open,             ///< CONNECTED
    closing,          ///< CLOSING: the close handshake runs, and the Resume plan says what follows
    backoff,          ///< waiting for the backoff timer, then a try
    awaiting_window,  ///< asking should_reconnect, again and again, until it lets a try happen
    closed,           ///< CLOSED
};

[[nodiscard]] std::string_view to_string(SessionState state) noexcept;

/// What follows a close handshake.
enum class Resume : std::uint8_t {
    none,         ///< idle
    connect,      ///< a connect(): the first attempt, with a full budget
    immediately,  ///< a try
    after_delay,  ///< backoff
    on_window,    ///< awaiting_window
    never,        ///< closed
};

[[nodiscard]] std::string_view to_string(Resume resume) noexcept;

/// The life of a session: which transport to make and when, what to tell whom, when to stop. It touches
/// nothing; its owner turns what happens into events, and executes the effects of each in order.
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
/// awaiting_window and connecting at once; with none left, and after an error without cure, idle follows.
/// close(), kill() and request_disconnect() lead from connecting, backoff and awaiting_window to idle; kill()
/// from open and closing, too. schedule_reconnect() leads from idle to backoff. shutdown() leads, over
/// closing if a connection is up, and force_close() at once from every state to closed.
///
/// The contract:
/// - Every pair of state and event is allowed. An event that means nothing in a state has no effects.
/// - A transport lives from StartConnect until its TransportEnded or an AbortTransport, and only one lives at
///   a time. The owner feeds TransportUp, Pong and TransportEnded of that one only.
/// - Timers live from Arm until they fire or a Disarm. One that fires is no longer armed. An owner that asks
///   should_disconnect or should_reconnect feeds the answer even if that callback has called the session: the
///   answer is ignored if the state has changed since.
/// - While reading is paused, PongsHeldUp takes the place of KeepaliveDue; it also comes when reading goes
/// on. Before KeepaliveDue the owner reads: a late turn is no late pong.
/// - NotifyConnected and NotifyDisconnected alternate, beginning with NotifyConnected.
/// - Effects are executed completely, whatever a handler does; a handler may feed events, whose effects are
///   executed before the rest. Only ReplaySubscriptions is then conditional: on state() being open.
///
/// Decisions beyond the bare table:
/// - An attempt planned by the user or by the age limit costs no try of the budget, as the first attempt of
///   connect() does not; its retries do. The budget is whole again after connect(), and after a connection
///   has been up for stable_connection_time.
/// - A report of giving up counts the attempts since connect(), the user's plan or the loss; after a loss
/// those
///   that the budget still remembers count too.
/// - connect() while RECONNECTING with a transport on its way adopts that transport as its first attempt.
/// - A server that cannot serve now (close code 1013, HTTP 503 or 429) is not tried, and should_reconnect is
///   not asked, before the time it asked for, whichever plan is followed and whenever it is made. Only
///   connect() overrides that.
/// - While closing, the last call is the plan: connect(), schedule_reconnect(), request_disconnect() or
///   close(). The reason stays the first one's.
/// - should_reconnect is asked at once when a connection has ended, and one interval after a failed try.
/// - What ends the transport while closing counts as the planned disconnect, save kill(), which is KILLED.
///   shutdown() is not undone by anything: kill() and close() while it runs end in closed.
/// - A call for a state that already holds, or is on its way, is silent. One that cannot be followed warns.
///
/// Threading: one thread. Invariant: connecting, open and closing have a transport, the others have none;
/// backoff and awaiting_window have their timer armed. Allocates: nothing.
class SessionFsm {
  public:
    /// `options` must be valid.
    explicit SessionFsm(const SessionOptions& options) noexcept;

    /// `now` never goes back.
    [[nodiscard]] SessionEffects on(const SessionEvent::Any& event, TimePoint now) noexcept;

    [[nodiscard]] SessionState state() const noexcept { return state_; }
    [[nodiscard]] ConnectionState connection_state() const noexcept;
    /// True from shutdown() or force_close() on.
    [[nodiscard]] bool is_shutdown() const noexcept;
    /// While closing: what follows.
    [[nodiscard]] Resume resume() const noexcept { return resume_; }
    /// Tries taken from the budget.
    [[nodiscard]] std::uint32_t tries() const noexcept { return policy_.tries(); }
    [[nodiscard]] const RoundTrip& round_trip() const noexcept { return keepalive_.round_trip(); }
    void reset_round_trip() noexcept { keepalive_.reset_round_trip(); }

  private:
    class Step;

    /// What connecting, backoff and awaiting_window are for.
    enum class Purpose : std::uint8_t {
        connect,    // a connect() that has had no success yet: CONNECTING
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
    Resume resume_ = Resume::none;                                // of closing
    Duration resume_delay_{};                                     // of Resume::after_delay
    DisconnectReason reason_ = DisconnectReason::user_requested;  // of closing
    std::uint32_t attempts_ = 0;                                  // that a report of giving up counts
    TimePoint not_before_{};                                      // the end of the server's wait
    std::bitset<kSessionTimers> armed_;
};

}  // namespace pinwheel
