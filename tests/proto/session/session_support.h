#pragma once

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "../../../proto/policy/session_fsm.h"

namespace pinwheel::test {

/// Feeds events to a machine and returns the effects as text.
class SessionUnderTest {
  public:
    explicit SessionUnderTest(const SessionOptions& options) : fsm_(options) {}

    std::string on(const SessionEvent::Any& event, Duration later = Duration::zero()) {
        now_ += later;
        std::string text;
        for (const auto& effect : fsm_.on(event, now_)) {
            if (std::holds_alternative<SessionEffect::Disarm>(effect)) continue;
            text += (text.empty() ? "" : ", ") + to_string(effect, now_);
        }
        return text;
    }
    void open() {
        std::ignore = on(SessionEvent::Connect{});
        std::ignore = on(SessionEvent::TransportUp{});
        std::ignore = on(SessionEvent::ConnectHandled{});
        ASSERT_EQ(fsm_.state(), SessionState::open);
    }
    [[nodiscard]] ConnectionState shown() const { return fsm_.connection_state(); }
    [[nodiscard]] const SessionFsm& fsm() const { return fsm_; }

  private:
    SessionFsm fsm_;
    TimePoint now_{std::chrono::hours{1}};
};

inline const SessionEvent::TransportEnded kReset{.error = Errc::connection_reset};
inline const SessionEvent::TransportEnded kRefused{.error = Errc::connection_refused};
inline const SessionEvent::TransportEnded kForbidden{.error = Errc::upgrade_refused, .http_status = 403};
inline const SessionEvent::TransportEnded kClosed{.close_code = 1000};

inline SessionOptions plain(std::uint32_t max_attempts = 10) {
    return {.reconnect = {.jitter = 0, .max_attempts = max_attempts},
            .keepalive = {.interval = Duration::zero()}};
}

inline SessionOptions strategy(ReconnectStrategy strategy, bool has_should_reconnect = false) {
    auto options = plain();
    options.has_should_reconnect = has_should_reconnect;
    options.reconnect.strategy = strategy;
    options.reconnect.delay = std::chrono::seconds{3};
    return options;
}

}  // namespace pinwheel::test
