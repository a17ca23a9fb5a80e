#include "../../core/receive_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "../../core/bytes.h"

namespace pinwheel {
namespace {

constexpr std::size_t kSmall = std::size_t{8} << 10;

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void put(ReceiveBuffer& buffer, std::string_view text) {
    const auto room = buffer.writable();
    ASSERT_GE(room.size(), text.size());
    std::ranges::copy(bytes_of(text), room.begin());
    buffer.commit(text.size());
}

/// A read that fills the room, and is consumed.
void fill(ReceiveBuffer& buffer) {
    put(buffer, std::string(buffer.writable().size(), 'x'));
    buffer.clear();
}

TEST(ReceiveBuffer, ReturnsCommittedBytesInOrder) {
    ReceiveBuffer buffer(kSmall);
    EXPECT_TRUE(buffer.readable().empty());
    EXPECT_EQ(buffer.writable().size(), kSmall);
    put(buffer, "abc");
    put(buffer, "de");
    buffer.consume(2);
    EXPECT_EQ(text_of(buffer.readable()), "cde");
    buffer.clear();
    EXPECT_EQ(text_of(buffer.readable()), "");
    EXPECT_EQ(buffer.writable().size(), kSmall);
}

TEST(ReceiveBuffer, BytesThatWereNotCommittedAreNotThere) {
    ReceiveBuffer buffer(8);
    std::ranges::fill(buffer.writable(), std::byte{'x'});
    buffer.commit(1);
    EXPECT_EQ(text_of(buffer.readable()), "x");
}

TEST(ReceiveBuffer, ReturnsToTheFrontOnceAllIsConsumed) {
    ReceiveBuffer buffer(8);
    put(buffer, "abcdefg");
    buffer.consume(7);
    EXPECT_EQ(buffer.writable().size(), 8U);
}

TEST(ReceiveBuffer, IsFullWhenNothingOfTheMostItHoldsWasConsumed) {
    ReceiveBuffer buffer(ReceiveBuffer::kLargest);
    const std::string all(ReceiveBuffer::kLargest, 'x');
    put(buffer, all);
    EXPECT_TRUE(buffer.writable().empty());
    EXPECT_EQ(text_of(buffer.readable()), all);
}

TEST(ReceiveBuffer, AStreamPassesUnchangedInPiecesOfAnySize) {
    std::string sent;
    for (int i = 0; i < 2000; ++i) sent += static_cast<char>('a' + i % 23);
    for (std::size_t in = 1; in <= 16; ++in) {
        for (std::size_t out = 1; out <= 16; ++out) {
            ReceiveBuffer buffer(16);
            std::string received;
            for (std::size_t at = 0; received.size() < sent.size();) {
                const auto count = std::min({in, sent.size() - at, buffer.writable().size()});
                put(buffer, std::string_view(sent).substr(at, count));
                at += count;
                const auto there = buffer.readable().first(std::min(out, buffer.readable().size()));
                received += text_of(there);
                buffer.consume(there.size());
            }
            ASSERT_EQ(received, sent) << in << " in, " << out << " out";
        }
    }
}

TEST(ReceiveBuffer, MovesTheRestToTheFrontWhenTheRoomBehindItIsTheSmallerHalf) {
    ReceiveBuffer buffer(8);
    put(buffer, "abcd");
    buffer.consume(3);
    EXPECT_EQ(buffer.writable().size(), 4U) << "half is enough: nothing moves";
    put(buffer, "e");
    EXPECT_EQ(buffer.writable().size(), 6U);
    EXPECT_EQ(text_of(buffer.readable()), "de");
}

TEST(ReceiveBuffer, StaysSmallUntilAReadFillsIt) {
    ReceiveBuffer buffer(kSmall);
    put(buffer, std::string(kSmall - 1, 'x'));
    buffer.clear();
    EXPECT_EQ(buffer.writable().size(), kSmall);
    fill(buffer);
    EXPECT_EQ(buffer.writable().size(), ReceiveBuffer::kLargest);
}

TEST(ReceiveBuffer, GrowsWithDataInside) {
    ReceiveBuffer buffer(4);
    put(buffer, "abcd");
    EXPECT_EQ(buffer.writable().size(), ReceiveBuffer::kLargest - 4);
    put(buffer, "efgh");
    EXPECT_EQ(text_of(buffer.readable()), "abcdefgh");
}

TEST(ReceiveBuffer, ShrinksAfterManyReadsInARowThatWereSmall) {
    ReceiveBuffer buffer(kSmall);
    fill(buffer);
    const auto read = [&](std::size_t size) {
        put(buffer, std::string(size, 'y'));
        buffer.clear();
    };
    for (std::size_t i = 1; i < ReceiveBuffer::kSmallReadsBeforeShrinking; ++i) read(kSmall - 1);
    read(kSmall);
    for (std::size_t i = 1; i < ReceiveBuffer::kSmallReadsBeforeShrinking; ++i) read(1);
    EXPECT_EQ(buffer.writable().size(), ReceiveBuffer::kLargest);
    read(1);
    EXPECT_EQ(buffer.writable().size(), kSmall);
}

TEST(ReceiveBuffer, GivesThePagesBackThatItNoLongerNeeds) {
    ReceiveBuffer buffer(kSmall);
    fill(buffer);
    fill(buffer);
    EXPECT_EQ(buffer.writable().back(), std::byte{'x'});
    for (std::size_t i = 0; i < ReceiveBuffer::kSmallReadsBeforeShrinking; ++i) {
        put(buffer, "y");
        buffer.clear();
    }
    fill(buffer);
    EXPECT_EQ(buffer.writable().back(), std::byte{0});
}

TEST(ReceiveBuffer, DoesNotShrinkBelowItsData) {
    ReceiveBuffer buffer(4);
    fill(buffer);
    for (std::size_t i = 0; i < ReceiveBuffer::kSmallReadsBeforeShrinking; ++i) {
        buffer.clear();
        put(buffer, "abc");
    }
    EXPECT_EQ(buffer.writable().size(), ReceiveBuffer::kLargest - 3);
    EXPECT_EQ(text_of(buffer.readable()), "abc");
}

TEST(ReceiveBuffer, ReadableBytesFollowWhateverItHolds) {
    ReceiveBuffer buffer(kSmall);
    for (int i = 0; i < 2; ++i) {
        put(buffer, std::string(buffer.writable().size(), 'x'));
        if (i == 0) buffer.clear();
    }
    ASSERT_EQ(buffer.readable().size(), ReceiveBuffer::kLargest);
    const std::byte* const end = buffer.readable().data() + buffer.readable().size();
    for (std::size_t i = 0; i < kPayloadPadding; ++i) EXPECT_EQ(end[i], std::byte{0});
}

}  // namespace
}  // namespace pinwheel
