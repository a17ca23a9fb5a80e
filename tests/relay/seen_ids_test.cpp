#include "../../tools/relay/seen_ids.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

TEST(SeenIds, AnIdIsARepetitionWithinItsSpan) {
    SeenIds seen(100, 10s);
    const TimePoint begin{1h};
    EXPECT_FALSE(seen.see("a", begin));
    EXPECT_FALSE(seen.see("b", begin + 1s));
    EXPECT_TRUE(seen.see("a", begin + 10s));
    EXPECT_FALSE(seen.see("a", begin + 10s + 1ns));
    EXPECT_TRUE(seen.see("a", begin + 20s));
}

TEST(SeenIds, TheOldestIdsAreForgotten) {
    SeenIds seen(2, 10s);
    const TimePoint at{1h};
    for (const char* const id : {"a", "b", "c", "d"}) EXPECT_FALSE(seen.see(id, at)) << id;
    EXPECT_TRUE(seen.see("d", at));
    EXPECT_FALSE(seen.see("a", at));
}

}  // namespace
}  // namespace pinwheel
