#include "../../../proto/policy/alert_throttle.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
constexpr TimePoint kNow{1h};

TEST(Alerts, TheFirstDisconnectFiresWithCountOne) {
    AlertThrottle throttle(300s);
    EXPECT_EQ(throttle.count(kNow), 1U);
}

TEST(Alerts, DisconnectsWithinTheIntervalAreCountedOnly) {
    AlertThrottle throttle(300s);
    EXPECT_EQ(throttle.count(kNow), 1U);
    EXPECT_EQ(throttle.count(kNow), std::nullopt);
    EXPECT_EQ(throttle.count(kNow + 300s - 1ns), std::nullopt);
}

TEST(Alerts, TheFirstAfterTheIntervalFiresWithTheNumberSkippedPlusOne) {
    AlertThrottle throttle(300s);
    EXPECT_EQ(throttle.count(kNow), 1U);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(throttle.count(kNow + 1s), std::nullopt);
    EXPECT_EQ(throttle.count(kNow + 300s), 5U);
    EXPECT_EQ(throttle.count(kNow + 301s), std::nullopt);
    EXPECT_EQ(throttle.count(kNow + 600s), 2U);
    EXPECT_EQ(throttle.count(kNow + 3h), 1U);
}

TEST(Alerts, WithoutAnIntervalEachFires) {
    AlertThrottle throttle(0s);
    EXPECT_EQ(throttle.count(kNow), 1U);
    EXPECT_EQ(throttle.count(kNow), 1U);
}

TEST(Alerts, AnOwnerWithATimerTakesTheCountedEvents) {
    AlertThrottle throttle(1s);
    EXPECT_LE(throttle.next_alert(), kNow);
    throttle.add(2);
    throttle.add();
    EXPECT_EQ(throttle.take(kNow), 3U);
    EXPECT_EQ(throttle.next_alert(), kNow + 1s);
    throttle.add();
    EXPECT_EQ(throttle.count(kNow + 999ms), std::nullopt);
    EXPECT_EQ(throttle.take(kNow + 1s), 2U);
}

TEST(Messages, AFullQueueAlertsAtMostOnceASecondAndLosesNoCount) {
    AlertThrottle throttle(1s);
    std::uint64_t told = 0;
    int alerts = 0;
    for (int i = 0; i < 10'000; ++i)
        if (const auto due = throttle.count(kNow + i * 1ms, 3)) {
            told += *due;
            ++alerts;
        }
    EXPECT_EQ(alerts, 10);
    EXPECT_EQ(told, 3U * 9'001);
}

}  // namespace
}  // namespace pinwheel
