#include "../../../proto/websocket/connection.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../../proto/delivery/queue_sink.h"
#include "../../support/scripted_connection.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

class ConnectionTest : public ScriptedConnection {
  protected:
    void on_open() override {
        log += "open;";
        if (on_open_hook) on_open_hook();
    }
    void on_pong(std::span<const std::byte> payload) override { log += "pong " + text_of(payload) + ";"; }
    void on_warning(const Error&) override { log += "warning;"; }
    void on_end(const ConnectionEnd& ended) override {
        log += "end;";
        ScriptedConnection::on_end(ended);
    }
    void on_message(const Message& message) override {
        log += message.text().size() < 100 ? std::string(message.text()) + ";"
                                           : std::to_string(message.text().size()) + ";";
        last = message;
        if (on_message_hook) on_message_hook();
    }

    void open() {
        ScriptedConnection::open();
        log.clear();
    }
    /// Starts with a queue of two messages, and receives five.
    void start_overfull(QueueSink& into) {
        std::string frames;
        for (int i = 0; i < 5; ++i) frames += text_frame(std::to_string(i));
        script().bytes(frames);
        start(into);
        turn();
    }

    std::string log;
    Message last;
    std::function<void()> on_open_hook;
    std::function<void()> on_message_hook;
};

TEST_F(ConnectionTest, OpensAndDeliversMessagesInOrder) {
    script().bytes(text_frame("one") + binary_frame("two") + ping_frame("hi") + text_frame("three"));
    start();
    turn();
    EXPECT_EQ(log, "open;one;two;three;");
    EXPECT_EQ(dialer.target().host, "feed.example");
    EXPECT_EQ(last.sequence, 3U);
    EXPECT_EQ(last.kernel_received, SystemTime{77s});
    const auto pong = take_sent_frame(script().written);
    EXPECT_EQ(pong.opcode, 10U);
    EXPECT_TRUE(pong.masked);
    EXPECT_EQ(pong.payload, "hi");
}

TEST_F(ConnectionTest, AGivenAddressChangesNeitherHostNorTheNameForTls) {
    options.addresses = {*Endpoint::parse("192.0.2.1", 8443)};
    start("wss://feed.example/stream");
    turn();
    EXPECT_EQ(dialer.target().addresses, options.addresses);
    EXPECT_EQ(dialer.target().server_name, "feed.example");
    EXPECT_NE(plan.request.find("\r\nHost: feed.example\r\n"), std::string::npos);
}

TEST_F(ConnectionTest, FramesGluedToTheUpgradeAnswerAreDelivered) {
    script().bytes(text_frame("glued"));
    start();
    turn();
    EXPECT_EQ(log, "open;glued;");
    EXPECT_EQ(script().steps.size(), 0U);
}

TEST_F(ConnectionTest, AnyCutOfTheStreamGivesTheSame) {
    const std::string frames = text_frame("a") + text_frame("b", false) + ping_frame("p") +
                               continuation("c") + binary_frame(std::string(70'000, 'x')) +
                               close_frame(1001, "bye");
    for (const std::size_t size : {1UL, 2UL, 3UL, 5UL, 127UL, 4096UL, 100'000UL}) {
        dialer.at(dialer.dials()).script.trickle(frames, size);
        dialer.plan();
        log.clear();
        ends = 0;
        start();
        while (ends == 0) turn(1);
        EXPECT_EQ(log, "open;a;bc;70000;end;") << size;
        EXPECT_EQ(end.close_code, 1001);
        EXPECT_EQ(end.close_reason, "bye");
    }
}

TEST_F(ConnectionTest, ThePeersCloseIsEchoedAndReportedOnceAndTheStreamDrained) {
    open();
    script().bytes(close_frame(1012, "restart") + text_frame("after the end"));
    turn();
    EXPECT_EQ(log, "end;");
    EXPECT_EQ(end.error.code, Errc::closed_by_peer);
    EXPECT_EQ(end.error.message(),
              "feed.example:80 closed the connection with close code 1012 (service restart): restart");
    EXPECT_TRUE(end.was_open);
    EXPECT_EQ(take_sent_frame(script().written).payload, close_payload(1012));
    EXPECT_TRUE(script().write_shut);
    EXPECT_FALSE(connection->drained());
    script().end();
    turn();
    EXPECT_TRUE(connection->drained());
    EXPECT_TRUE(script().destroyed);
    EXPECT_EQ(ends, 1);
}

TEST_F(ConnectionTest, ACloseFrameWithoutCodeIsAnsweredWithoutCode) {
    open();
    script().bytes(raw_frame({.opcode = 8}, ""));
    turn();
    EXPECT_EQ(end.close_code, 1005);
    EXPECT_EQ(take_sent_frame(script().written).payload, "");
}

TEST_F(ConnectionTest, OurCloseWaitsForThePeersAndDeliversEarlierMessages) {
    open();
    connection->close(1000, "done");
    EXPECT_EQ(connection->send(Opcode::text, bytes_of("late")), Errc::not_connected);
    EXPECT_EQ(take_sent_frame(script().written).payload, close_payload(1000, "done"));
    script().bytes(text_frame("in flight") + close_frame(1000));
    turn();
    EXPECT_EQ(log, "in flight;end;");
    EXPECT_FALSE(end.error.failed());
    EXPECT_EQ(end.close_code, 1000);
    EXPECT_TRUE(script().written.empty());
}

TEST_F(ConnectionTest, OurCloseEndsAtTheTimeoutIfThePeerIsSilent) {
    open();
    connection->close(1000);
    clock.advance(1990ms);
    reactor.poll();
    EXPECT_EQ(ends, 0);
    clock.advance(11ms);
    reactor.poll();
    EXPECT_EQ(ends, 1);
    EXPECT_FALSE(end.error.failed());
    EXPECT_EQ(end.close_code, 1006);
    EXPECT_TRUE(connection->drained());
}

TEST_F(ConnectionTest, ALongCloseReasonIsCutAtTheEndOfACharacter) {
    open();
    std::string reason(122, 'x');
    connection->close(1000, reason + "\xc3\xa9");
    EXPECT_EQ(take_sent_frame(script().written).payload, close_payload(1000, reason));
}

TEST_F(ConnectionTest, ABrokenFrameIsAnsweredWithItsCloseCode) {
    const struct {
        std::string bytes;
        Errc error;
        unsigned code;
    } cases[] = {{raw_frame({.rsv = 4}, "x"), Errc::bad_frame, 1002},
                 {raw_frame({.masked = true}, "x"), Errc::masked_frame, 1002},
                 {text_frame("\xff"), Errc::bad_utf8, 1007},
                 {continuation("x"), Errc::bad_fragment, 1002},
                 {raw_frame({.opcode = 8}, "x"), Errc::bad_close, 1002},
                 {raw_frame({.opcode = 2, .length_bytes = 8, .claimed = std::uint64_t{1} << 40}, "x"),
                  Errc::message_too_large, 1009}};
    for (const auto& broken : cases) {
        auto& own = dialer.at(dialer.dials());
        dialer.plan();
        start();
        turn();
        own.script.bytes(broken.bytes);
        ends = 0;
        turn();
        EXPECT_EQ(end.error.code, broken.error);
        EXPECT_EQ(ends, 1);
        EXPECT_EQ(take_sent_frame(own.script.written).payload.substr(0, 2), close_payload(broken.code));
        EXPECT_TRUE(own.script.write_shut);
    }
}

TEST_F(ConnectionTest, OneTimeoutBoundsTheCompleteAttempt) {
    plan.accepts = false;
    start();
    turn();
    clock.advance(30s);
    turn();
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(end.error.code, Errc::connect_timeout);
    EXPECT_EQ(end.error.message(),
              "feed.example:80 did not answer the upgrade within the connection timeout; is this a WebSocket "
              "server?");
    EXPECT_FALSE(end.was_open);
    EXPECT_TRUE(script().destroyed);
}

TEST_F(ConnectionTest, ADialThatNeverEndsIsGivenUpAtTheTimeout) {
    plan.failure = Error{};
    ScriptedDialer silent(reactor);
    Connection waiting(reactor, silent, options, *this, sink);
    waiting.start(*Url::parse("wss://feed.example"));
    EXPECT_TRUE(silent.target().tls && silent.target().server_name == "feed.example");  // L8
    clock.advance(31s);
    turn();
    EXPECT_EQ(end.error.message(),
              "feed.example:443 could not be reached within the connection timeout; are host and port right, "
              "and is the way there open?");
    EXPECT_EQ(silent.under_way(), 0U);
}

TEST_F(ConnectionTest, ADialsFailureIsTheEnd) {
    plan.failure = Error{Errc::connection_refused, "refused"};
    start();
    turn();
    EXPECT_EQ(end.error.code, Errc::connection_refused);
    EXPECT_EQ(ends, 1);
    EXPECT_EQ(dialer.under_way(), 0U);
}

TEST_F(ConnectionTest, ARefusedUpgradeGivesStatusAndRetryAfter) {
    plan.answer = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nwait";
    start();
    turn();
    EXPECT_EQ(end.error.code, Errc::upgrade_unavailable);
    EXPECT_EQ(end.http_status, 503);
    EXPECT_EQ(end.retry_after, 7s);
    EXPECT_NE(end.error.message().find("HTTP 503: wait"), std::string::npos);
}

TEST_F(ConnectionTest, AnEndOfStreamIsReportedWithItsPlace) {
    open();
    script().end();
    turn();
    EXPECT_EQ(end.error.code, Errc::end_of_stream);
    EXPECT_EQ(end.close_code, 1006);
    EXPECT_EQ(end.error.message(), "feed.example:80: the peer ended the stream without a close frame");
}

TEST_F(ConnectionTest, AnEndOfStreamDuringTheUpgradeIsAHandshakeError) {
    plan.accepts = false;
    start();
    turn();
    script().end();
    turn();
    EXPECT_EQ(end.error.code, Errc::upgrade_malformed);
}

TEST_F(ConnectionTest, AbortResetsWithoutAWord) {
    open();
    connection->abort();
    turn();
    EXPECT_TRUE(script().aborted);
    EXPECT_TRUE(script().destroyed);
    EXPECT_EQ(ends, 0);
    EXPECT_TRUE(script().written.empty());
}

TEST_F(ConnectionTest, AbortWithACodeTriesACloseFrame) {
    open();
    connection->abort(1011);
    EXPECT_EQ(take_sent_frame(script().written).payload, close_payload(1011));
    EXPECT_FALSE(script().aborted);
    EXPECT_TRUE(connection->drained());
}

TEST_F(ConnectionTest, AbortInsideAHandlerStopsTheMessagesBehind) {
    open();
    on_message_hook = [&] { connection->abort(); };
    script().bytes(text_frame("first") + text_frame("second"));
    turn();
    EXPECT_EQ(log, "first;");
}

TEST_F(ConnectionTest, AConnectionMayBeDisposedOfInsideItsHandler) {
    open();
    on_message_hook = [&] {
        connection->abort();
        reactor.dispose(std::shared_ptr<Connection>(std::move(connection)));
    };
    script().bytes(text_frame("first") + text_frame("second"));
    turn();
    EXPECT_EQ(log, "first;");
    EXPECT_EQ(connection, nullptr);
}

TEST_F(ConnectionTest, AHandlersExceptionLeavesPollAndTheNextMessageComes) {
    open();
    on_message_hook = [&] {
        if (log == "first;") throw std::runtime_error("from the handler");
    };
    script().bytes(text_frame("first") + text_frame("second"));
    EXPECT_THROW(turn(), std::runtime_error);
    turn();
    EXPECT_EQ(log, "first;second;");
}

TEST_F(ConnectionTest, SendsKeepOrderThroughPartialWrites) {
    open();
    script().write_limit = 3;
    script().write_room = 5;
    ASSERT_EQ(connection->send(Opcode::text, bytes_of("first")), Errc::ok);
    ASSERT_EQ(connection->send(Opcode::binary, bytes_of(std::string(200, 'y'))), Errc::ok);
    EXPECT_EQ(connection->bytes_to_send(), 11U + 4 + 4 + 200 - 5);
    script().write_room = 10'000;
    turn();
    EXPECT_EQ(connection->bytes_to_send(), 0U);
    EXPECT_EQ(take_sent_frame(script().written).payload, "first");
    const auto second = take_sent_frame(script().written);
    EXPECT_EQ(second.payload, std::string(200, 'y'));
    EXPECT_EQ(second.opcode, 2U);
}

TEST_F(ConnectionTest, ASendAboveTheLimitIsRefusedCompletely) {
    options.send_buffer_limit = 1000;
    open();
    script().write_room = 0;
    ASSERT_EQ(connection->send(Opcode::text, bytes_of(std::string(900, 'x'))), Errc::ok);
    EXPECT_EQ(connection->send(Opcode::text, bytes_of(std::string(900, 'z'))), Errc::send_buffer_full);
    script().write_room = StreamScript::kUnlimited;
    turn();
    EXPECT_EQ(take_sent_frame(script().written).payload, std::string(900, 'x'));
    EXPECT_TRUE(script().written.empty());
}

TEST_F(ConnectionTest, PingsCarryAtMostTheirLimit) {
    open();
    EXPECT_EQ(connection->ping(bytes_of(std::string(126, 'x'))), Errc::invalid_argument);
    EXPECT_EQ(connection->ping(bytes_of("12345678")), Errc::ok);
    EXPECT_EQ(take_sent_frame(script().written).opcode, 9U);
    script().bytes(pong_frame("12345678"));
    turn();
    EXPECT_EQ(log, "pong 12345678;");
}

TEST_F(ConnectionTest, APausingSinkHoldsTheStreamBackUntilResumed) {
    MessageQueue queue(2);
    QueueSink queue_sink(queue, OverflowPolicy::backpressure);
    start_overfull(queue_sink);
    EXPECT_EQ(queue.size(), 2U);
    const int reads = script().reads;
    turn();
    EXPECT_EQ(script().reads, reads);
    std::string seen;
    while (const auto* const record = queue.front()) {
        seen += text_of(record->payload());
        queue.pop();
        connection->resume();
        turn();
    }
    EXPECT_EQ(seen, "01234");
}

TEST_F(ConnectionTest, ADroppingSinkShowsTheConsumerThePlaceOfTheGap) {
    MessageQueue queue(2);
    QueueSink queue_sink(queue, OverflowPolicy::drop_newest);
    start_overfull(queue_sink);
    queue.pop();
    queue.pop();
    script().bytes(text_frame("after"));
    turn();
    ASSERT_NE(queue.front(), nullptr);
    EXPECT_EQ(queue.front()->kind, RecordKind::dropped);
    EXPECT_EQ(queue.front()->count, 3U);
    queue.pop();
    EXPECT_EQ(text_of(queue.front()->payload()), "after");
    EXPECT_EQ(queue.front()->sequence, 6U);
    EXPECT_EQ(queue_sink.dropped(), 3U);
}

}  // namespace
}  // namespace pinwheel
