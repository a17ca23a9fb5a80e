// The retries of a session, and when it gives up.

#include <gtest/gtest.h>

#include <string>

#include "session_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;
using E = SessionEvent;

TEST(Reconnecting, TheBudgetIsTheRetriesAfterTheFirstFailedTryOfAConnect) {
    SessionUnderTest session(plain(2));
    std::ignore = session.on(E::Connect{});
    EXPECT_EQ(session.on(kRefused), "arm(backoff, 1 s)");
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(session.on(kRefused), "arm(backoff, 2 s)");
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(session.on(kRefused), "notify_gave_up(attempts: 3, the connection was refused)");
    EXPECT_EQ(session.shown(), ConnectionState::disconnected);
}

TEST(Reconnecting, TheBudgetIsTheTriesAfterALoss) {
    SessionUnderTest session(plain(2));
    session.open();
    std::ignore = session.on(E::StableDue{}, 60s);
    std::ignore = session.on(kReset);
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(session.on(kRefused), "arm(backoff, 2 s)");
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(session.on(kRefused), "notify_gave_up(attempts: 2, the connection was refused)");
}

TEST(Reconnecting, ABudgetOfZeroMeansNoRetryAndNoTry) {
    SessionUnderTest session(plain(0));
    std::ignore = session.on(E::Connect{});
    EXPECT_EQ(session.on(kRefused), "notify_gave_up(attempts: 1, the connection was refused)");
    session.open();
    std::ignore = session.on(E::StableDue{}, 60s);
    EXPECT_EQ(session.on(kReset),
              "notify_disconnected(NETWORK_ERROR), notify_gave_up(attempts: 0, the connection was reset by "
              "the peer)");
    EXPECT_EQ(session.shown(), ConnectionState::disconnected);
}

TEST(Reconnecting, APlannedAttemptCostsNoTryButItsRetriesDo) {
    SessionUnderTest session(plain(1));
    EXPECT_EQ(session.on(E::ScheduleReconnect{5s}), "arm(backoff, 5 s)");
    EXPECT_EQ(session.on(E::BackoffDue{}), "start_connect(again)");
    EXPECT_EQ(session.fsm().tries(), 0U);
    EXPECT_EQ(session.on(kRefused), "arm(backoff, 1 s)");
    EXPECT_EQ(session.fsm().tries(), 1U);
    std::ignore = session.on(E::BackoffDue{});
    EXPECT_EQ(session.on(kRefused), "notify_gave_up(attempts: 2, the connection was refused)");
}

TEST(Reconnecting, BeingUpDoesNotGiveTheBudgetBackStayingUpDoes) {
    SessionUnderTest session(plain(3));
    session.open();
    std::ignore = session.on(kReset);
    for (const auto* wait : {"2 s", "4 s"}) {
        std::ignore = session.on(E::BackoffDue{});
        std::ignore = session.on(E::TransportUp{});
        EXPECT_EQ(session.on(kReset),
                  "arm(backoff, " + std::string(wait) + "), notify_disconnected(NETWORK_ERROR)");
    }
    std::ignore = session.on(E::BackoffDue{});
    std::ignore = session.on(E::TransportUp{});
    std::ignore = session.on(E::StableDue{}, 60s);
    EXPECT_EQ(session.on(kReset), "arm(backoff, 1 s), notify_disconnected(NETWORK_ERROR)");
}

TEST(Reconnecting, AFlappingServerSpendsTheBudget) {
    SessionUnderTest session(plain(2));
    session.open();
    for (int i = 0; i < 2; ++i) {
        std::ignore = session.on(kReset);
        std::ignore = session.on(E::BackoffDue{});
        std::ignore = session.on(E::TransportUp{});
    }
    EXPECT_EQ(session.on(kReset),
              "notify_disconnected(NETWORK_ERROR), notify_gave_up(attempts: 2, the connection was reset by "
              "the peer)");
}

TEST(Reconnecting, AnExplicitConnectGivesTheBudgetBack) {
    SessionUnderTest session(plain(2));
    std::ignore = session.on(E::Connect{});
    for (int i = 0; i < 2; ++i) {
        std::ignore = session.on(kRefused);
        std::ignore = session.on(E::BackoffDue{});
    }
    std::ignore = session.on(kRefused);
    std::ignore = session.on(E::Connect{});
    EXPECT_EQ(session.on(kRefused), "arm(backoff, 1 s)");
}

TEST(Reconnecting, ImmediateTriesInTheSameBreath) {
    SessionUnderTest session(strategy(ReconnectStrategy::immediate));
    session.open();
    EXPECT_EQ(session.on(kReset), "start_connect(again), notify_disconnected(NETWORK_ERROR)");
}

TEST(Reconnecting, AfterALossTheFirstTryWaitsUnderFixedAndExponential) {
    for (const auto kind : {ReconnectStrategy::fixed_delay, ReconnectStrategy::exponential_backoff}) {
        SessionUnderTest session(strategy(kind));
        session.open();
        EXPECT_EQ(session.on(kReset), "arm(backoff, 3 s), notify_disconnected(NETWORK_ERROR)");
    }
}

TEST(Reconnecting, CallbackControlledAsksAtOnceAfterALossAndAnIntervalAfterAFailedTry) {
    SessionUnderTest session(strategy(ReconnectStrategy::callback_controlled, true));
    session.open();
    EXPECT_EQ(session.on(kReset), "arm(window_check, 0 s), notify_disconnected(NETWORK_ERROR)");
    EXPECT_EQ(session.on(E::WindowAsked{true}), "start_connect(again)");
    EXPECT_EQ(session.on(kRefused), "arm(window_check, 5 s)");
    EXPECT_EQ(session.on(E::WindowAsked{false}, 5s), "arm(window_check, 5 s)");
    EXPECT_EQ(session.fsm().tries(), 2U);
}

TEST(Reconnecting, CallbackControlledWithoutACallbackWaitsTheDelay) {
    SessionUnderTest session(strategy(ReconnectStrategy::callback_controlled));
    session.open();
    EXPECT_EQ(session.on(kReset), "arm(backoff, 3 s), notify_disconnected(NETWORK_ERROR)");
}

TEST(Reconnecting, AnUnavailableServerIsLeftAloneForTheLargerOfBothDelays) {
    auto options = strategy(ReconnectStrategy::fixed_delay);
    options.reconnect.delay = 40s;
    SessionUnderTest session(options);
    std::ignore = session.on(E::Connect{});
    E::TransportEnded unavailable{.error = Errc::upgrade_unavailable, .http_status = 429};
    EXPECT_EQ(session.on(unavailable), "arm(backoff, 40 s)");
    std::ignore = session.on(E::BackoffDue{});
    unavailable.retry_after = 50s;
    EXPECT_EQ(session.on(unavailable), "arm(backoff, 50 s)");
}

TEST(Reconnecting, AnUnavailableServerCausesNoCallOfShouldReconnect) {
    SessionUnderTest session(strategy(ReconnectStrategy::callback_controlled, true));
    session.open();
    EXPECT_EQ(session.on(E::TransportEnded{.error = Errc::closed_by_peer, .close_code = 1013}),
              "arm(window_check, 30 s), notify_disconnected(SERVER_CLOSED)");
}

TEST(Reconnecting, AnEndlessRetryAfterDoesNotOverflow) {
    SessionUnderTest session(plain());
    std::ignore = session.on(E::Connect{});
    std::ignore = session.on(E::TransportEnded{
        .error = Errc::upgrade_unavailable, .http_status = 503, .retry_after = Duration::max()});
    EXPECT_EQ(session.shown(), ConnectionState::connecting);
    EXPECT_EQ(session.fsm().state(), SessionState::backoff);
}

TEST(Reconnecting, TheJitterFollowsItsSeed) {
    const auto waits = [](std::uint64_t seed) {
        auto options = plain();
        options.reconnect.jitter = 0.5;
        options.jitter_seed = seed;
        SessionUnderTest session(options);
        std::string text = session.on(E::Connect{});
        for (int i = 0; i < 5; ++i) {
            text += session.on(kRefused);
            std::ignore = session.on(E::BackoffDue{});
        }
        return text;
    };
    EXPECT_EQ(waits(1), waits(1));
    EXPECT_NE(waits(1), waits(2));
}

}  // namespace
}  // namespace pinwheel
