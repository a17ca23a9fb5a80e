// Section 4 of the behaviour: the budget of tries, and the wait before each.

#include <cmath>

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Reconnecting : public ManagedTest {
  protected:
    /// The waits before the next `n` tries, in whole tenths of a second.
    std::vector<double> waits(int n) {
        std::vector<double> found;
        for (int i = 0; i < n; ++i) {
            const std::size_t before = dialer.dials();
            const TimePoint began = reactor.now();
            while (dialer.dials() == before) {
                if (reactor.now() - began > 1000s) return found;
                clock.advance(99ms);
                turn(1);
            }
            found.push_back(
                std::floor(std::chrono::duration<double>(reactor.now() - began).count() * 10 + 0.5) / 10);
            turn(2);
        }
        return found;
    }
    /// The same, after the loss of a connection.
    std::vector<double> waits_after_a_loss(int n) {
        connect();
        plan_failures(n);
        script(dialer.dials() - 1).end();
        turn(2);
        return waits(n);
    }
    static void expect_near(const std::vector<double>& got, const std::vector<double>& wanted) {
        ASSERT_EQ(got.size(), wanted.size());
        for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 0.3) << i;
    }
};

// One budget

TEST_F(Reconnecting, TheBudgetIsTheNumberOfRetriesAfterTheFirstFailedTryOfConnect) {
    options.max_reconnect_attempts = 3;
    plan_failures(9);
    make().connect();
    EXPECT_THROW(ws().wait_connected(), WebSocketConnectionError);
    EXPECT_EQ(dialer.dials(), 4U);
}

TEST_F(Reconnecting, TheBudgetIsTheNumberOfTriesAfterALoss) {
    options.max_reconnect_attempts = 3;
    connect();
    plan_failures(9);
    script(0).end();
    EXPECT_THROW(std::ignore = ws().receive(), WebSocketReconnectError);
    EXPECT_EQ(dialer.dials(), 4U);
    EXPECT_EQ(ws().stats().reconnect_tries, 3U);
}

TEST_F(Reconnecting, ABudgetOfZeroMeansNoRetryAndNoReconnect) {
    options.max_reconnect_attempts = 0;
    plan_failures(1);
    make().connect();
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    dialer.plan();
    ws().connect();
    turn();
    script(1).end();
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(dialer.dials(), 2U);
}

TEST_F(Reconnecting, TheCountResetsOnlyAfterAStableConnection) {
    options.max_reconnect_attempts = 2;
    options.stable_connection_time = 60s;
    options.ping_interval = 0s;
    options.reconnect_strategy = ReconnectStrategy::immediate;
    connect();
    plan(4);
    script(0).end();  // try 1
    turn();
    pass(61s);
    script(1).end();  // try 1 again
    turn();
    pass(50s);
    script(2).end();  // try 2
    turn();
    EXPECT_TRUE(ws().is_connected());
    script(3).end();  // the budget is spent
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(ws().last_error().code, Errc::retries_exhausted);
}

TEST_F(Reconnecting, TheCountResetsAtAnExplicitConnect) {
    options.max_reconnect_attempts = 1;
    options.reconnect_strategy = ReconnectStrategy::immediate;
    connect();
    plan(1);
    script(0).end();
    turn();
    ws().close();
    script(1).bytes(close_frame(1000));
    turn();
    plan(2);
    ws().connect();
    turn();
    script(2).end();
    turn();
    EXPECT_TRUE(ws().is_connected());
}

// The delays

TEST_F(Reconnecting, ImmediateWaitsNotAtAll) {
    options.reconnect_strategy = ReconnectStrategy::immediate;
    connect();
    plan_failures(3);
    plan(1);
    const TimePoint began = reactor.now();
    script(0).end();
    while (dialer.dials() < 5) turn(1);
    EXPECT_LE(reactor.now() - began, 50ms);
}

TEST_F(Reconnecting, FixedDelayWaitsReconnectDelayBeforeEachTryTheFirstIncluded) {
    options.reconnect_strategy = ReconnectStrategy::fixed_delay;
    options.reconnect_delay = 3s;
    expect_near(waits_after_a_loss(3), {3, 3, 3});
}

TEST_F(Reconnecting, ExponentialBackoffDoublesUpToTheMaximum) {
    options.reconnect_delay = 2s;
    options.max_reconnect_delay = 12s;
    expect_near(waits_after_a_loss(5), {2, 4, 8, 12, 12});
}

TEST_F(Reconnecting, ExponentialBackoffOverflowsForNoTry) {
    options.reconnect_delay = 1s;
    options.max_reconnect_delay = 2s;
    options.max_reconnect_attempts = 100;
    const auto got = waits_after_a_loss(90);
    ASSERT_EQ(got.size(), 90U);
    EXPECT_NEAR(got.back(), 2, 0.3);
}

TEST_F(Reconnecting, CallbackControlledAsksShouldReconnect) {
    options.reconnect_strategy = ReconnectStrategy::callback_controlled;
    options.reconnect_check_interval = 5s;
    int asked = 0;
    options.should_reconnect = [&] { return ++asked == 2; };
    connect();
    dialer.plan();
    script(0).end();
    turn();
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    pass(6s);
    EXPECT_EQ(asked, 2);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Reconnecting, CallbackControlledWithoutCallbackWaitsReconnectDelay) {
    options.reconnect_strategy = ReconnectStrategy::callback_controlled;
    options.reconnect_delay = 4s;
    expect_near(waits_after_a_loss(2), {4, 4});
}

TEST_F(Reconnecting, JitterShortensTheDelayByAtMostItsFactorAndIsSeedable) {
    options.reconnect_strategy = ReconnectStrategy::fixed_delay;
    options.reconnect_delay = 100s;
    options.reconnect_jitter = 0.5;
    std::vector<std::vector<double>> runs;
    for (const std::uint64_t seed : {1U, 1U, 2U}) {
        options.jitter_seed = seed;
        runs.push_back(waits_after_a_loss(5));
        destroy();
        for (const double wait : runs.back()) {
            EXPECT_GE(wait, 49.5);
            EXPECT_LE(wait, 100.5);
        }
    }
    ASSERT_EQ(runs[0].size(), 5U);
    expect_near(runs[0], runs[1]);
    EXPECT_NE(runs[0], runs[2]);
    EXPECT_NE(runs[0][0], runs[0][1]);
}

TEST_F(Reconnecting, TheDefaultJitterIsATenth) {
    EXPECT_EQ(resolve({})->session.reconnect.jitter, 0.1);
}

// A server that reports overload

TEST_F(Reconnecting, AfterCloseCode1013NoTryComesBeforeServerUnavailableDelay) {
    options.reconnect_strategy = ReconnectStrategy::immediate;
    connect();
    plan_failures(1);
    script(0).bytes(close_frame(1013));
    turn(2);
    expect_near(waits(1), {30});
}

TEST_F(Reconnecting, AfterHttp503And429NoTryComesBeforeServerUnavailableDelay) {
    for (const char* const status : {"503 Busy", "429 Slow Down"}) {
        dialer.plan().answer = "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n\r\n";
        plan_failures(1);
        make().connect();
        turn();
        expect_near(waits(1), {30});
        destroy();
    }
}

TEST_F(Reconnecting, RetryAfterTakesItsPlaceAndTheLargerWaitCounts) {
    for (const int delay : {1, 60}) {
        dialer.plan().answer = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
        plan_failures(1);
        options.reconnect_delay = std::chrono::seconds(delay);
        options.max_reconnect_delay = 60s;
        make().connect();
        turn();
        expect_near(waits(1), {delay == 1 ? 7.0 : 60.0});
        destroy();
    }
}

/// H3: no server makes a session wait for a year, and an alert reports the attempt.
TEST_F(Reconnecting, H3ARetryAfterBeyondItsCapIsCappedAndAlerted) {
    for (const auto& [asked, most, waited, is_told] : {std::tuple("99999999999", 900.0, 900.0, true),
                                                       {"90", 900.0, 90.0, false},
                                                       {"60", 20.0, 20.0, true}}) {
        alerts.clear();
        dialer.plan().answer =
            "HTTP/1.1 503 Busy\r\nRetry-After: " + std::string(asked) + "\r\nContent-Length: 0\r\n\r\n";
        plan_failures(1);
        options.max_retry_after = WebSocketOptions::Seconds(most);
        make().connect();
        turn();
        const bool told = last_alert().find("max_retry_after") != std::string::npos;
        EXPECT_EQ(told, is_told) << asked << last_alert();
        expect_near(waits(1), {waited});
        destroy();
    }
}

// connection_timeout

TEST_F(Reconnecting, ConnectionTimeoutBoundsTheCompleteTry) {
    options.connection_timeout = 8s;
    options.max_reconnect_attempts = 0;
    for (const bool dialed : {false, true}) {
        if (dialed) {
            dialer.plan();  // of the dial before
            dialer.plan().accepts = false;
        }
        make().connect();
        turn();
        pass(7s);
        EXPECT_EQ(ws().state(), ConnectionState::connecting);
        pass(2s);
        EXPECT_EQ(ws().state(), ConnectionState::disconnected);
        try {
            ws().wait_connected();
            ADD_FAILURE() << "nothing was thrown";
        } catch (const WebSocketTimeoutError& error) {
            EXPECT_EQ(error.last_error().code, Errc::connect_timeout);
            EXPECT_NE(std::string(error.what())
                          .find(dialed ? "did not answer the upgrade" : "could not be reached"),
                      std::string::npos)
                << error.what();
        }
    }
}

// Exhausted

TEST_F(Reconnecting, ExhaustedIsAReconnectErrorWithTheAttemptsAndTheLastCause) {
    options.max_reconnect_attempts = 2;
    plan_failures(2);
    plan_failures(1, Errc::network_unreachable);
    make().connect();
    try {
        ws().wait_connected();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const WebSocketConnectionError& error) {
        EXPECT_EQ(error.attempts(), 3U);
        EXPECT_EQ(error.last_error().code, Errc::network_unreachable);
        EXPECT_NE(std::string(error.what()).find("(3 attempts)"), std::string::npos);
    }
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(ws().last_error().code, Errc::retries_exhausted);
}

// A dial that cannot start

TEST_F(Reconnecting, ADialerThatThrowsCostsATry) {
    struct Throwing final : Dialer {
        std::unique_ptr<Dial> dial(const DialTarget&, DialHandler&) override {
            if (++dials == 2) throw std::bad_alloc();
            throw std::runtime_error("no dial today");
        }
        int dials = 0;
    } throwing;
    options.dialer = &throwing;
    options.max_reconnect_attempts = 1;
    make().connect();
    EXPECT_EQ(ws().state(), ConnectionState::connecting);
    turn();
    EXPECT_EQ(ws().last_error().message(),
              "no connection to ws://feed.example/stream could be started: no dial today");
    pass(2s);
    EXPECT_EQ(throwing.dials, 2);
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    try {
        ws().wait_connected();
    } catch (const WebSocketConnectionError& error) {
        EXPECT_EQ(error.last_error().code, Errc::out_of_memory);
    }
    ws().connect();
    ws().kill();
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    destroy();
}

}  // namespace
}  // namespace pinwheel::test
