#include "../../../proto/policy/connection_state.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using enum ConnectionState;
constexpr ConnectionState kAll[] = {disconnected, connecting, connected, reconnecting, closing, closed};

TEST(States, ConnectIsAllowedFromDisconnectedAndReconnectingOnly) {
    for (const auto state : kAll)
        EXPECT_EQ(can_connect(state), state == disconnected || state == reconnecting) << to_string(state);
}

TEST(States, SendIsAllowedWhileConnectedOnly) {
    for (const auto state : kAll) EXPECT_EQ(can_send(state), state == connected) << to_string(state);
}

TEST(States, ClosedAloneIsTerminal) {
    for (const auto state : kAll) EXPECT_EQ(is_terminal(state), state == closed) << to_string(state);
}

TEST(States, NamesAreThoseOfTheReference) {
    EXPECT_EQ(to_string(disconnected), "DISCONNECTED");
    EXPECT_EQ(to_string(connecting), "CONNECTING");
    EXPECT_EQ(to_string(connected), "CONNECTED");
    EXPECT_EQ(to_string(reconnecting), "RECONNECTING");
    EXPECT_EQ(to_string(closing), "CLOSING");
    EXPECT_EQ(to_string(closed), "CLOSED");
    EXPECT_EQ(static_cast<int>(closed), 6);
}

}  // namespace
}  // namespace pinwheel
