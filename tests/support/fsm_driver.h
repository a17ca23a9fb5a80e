#pragma once

#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../proto/policy/alert_throttle.h"
#include "../../proto/policy/session_fsm.h"
#include "../../proto/policy/subscription_set.h"

namespace pinwheel::test {

/// Plays a manager around a SessionFsm without sockets: timers, callbacks, and a scripted server. Time starts
/// at midnight and jumps from event to event.
class FsmDriver {
  public:
    /// The server's reaction to an attempt. After `answers_after` it ends the attempt with `refusal`, if set.
    /// Else the connection comes up, and ends `up_for` later with `loss`, if set.
    struct Attempt {
        Duration answers_after = std::chrono::milliseconds{50};
        std::optional<SessionEvent::TransportEnded> refusal{};
        Duration up_for{};
        std::optional<SessionEvent::TransportEnded> loss{};
    };

    explicit FsmDriver(const SessionOptions& options) : fsm_(options) {}

    std::function<bool(Duration)> should_disconnect = [](Duration) { return false; };
    std::function<WindowAnswer(Duration)> should_reconnect = [](Duration) { return true; };
    SubscriptionSet subscriptions;

    /// The reactions to the attempts, in order. Later attempts get a connection that stays up.
    void script(std::vector<Attempt> attempts) {
        for (auto& attempt : attempts) script_.push_back(std::move(attempt));
    }

    /// Schedules a call of the user at a time of day.
    void at(Duration time, const SessionEvent::Any& call) { calls_.emplace(kMidnight + time, call); }
    void at(Duration time, std::function<void()> action) {
        actions_.emplace(kMidnight + time, std::move(action));
    }

    void run_until(Duration time) {
        const TimePoint end = kMidnight + time;
        while (step(end)) {
        }
        now_ = end;
    }

    /// One line for each relevant event: time, event, state after it, effects.
    [[nodiscard]] const std::vector<std::string>& log() const noexcept { return log_; }
    [[nodiscard]] const SessionFsm& fsm() const noexcept { return fsm_; }
    [[nodiscard]] std::uint64_t pings() const noexcept { return pings_; }

  private:
    static constexpr TimePoint kMidnight{std::chrono::hours{1000}};

    /// Feeds the earliest event due by `end`. False: there is none.
    bool step(TimePoint end) {
        enum class Source { none, call, action, world, timer } source = Source::none;
        TimePoint earliest = TimePoint::max();
        std::size_t timer = 0;
        const auto consider = [&](TimePoint time, Source which) {
            if (time > end || time >= earliest) return;
            earliest = time;
            source = which;
        };
        if (!calls_.empty()) consider(calls_.begin()->first, Source::call);
        if (!actions_.empty()) consider(actions_.begin()->first, Source::action);
        if (!world_.empty()) consider(world_.begin()->first, Source::world);
        for (std::size_t i = 0; i < kSessionTimers; ++i)
            if (timers_[i] && *timers_[i] <= end && *timers_[i] < earliest) {
                consider(*timers_[i], Source::timer);
                timer = i;
            }
        if (source == Source::none) return false;
        now_ = std::max(now_, earliest);
        if (source == Source::call) feed(calls_.extract(calls_.begin()).mapped());
        if (source == Source::action) actions_.extract(actions_.begin()).mapped()();
        if (source == Source::world) feed(world_.extract(world_.begin()).mapped());
        if (source == Source::timer) fire(static_cast<SessionTimer>(timer));
        return true;
    }

    void fire(SessionTimer timer) {
        timers_[static_cast<std::size_t>(timer)].reset();
        const Duration time = now_ - kMidnight;
        switch (timer) {
            case SessionTimer::backoff:
                return feed(SessionEvent::BackoffDue{});
            case SessionTimer::window_check:
                return feed(SessionEvent::WindowAsked{should_reconnect(time)});
            case SessionTimer::disconnect_check:
                return feed(SessionEvent::DisconnectAsked{should_disconnect(time)});
            case SessionTimer::lifetime:
                return feed(SessionEvent::LifetimeDue{});
            case SessionTimer::stable:
                return feed(SessionEvent::StableDue{});
            case SessionTimer::keepalive:
                return feed(SessionEvent::KeepaliveDue{});
        }
    }

    void feed(const SessionEvent::Any& event) {
        const auto before = fsm_.state();
        const auto tries = fsm_.tries();
        const auto effects = fsm_.on(event, now_);
        std::string done;
        bool warned = false;
        for (const auto& effect : effects) {
            std::visit([this](const auto& one) { execute(one); }, effect);
            warned = warned || std::holds_alternative<SessionEffect::Warn>(effect);
            if (!is_noise(effect)) done += (done.empty() ? ": " : ", ") + to_string(effect, now_);
        }
        const bool matters = fsm_.state() != before || fsm_.tries() != tries || warned ||
                             std::holds_alternative<SessionEvent::WindowAsked>(event);
        if (matters) {
            const std::string tried =
                fsm_.tries() == 0 ? "" : " (tries " + std::to_string(fsm_.tries()) + ")";
            write(to_string(event) + " -> " + std::string(to_string(fsm_.connection_state())) + tried + done);
        }
        for (auto& note : std::exchange(notes_, {})) write(note);
        if (std::holds_alternative<SessionEvent::TransportUp>(event)) feed(SessionEvent::ConnectHandled{});
    }

    /// Left out of the log as repetitive.
    static bool is_noise(const SessionEffect::Any& effect) {
        if (const auto* const arm = std::get_if<SessionEffect::Arm>(&effect))
            return arm->timer == SessionTimer::stable || arm->timer == SessionTimer::disconnect_check ||
                   arm->timer == SessionTimer::keepalive;
        return std::holds_alternative<SessionEffect::Disarm>(effect) ||
               std::holds_alternative<SessionEffect::ReplaySubscriptions>(effect) ||
               std::holds_alternative<SessionEffect::RecordStop>(effect);
    }

    void execute(const SessionEffect::StartConnect&) {
        Attempt attempt;
        if (!script_.empty()) {
            attempt = script_.front();
            script_.erase(script_.begin());
        }
        const TimePoint answered = now_ + attempt.answers_after;
        if (attempt.refusal) {
            world_.emplace(answered, *attempt.refusal);
            return;
        }
        world_.emplace(answered, SessionEvent::TransportUp{});
        if (attempt.loss) world_.emplace(answered + attempt.up_for, *attempt.loss);
    }
    void execute(const SessionEffect::SendClose& effect) {
        world_.clear();
        world_.emplace(now_ + std::chrono::milliseconds{20},
                       SessionEvent::TransportEnded{.close_code = effect.code});
    }
    void execute(const SessionEffect::AbortTransport&) { world_.clear(); }
    void execute(const SessionEffect::SendPing& ping) {
        ++pings_;
        last_ping_ = ping.payload;
        world_.emplace(now_ + std::chrono::milliseconds{5}, SessionEvent::Pong{last_ping_});
    }
    void execute(const SessionEffect::Arm& effect) {
        timers_[static_cast<std::size_t>(effect.timer)] = effect.deadline;
    }
    void execute(const SessionEffect::Disarm& effect) {
        timers_[static_cast<std::size_t>(effect.timer)].reset();
    }
    void execute(const SessionEffect::NotifyConnected&) {}
    void execute(const SessionEffect::ReplaySubscriptions&) {
        const auto channels = subscriptions.channels();
        if (channels.empty()) return;
        for (const auto& text : codec_.subscribe(channels)) notes_.push_back("    send " + text);
    }
    void execute(const SessionEffect::SendSubscribe&) {}
    void execute(const SessionEffect::SendUnsubscribe&) {}
    void execute(const SessionEffect::NotifyDisconnected& effect) {
        drop_pongs();
        if (const auto count = alerts_.count(now_))
            notes_.push_back("    on_disconnect_alert(" + std::string(to_string(effect.reason)) + ", " +
                             std::to_string(*count) + ")");
    }
    void execute(const SessionEffect::NotifyGaveUp&) {}
    void execute(const SessionEffect::RecordStop&) {}
    void execute(const SessionEffect::Warn&) {}

    /// A destroyed transport reports nothing.
    void drop_pongs() {
        std::erase_if(world_, [](const auto& entry) {
            return std::holds_alternative<SessionEvent::Pong>(entry.second);
        });
    }

    void write(const std::string& text) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - kMidnight).count();
        std::array<char, 32> stamp{};
        std::snprintf(stamp.data(), stamp.size(), "%02d:%02d:%02d.%03d ", static_cast<int>(ms / 3'600'000),
                      static_cast<int>(ms / 60'000 % 60), static_cast<int>(ms / 1000 % 60),
                      static_cast<int>(ms % 1000));
        log_.push_back(stamp.data() + text);
    }

    SessionFsm fsm_;
    TimePoint now_ = kMidnight;
    std::array<std::optional<TimePoint>, kSessionTimers> timers_{};
    std::vector<Attempt> script_;
    std::multimap<TimePoint, SessionEvent::Any> calls_;
    std::multimap<TimePoint, std::function<void()>> actions_;
    std::multimap<TimePoint, SessionEvent::Any> world_;  // the transport's future reports
    Keepalive::Payload last_ping_{};
    std::uint64_t pings_ = 0;
    AlertThrottle alerts_{std::chrono::seconds{300}};
    JsonSubscriptionCodec codec_;
    std::vector<std::string> notes_;
    std::vector<std::string> log_;
};

}  // namespace pinwheel::test
