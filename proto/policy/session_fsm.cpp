#include "session_fsm.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "../../core/duration_text.h"
#include "../websocket/close_code.h"

namespace pinwheel {
namespace {

using Event = SessionEvent;
using Effect = SessionEffect;
using detail::text_of;

}  // namespace

Error validate(const SessionOptions& options) {
    const Duration interval = options.keepalive.interval;
    const Duration timeout = options.keepalive.timeout;
    if (interval < Duration::zero())
        return {Errc::invalid_argument,
                "ping_interval is " + text_of(interval) + "; give 0 for no pings, or more"};
    if (interval > Duration::zero() && timeout <= Duration::zero())
        return {Errc::invalid_argument, "ping_timeout is " + text_of(timeout) + "; give more than 0"};
    if (Error error = validate(options.reconnect); error.failed()) return error;
    return validate(options.window);
}

std::string_view to_string(SessionState state) noexcept {
    constexpr std::array<std::string_view, 7> kNames{"idle",    "connecting",      "open",  "closing",
                                                     "backoff", "awaiting_window", "closed"};
    return kNames[static_cast<std::size_t>(state)];
}

std::string_view to_string(Resume resume) noexcept {
    constexpr std::array<std::string_view, 6> kNames{"none",        "connect",   "immediately",
                                                     "after_delay", "on_window", "never"};
    return kNames[static_cast<std::size_t>(resume)];
}

/// One event's way through the machine: first the transitions, then the moves that they are made of.
class SessionFsm::Step {
  public:
    Step(SessionFsm& fsm, TimePoint now) noexcept : fsm_(fsm), now_(now) {}

    [[nodiscard]] const SessionEffects& effects() const noexcept { return effects_; }

    // The user's calls

    void operator()(const Event::Connect&) noexcept {
        if (plan_can_change()) return plan(Resume::connect);
        if (!can_connect(fsm_.connection_state())) return warn(SessionWarning::connect_ignored);
        const bool adopts = fsm_.state_ == State::connecting;
        begin_connect();
        if (adopts) {
            fsm_.attempts_ = 1;
            return;
        }
        disarm_all();
        start_attempt();
    }

    void operator()(const Event::RequestDisconnect& request) noexcept {
        const Resume resume = request.reconnect_after ? Resume::after_delay : plan_after(request.reason);
        const Duration delay = request.reconnect_after.value_or(Duration::zero());
        switch (fsm_.state_) {
            case State::open:
                return begin_closing(request.reason, resume, delay);
            case State::closing:
                if (plan_can_change()) return plan(resume, delay);
                break;
            case State::connecting:
            case State::backoff:
            case State::awaiting_window:
                if (!request.reconnect_after) return stop_trying(request.reason, State::idle);
                drop_try();
                return try_after(delay, Purpose::reconnect);
            case State::idle:
                if (!request.reconnect_after) return record_stop(request.reason, /*forgets_failure=*/false);
                break;
            case State::closed:
                break;
        }
        if (request.reconnect_after) warn(SessionWarning::reconnect_ignored);
    }

    void operator()(const Event::ScheduleReconnect& schedule) noexcept {
        if (plan_can_change()) return plan(Resume::after_delay, schedule.delay);
        switch (fsm_.connection_state()) {
            case ConnectionState::connected:
                return begin_closing(DisconnectReason::scheduled, Resume::after_delay, schedule.delay);
            case ConnectionState::disconnected:
            case ConnectionState::reconnecting:
                drop_try();
                return try_after(schedule.delay, Purpose::reconnect);
            case ConnectionState::connecting:
            case ConnectionState::closing:
            case ConnectionState::closed:
                return warn(SessionWarning::reconnect_ignored);
        }
    }

    void operator()(const Event::Close&) noexcept {
        switch (fsm_.state_) {
            case State::open:
                return begin_closing(DisconnectReason::user_requested, Resume::none);
            case State::closing:
                if (plan_can_change()) plan(Resume::none);
                return;
            case State::closed:
                return;
            case State::idle:
                return record_stop(DisconnectReason::user_requested, /*forgets_failure=*/false);
            case State::connecting:
            case State::backoff:
            case State::awaiting_window:
                return stop_trying(DisconnectReason::user_requested, State::idle);
        }
    }

    void operator()(const Event::Kill&) noexcept {
        switch (fsm_.state_) {
            case State::open:
            case State::closing: {
                const bool stays_closed = fsm_.is_shutdown();
                effects_.push(Effect::AbortTransport{});
                return leave(DisconnectReason::killed, stays_closed ? State::closed : State::idle);
            }
            case State::idle:
            case State::closed:
                return;
            case State::connecting:
            case State::backoff:
            case State::awaiting_window:
                return stop_trying(DisconnectReason::killed, State::idle);
        }
    }

    void operator()(const Event::Shutdown&) noexcept {
        if (!is_up()) return close_for_good();
        if (fsm_.state_ == State::closing) return plan(Resume::never);
        begin_closing(DisconnectReason::user_requested, Resume::never);
    }

    void operator()(const Event::ForceClose&) noexcept {
        if (!is_up()) return close_for_good();
        const bool was_open = fsm_.state_ == State::open;
        effects_.push(Effect::AbortTransport{to_wire(CloseCode::normal)});
        leave(was_open ? DisconnectReason::user_requested : fsm_.reason_, State::closed);
    }

    void operator()(const Event::Subscribe& added) noexcept {
        if (sends_subscriptions()) effects_.push(Effect::SendSubscribe{added.channels});
    }

    void operator()(const Event::Unsubscribe& removed) noexcept {
        if (sends_subscriptions()) effects_.push(Effect::SendUnsubscribe{removed.channels});
    }

    // The transport's reports

    void operator()(const Event::TransportUp&) noexcept {
        if (fsm_.state_ != State::connecting) return;
        fsm_.state_ = State::open;
        fsm_.are_subscriptions_sent_ = false;
        fsm_.attempts_ = fsm_.policy_.tries();
        fsm_.keepalive_.start(now_);
        arm(SessionTimer::stable, time_after(now_, fsm_.policy_.options().stable_connection_time));
        if (const auto limit = fsm_.window_.age_limit(now_)) arm(SessionTimer::lifetime, *limit);
        if (fsm_.has_should_disconnect_) arm_disconnect_check();
        arm_keepalive();
        effects_.push(Effect::NotifyConnected{});
    }

    void operator()(const Event::ConnectHandled&) noexcept {
        if (fsm_.state_ != State::open || std::exchange(fsm_.are_subscriptions_sent_, true)) return;
        effects_.push(Effect::ReplaySubscriptions{});
    }

    void operator()(const Event::TransportEnded& end) noexcept {
        if (fsm_.state_ != State::connecting && !is_up()) return;
        const Duration wait = fsm_.policy_.floor(end.close_code, end.http_status, end.retry_after);
        if (wait > Duration::zero()) fsm_.not_before_ = time_after(now_, wait);
        if (fsm_.state_ == State::connecting) return attempt_failed(end);
        if (fsm_.state_ == State::open) return lost(end.error);
        finish_closing();
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
        fsm_.keepalive_.heard(due.last_read);
        switch (fsm_.keepalive_.due(now_)) {
            case Keepalive::Step::timed_out:
                if (!due.all_read) return operator()(Event::PongsHeldUp{});
                effects_.push(Effect::AbortTransport{to_wire(CloseCode::internal_error)});
                return lost(Errc::pong_timeout);
            case Keepalive::Step::send_ping:
                effects_.push(Effect::SendPing{fsm_.keepalive_.payload()});
                return arm_keepalive();
            case Keepalive::Step::none:
                return arm_keepalive();
        }
    }

  private:
    // Moves: timers

    void arm(SessionTimer timer, TimePoint deadline) noexcept {
        fsm_.armed_.set(index(timer));
        effects_.push(Effect::Arm{timer, deadline});
    }
    void arm_disconnect_check() noexcept {
        arm(SessionTimer::disconnect_check, fsm_.window_.next_disconnect_check(now_));
    }
    void arm_keepalive() noexcept {
        if (const auto deadline = fsm_.keepalive_.deadline()) arm(SessionTimer::keepalive, *deadline);
    }
    /// False for a timer that is not armed: its event came too late.
    [[nodiscard]] bool fired(SessionTimer timer) noexcept {
        const bool was_armed = fsm_.armed_.test(index(timer));
        fsm_.armed_.reset(index(timer));
        return was_armed;
    }
    void disarm_all() noexcept {
        for (std::size_t i = 0; i < kSessionTimers; ++i)
            if (const auto timer = static_cast<SessionTimer>(i); fired(timer))
                effects_.push(Effect::Disarm{timer});
    }
    [[nodiscard]] static constexpr std::size_t index(SessionTimer timer) noexcept {
        return static_cast<std::size_t>(timer);
    }

    // Moves: tries

    /// A connect() begins with a full budget, and without a server's wait.
    void begin_connect() noexcept {
        fsm_.policy_.reset();
        fsm_.purpose_ = Purpose::connect;
        fsm_.attempts_ = 0;
        fsm_.not_before_ = TimePoint{};
    }

    void start_attempt() noexcept {
        fsm_.state_ = State::connecting;
        effects_.push(Effect::StartConnect{fsm_.purpose_ == Purpose::reconnect || fsm_.attempts_ > 0});
        ++fsm_.attempts_;
    }

    /// Not before the end of the server's wait.
    void try_after(Duration delay, Purpose purpose) noexcept {
        fsm_.purpose_ = purpose;
        const TimePoint at = std::max(time_after(now_, delay), fsm_.not_before_);
        if (at == now_) return start_attempt();
        fsm_.state_ = State::backoff;
        arm(SessionTimer::backoff, at);
    }

    /// Not before the end of the server's wait.
    void ask_window_after(Duration delay, Purpose purpose) noexcept {
        fsm_.purpose_ = purpose;
        fsm_.state_ = State::awaiting_window;
        arm(SessionTimer::window_check, std::max(time_after(now_, delay), fsm_.not_before_));
    }

    /// Takes a try from the budget and waits as the strategy demands. False: the budget is spent.
    [[nodiscard]] bool next_try(Purpose purpose, Duration before_asking) noexcept {
        fsm_.state_ = State::idle;
        if (fsm_.policy_.exhausted()) return false;
        const std::uint32_t n = fsm_.policy_.take();
        if (fsm_.policy_.options().strategy == ReconnectStrategy::callback_controlled &&
            fsm_.has_should_reconnect_)
            ask_window_after(before_asking, purpose);
        else
            try_after(fsm_.policy_.delay(n, fsm_.random_.unit()), purpose);
        return true;
    }

    void attempt_failed(const Event::TransportEnded& end) noexcept {
        const bool retryable = is_retryable(end.error, end.http_status);
        if (!retryable && fsm_.purpose_ == Purpose::connect) {
            fsm_.state_ = State::idle;
            return give_up(end.error, end.error);
        }
        if (!next_try(fsm_.purpose_, fsm_.window_.options().reconnect_check_interval))
            return give_up(Errc::retries_exhausted, end.error);
        if (!retryable) warn(SessionWarning::refused_but_trying);
        const Duration waited = fsm_.policy_.floor(end.close_code, end.http_status, end.retry_after);
        if (waited > Duration::zero() && end.retry_after.value_or(waited) > waited)
            effects_.push(Effect::Warn{SessionWarning::retry_after_capped, fsm_.connection_state(),
                                       *end.retry_after, waited});
    }

    /// Ends the attempt or wait for a connection.
    void drop_try() noexcept {
        if (fsm_.state_ == State::connecting) effects_.push(Effect::AbortTransport{});
        disarm_all();
        fsm_.attempts_ = 0;
    }

    /// A call ends the tries, or there are none. No connection is up.
    void stop_trying(DisconnectReason reason, State next) noexcept {
        drop_try();
        fsm_.state_ = next;
        record_stop(reason, /*forgets_failure=*/true);
    }
    void close_for_good() noexcept {
        if (fsm_.state_ != State::closed) stop_trying(DisconnectReason::user_requested, State::closed);
    }
    void record_stop(DisconnectReason reason, bool forgets_failure) noexcept {
        effects_.push(Effect::RecordStop{reason, forgets_failure});
    }

    void give_up(Errc error, Errc cause) noexcept {
        const bool of_connect = fsm_.purpose_ == Purpose::connect;
        effects_.push(Effect::NotifyGaveUp{error, cause, std::exchange(fsm_.attempts_, 0), of_connect});
    }

    // Moves: ending a connection

    [[nodiscard]] bool is_up() const noexcept {
        return fsm_.state_ == State::open || fsm_.state_ == State::closing;
    }
    [[nodiscard]] bool sends_subscriptions() const noexcept {
        return fsm_.state_ == State::open && fsm_.are_subscriptions_sent_;
    }

    void lost(Errc error) noexcept {
        disarm_all();
        fsm_.purpose_ = Purpose::reconnect;
        fsm_.state_ = State::idle;
        const bool tries = fsm_.auto_reconnect_ && next_try(Purpose::reconnect, Duration::zero());
        effects_.push(Effect::NotifyDisconnected{reason_of(error)});
        if (fsm_.auto_reconnect_ && !tries) give_up(Errc::retries_exhausted, error);
    }

    /// From open or closing, at once.
    void leave(DisconnectReason reason, State next) noexcept {
        disarm_all();
        fsm_.state_ = next;
        effects_.push(Effect::NotifyDisconnected{reason});
    }

    [[nodiscard]] Resume plan_after(DisconnectReason reason) const noexcept {
        if (reason == DisconnectReason::connection_limit && !fsm_.has_should_reconnect_)
            return Resume::immediately;
        return fsm_.has_should_reconnect_ && fsm_.auto_reconnect_ ? Resume::on_window : Resume::none;
    }

    /// While closing, until shutdown(), the user's last call is the plan.
    [[nodiscard]] bool plan_can_change() const noexcept {
        return fsm_.state_ == State::closing && fsm_.resume_ != Resume::never;
    }
    void plan(Resume resume, Duration delay = Duration::zero()) noexcept {
        fsm_.resume_ = resume;
        fsm_.resume_delay_ = delay;
    }

    void begin_closing(DisconnectReason reason, Resume resume, Duration delay = Duration::zero()) noexcept {
        disarm_all();
        fsm_.state_ = State::closing;
        fsm_.reason_ = reason;
        plan(resume, delay);
        effects_.push(Effect::SendClose{to_wire(CloseCode::normal)});
    }

    void finish_closing() noexcept {
        switch (fsm_.resume_) {
            case Resume::none:
                fsm_.state_ = State::idle;
                break;
            case Resume::connect:
                begin_connect();
                start_attempt();
                break;
            case Resume::immediately:
            case Resume::after_delay:
                try_after(fsm_.resume_delay_, Purpose::reconnect);
                break;
            case Resume::on_window:
                ask_window_after(Duration::zero(), Purpose::reconnect);
                break;
            case Resume::never:
                fsm_.state_ = State::closed;
                break;
        }
        effects_.push(Effect::NotifyDisconnected{fsm_.reason_});
    }

    void warn(SessionWarning warning) noexcept {
        effects_.push(Effect::Warn{warning, fsm_.connection_state()});
    }

    SessionFsm& fsm_;
    const TimePoint now_;
    SessionEffects effects_;
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
        case State::connecting:
        case State::backoff:
        case State::awaiting_window:
            return purpose_ == Purpose::connect ? ConnectionState::connecting : ConnectionState::reconnecting;
    }
    return ConnectionState::closed;  // not reached: the switch is complete
}

bool SessionFsm::is_shutdown() const noexcept {
    return state_ == State::closed || (state_ == State::closing && resume_ == Resume::never);
}

}  // namespace pinwheel
