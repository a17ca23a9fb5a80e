#include <gtest/gtest.h>

#include "../../../proto/delivery/callback_sink.h"
#include "../../../proto/websocket/connection.h"
#include "../../support/frames.h"
#include "../../support/scripted_dialer.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class ConnectionFaults : public testing::Test, public ConnectionHandler {
  protected:
    void on_open() override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& ended) override {
        end = ended;
        ++ends;
    }
    void on_message(const Message&) {}
    void start(const std::string& path = "/") {
        connection = std::make_unique<Connection>(reactor, dialer, options, *this, sink);
        connection->start(*Url::parse("ws://feed.example" + path));
        turn();
    }
    void turn(int turns = 20) {
        for (int i = 0; i < turns; ++i) {
            clock.advance(1ms);
            reactor.poll();
        }
    }

    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    ScriptedDialer dialer{reactor};
    StreamScript& script = dialer.plan().script;
    ConnectionOptions options;
    CallbackSink sink{CallbackSink::Callback::member<&ConnectionFaults::on_message>(*this)};
    std::unique_ptr<Connection> connection;
    ConnectionEnd end;
    int ends = 0;
};

TEST_F(ConnectionFaults, TheAnswerToACloseLeavesBehindTheBacklogAndBeforeTheEnd) {
    start();
    script.write_room = 3;
    ASSERT_EQ(connection->send(Opcode::text, bytes_of("backlog")), Errc::ok);
    script.bytes(close_frame(1001, ""));
    turn();
    EXPECT_EQ(ends, 1);
    EXPECT_FALSE(script.write_shut);
    script.write_room = StreamScript::kUnlimited;
    turn();
    EXPECT_TRUE(script.write_shut);
    EXPECT_EQ(take_sent_frame(script.written).payload, "backlog");
    EXPECT_EQ(take_sent_frame(script.written).opcode, 8U);
    EXPECT_FALSE(connection->drained());
    script.end();
    turn();
    EXPECT_TRUE(connection->drained());
    EXPECT_EQ(ends, 1);
}

TEST_F(ConnectionFaults, AFailedWriteIsTheEndAlsoIfNothingCanBeRead) {
    start();
    script.write_error = Errc::out_of_memory;
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
    script.write_error = Errc::connection_reset;
    script.bytes(close_frame(1013, "later"));
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
