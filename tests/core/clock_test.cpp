#include "../../core/clock.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

TEST(Clock, TimeAfterStopsAtTheEndOfTime) {
    constexpr TimePoint kNow{1h};
    static_assert(time_after(kNow, 5s) == TimePoint{1h + 5s});
    static_assert(time_after(kNow, Duration::zero()) == kNow);
    static_assert(time_after(kNow, Duration::max()) == TimePoint::max());
    static_assert(time_after(kNow, TimePoint::max() - kNow) == TimePoint::max());
    static_assert(time_after(kNow, TimePoint::max() - kNow - 1ns) == TimePoint::max() - 1ns);
    EXPECT_EQ(time_after(kNow, 1ns), kNow + 1ns);
}

TEST(SteadyClock, ReadsTheTwoClocksOfTheSystem) {
    SteadyClock clock;
    const auto steady_before = std::chrono::steady_clock::now();
    const auto system_before = std::chrono::system_clock::now();
    const TimePoint steady = clock.now();
    const SystemTime system = clock.system_now();
    EXPECT_LE(steady_before, steady);
    EXPECT_LE(steady, std::chrono::steady_clock::now());
    EXPECT_LE(system_before, system);
    EXPECT_LE(system, std::chrono::system_clock::now());
}

TEST(ManualClock, MovesBothTimesOnlyOnRequest) {
    ManualClock clock(TimePoint{10s}, SystemTime{100s});
    EXPECT_EQ(clock.now(), TimePoint{10s});
    EXPECT_EQ(clock.now(), clock.now());
    clock.advance(3s);
    EXPECT_EQ(clock.now(), TimePoint{13s});
    EXPECT_EQ(clock.system_now(), SystemTime{103s});
}

}  // namespace
}  // namespace pinwheel
