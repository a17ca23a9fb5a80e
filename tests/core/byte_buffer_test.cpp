#include "../../core/byte_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace pinwheel {
namespace {

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void put(ByteBuffer& buffer, std::string_view text) {
    const auto room = buffer.writable();
    ASSERT_GE(room.size(), text.size());
    std::ranges::copy(std::as_bytes(std::span(text)), room.begin());
    buffer.commit(text.size());
}

TEST(ByteBuffer, IsEmptyAtFirstWithAllItsRoom) {
    ByteBuffer buffer(8);
    EXPECT_TRUE(buffer.readable().empty());
    EXPECT_EQ(buffer.writable().size(), 8U);
}

TEST(ByteBuffer, GivesBackWhatWasCommittedInOrder) {
    ByteBuffer buffer(8);
    put(buffer, "abc");
    put(buffer, "de");
    EXPECT_EQ(text_of(buffer.readable()), "abcde");
    buffer.consume(2);
    EXPECT_EQ(text_of(buffer.readable()), "cde");
}

TEST(ByteBuffer, BytesThatWereNotCommittedAreNotThere) {
    ByteBuffer buffer(8);
    std::ranges::fill(buffer.writable(), std::byte{'x'});
    buffer.commit(1);
    EXPECT_EQ(text_of(buffer.readable()), "x");
}

TEST(ByteBuffer, StartsAnewFromTheFrontOnceAllIsConsumed) {
    ByteBuffer buffer(8);
    put(buffer, "abcdefg");
    buffer.consume(7);
    EXPECT_EQ(buffer.writable().size(), 8U);
}

TEST(ByteBuffer, MovesTheRestToTheFrontWhenTheRoomBehindItIsTheSmallerHalf) {
    ByteBuffer buffer(8);
    put(buffer, "abcd");
    buffer.consume(3);
    EXPECT_EQ(buffer.writable().size(), 4U) << "half is enough: nothing moves";
    put(buffer, "e");
    EXPECT_EQ(buffer.writable().size(), 6U);
    EXPECT_EQ(text_of(buffer.readable()), "de");
}

TEST(ByteBuffer, IsFullWhenNothingWasConsumed) {
    ByteBuffer buffer(4);
    put(buffer, "abcd");
    EXPECT_TRUE(buffer.writable().empty());
    EXPECT_EQ(text_of(buffer.readable()), "abcd");
}

TEST(ByteBuffer, ClearForgetsEverything) {
    ByteBuffer buffer(4);
    put(buffer, "abc");
    buffer.clear();
    EXPECT_TRUE(buffer.readable().empty());
    EXPECT_EQ(buffer.writable().size(), 4U);
}

TEST(ByteBuffer, AStreamComesThroughUnchangedWhateverTheSizesOfItsPieces) {
    std::string sent;
    for (int i = 0; i < 2000; ++i) sent += static_cast<char>('a' + i % 23);
    for (std::size_t in = 1; in <= 16; ++in) {
        for (std::size_t out = 1; out <= 16; ++out) {
            ByteBuffer buffer(16);
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

}  // namespace
}  // namespace pinwheel
