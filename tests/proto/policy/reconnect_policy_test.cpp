#include "../../../proto/policy/reconnect_policy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "../../../core/random.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
constexpr auto kMaxTry = std::numeric_limits<std::uint32_t>::max();

ReconnectPolicy policy(ReconnectStrategy strategy, Duration delay = 1s, Duration max_delay = 60s,
                       double jitter = 0) {
    return ReconnectPolicy({.strategy = strategy, .delay = delay, .max_delay = max_delay, .jitter = jitter});
}

TEST(Reconnecting, ImmediateDoesNotWait) {
    const auto immediate = policy(ReconnectStrategy::immediate);
    EXPECT_EQ(immediate.delay(1, 0.5), 0s);
    EXPECT_EQ(immediate.delay(kMaxTry, 0.5), 0s);
}

TEST(Reconnecting, FixedDelayWaitsTheSameBeforeEachTry) {
    const auto fixed = policy(ReconnectStrategy::fixed_delay, 7s, 3s);
    EXPECT_EQ(fixed.delay(1, 0), 7s);
    EXPECT_EQ(fixed.delay(kMaxTry, 0), 7s);
}

TEST(Reconnecting, ExponentialBackoffDoublesUpToTheMaximum) {
    const auto backoff = policy(ReconnectStrategy::exponential_backoff);
    const Duration expected[] = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
    std::uint32_t n = 0;
    for (const auto wait : expected) EXPECT_EQ(backoff.delay(++n, 0), wait) << n;
}

TEST(Reconnecting, ExponentialBackoffStartsBelowAMaximumThatIsSmallerThanTheDelay) {
    EXPECT_EQ(policy(ReconnectStrategy::exponential_backoff, 10s, 4s).delay(1, 0), 4s);
}

TEST(Reconnecting, ExponentialBackoffNeverOverflows) {
    const auto widest = policy(ReconnectStrategy::exponential_backoff, 1ns, Duration::max());
    EXPECT_EQ(widest.delay(63, 0).count(), std::int64_t{1} << 62);
    for (const std::uint32_t n : {64U, 65U, 100U, 1000U, kMaxTry})
        EXPECT_EQ(widest.delay(n, 0), Duration::max()) << n;
    const auto odd = policy(ReconnectStrategy::exponential_backoff, 3ns, Duration::max());
    Duration last{};
    for (std::uint32_t n = 1; n < 200; ++n) {
        EXPECT_GE(odd.delay(n, 0), last) << n;
        last = odd.delay(n, 0);
    }
    EXPECT_EQ(policy(ReconnectStrategy::exponential_backoff, 0s).delay(kMaxTry, 0), 0s);
}

TEST(Reconnecting, CallbackControlledFallsBackToTheDelay) {
    EXPECT_EQ(policy(ReconnectStrategy::callback_controlled, 3s).delay(9, 0), 3s);
}

TEST(Reconnecting, JitterCutsTheDelayByARandomPartOfAtMostItself) {
    const auto jittered = policy(ReconnectStrategy::fixed_delay, 10s, 60s, 0.3);
    EXPECT_EQ(jittered.delay(1, 0), 10s);
    EXPECT_EQ(jittered.delay(1, 0.5), 8500ms);
    SeededRandom random(3);
    Duration least = 10s;
    for (int i = 0; i < 10'000; ++i) {
        const Duration wait = jittered.delay(1, random.unit());
        EXPECT_GE(wait, 7s);
        EXPECT_LE(wait, 10s);
        least = std::min(least, wait);
    }
    EXPECT_LT(least, 7010ms);
}

TEST(Reconnecting, JitterDoesNotOverflowEither) {
    const auto wide = policy(ReconnectStrategy::exponential_backoff, Duration::max(), Duration::max(), 1);
    EXPECT_EQ(wide.delay(1, 0), Duration::max());
    EXPECT_GE(wide.delay(1, std::nextafter(1.0, 0.0)), 0s);
}

TEST(Reconnecting, TheBudgetIsFullAfterReset) {
    ReconnectPolicy policy({.max_attempts = 2});
    EXPECT_FALSE(policy.exhausted());
    EXPECT_EQ(policy.take(), 1U);
    EXPECT_EQ(policy.take(), 2U);
    EXPECT_TRUE(policy.exhausted());
    policy.reset();
    EXPECT_FALSE(policy.exhausted());
    EXPECT_EQ(policy.tries(), 0U);
}

TEST(Reconnecting, ABudgetOfZeroIsExhaustedFromTheStart) {
    EXPECT_TRUE(ReconnectPolicy({.max_attempts = 0}).exhausted());
}

TEST(Reconnecting, TryAgainLaterAnd503And429AskForTheUnavailableDelay) {
    const ReconnectPolicy policy({.server_unavailable_delay = 25s});
    EXPECT_EQ(policy.floor(1013, 0, {}), 25s);
    EXPECT_EQ(policy.floor(0, 503, {}), 25s);
    EXPECT_EQ(policy.floor(0, 429, {}), 25s);
    EXPECT_EQ(policy.floor(1012, 0, {}), 0s);
    EXPECT_EQ(policy.floor(0, 500, {}), 0s);
}

TEST(Reconnecting, RetryAfterReplacesTheUnavailableDelay) {
    const ReconnectPolicy policy({.server_unavailable_delay = 25s});
    EXPECT_EQ(policy.floor(0, 503, 90s), 90s);
    EXPECT_EQ(policy.floor(0, 429, 2s), 2s);
    EXPECT_EQ(policy.floor(0, 404, 90s), 0s);
}

TEST(Reconnecting, H3ARetryAfterIsCapped) {
    const ReconnectPolicy policy({.server_unavailable_delay = 25s, .max_retry_after = 10s});
    EXPECT_EQ(policy.floor(0, 503, 9s), 9s);
    EXPECT_EQ(policy.floor(0, 503, 11s), 10s);
    EXPECT_EQ(policy.floor(0, 429, Duration::max()), 10s);
    EXPECT_EQ(policy.floor(0, 503, {}), 25s) << "the cap is of what a server asks for";
    EXPECT_EQ(ReconnectPolicy({}).floor(0, 503, 24h), 1h);
    EXPECT_NE(validate(ReconnectOptions{.max_retry_after = -1ns}).message().find("max_retry_after"),
              std::string::npos);
}

TEST(Reconnecting, AnOptionThatCannotBeIsNamed) {
    EXPECT_FALSE(validate(ReconnectOptions{}).failed());
    EXPECT_EQ(validate(ReconnectOptions{.delay = -1ns}).message(),
              "reconnect_delay is -1e-09 s; give 0 or more");
    EXPECT_NE(validate(ReconnectOptions{.max_delay = -1ns}).message().find("max_reconnect_delay"),
              std::string::npos);
    EXPECT_NE(
        validate(ReconnectOptions{.stable_connection_time = -1ns}).message().find("stable_connection_time"),
        std::string::npos);
    EXPECT_NE(validate(ReconnectOptions{.server_unavailable_delay = -1ns})
                  .message()
                  .find("server_unavailable_delay"),
              std::string::npos);
    for (const double jitter : {-0.1, 1.1, std::nan(""), std::numeric_limits<double>::infinity()})
        EXPECT_NE(validate(ReconnectOptions{.jitter = jitter}).message().find("reconnect_jitter"),
                  std::string::npos);
}

}  // namespace
}  // namespace pinwheel
