#include "../../../proto/delivery/callback_sink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <tuple>

#include "../../../core/record.h"
#include "../../support/frames.h"
#include "../../support/growing_message.h"

namespace pinwheel {
namespace {

using namespace test;

class CallbackSinkTest : public testing::Test {
  protected:
    void deliver(std::string_view payload, bool is_text = true, const MessageStamp& stamp = {}) {
        const auto claim = sink.claim(payload.size());
        ASSERT_EQ(claim.verdict, MessageSink::Verdict::take);
        std::copy_n(bytes_of(payload).begin(), payload.size(), claim.room);
        sink.commit(payload.size(), is_text, stamp);
    }
    void on_message(const Message& message) {
        last = message;
        text = std::string(message.text());
        // A parser may read this far. A sanitizer reports invalid reads.
        for (std::size_t i = 0; i < kPayloadPadding; ++i)
            padding_sum += std::to_integer<unsigned>(message.payload.data()[message.payload.size() + i]);
    }

    Message last;
    std::string text;
    unsigned padding_sum = 0;
    CallbackSink sink{CallbackSink::Callback::member<&CallbackSinkTest::on_message>(*this)};
};

TEST_F(CallbackSinkTest, HandsOnTheMessageWithAllThatIsKnownAboutIt) {
    sink.set_generation(3);
    const MessageStamp stamp{.received = TimePoint{Duration{17}},
                             .kernel_received = SystemTime{Duration{42}}};
    deliver("first", true, stamp);
    EXPECT_EQ(text, "first");
    EXPECT_TRUE(last.is_text);
    EXPECT_EQ(last.generation, 3U);
    EXPECT_EQ(last.sequence, 1U);
    EXPECT_EQ(last.received, stamp.received);
    EXPECT_EQ(last.kernel_received, stamp.kernel_received);
    deliver("second", false);
    EXPECT_EQ(text, "second");
    EXPECT_FALSE(last.is_text);
    EXPECT_EQ(last.sequence, 2U);
}

TEST_F(CallbackSinkTest, BytesBehindThePayloadMayBeRead) {
    for (const std::size_t size : {0UL, 1UL, 4031UL, 4032UL, 4033UL, 4096UL, 65536UL, 1'000'000UL})
        deliver(std::string(size, 'x'));
    EXPECT_EQ(last.sequence, 8U);
}

TEST_F(CallbackSinkTest, AGrowingMessageKeepsItsBeginning) {
    const std::string expected = commit_growing_message(sink);
    EXPECT_TRUE(text == expected);
}

TEST_F(CallbackSinkTest, AnExceptionOfTheCallbackPassesAndTheNextMessageComes) {
    int calls = 0;
    const auto throwing = [&](const Message&) {
        if (++calls == 1) throw std::string("no");
    };
    CallbackSink thrown{CallbackSink::Callback(throwing)};
    std::ignore = thrown.claim(1);
    EXPECT_THROW(thrown.commit(1, true, {}), std::string);
    std::ignore = thrown.claim(1);
    thrown.commit(1, true, {});
    EXPECT_EQ(calls, 2);
}

TEST_F(CallbackSinkTest, HasRoomForSmallMessagesFromTheBeginning) {
    EXPECT_EQ(sink.capacity(), 4096U);
    deliver(std::string(4096 - kPayloadPadding, 'x'));
    EXPECT_EQ(sink.capacity(), 4096U) << "the first message must not cost an allocation";
}

TEST_F(CallbackSinkTest, ALargeBufferIsGivenBackAfterManySmallMessages) {
    const std::string large(1 << 20, 'x');
    deliver(large);
    for (int i = 0; i < 1000; ++i) deliver("small");
    EXPECT_GT(sink.capacity(), large.size())
        << "a large message now and then must not cost an allocation each";
    deliver(large);
    for (int i = 0; i < 1000; ++i) deliver("small");
    EXPECT_GT(sink.capacity(), large.size());
    for (int i = 0; i < 25; ++i) deliver("small");
    EXPECT_LE(sink.capacity(), 65536U);
    EXPECT_EQ(text, "small");
    deliver(large);
    EXPECT_TRUE(text == large);
}

TEST_F(CallbackSinkTest, AMessageWithoutMemoryIsDroppedAndCounted) {
    deliver("first");
    EXPECT_EQ(sink.claim(std::size_t{1} << 62).verdict, MessageSink::Verdict::drop);
    EXPECT_EQ(sink.dropped(), 1U);
    deliver("third");
    EXPECT_EQ(last.sequence, 3U);
    std::ignore = sink.claim(1);
    EXPECT_EQ(sink.grow(1, std::size_t{1} << 62), nullptr);
    EXPECT_EQ(sink.dropped(), 2U);
    deliver("fifth");
    EXPECT_EQ(last.sequence, 5U);
    EXPECT_EQ(text, "fifth");
}

}  // namespace
}  // namespace pinwheel
