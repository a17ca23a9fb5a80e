#include "../../net/connect_times.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

Endpoint at(const std::string& address) {
    return *Endpoint::parse(address, 443);
}

TEST(ConnectTimes, TheFastestComesFirstBehindThoseWithoutATime) {
    ConnectTimes times;
    times.note("venue:443", at("10.0.0.1"), 9ms);
    times.note("venue:443", at("10.0.0.2"), 2ms);
    times.note("venue:443", at("10.0.0.3"), 5ms);
    times.note("other:443", at("10.0.0.4"), 1ms);
    std::vector order{at("10.0.0.1"), at("10.0.0.5"), at("10.0.0.2"), at("10.0.0.4"), at("10.0.0.3")};
    times.rank("venue:443", order);
    EXPECT_EQ(order,
              (std::vector{at("10.0.0.5"), at("10.0.0.4"), at("10.0.0.2"), at("10.0.0.3"), at("10.0.0.1")}));
}

}  // namespace
}  // namespace pinwheel
