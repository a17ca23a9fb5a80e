#include "../../core/tsc_clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

TEST(TscClock, TrustsTheCounterExactlyIfTheKernelCallsItInvariant) {
    std::ifstream cpu_info("/proc/cpuinfo");
    std::string flags;
    for (std::string line; std::getline(cpu_info, line);)
        if (line.rfind("flags", 0) == 0) flags = line + " ";
    const bool invariant = flags.find(" nonstop_tsc ") != std::string::npos;
    EXPECT_EQ(has_invariant_tsc(), invariant);
    EXPECT_EQ(to_string(TscClock().source()), invariant ? "tsc" : "steady");
}

TEST(TscClock, IsTheSteadyClockIfThatIsWanted) {
    TscClock clock(ClockSource::steady);
    EXPECT_EQ(to_string(clock.source()), "steady");
    const auto before = std::chrono::steady_clock::now();
    const auto now = clock.now();
    EXPECT_LE(before, now);
    EXPECT_LE(now, std::chrono::steady_clock::now());
}

TEST(TscClock, AgreesWithTheSteadyClockAndNeverGoesBack) {
    SteadyClock steady;
    TscClock clock;
    const TimePoint end = steady.now() + 350ms;  // the first measurement, and three anchors after it
    TimePoint last{};
    Duration worst{};
    for (TimePoint before = steady.now(); before < end; before = steady.now()) {
        const TimePoint told = clock.now();
        const TimePoint after = steady.now();
        ASSERT_GE(told, last);
        last = told;
        worst = std::max({worst, before - told, told - after});
    }
    EXPECT_LE(worst, 1ms);
}

TEST(TscClock, UnixTimeIsTheSystems) {
    TscClock clock;
    const auto before = std::chrono::system_clock::now();
    const auto now = clock.system_now();
    EXPECT_LE(before, now);
    EXPECT_LE(now, std::chrono::system_clock::now());
}

}  // namespace
}  // namespace pinwheel
