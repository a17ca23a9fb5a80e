#include <gtest/gtest.h>

#include "../../../proto/websocket/connection.h"
#include "../../support/scripted_connection.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class ConnectionFaults : public ScriptedConnection {
  protected:
    void start(const std::string& path = "/") {
        ScriptedConnection::start("ws://feed.example" + path);
        turn();
    }
};

TEST_F(ConnectionFaults, TheAnswerToACloseLeavesBehindTheBacklogAndBeforeTheEnd) {
    start();
    script().write_room = 3;
    ASSERT_EQ(connection->send(Opcode::text, bytes_of("backlog")), Errc::ok);
    script().bytes(close_frame(1001, ""));
    turn();
    EXPECT_EQ(ends, 1);
    EXPECT_FALSE(script().write_shut);
    script().write_room = StreamScript::kUnlimited;
    turn();
    EXPECT_TRUE(script().write_shut);
    EXPECT_EQ(take_sent_frame(script().written).payload, "backlog");
    EXPECT_EQ(take_sent_frame(script().written).opcode, 8U);
    EXPECT_FALSE(connection->drained());
    script().end();
    turn();
    EXPECT_TRUE(connection->drained());
    EXPECT_EQ(ends, 1);
}

TEST_F(ConnectionFaults, AFailedWriteIsTheEndAlsoIfNothingCanBeRead) {
    start();
    script().write_error = Errc::out_of_memory;
    ASSERT_EQ(connection->send(Opcode::text, bytes_of("lost")), Errc::ok);
    EXPECT_EQ(ends, 0);  // never inside the call
    turn();
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(end.error.code, Errc::out_of_memory);
    EXPECT_NE(end.error.message().find("feed.example"), std::string::npos);
    EXPECT_TRUE(end.was_open);
    EXPECT_TRUE(connection->drained());
}

TEST_F(ConnectionFaults, ThePeersBytesComeBeforeTheFailedWrite) {
    start();
    script().write_error = Errc::connection_reset;
    script().bytes(close_frame(1013, "later"));
    ASSERT_EQ(connection->send(Opcode::text, bytes_of("lost")), Errc::ok);
    turn();
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(end.error.code, Errc::closed_by_peer);
    EXPECT_EQ(end.close_code, 1013);
    EXPECT_TRUE(connection->drained());
}

TEST_F(ConnectionFaults, ARequestThatDoesNotFitIsAnErrorAtOnce) {
    options.send_buffer_limit = 100;
    start("/" + std::string(4'000, 'p'));
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(end.error.code, Errc::send_buffer_full);
    EXPECT_NE(end.error.message().find("send_buffer_limit"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel::test
