#include "session_fsm.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "../websocket/close_code.h"
#include "session_moves.h"

namespace pinwheel {
namespace {

using State = SessionState;
using Event = SessionEvent;
using Effect = SessionEffect;

}  // namespace

Error validate(const SessionOptions& options) {
    if (options.keepalive.interval < Duration::zero())
        return {Errc::invalid_argument, "ping_interval is negative; give 0 for no pings"};
    if (options.keepalive.interval > Duration::zero() && options.keepalive.timeout <= Duration::zero())
        return {Errc::invalid_argument, "ping_timeout is not positive"};
    if (Error error = validate(options.reconnect)) return error;
    return validate(options.window);
}

std::string_view to_string(SessionState state) noexcept {
    constexpr std::array<std::string_view, 7> kNames{"idle",    "connecting",      "open",  "closing",
                                                     "backoff", "awaiting_window", "closed"};
    return kNames[static_cast<std::size_t>(state)];
}

std::string_view to_string(Resume resume) noexcept {
    constexpr std::array<std::string_view, 5> kNames{"none", "immediately", "after_delay", "on_window",
                                                     "never"};
    return kNames[static_cast<std::size_t>(resume)];
}

/// One event's way through the machine.
class SessionFsm::Step : public SessionFsm::Moves {
  public:
    Step(SessionFsm& fsm, TimePoint now) noexcept : Moves(fsm, now) {}

    // The user's calls

    void operator()(const Event::Connect&) noexcept {
        if (!can_connect(fsm_.connection_state())) return warn(SessionWarning::connect_ignored);
        fsm_.policy_.reset();
        fsm_.purpose_ = Purpose::connect;
        const bool adopts = fsm_.state_ == State::connecting;
        fsm_.attempts_ = adopts ? 1 : 0;
        if (adopts) return;
        disarm_all();
        start_attempt();
    }

    void operator()(const Event::RequestDisconnect& request) noexcept {
        switch (fsm_.state_) {
            case State::open:
                if (request.reconnect_after)
                    return begin_closing(request.reason, Resume::after_delay, *request.reconnect_after);
                return begin_closing(request.reason, plan_after(request.reason));
            case State::connecting:
            case State::backoff:
            case State::awaiting_window:
                drop_try();
                fsm_.state_ = State::idle;
                if (request.reconnect_after) try_after(*request.reconnect_after, Purpose::reconnect);
                return;
            default:
                if (request.reconnect_after) warn(SessionWarning::reconnect_ignored);
        }
    }

    void operator()(const Event::ScheduleReconnect& schedule) noexcept {
        switch (fsm_.connection_state()) {
            case ConnectionState::connected:
                return begin_closing(DisconnectReason::scheduled, Resume::after_delay, schedule.delay);
            case ConnectionState::disconnected:
            case ConnectionState::reconnecting:
                drop_try();
                return try_after(schedule.delay, Purpose::reconnect);
            default:
                warn(SessionWarning::reconnect_ignored);
        }
    }

    void operator()(const Event::Close&) noexcept {
        switch (fsm_.state_) {
            case State::open:
                return begin_closing(DisconnectReason::user_requested, Resume::none);
            case State::closing:
                if (fsm_.resume_ != Resume::never) fsm_.resume_ = Resume::none;
                return;
            case State::closed:
                return;
            default:
                drop_try();
                fsm_.state_ = State::idle;
        }
    }

    void operator()(const Event::Kill&) noexcept {
        switch (fsm_.state_) {
            case State::open:
            case State::closing: {
                const bool stays_closed = fsm_.state_ == State::closing && fsm_.resume_ == Resume::never;
                effects_.push(Effect::AbortTransport{});
                return leave(DisconnectReason::killed, stays_closed ? State::closed : State::idle);
            }
            case State::closed:
                return;
            default:
                drop_try();
                fsm_.state_ = State::idle;
        }
    }

    void operator()(const Event::Shutdown&) noexcept {
        switch (fsm_.state_) {
            case State::open:
                return begin_closing(DisconnectReason::user_requested, Resume::never);
            case State::closing:
                fsm_.resume_ = Resume::never;
                return;
            default:
                drop_try();
                fsm_.state_ = State::closed;
        }
    }

    void operator()(const Event::ForceClose&) noexcept {
        switch (fsm_.state_) {
            case State::open:
            case State::closing: {
                const bool was_open = fsm_.state_ == State::open;
                effects_.push(Effect::AbortTransport{to_wire(CloseCode::normal)});
                return leave(was_open ? DisconnectReason::user_requested : fsm_.reason_, State::closed);
            }
            default:
                drop_try();
                fsm_.state_ = State::closed;
        }
    }

    // The transport's reports

    void operator()(const Event::TransportUp&) noexcept {
        if (fsm_.state_ != State::connecting) return;
        fsm_.state_ = State::open;
        fsm_.keepalive_.start(now_);
        arm(SessionTimer::stable, time_after(now_, fsm_.policy_.options().stable_connection_time));
        if (const auto limit = fsm_.window_.age_limit(now_)) arm(SessionTimer::lifetime, *limit);
        if (fsm_.has_should_disconnect_) arm_disconnect_check();
        arm_keepalive();
        effects_.push(Effect::NotifyConnected{});
        effects_.push(Effect::ReplaySubscriptions{});
    }

    void operator()(const Event::TransportEnded& end) noexcept {
        const Duration floor = fsm_.policy_.floor(end.close_code, end.http_status, end.retry_after);
        switch (fsm_.state_) {
            case State::connecting:
                return attempt_failed(end.error, floor);
            case State::open:
                return lost(end.error, floor);
            case State::closing:
                return finish_closing(floor);
            default:
                return;
        }
    }

    void operator()(const Event::Pong& pong) noexcept {
        if (fsm_.state_ == State::open && fsm_.keepalive_.pong(pong.payload, now_)) arm_keepalive();
    }

    void operator()(const Event::PongsHeldUp&) noexcept {
        if (fsm_.state_ != State::open) return;
        fsm_.keepalive_.start(now_);
        arm_keepalive();
    }

    // Timers

    void operator()(const Event::BackoffDue&) noexcept {
        if (fired(SessionTimer::backoff)) start_attempt();
    }

    void operator()(const Event::WindowAsked& asked) noexcept {
        if (!fired(SessionTimer::window_check)) return;
        const auto next = fsm_.window_.after(asked.answer, now_);
        switch (next.kind) {
            case WindowPolicy::Step::Kind::connect:
                return start_attempt();
            case WindowPolicy::Step::Kind::connect_at:
                fsm_.state_ = State::backoff;
                return arm(SessionTimer::backoff, next.at);
            case WindowPolicy::Step::Kind::ask_at:
                return arm(SessionTimer::window_check, next.at);
        }
    }

    void operator()(const Event::DisconnectAsked& asked) noexcept {
        if (!fired(SessionTimer::disconnect_check)) return;
        if (!asked.answer) return arm_disconnect_check();
        begin_closing(DisconnectReason::callback_triggered, plan_after(DisconnectReason::callback_triggered));
    }

    void operator()(const Event::LifetimeDue&) noexcept {
        if (!fired(SessionTimer::lifetime)) return;
        begin_closing(DisconnectReason::connection_limit, plan_after(DisconnectReason::connection_limit));
    }

    void operator()(const Event::StableDue&) noexcept {
        if (!fired(SessionTimer::stable)) return;
        fsm_.policy_.reset();
        fsm_.attempts_ = 0;
    }

    void operator()(const Event::KeepaliveDue& due) noexcept {
        if (!fired(SessionTimer::keepalive)) return;
        switch (fsm_.keepalive_.due(now_)) {
            case Keepalive::Step::timed_out:
                if (!due.all_read) return operator()(Event::PongsHeldUp{});
                effects_.push(Effect::AbortTransport{to_wire(CloseCode::internal_error)});
                return lost(Errc::pong_timeout, Duration::zero());
            case Keepalive::Step::send_ping:
                effects_.push(Effect::SendPing{fsm_.keepalive_.payload()});
                return arm_keepalive();
            case Keepalive::Step::none:
                return arm_keepalive();
        }
    }
};

SessionFsm::SessionFsm(const SessionOptions& options) noexcept
    : auto_reconnect_(options.auto_reconnect),
      has_should_disconnect_(options.has_should_disconnect),
      has_should_reconnect_(options.has_should_reconnect),
      policy_(options.reconnect),
      keepalive_(options.keepalive),
      window_(options.window),
      random_(options.jitter_seed) {}

SessionEffects SessionFsm::on(const SessionEvent::Any& event, TimePoint now) noexcept {
    Step step(*this, now);
    std::visit(step, event);
    return step.effects();
}

ConnectionState SessionFsm::connection_state() const noexcept {
    switch (state_) {
        case State::idle:
            return ConnectionState::disconnected;
        case State::open:
            return ConnectionState::connected;
        case State::closing:
            return ConnectionState::closing;
        case State::closed:
            return ConnectionState::closed;
        default:
            return purpose_ == Purpose::connect ? ConnectionState::connecting : ConnectionState::reconnecting;
    }
}

bool SessionFsm::is_shutdown() const noexcept {
    return state_ == State::closed || (state_ == State::closing && resume_ == Resume::never);
}

}  // namespace pinwheel
