// A long random walk through the machine, with what must hold after each step.

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "../../core/random.h"
#include "../../proto/session_fsm.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using E = SessionEvent;

/// The world of a session: its timers, its transport, and the notices that it has given.
class Walker {
  public:
    Walker(const SessionOptions& options, std::uint64_t seed)
        : options_(options), fsm_(options), random_(seed) {}

    /// Feeds one event. Ends at the first thing that does not hold.
    void step() {
        const auto event = draw();
        const auto was = fsm_.state();
        const bool had_transport = transport_;
        if (std::holds_alternative<E::TransportEnded>(event)) transport_ = false;
        const auto effects = fsm_.on(event, now_);
        if (was == SessionState::closed) {
            ASSERT_EQ(fsm_.state(), SessionState::closed) << to_string(event);
        }
        for (const auto& effect : effects) {
            std::visit([this](const auto& one) { execute(one); }, effect);
            if (testing::Test::HasFatalFailure()) break;
        }
        check();
        if (testing::Test::HasFatalFailure())
            FAIL() << "after " << to_string(event) << " in " << to_string(was)
                   << (had_transport ? "" : " without transport");
    }

    [[nodiscard]] bool closed() const { return fsm_.state() == SessionState::closed; }
    [[nodiscard]] int connections() const { return connects_; }

  private:
    SessionEvent::Any draw() {
        const auto dice = random_.below(100);
        if (dice < 8) return draw_call();
        if (dice < 12) return draw_stale();
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
        switch (random_.below(7)) {
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
                return E::TransportEnded{
                    .error = Errc::upgrade_unavailable, .http_status = 503, .retry_after = 90s};
            case 3:
                return E::TransportEnded{.close_code = 1000};
            default:
                return E::TransportEnded{.error = Errc::connection_reset};
        }
    }

    /// A timer's event that nobody armed, or a transport's without a transport: overtaken by something else.
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
                return random_.below(3) == 0 ? E::WindowAsked{7s} : E::WindowAsked{random_.below(2) == 0};
            case SessionTimer::disconnect_check:
                return E::DisconnectAsked{random_.below(4) == 0};
            case SessionTimer::lifetime:
                return E::LifetimeDue{};
            case SessionTimer::stable:
                return E::StableDue{};
            default:
                return E::KeepaliveDue{};
        }
    }

    void execute(const SessionEffect::StartConnect&) {
        ASSERT_FALSE(transport_) << "a second attempt";
        transport_ = true;
    }
    void execute(const SessionEffect::SendClose&) { ASSERT_TRUE(transport_); }
    void execute(const SessionEffect::AbortTransport&) {
        ASSERT_TRUE(transport_);
        transport_ = false;
    }
    void execute(const SessionEffect::SendPing& effect) {
        ASSERT_EQ(fsm_.state(), SessionState::open);
        last_ping_ = effect.payload;
    }
    void execute(const SessionEffect::Arm& effect) {
        ASSERT_GE(effect.deadline, now_);
        timers_[static_cast<std::size_t>(effect.timer)] = effect.deadline;
    }
    void execute(const SessionEffect::Disarm& effect) {
        ASSERT_TRUE(timers_[static_cast<std::size_t>(effect.timer)]) << to_string(effect.timer);
        timers_[static_cast<std::size_t>(effect.timer)].reset();
    }
    void execute(const SessionEffect::NotifyConnected&) {
        ASSERT_FALSE(told_connected_) << "connected twice";
        told_connected_ = true;
        ++connects_;
    }
    void execute(const SessionEffect::ReplaySubscriptions&) { ASSERT_EQ(fsm_.state(), SessionState::open); }
    void execute(const SessionEffect::NotifyDisconnected&) {
        ASSERT_TRUE(told_connected_) << "disconnected without having been connected";
        told_connected_ = false;
    }
    void execute(const SessionEffect::NotifyGaveUp&) { ASSERT_EQ(fsm_.state(), SessionState::idle); }
    void execute(const SessionEffect::Warn&) {}

    [[nodiscard]] bool armed(SessionTimer timer) const {
        return timers_[static_cast<std::size_t>(timer)].has_value();
    }

    void check() const {
        const auto state = fsm_.state();
        const bool up = state == SessionState::open || state == SessionState::closing;
        ASSERT_EQ(transport_, up || state == SessionState::connecting);
        ASSERT_EQ(told_connected_, up);
        ASSERT_LE(fsm_.tries(), options_.reconnect.max_attempts);
        ASSERT_EQ(armed(SessionTimer::backoff), state == SessionState::backoff);
        ASSERT_EQ(armed(SessionTimer::window_check), state == SessionState::awaiting_window);
        ASSERT_EQ(armed(SessionTimer::keepalive), state == SessionState::open);
        ASSERT_EQ(armed(SessionTimer::disconnect_check),
                  state == SessionState::open && options_.has_should_disconnect);
        ASSERT_EQ(armed(SessionTimer::lifetime), state == SessionState::open);
        if (state != SessionState::open) {
            ASSERT_FALSE(armed(SessionTimer::stable));
        }
        ASSERT_EQ(can_send(fsm_.connection_state()), state == SessionState::open);
    }

    const SessionOptions options_;
    SessionFsm fsm_;
    SeededRandom random_;
    TimePoint now_{1h};
    bool transport_ = false;
    bool told_connected_ = false;
    int connects_ = 0;
    Keepalive::Payload last_ping_{};
    Keepalive::Payload pong_{};
    std::array<std::optional<TimePoint>, kSessionTimers> timers_{};
};

TEST(Session, AMillionRandomEventsBreakNoInvariant) {
    constexpr int kSteps = 1'000'000;
    SeededRandom seeds(20240229);
    int walks = 0;
    int connections = 0;
    for (int steps = 0; steps < kSteps; ++walks) {
        const auto seed = seeds.next();
        Walker walker({.auto_reconnect = seed % 4 != 0,
                       .has_should_disconnect = seed % 3 != 0,
                       .has_should_reconnect = seed % 5 < 3,
                       .reconnect = {.strategy = static_cast<ReconnectStrategy>(1 + seed % 7 % 4),
                                     .max_attempts = static_cast<std::uint32_t>(seed % 11 % 5)},
                       .keepalive = {.interval = 20s, .timeout = 45s},
                       .window = {.connection_lifetime = 1h},
                       .jitter_seed = seed},
                      seed);
        // Once closed, a walk goes on for a while: nothing may leave that state.
        for (int after = 0; after < 50 && steps < kSteps; ++steps, after += walker.closed() ? 1 : 0) {
            walker.step();
            if (HasFatalFailure()) FAIL() << "at step " << steps << " of seed " << seed;
        }
        connections += walker.connections();
    }
    EXPECT_GT(walks, 100);
    EXPECT_GT(connections, 10'000);
}

}  // namespace
}  // namespace pinwheel
