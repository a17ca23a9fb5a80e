// The attempts that a session counts, when it gives up, and its notices about ignored calls.

#include <gtest/gtest.h>

#include <string>

#include "../../../proto/policy/session_fsm.h"
#include "../session/session_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;
using E = SessionEvent;

// Attempts

TEST(Attempts, S8AReportOfGivingUpCountsThoseSinceTheLossOrTheCall) {
    auto options = plain();
    options.reconnect.max_attempts = 2;
    SessionUnderTest session(options);
    session.open();
    std::ignore = session.on(kReset);
    std::ignore = session.on(E::BackoffDue{});
    std::ignore = session.on(kReset);
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(session.on(kReset), "notify_gave_up(attempts: 2, the connection was reset by the peer)");
    EXPECT_EQ(session.on(E::ScheduleReconnect{0s}), "start_connect(again)");
    EXPECT_EQ(session.on(kReset), "notify_gave_up(attempts: 1, the connection was reset by the peer)");

    std::ignore = session.on(E::Connect{});
    std::ignore = session.on(kReset);
    std::ignore = session.on(E::BackoffDue{});
    std::ignore = session.on(kReset);
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(session.on(kReset), "notify_gave_up(attempts: 3, the connection was reset by the peer)");

    options.reconnect.max_attempts = 0;
    SessionUnderTest without(options);
    without.open();
    EXPECT_EQ(without.on(kReset),
              "notify_disconnected(NETWORK_ERROR), "
              "notify_gave_up(attempts: 0, the connection was reset by the peer)");
}

TEST(Attempts, S8WhichAnswersEndAConnectAtOnce) {
    for (int status = 100; status < 600; ++status) {
        const bool ends = status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
        SessionUnderTest session(plain());
        std::ignore = session.on(E::Connect{});
        std::ignore = session.on({E::TransportEnded{.error = Errc::upgrade_refused, .http_status = status}});
        EXPECT_EQ(session.shown() == ConnectionState::disconnected, ends) << status;
        EXPECT_EQ(is_retryable(Errc::upgrade_refused, status), !ends) << status;
    }
    EXPECT_FALSE(is_retryable(Errc::tls_certificate, 0));
    EXPECT_TRUE(is_retryable(Errc::upgrade_malformed, 0));
    EXPECT_TRUE(is_retryable(Errc::connection_refused, 0));
}

TEST(Attempts, UnlimitedNeverGivesUp) {
    auto options = plain();
    options.reconnect.max_attempts = kUnlimited;
    SessionUnderTest session(options);
    session.open();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(session.on(kReset).find("gave_up"), std::string::npos);
        std::ignore = session.on(E::BackoffDue{}, 60s);
    }
    EXPECT_EQ(session.shown(), ConnectionState::reconnecting);
}

TEST(Attempts, N4ALongestDurationIsNoOverflow) {
    auto options = plain();
    options.reconnect.delay = Duration::max();
    options.reconnect.max_delay = Duration::max();
    options.reconnect.stable_connection_time = Duration::max();
    options.reconnect.server_unavailable_delay = Duration::max();
    options.keepalive = {.interval = Duration::max(), .timeout = Duration::max()};
    options.window.connection_lifetime = Duration::max();
    SessionUnderTest session(options);
    session.open();
    std::ignore = session.on({E::TransportEnded{.error = Errc::closed_by_peer, .close_code = 1013}});
    std::ignore = session.on(E::ScheduleReconnect{Duration::max()}, 1h);
    EXPECT_EQ(session.fsm().state(), SessionState::backoff);
}

// Warnings

TEST(Warnings, S10AnIgnoredCallNamesTheState) {
    SessionUnderTest session(plain());
    std::ignore = session.on(E::Connect{});
    EXPECT_EQ(session.on(E::Connect{}), "warn(connect() changes nothing: the session is CONNECTING)");
    EXPECT_EQ(session.on(E::ScheduleReconnect{1s}),
              "warn(no reconnect is planned: the session is CONNECTING)");
    std::ignore = session.on(E::ForceClose{});
    EXPECT_EQ(session.on(E::Connect{}),
              "warn(connect() changes nothing: the session is CLOSED permanently; make a new manager)");
}

}  // namespace
}  // namespace pinwheel
