#include "../../core/nearest_name.h"

#include <gtest/gtest.h>

#include <array>

namespace pinwheel {
namespace {

constexpr std::array<std::string_view, 4> kKnown{"tail", "echo", "interval", "timeout"};

TEST(NearestName, TakesAddedDroppedChangedAndSwappedLetters) {
    EXPECT_EQ(nearest_name("tial", kKnown), "tail");
    EXPECT_EQ(nearest_name("ecoh", kKnown), "echo");
    EXPECT_EQ(nearest_name("intervall", kKnown), "interval");
    EXPECT_EQ(nearest_name("interal", kKnown), "interval");
    EXPECT_EQ(nearest_name("timeput", kKnown), "timeout");
}

TEST(NearestName, IgnoresDistantNames) {
    EXPECT_EQ(nearest_name("colour", kKnown), "");
    EXPECT_EQ(nearest_name("", kKnown), "");
    EXPECT_EQ(did_you_mean("colour", kKnown), "");
    EXPECT_EQ(did_you_mean("tial", kKnown), "; did you mean 'tail'?");
}

}  // namespace
}  // namespace pinwheel
