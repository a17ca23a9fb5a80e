#include "../../core/idle_strategy.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using Action = BackoffIdle::Action;
using Step = BackoffIdle::Step;

TEST(BackoffIdle, SpinsThenYieldsThenSleepsTwiceAsLongEachTimeUpToTheLimit) {
    BackoffIdle idle({.spins = 3, .yields = 2, .min_park = 10us, .max_park = 50us});
    for (int i = 0; i < 3; ++i) EXPECT_EQ(idle.next(0), (Step{Action::spin, {}})) << i;
    for (int i = 0; i < 2; ++i) EXPECT_EQ(idle.next(0), (Step{Action::yield, {}})) << i;
    for (const Duration park : {10us, 20us, 40us, 50us, 50us})
        EXPECT_EQ(idle.next(0), (Step{Action::park, park}));
}

TEST(BackoffIdle, WorkResetsIt) {
    BackoffIdle idle({.spins = 1, .yields = 1, .min_park = 10us, .max_park = 50us});
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(idle.next(1), Step{});
        EXPECT_EQ(idle.next(0).action, Action::spin);
        EXPECT_EQ(idle.next(0).action, Action::yield);
        EXPECT_EQ(idle.next(0), (Step{Action::park, 10us}));
        EXPECT_EQ(idle.next(0), (Step{Action::park, 20us}));
    }
}

TEST(BackoffIdle, StagesMayBeLeftOut) {
    BackoffIdle idle({.spins = 0, .yields = 0, .min_park = 2us, .max_park = 2us});
    EXPECT_EQ(idle.next(0), (Step{Action::park, 2us}));
    EXPECT_EQ(idle.next(0), (Step{Action::park, 2us}));
}

TEST(BackoffIdle, TheLongestSleepHasTheLastWord) {
    BackoffIdle idle({.spins = 0, .yields = 0, .min_park = 1h, .max_park = 3us});
    EXPECT_EQ(idle.next(0), (Step{Action::park, 3us}));
    BackoffIdle endless(
        {.spins = 0, .yields = 0, .min_park = Duration::max() - 1ns, .max_park = Duration::max()});
    EXPECT_EQ(endless.next(0).park, Duration::max() - 1ns);
    EXPECT_EQ(endless.next(0).park, Duration::max()) << "doubled without overflow";
}

TEST(IdleStrategies, GoThroughAllTheirStages) {
    BackoffIdle backoff({.spins = 2, .yields = 2, .min_park = 1us, .max_park = 4us});
    BusySpinIdle spin;
    for (IdleStrategy* idle : {static_cast<IdleStrategy*>(&backoff), static_cast<IdleStrategy*>(&spin)}) {
        for (int i = 0; i < 8; ++i) idle->idle(0);
        idle->idle(1);
    }
    EXPECT_EQ(backoff.next(0).action, Action::spin) << "the work at the end was not heard";
}

}  // namespace
}  // namespace pinwheel
