#include "../../../proto/policy/window_policy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using Kind = WindowPolicy::Step::Kind;
using Seconds = std::chrono::duration<double>;

constexpr TimePoint kNow{1h};

TEST(Windows, ShouldReconnectTrueMeansConnectNow) {
    const WindowPolicy policy({});
    EXPECT_EQ(policy.after(true, kNow).kind, Kind::connect);
}

TEST(Windows, ShouldReconnectFalseMeansAskAgainAfterTheInterval) {
    const auto step = WindowPolicy({.reconnect_check_interval = 500ms}).after(false, kNow);
    EXPECT_EQ(step.kind, Kind::ask_at);
    EXPECT_EQ(step.at, kNow + 500ms);
}

TEST(Windows, ShouldReconnectWithADurationMeansConnectAfterIt) {
    const WindowPolicy policy({});
    for (const WindowAnswer& answer : {WindowAnswer(90s), WindowAnswer(Seconds(90.0))}) {
        const auto step = policy.after(answer, kNow);
        EXPECT_EQ(step.kind, Kind::connect_at);
        EXPECT_EQ(step.at, kNow + 90s);
    }
}

TEST(Windows, ADurationThatIsNotPositiveMeansNow) {
    const WindowPolicy policy({});
    for (const WindowAnswer& answer : {WindowAnswer(0s), WindowAnswer(-5s), WindowAnswer(Seconds(-0.5))})
        EXPECT_EQ(policy.after(answer, kNow).kind, Kind::connect);
}

TEST(Windows, ADurationBeyondTheClockMeansAsLateAsCanBe) {
    const WindowPolicy policy({});
    for (const double endless : {1e300, std::numeric_limits<double>::infinity(), std::nan("")})
        EXPECT_EQ(policy.after(Seconds(endless), kNow).at, TimePoint::max());
}

TEST(Windows, ShouldDisconnectIsAskedEveryInterval) {
    EXPECT_EQ(WindowPolicy({.disconnect_check_interval = 3s}).next_disconnect_check(kNow), kNow + 3s);
}

TEST(Reasons, TheConnectionLimitActsAMarginBeforeTheLifetime) {
    const WindowPolicy policy({.connection_lifetime = 24h, .disconnect_margin = 300s});
    EXPECT_EQ(policy.age_limit(kNow), kNow + 23h + 55min);
    EXPECT_EQ(WindowPolicy({}).age_limit(kNow), std::nullopt);
}

TEST(Reasons, AMarginThatLeavesNoPositiveAgeIsAnError) {
    EXPECT_FALSE(validate(WindowOptions{}).failed());
    EXPECT_FALSE(validate(WindowOptions{.connection_lifetime = 301s, .disconnect_margin = 300s}).failed());
    const Error error = validate(WindowOptions{.connection_lifetime = 300s, .disconnect_margin = 300s});
    EXPECT_EQ(error.code, Errc::invalid_argument);
    EXPECT_EQ(
        error.message(),
        "connection_lifetime is 300 s; it must be longer than disconnect_margin, which is 300 s; change "
        "one of them");
}

TEST(Reasons, AWindowOptionThatCannotBeIsNamed) {
    const auto names = [](const WindowOptions& options, std::string_view field) {
        return validate(options).message().starts_with(field);
    };
    EXPECT_TRUE(names({.disconnect_check_interval = 0s}, "disconnect_check_interval"));
    EXPECT_TRUE(names({.reconnect_check_interval = -1s}, "reconnect_check_interval"));
    EXPECT_TRUE(names({.connection_lifetime = -1s}, "connection_lifetime"));
    EXPECT_TRUE(names({.disconnect_margin = -1s}, "disconnect_margin"));
}

}  // namespace
}  // namespace pinwheel
