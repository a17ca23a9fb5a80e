#include "../../../proto/policy/disconnect_reason.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using enum DisconnectReason;

TEST(Reasons, TheUsersOwnAreProactiveAndTheSufferedReactive) {
    for (const auto reason : {user_requested, scheduled, callback_triggered, connection_limit}) {
        EXPECT_TRUE(is_proactive(reason)) << to_string(reason);
        EXPECT_FALSE(is_reactive(reason)) << to_string(reason);
    }
    for (const auto reason : {server_closed, network_error, ping_timeout, protocol_error, killed}) {
        EXPECT_FALSE(is_proactive(reason)) << to_string(reason);
        EXPECT_TRUE(is_reactive(reason)) << to_string(reason);
    }
}

TEST(Reasons, ACloseFrameMeansServerClosed) {
    EXPECT_EQ(reason_of(Errc::closed_by_peer), server_closed);
}

TEST(Reasons, EndOfStreamResetTcpTimeoutAndTlsFailureMeanNetworkError) {
    for (const auto error : {Errc::end_of_stream, Errc::connection_reset, Errc::unacknowledged,
                             Errc::connect_timeout, Errc::tls_failure, Errc::io_failure, Errc::out_of_memory})
        EXPECT_EQ(reason_of(error), network_error) << describe(error);
}

TEST(Reasons, AMissingPongMeansPingTimeout) {
    EXPECT_EQ(reason_of(Errc::pong_timeout), ping_timeout);
}

TEST(Reasons, ABrokenProtocolBadUtf8AndTooLargeAMessageMeanProtocolError) {
    for (const auto error : {Errc::bad_frame, Errc::bad_fragment, Errc::bad_utf8, Errc::bad_close,
                             Errc::masked_frame, Errc::message_too_large})
        EXPECT_EQ(reason_of(error), protocol_error) << describe(error);
}

TEST(Reasons, NamesAndNumbersAreThoseOfTheReference) {
    EXPECT_EQ(to_string(user_requested), "USER_REQUESTED");
    EXPECT_EQ(to_string(connection_limit), "CONNECTION_LIMIT");
    EXPECT_EQ(to_string(server_closed), "SERVER_CLOSED");
    EXPECT_EQ(to_string(killed), "KILLED");
    EXPECT_EQ(static_cast<int>(user_requested), 1);
    EXPECT_EQ(static_cast<int>(killed), 9);
}

}  // namespace
}  // namespace pinwheel
