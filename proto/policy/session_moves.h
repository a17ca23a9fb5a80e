#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../websocket/close_code.h"
#include "session_fsm.h"

namespace pinwheel {

/// What the machine's transitions are made of; which event makes which of them is SessionFsm::Step's.
class SessionFsm::Moves {
  public:
    [[nodiscard]] const SessionEffects& effects() const noexcept { return effects_; }

  protected:
    Moves(SessionFsm& fsm, TimePoint now) noexcept : fsm_(fsm), now_(now) {}

    // Timers

    void arm(SessionTimer timer, TimePoint deadline) noexcept {
        fsm_.armed_ |= bit(timer);
        effects_.push(SessionEffect::Arm{timer, deadline});
    }
    void arm_disconnect_check() noexcept {
        arm(SessionTimer::disconnect_check, fsm_.window_.next_disconnect_check(now_));
    }
    void arm_keepalive() noexcept {
        if (const auto deadline = fsm_.keepalive_.deadline()) arm(SessionTimer::keepalive, *deadline);
    }
    /// False for a timer that is not armed: its event has been overtaken.
    [[nodiscard]] bool fired(SessionTimer timer) noexcept {
        const bool was_armed = (fsm_.armed_ & bit(timer)) != 0;
        fsm_.armed_ &= static_cast<std::uint8_t>(~bit(timer));
        return was_armed;
    }
    void disarm_all() noexcept {
        for (std::size_t i = 0; i < kSessionTimers; ++i)
            if (const auto timer = static_cast<SessionTimer>(i); fired(timer))
                effects_.push(SessionEffect::Disarm{timer});
    }

    // Trying

    void start_attempt() noexcept {
        fsm_.state_ = SessionState::connecting;
        effects_.push(SessionEffect::StartConnect{fsm_.purpose_ == Purpose::reconnect || fsm_.attempts_ > 0});
        ++fsm_.attempts_;
    }

    void try_after(Duration delay, Purpose purpose) noexcept {
        fsm_.purpose_ = purpose;
        if (delay == Duration::zero()) return start_attempt();
        fsm_.state_ = SessionState::backoff;
        arm(SessionTimer::backoff, time_after(now_, delay));
    }

    void ask_window_after(Duration delay, Purpose purpose) noexcept {
        fsm_.purpose_ = purpose;
        fsm_.state_ = SessionState::awaiting_window;
        arm(SessionTimer::window_check, time_after(now_, delay));
    }

    /// Takes a try from the budget and waits as the strategy says, at least `floor`. False: none is left.
    [[nodiscard]] bool next_try(Purpose purpose, Duration floor, Duration before_asking) noexcept {
        fsm_.state_ = SessionState::idle;
        if (fsm_.policy_.exhausted()) return false;
        const std::uint32_t n = fsm_.policy_.take();
        if (fsm_.policy_.options().strategy == ReconnectStrategy::callback_controlled &&
            fsm_.has_should_reconnect_)
            ask_window_after(std::max(floor, before_asking), purpose);
        else
            try_after(std::max(floor, fsm_.policy_.delay(n, fsm_.random_.unit())), purpose);
        return true;
    }

    void attempt_failed(Errc error, Duration floor) noexcept {
        const bool curable = may_pass(error);
        if (!curable && fsm_.purpose_ == Purpose::connect) {
            fsm_.state_ = SessionState::idle;
            return give_up(error, error);
        }
        if (!next_try(fsm_.purpose_, floor, fsm_.window_.options().reconnect_check_interval))
            return give_up(Errc::retries_exhausted, error);
        if (!curable) warn(SessionWarning::refused_but_trying);
    }

    /// Ends whatever is under way towards a connection.
    void drop_try() noexcept {
        if (fsm_.state_ == SessionState::connecting) effects_.push(SessionEffect::AbortTransport{});
        disarm_all();
    }

    void give_up(Errc error, Errc cause) noexcept {
        effects_.push(SessionEffect::NotifyGaveUp{error, cause, fsm_.attempts_});
    }

    // Ending a connection

    void lost(Errc error, Duration floor) noexcept {
        disarm_all();
        fsm_.state_ = SessionState::idle;
        const bool tries = fsm_.auto_reconnect_ && next_try(Purpose::reconnect, floor, Duration::zero());
        effects_.push(SessionEffect::NotifyDisconnected{reason_of(error)});
        if (fsm_.auto_reconnect_ && !tries) give_up(Errc::retries_exhausted, error);
    }

    /// From open or closing, at once.
    void leave(DisconnectReason reason, SessionState next) noexcept {
        disarm_all();
        fsm_.state_ = next;
        effects_.push(SessionEffect::NotifyDisconnected{reason});
    }

    [[nodiscard]] Resume plan_after(DisconnectReason reason) const noexcept {
        if (reason == DisconnectReason::connection_limit && !fsm_.has_should_reconnect_)
            return Resume::immediately;
        return fsm_.has_should_reconnect_ && fsm_.auto_reconnect_ ? Resume::on_window : Resume::none;
    }

    void begin_closing(DisconnectReason reason, Resume resume, Duration delay = Duration::zero()) noexcept {
        disarm_all();
        fsm_.state_ = SessionState::closing;
        fsm_.reason_ = reason;
        fsm_.resume_ = resume;
        fsm_.resume_delay_ = delay;
        effects_.push(SessionEffect::SendClose{to_wire(CloseCode::normal)});
    }

    void finish_closing(Duration floor) noexcept {
        switch (fsm_.resume_) {
            case Resume::none:
                fsm_.state_ = SessionState::idle;
                break;
            case Resume::immediately:
                try_after(floor, Purpose::reconnect);
                break;
            case Resume::after_delay:
                try_after(std::max(floor, fsm_.resume_delay_), Purpose::reconnect);
                break;
            case Resume::on_window:
                ask_window_after(floor, Purpose::reconnect);
                break;
            case Resume::never:
                fsm_.state_ = SessionState::closed;
                break;
        }
        effects_.push(SessionEffect::NotifyDisconnected{fsm_.reason_});
    }

    void warn(SessionWarning warning) noexcept { effects_.push(SessionEffect::Warn{warning}); }

    SessionFsm& fsm_;
    const TimePoint now_;
    SessionEffects effects_;

  private:
    [[nodiscard]] static constexpr std::uint8_t bit(SessionTimer timer) noexcept {
        return static_cast<std::uint8_t>(1U << static_cast<unsigned>(timer));
    }
};

}  // namespace pinwheel
