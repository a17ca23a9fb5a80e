// A long random walk through the machine. The invariants are checked after each step.

#include <gtest/gtest.h>

#include "../../../core/random.h"
#include "../../support/session_walker.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST(Session, AMillionRandomEventsBreakNoInvariant) {
    constexpr int kSteps = 1'000'000;
    SeededRandom seeds(20240229);
    int walks = 0;
    int connections = 0;
    for (int steps = 0; steps < kSteps; ++walks) {
        const auto seed = seeds.next();
        SeededRandom dice(seed);
        SessionWalker walker({.auto_reconnect = seed % 4 != 0,
                              .has_should_disconnect = seed % 3 != 0,
                              .has_should_reconnect = seed % 5 < 3,
                              .reconnect = {.strategy = static_cast<ReconnectStrategy>(1 + seed % 7 % 4),
                                            .max_attempts = static_cast<std::uint32_t>(seed % 11 % 5)},
                              .keepalive = {.interval = 20s, .timeout = 45s},
                              .window = {.connection_lifetime = 1h},
                              .jitter_seed = seed},
                             dice);
        // Once closed, a walk continues for a while: no event may leave that state.
        for (int after = 0; after < 50 && steps < kSteps; ++steps, after += walker.closed() ? 1 : 0) {
            ASSERT_NO_THROW(walker.step()) << "at step " << steps << " of seed " << seed;
        }
        connections += walker.connections();
    }
    EXPECT_GT(walks, 100);
    EXPECT_GT(connections, 10'000);
}

}  // namespace
}  // namespace pinwheel
