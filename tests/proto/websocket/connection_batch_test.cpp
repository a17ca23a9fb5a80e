// T2: the work of one turn of the reactor on the frames of one read, or of many.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "../../../net/turn_bounds.h"
#include "../../../proto/delivery/queue_sink.h"
#include "../../../proto/websocket/connection.h"
#include "../../support/scripted_connection.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

class ConnectionBatch : public ScriptedConnection {
  protected:
    void on_message(const Message& message) override {
        ScriptedConnection::on_message(message);
        if (on_message_hook) on_message_hook();
    }

    void open(MessageSink& into) {
        start(into);
        while (!connection->is_open()) turn();
        script().written.clear();
        writes_before = script().writes;
    }
    void open() { open(sink); }
    int turn() {
        clock.advance(1ms);
        return reactor.poll();
    }
    /// Turns until all bytes are read and decoded.
    void read_all() {
        while (turn() > 0) {
        }
    }
    /// Since the last call.
    [[nodiscard]] int writes() {
        const int before = std::exchange(writes_before, script().writes);
        return script().writes - before;
    }
    /// The sent frames, for example `10:pong 8:` and the bytes of the close code.
    [[nodiscard]] std::string sent() {
        std::string text;
        for (SentFrame frame; (frame = take_sent_frame(script().written)).opcode != 255;)
            text += std::to_string(frame.opcode) + ":" + (frame.opcode == 8 ? std::string() : frame.payload) +
                    " ";
        return text;
    }

    std::function<void()> on_message_hook;
    int writes_before = 0;
};

std::string times(int count, const std::string& frame) {
    std::string all;
    for (int i = 0; i < count; ++i) all += frame;
    return all;
}

std::string pings(int first, int last) {
    std::string all;
    for (int i = first; i <= last; ++i) all += ping_frame(std::to_string(i));
    return all;
}

std::string pongs_for(int first, int last) {
    std::string all;
    for (int i = first; i <= last; ++i) all += "10:" + std::to_string(i) + " ";
    return all;
}

TEST_F(ConnectionBatch, ThePingsOfAReadAreAnsweredInOrderByOneWrite) {
    open();
    for (const int count : {1, 10, 16, 17}) {
        script().bytes(pings(1, count));
        turn();
        EXPECT_EQ(writes(), 1);
        EXPECT_EQ(sent(), pongs_for(1, count));
    }
}

/// RFC 6455 section 5.5.3.
TEST_F(ConnectionBatch, OfAFloodOfPingsSixteenAndTheLastAreAnsweredByOneWrite) {
    open();
    script().bytes(pings(1, 4000));
    read_all();
    EXPECT_EQ(writes(), 1);
    EXPECT_EQ(sent(), pongs_for(1, 16) + "10:4000 ");
    script().bytes(ping_frame("a"));
    script().bytes(ping_frame("b"));
    read_all();
    EXPECT_EQ(writes(), 2) << "two reads of a descriptor are two batches";
    EXPECT_EQ(sent(), "10:a 10:b ");
}

TEST_F(ConnectionBatch, APingIsAnsweredBeforeTheCloseBehindIt) {
    open();
    script().bytes(pings(1, 20) + close_frame(1000));
    turn();
    EXPECT_EQ(writes(), 1);
    EXPECT_EQ(sent(), pongs_for(1, 16) + "10:20 8: ");
    EXPECT_EQ(ends, 1);
}

TEST_F(ConnectionBatch, APingIsAnsweredBeforeTheCloseThatABrokenFrameBehindItBrings) {
    open();
    script().bytes(pings(1, 2) + raw_frame({.opcode = 3}, "x") + pings(3, 3));
    turn();
    EXPECT_EQ(sent(), "10:1 10:2 8: ");
    EXPECT_EQ(end.error.code, Errc::bad_frame);
}

TEST_F(ConnectionBatch, BehindOurOwnClosePingsAreAnsweredUntilThePeersClose) {
    open();
    connection->close(1000);
    EXPECT_EQ(sent(), "8: ");
    script().bytes(ping_frame("x"));
    turn();
    EXPECT_EQ(sent(), "10:x ");
    script().bytes(ping_frame("y") + close_frame(1000) + ping_frame("z"));
    turn();
    EXPECT_EQ(sent(), "10:y ");
    EXPECT_FALSE(end.error.failed());
}

TEST_F(ConnectionBatch, ACloseInAHandlerAnswersThePingBeforeIt) {
    open();
    on_message_hook = [&] { connection->close(1000); };
    script().bytes(ping_frame("p") + text_frame("m"));
    turn();
    EXPECT_EQ(sent(), "10:p 8: ");
}

TEST_F(ConnectionBatch, AnAbortInAHandlerAnswersThePingBeforeIt) {
    open();
    on_message_hook = [&] { connection->abort(1011); };
    script().bytes(ping_frame("p") + text_frame("m") + ping_frame("q"));
    turn();
    EXPECT_EQ(sent(), "10:p 8: ");
}

TEST_F(ConnectionBatch, APingBeforeAHandlersExceptionIsAnsweredInTheNextTurn) {
    open();
    on_message_hook = [&] {
        if (messages == 1) throw std::runtime_error("from the handler");
    };
    script().bytes(ping_frame("p") + text_frame("m") + ping_frame("q"));
    EXPECT_THROW(turn(), std::runtime_error);
    turn();
    EXPECT_EQ(sent(), "10:p 10:q ");
}

TEST_F(ConnectionBatch, APingBeforeAPauseIsAnsweredAlthoughTheBatchIsNotOver) {
    MessageQueue queue(1);
    QueueSink queue_sink(queue, OverflowPolicy::backpressure);
    open(queue_sink);
    script().bytes(text_frame("1") + ping_frame("p") + text_frame("2") + ping_frame("q"));
    turn();
    EXPECT_EQ(sent(), "10:p ");
    queue.pop();
    connection->resume();
    turn();
    EXPECT_EQ(sent(), "10:q ");
}

TEST_F(ConnectionBatch, WhilePongsWaitForTheSocketOnlyTheLastPingIsAnsweredAndBeforeAClose) {
    open();
    script().write_room = 0;
    script().bytes(pings(1, 3));
    turn();
    script().bytes(pings(4, 6));
    turn();
    script().bytes(pings(7, 9));
    turn();
    connection->close(1000);
    script().write_room = StreamScript::kUnlimited;
    turn();
    EXPECT_EQ(sent(), pongs_for(1, 3) + "10:9 8: ");
}

TEST_F(ConnectionBatch, AWaitingPingIsAnsweredOnceTheEarlierPongsAreSent) {
    open();
    script().write_room = 3;
    script().bytes(pings(1, 3));
    turn();
    script().bytes(pings(4, 6));
    turn();
    script().write_room = StreamScript::kUnlimited;
    read_all();
    EXPECT_EQ(sent(), pongs_for(1, 3) + "10:6 ");
}

/// A descriptor is not ready for bytes that are already in user space: a revisit delivers them in the next
/// turn. The tests have no descriptor, so a turn calls the connection twice: once for the revisit, once as in
/// each turn.
constexpr int kCallsATurn = 2;

TEST_F(ConnectionBatch, ATurnDecodesABoundedNumberOfFrames) {
    constexpr int kRounds = 5000;
    open();
    for (const auto& flood : {ping_frame("") + text_frame("m"), pong_frame("") + text_frame("m"),
                              text_frame("", false) + ping_frame("") + continuation("m"),
                              text_frame("a", false) + continuation("", false) + continuation("b"),
                              text_frame("m", false) + pong_frame("") + continuation("")}) {
        messages = 0;
        script().bytes(times(kRounds, flood));
        int turns = 0;
        for (int before = 0; messages < kRounds && turns < 100; before = messages, ++turns) {
            EXPECT_LE(turn(), kCallsATurn * (turn_bounds::kDecodedFrames + 2));
            EXPECT_LE(messages - before, kCallsATurn * (turn_bounds::kDecodedFrames + 1));
        }
        EXPECT_EQ(messages, kRounds);
        EXPECT_GE(turns, kRounds / turn_bounds::kDecodedFrames / kCallsATurn);
        EXPECT_TRUE(connection->is_open());
    }
}

/// Like TLS with one record a frame: each read brings a byte or two, and reports that more is available.
TEST_F(ConnectionBatch, ATurnReadsABoundedNumberOfTimes) {
    constexpr int kFrames = 1000;
    open();
    for (int i = 0; i < kFrames; ++i) script().bytes(text_frame(""));
    script().reads_wait_for_writes = true;
    int turns = 0;
    for (int before = 0; messages < kFrames && turns < 100; before = messages, ++turns) {
        turn();
        EXPECT_LE(messages - before, kCallsATurn * turn_bounds::kReads);
    }
    EXPECT_EQ(messages, kFrames);
    EXPECT_GE(turns, kFrames / turn_bounds::kReads / kCallsATurn);
}

TEST_F(ConnectionBatch, ATurnReadsABoundedNumberOfBytes) {
    const std::string megabyte = times(1 << 19, text_frame(""));
    open();
    for (std::size_t at = 0; at < megabyte.size(); at += 16384) script().bytes(megabyte.substr(at, 16384));
    script().reads_wait_for_writes = true;
    while (messages < 1 << 19) {
        const int before = messages;
        ASSERT_GT(turn(), 0);
        ASSERT_LE(messages - before, kCallsATurn * static_cast<int>(turn_bounds::kReadBytes / 2 + 16384));
    }
}

/// Everything that a turn does counts as work, so that no idle strategy backs off and no turn sleeps during
/// it.
TEST_F(ConnectionBatch, FramesLeftOverAreWork) {
    open();
    script().bytes(times(20'000, pong_frame("")));
    while (pongs < 20'000) ASSERT_GT(turn(), 0);
    turn();
    EXPECT_EQ(turn(), 0);
}

}  // namespace
}  // namespace pinwheel
