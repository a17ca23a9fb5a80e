// The interaction of a message assembler and its sink.
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "../../../proto/websocket/message_assembler.h"
#include "../../support/frames.h"
#include "../../support/message_log.h"
#include "../../support/scripted_sink.h"

namespace pinwheel {
namespace {

using namespace test;

/// An assembler with a scripted sink. Both write to one log.
class Scripted : public ControlSink {
  public:
    MessageAssembler::Progress run(std::string_view stream) {
        assembler.feed(bytes_of(stream));
        return assembler.run({});
    }
    void on_ping(std::span<const std::byte> payload) override {
        sink.log += "ping:" + text_of(payload) + " ";
        if (throws) throw std::string("from the handler");
    }
    void on_pong(std::span<const std::byte>) override {}
    void on_close(const CloseFrame&) override { sink.log += "close "; }

    bool throws = false;
    ScriptedSink sink;
    MessageAssembler assembler{Role::client, kMaxMessage, sink, *this};
};

using Verdict = MessageSink::Verdict;
using Progress = MessageAssembler::Progress;

TEST(MessageAssembler, ASinkIsAskedOnceForACompleteFrame) {
    Scripted test;
    EXPECT_EQ(test.run(raw_frame({.opcode = 2, .claimed = kMaxMessage}, std::string(30'000, 'x'))),
              Progress::need_input);
    EXPECT_EQ(test.run(std::string(kMaxMessage - 30'000, 'y')), Progress::need_input);
    EXPECT_EQ(test.sink.log, "claim:1048576 B:1048576 ");
    EXPECT_EQ(text_of(std::span(test.sink.room).first(kMaxMessage)),
              std::string(30'000, 'x') + std::string(kMaxMessage - 30'000, 'y'));
}

TEST(MessageAssembler, NothingIsClaimedForAMessageBeyondTheLimit) {
    Scripted test;
    EXPECT_EQ(test.run(raw_frame({.opcode = 2, .claimed = kMaxMessage + 1}, "x")), Progress::failed);
    EXPECT_EQ(test.sink.log, "");
    Scripted small;
    MessageAssembler limited(Role::client, 3, small.sink, small);
    const std::string frames = text_frame("abc") + text_frame("abcd");
    limited.feed(bytes_of(frames));
    EXPECT_EQ(limited.run({}), Progress::failed);
    EXPECT_EQ(limited.error(), Errc::message_too_large);
    EXPECT_EQ(small.sink.log, "claim:3 T:abc ");
}

TEST(MessageAssembler, NothingOfARefusedFrameIsStored) {
    const std::string large(kMaxMessage, 'b');
    for (const std::string& refused : {text_frame("bcd"), continuation(large)}) {
        Scripted test;
        EXPECT_EQ(test.run(text_frame("a", false) + refused), Progress::failed);
        EXPECT_EQ(text_of(std::span(test.sink.room).first(3)), "a\xee\xee");
    }
}

TEST(MessageAssembler, OneMessageGrowsByTheFragmentsThatBringSomething) {
    Scripted test;
    test.run(text_frame("", false) + continuation("ab", false) + continuation("", false) + continuation("c"));
    EXPECT_EQ(test.sink.log, "claim:0 grow:0:2 grow:2:3 T:abc ");
}

TEST(MessageAssembler, APausingSinkIsAskedAgainForTheSameMessage) {
    for (const bool fin : {true, false}) {
        Scripted test;
        test.sink.verdicts = {Verdict::take, Verdict::pause, Verdict::pause};
        const std::string stream =
            text_frame("a") + text_frame("b", fin) + (fin ? "" : continuation("")) + text_frame("c");
        EXPECT_EQ(test.run(stream), Progress::paused);
        EXPECT_FALSE(test.assembler.wants_input());
        EXPECT_EQ(test.assembler.run({}), Progress::paused);
        EXPECT_EQ(test.assembler.run({}), Progress::need_input);
        EXPECT_TRUE(test.assembler.wants_input());
        EXPECT_EQ(test.sink.log, "claim:1 T:a claim:1 claim:1 claim:1 T:b claim:1 T:c ");
    }
}

TEST(MessageAssembler, APauseInTheMiddleOfALargeFrameKeepsItsBytes) {
    const std::string payload(100'000, 'x');
    const std::string stream = binary_frame(payload);
    for (const std::size_t first : {3UL, 11UL, 12UL, 14UL, 5000UL, 50'000UL, stream.size()}) {
        Scripted test;
        test.sink.verdicts = {Verdict::pause};
        const std::string_view begin = std::string_view(stream).substr(0, first);
        const std::string_view end = std::string_view(stream).substr(first);
        auto progress = test.run(begin);
        if (progress == Progress::paused) progress = test.assembler.run({});
        EXPECT_EQ(progress, Progress::need_input);
        if (!end.empty()) progress = test.run(end);
        if (progress == Progress::paused) progress = test.assembler.run({});
        EXPECT_EQ(progress, Progress::need_input);
        EXPECT_EQ(test.sink.log, "claim:100000 claim:100000 B:100000 ") << first;
        EXPECT_TRUE(text_of(std::span(test.sink.room).first(payload.size())) == payload) << first;
    }
}

TEST(MessageAssembler, ADroppedMessageIsSkippedWithAllItsFragments) {
    for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
        Scripted test;
        test.sink.verdicts = {Verdict::drop, Verdict::drop};
        const std::string stream = text_frame("dropped") + text_frame("this", false) + ping_frame("p") +
                                   continuation(" too") + text_frame("taken");
        for (std::size_t at = 0; at < stream.size(); at += piece) test.run(stream.substr(at, piece));
        EXPECT_EQ(test.sink.log, "claim:7 claim:4 ping:p claim:5 T:taken ");
    }
}

TEST(MessageAssembler, ADroppedMessageCountsTowardsTheLimitToo) {
    Scripted test;
    test.sink.verdicts = {Verdict::drop};
    EXPECT_EQ(test.run(binary_frame(std::string(kMaxMessage, 'x'), false)), Progress::need_input);
    EXPECT_EQ(test.run(continuation("y")), Progress::failed);
    EXPECT_EQ(test.assembler.error(), Errc::message_too_large);
}

TEST(MessageAssembler, AMessageThatCannotGrowIsSkipped) {
    Scripted test;
    test.sink.refuses_growth = true;
    test.run(text_frame("a", false) + continuation("b", false) + continuation("c") + text_frame("next"));
    EXPECT_EQ(test.sink.log, "claim:1 grow:1:2 claim:4 T:next ");
}

TEST(MessageAssembler, AfterAnExceptionOfAHandlerTheNextMessageComes) {
    for (const bool fragmented : {false, true}) {
        Scripted test;
        test.throws = test.sink.throws = true;
        const std::string stream =
            (fragmented ? text_frame("a", false) + continuation("") : text_frame("a")) + ping_frame("p") +
            text_frame("b");
        EXPECT_THROW(test.run(stream), std::string);
        EXPECT_FALSE(test.assembler.wants_input());
        EXPECT_THROW(std::ignore = test.assembler.run({}), std::string);
        test.throws = test.sink.throws = false;
        EXPECT_EQ(test.assembler.run({}), Progress::need_input);
        EXPECT_EQ(test.sink.log, "claim:1 T:a ping:p claim:1 T:b ");
    }
}

TEST(MessageAssembler, AStopHoldsFromInsideAHandlerThatThrows) {
    struct Stopper : Scripted {
        void on_ping(std::span<const std::byte>) override {
            assembler.stop();
            throw std::string("from the handler");
        }
    } test;
    EXPECT_THROW(test.run(ping_frame("p") + text_frame("never")), std::string);
    EXPECT_EQ(test.assembler.run({}), Progress::stopped);
    EXPECT_FALSE(test.assembler.wants_input());
    EXPECT_EQ(test.sink.log, "");
}

TEST(MessageAssembler, NothingIsDecodedAfterACloseFrameOrAFailure) {
    Scripted closed;
    EXPECT_EQ(closed.run(close_frame(1000) + text_frame("never")), Progress::stopped);
    EXPECT_EQ(closed.assembler.run({}), Progress::stopped);
    EXPECT_EQ(closed.sink.log, "close ");
    Scripted failed;
    EXPECT_EQ(failed.run(continuation("") + text_frame("never")), Progress::failed);
    EXPECT_EQ(failed.assembler.run({}), Progress::failed);
    EXPECT_EQ(failed.assembler.error(), Errc::bad_fragment);
    EXPECT_EQ(failed.sink.log, "");
}

TEST(MessageAssembler, AMessageCarriesTheTimesOfTheReadThatEndedIt) {
    struct Stamps : MessageSink {
        Claim claim(std::size_t size) noexcept override {
            room.resize(size + 64);
            return {Verdict::take, room.data()};
        }
        std::byte* grow(std::size_t, std::size_t size) noexcept override {
            room.resize(size + 64);
            return room.data();
        }
        void commit(std::size_t, bool, const MessageStamp& stamp) override { seen.push_back(stamp.received); }
        std::vector<std::byte> room;
        std::vector<TimePoint> seen;
    } sink;
    MessageLog control;
    MessageAssembler assembler(Role::client, kMaxMessage, sink, control);
    const auto at = [](int n) { return TimePoint{Duration{n}}; };
    const std::string first = text_frame("a") + text_frame("b", false);
    const std::string second = continuation("c");
    assembler.feed(bytes_of(first));
    std::ignore = assembler.run({.received = at(1)});
    assembler.feed(bytes_of(second));
    std::ignore = assembler.run({.received = at(2)});
    EXPECT_EQ(sink.seen, (std::vector<TimePoint>{at(1), at(2)}));
}

}  // namespace
}  // namespace pinwheel
