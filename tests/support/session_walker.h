#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "../../proto/policy/session_fsm.h"
#include "require.h"

namespace pinwheel::test {

/// The environment of a session: timers, transport and notices. `Dice`, which has below(bound), draws the
/// events. The walker checks the invariants after each event.
template <class Dice>
class SessionWalker {
  public:
    SessionWalker(const SessionOptions& options, Dice& dice)
        : options_(options), fsm_(options), random_(dice) {}

    /// Feeds one event. Throws Broken at the first violated invariant.
    void step() {
        const auto event = draw();
        const auto was = fsm_.state();
        const bool had_transport = transport_;
        if (std::holds_alternative<E::TransportEnded>(event)) transport_ = false;
        if (std::holds_alternative<E::ConnectHandled>(event)) in_on_connect_ = false;
        try {
            const auto effects = fsm_.on(event, now_);
            if (was == SessionState::closed) require(fsm_.state() == SessionState::closed, "closed was left");
            require_fit(effects);
            for (const auto& effect : effects)
                std::visit([this](const auto& one) { this->execute(one); }, effect);
            check();
        } catch (const Broken& broken) {
            throw Broken(std::string(broken.what()) + " after " + to_string(event) + " in " +
                         std::string(to_string(was)) + (had_transport ? "" : " without transport"));
        }
    }

    [[nodiscard]] bool closed() const { return fsm_.state() == SessionState::closed; }
    [[nodiscard]] int connections() const { return connects_; }

  private:
    using E = SessionEvent;

    /// L7: the basis of SessionEffects' capacity: each kind at most once, and each timer.
    static void require_fit(const SessionEffects& effects) {
        std::array<int, std::variant_size_v<SessionEffect::Any>> kinds{};
        std::array<int, kSessionTimers> arms{}, disarms{};
        for (const auto& effect : effects) {
            if (const auto* const arm = std::get_if<SessionEffect::Arm>(&effect))
                ++arms.at(static_cast<std::size_t>(arm->timer));
            else if (const auto* const disarm = std::get_if<SessionEffect::Disarm>(&effect))
                ++disarms.at(static_cast<std::size_t>(disarm->timer));
            else
                ++kinds.at(effect.index());
        }
        for (const auto* const counts : {&arms, &disarms})
            for (const int count : *counts) require(count <= 1, "a timer armed or disarmed twice");
        for (const int count : kinds) require(count <= 1, "an effect twice");
        require(effects.size() <= SessionEffects::kCapacity, "more effects than there is room for");
    }

    SessionEvent::Any draw() {
        const auto dice = random_.below(100);
        if (dice < 8) return draw_call();
        if (dice < 12) return draw_stale();
        if (in_on_connect_ && dice < 20) return E::ConnectHandled{};
        if (transport_ && dice < 45) return draw_report();
        return draw_timer();
    }

    SessionEvent::Any draw_call() {
        const auto delay =
            Duration(random_.below(3) == 0 ? 0 : static_cast<std::int64_t>(random_.below(100'000'000'000)));
        switch (random_.below(200)) {
            case 0:
                return E::Shutdown{};
            case 1:
                return E::ForceClose{};
            default:
                break;
        }
        switch (random_.below(9)) {
            case 0:
                return E::RequestDisconnect{};
            case 1:
                return E::RequestDisconnect{.reconnect_after = delay};
            case 2:
                return E::ScheduleReconnect{delay};
            case 3:
                return E::Close{};
            case 4:
                return E::Kill{};
            case 5:
                return E::Subscribe{channels_};
            case 6:
                return E::Unsubscribe{channels_};
            default:
                return E::Connect{};
        }
    }

    SessionEvent::Any draw_report() {
        const bool coming_up = fsm_.state() == SessionState::connecting;
        if (coming_up && random_.below(3) == 0) return E::TransportUp{};
        if (!coming_up && random_.below(20) == 0) return E::PongsHeldUp{};
        if (!coming_up && random_.below(2) == 0) {
            Keepalive::Payload payload = last_ping_;
            payload.back() = static_cast<std::byte>(static_cast<unsigned>(payload.back()) - random_.below(2));
            pong_ = payload;
            return E::Pong{pong_};
        }
        switch (random_.below(6)) {
            case 0:
                return E::TransportEnded{.error = Errc::closed_by_peer, .close_code = 1013};
            case 1:
                return E::TransportEnded{.error = Errc::upgrade_refused, .http_status = 403};
            case 2:
                return E::TransportEnded{.error = Errc::upgrade_unavailable,
                                         .http_status = 503,
                                         .retry_after = std::chrono::seconds{90}};
            case 3:
                return E::TransportEnded{.close_code = 1000};
            default:
                return E::TransportEnded{.error = Errc::connection_reset};
        }
    }

    /// A stale event: of an unarmed timer, or of a destroyed transport.
    SessionEvent::Any draw_stale() {
        if (!transport_ && random_.below(2) == 0)
            return random_.below(2) == 0 ? SessionEvent::Any{E::TransportUp{}}
                                         : E::TransportEnded{.error = Errc::connection_reset};
        const auto timer = random_.below(kSessionTimers);
        if (timers_[timer]) return E::Pong{};
        return event_of(static_cast<SessionTimer>(timer));
    }

    SessionEvent::Any draw_timer() {
        std::optional<std::size_t> next;
        for (std::size_t i = 0; i < kSessionTimers; ++i)
            if (timers_[i] && (!next || *timers_[i] < *timers_[*next])) next = i;
        if (!next) return draw_call();
        now_ = std::max(now_, *timers_[*next]);
        timers_[*next].reset();
        return event_of(static_cast<SessionTimer>(*next));
    }

    SessionEvent::Any event_of(SessionTimer timer) {
        switch (timer) {
            case SessionTimer::backoff:
                return E::BackoffDue{};
            case SessionTimer::window_check:
                return random_.below(3) == 0 ? E::WindowAsked{std::chrono::seconds{7}}
                                             : E::WindowAsked{random_.below(2) == 0};
            case SessionTimer::disconnect_check:
                return E::DisconnectAsked{random_.below(4) == 0};
            case SessionTimer::lifetime:
                return E::LifetimeDue{};
            case SessionTimer::stable:
                return E::StableDue{};
            case SessionTimer::keepalive:
                break;
        }
        return E::KeepaliveDue{};
    }

    void execute(const SessionEffect::StartConnect&) {
        require(!transport_, "a second attempt");
        transport_ = true;
    }
    void execute(const SessionEffect::SendClose&) { require(transport_, "a close without transport"); }
    void execute(const SessionEffect::AbortTransport&) {
        require(transport_, "an abort without transport");
        transport_ = false;
    }
    void execute(const SessionEffect::SendPing& effect) {
        require(fsm_.state() == SessionState::open, "a ping while not open");
        last_ping_ = effect.payload;
    }
    void execute(const SessionEffect::Arm& effect) {
        // A ping that waited for a pong may be overdue.
        require(effect.deadline >= now_ || effect.timer == SessionTimer::keepalive, "a deadline in the past");
        timers_[static_cast<std::size_t>(effect.timer)] = effect.deadline;
    }
    void execute(const SessionEffect::Disarm& effect) {
        require(armed(effect.timer), "a disarm of " + std::string(to_string(effect.timer)));
        timers_[static_cast<std::size_t>(effect.timer)].reset();
    }
    void execute(const SessionEffect::NotifyConnected&) {
        require(!told_connected_, "connected twice");
        told_connected_ = true;
        in_on_connect_ = true;
        ++connects_;
    }
    void execute(const SessionEffect::ReplaySubscriptions&) { require_subscribable(); }
    void execute(const SessionEffect::SendSubscribe&) { require_subscribable(); }
    void execute(const SessionEffect::SendUnsubscribe&) { require_subscribable(); }
    void execute(const SessionEffect::NotifyDisconnected&) {
        require(told_connected_, "disconnected without having been connected");
        told_connected_ = false;
    }
    void execute(const SessionEffect::NotifyGaveUp&) {
        require(fsm_.state() == SessionState::idle, "given up while not idle");
    }
    void execute(const SessionEffect::RecordStop&) {
        require(!transport_ && !told_connected_, "a stop told twice");
    }
    void execute(const SessionEffect::Warn&) {}

    void require_subscribable() const {
        require(fsm_.state() == SessionState::open, "subscriptions sent while not open");
        require(!in_on_connect_, "subscriptions sent before on_connect has returned");
    }
    [[nodiscard]] bool armed(SessionTimer timer) const {
        return timers_[static_cast<std::size_t>(timer)].has_value();
    }

    void check() const {
        const auto state = fsm_.state();
        const bool up = state == SessionState::open || state == SessionState::closing;
        const bool open = state == SessionState::open;
        require(transport_ == (up || state == SessionState::connecting), "transport and state do not fit");
        require(told_connected_ == up, "notices and state do not fit");
        require(fsm_.tries() <= options_.reconnect.max_attempts, "the budget is overdrawn");
        require(armed(SessionTimer::backoff) == (state == SessionState::backoff), "timer backoff");
        require(armed(SessionTimer::window_check) == (state == SessionState::awaiting_window),
                "timer window_check");
        require(armed(SessionTimer::keepalive) == (open && options_.keepalive.interval > Duration::zero()),
                "timer keepalive");
        require(armed(SessionTimer::disconnect_check) == (open && options_.has_should_disconnect),
                "timer disconnect_check");
        require(
            armed(SessionTimer::lifetime) == (open && options_.window.connection_lifetime > Duration::zero()),
            "timer lifetime");
        require(open || !armed(SessionTimer::stable), "timer stable");
        require(can_send(fsm_.connection_state()) == open, "can_send");
    }

    const SessionOptions options_;
    SessionFsm fsm_;
    Dice& random_;
    TimePoint now_{std::chrono::hours{1}};
    bool transport_ = false;
    bool told_connected_ = false;
    bool in_on_connect_ = false;  // of any connection
    const std::array<std::string, 1> channels_{"trades"};
    int connects_ = 0;
    Keepalive::Payload last_ping_{};
    Keepalive::Payload pong_{};
    std::array<std::optional<TimePoint>, kSessionTimers> timers_{};
};

}  // namespace pinwheel::test
