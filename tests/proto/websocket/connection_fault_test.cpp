// Fuzzing findings in a connection, and the effects of a hostile peer or a full socket.

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <array>
#include <memory>
#include <string>

#include "../../../net/unique_fd.h"
#include "../../../proto/websocket/connection.h"
#include "../../support/scripted_connection.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

class ConnectionFault : public ScriptedConnection {
  protected:
    void on_message(const Message& message) override {
        log += std::string(message.text()) + ";";
        address = message.payload.data();
    }

    std::string log;
    const std::byte* address = nullptr;  // of the last message
};

TEST_F(ConnectionFault, DecodesWhereTheStreamShowsTheBytes) {
    script().shows_views = true;
    script().bytes(text_frame("one") + text_frame("two"));
    open();
    EXPECT_EQ(log, "one;two;");
    const auto shown = std::as_bytes(std::span(script().shown));
    EXPECT_TRUE(address >= shown.data() && address < shown.data() + shown.size());
    script().trickle(text_frame("in pieces") + text_frame("four"), 3);
    turn(200);
    EXPECT_EQ(log, "one;two;in pieces;four;");
}

constexpr const char* kRefusalWithoutItsBody =
    "HTTP/1.1 429 Slow\r\nRetry-After: 20\r\nContent-Length: 30\r\n\r\n";

// H2
TEST_F(ConnectionFault, ARefusalWhoseBodyDoesNotComeIsThatRefusalAtTheTimeout) {
    plan.answer = kRefusalWithoutItsBody;
    start();
    turn();
    EXPECT_EQ(ends, 0);
    clock.advance(30s);
    turn();
    ASSERT_EQ(ends, 1);
    EXPECT_EQ(end.error.code, Errc::upgrade_unavailable);
    EXPECT_EQ(end.http_status, 429);
    EXPECT_EQ(end.retry_after, 20s);
}

// H2
TEST_F(ConnectionFault, ARefusalWhoseBodyEndsInAResetIsThatRefusal) {
    plan.answer = kRefusalWithoutItsBody;
    script().fail(Errc::connection_reset);
    start();
    turn();
    ASSERT_EQ(ends, 1);
    EXPECT_EQ(end.error.code, Errc::upgrade_unavailable);
    EXPECT_EQ(end.http_status, 429);
    EXPECT_EQ(end.retry_after, 20s);
}

TEST_F(ConnectionFault, OurCloseFrameIsTheLastEvenIfThePeerBreaksTheProtocolBehindIt) {
    open();
    connection->close(1000);
    script().bytes(raw_frame({.rsv = 4}, "x"));
    turn();
    EXPECT_EQ(end.error.code, Errc::bad_frame);
    EXPECT_EQ(take_sent_frame(script().written).payload, close_payload(1000));
    EXPECT_EQ(script().written, "");
}

TEST_F(ConnectionFault, BytesHeldByTlsAreReadOnceItCouldWrite) {
    // A descriptor that is readable while its count is above 0, and always writable.
    const UniqueFd descriptor(::eventfd(1, EFD_NONBLOCK));
    script().fd = descriptor.get();
    open();
    eventfd_t count = 0;
    ASSERT_EQ(::eventfd_read(descriptor.get(), &count), 0);
    script().write_room = 0;
    ASSERT_EQ(connection->send(Opcode::text, bytes_of("ours")), Errc::ok);
    script().bytes(text_frame("held"));
    script().reads_wait_for_writes = true;
    turn();
    EXPECT_EQ(log, "");
    script().write_room = StreamScript::kUnlimited;
    turn();
    EXPECT_EQ(log, "held;");
}

}  // namespace
}  // namespace pinwheel
