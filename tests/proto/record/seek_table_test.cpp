// zstd's seekable format, and the search for frames.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "../../../net/unique_fd.h"
#include "../../../proto/record/frame_index_impl.h"
#include "../../../proto/record/zstd_frame_impl.h"
#include "../../support/recorded.h"

namespace pinwheel {
namespace {

using namespace test;
using detail::FrameSizes;

std::string frame_of(std::string_view raw) {
    std::string frame;
    EXPECT_TRUE(detail::FrameCompressor(3).compress(raw, frame));
    return frame;
}

detail::FrameIndex index_of(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY));
    return detail::index_frames(fd.get(), std::filesystem::file_size(path));
}

TEST(SeekTable, HasTheBytesOfTheSeekableFormat) {
    std::string table;
    detail::append_seek_table(table, std::vector<FrameSizes>{{0x01020304, 0x0a0b0c0d}});
    EXPECT_EQ(table, std::string("\x5e\x2a\x4d\x18"
                                 "\x11\0\0\0"
                                 "\x04\x03\x02\x01"
                                 "\x0d\x0c\x0b\x0a"
                                 "\x01\0\0\0"
                                 "\0"
                                 "\xb1\xea\x92\x8f",
                                 25));
}

TEST(SeekTable, IsReadBackAndEveryBrokenByteOfItsFrameIsSeen) {
    const std::vector<FrameSizes> frames{{100, 1000}, {1, 2}, {0xffffffff, 0xffffffff}};
    std::string table;
    detail::append_seek_table(table, frames);
    ASSERT_TRUE(detail::read_seek_table(bytes_of(table)));
    EXPECT_EQ(*detail::read_seek_table(bytes_of(table)), frames);
    for (const std::size_t at : {0U, 3U, 4U, 7U, 32U, 36U, 37U, 40U}) {
        auto broken = table;
        broken[at] = static_cast<char>(broken[at] ^ 0x44);
        EXPECT_FALSE(detail::read_seek_table(bytes_of(broken))) << at;
    }
    for (std::size_t size = 0; size < table.size(); ++size)
        EXPECT_FALSE(detail::read_seek_table(bytes_of(std::string_view(table).substr(table.size() - size))))
            << size;
}

TEST(SeekTable, OffsetsGoBeyondFourGigabytes) {
    // 5,000 frames of 1 MiB and one more, as a sparse file with a table.
    const TempDir folder;
    const std::string path = folder.write("sparse", "");
    std::vector<FrameSizes> frames(5000, {1U << 20, 1U << 20});
    const std::string last = frame_of("the last");
    frames.push_back({static_cast<std::uint32_t>(last.size()), 8});
    std::string tail = last;
    detail::append_seek_table(tail, frames);
    const UniqueFd fd(::open(path.c_str(), O_RDWR));
    const std::uint64_t offset = std::uint64_t{5000} << 20;
    ASSERT_EQ(::pwrite(fd.get(), tail.data(), tail.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(tail.size()));
    const auto index = index_of(path);
    EXPECT_TRUE(index.has_table);
    ASSERT_EQ(index.frames.size(), 5001U);
    EXPECT_EQ(index.frames.back().offset, offset);
    EXPECT_EQ(index.end, offset + last.size());
}

TEST(SeekTable, AScanCrossesTheBoundaryOf32Bits) {
    // A sparse skippable frame, then a frame on each side of 4 GiB.
    const TempDir folder;
    const std::string path = folder.write("sparse", "");
    const std::string frame = frame_of(std::string(1000, 'x') + "end\n");
    const std::uint64_t first = (std::uint64_t{1} << 32) - frame.size() / 2;
    const auto skipped = static_cast<std::uint32_t>(first - 8);
    std::string head("\x50\x2a\x4d\x18", 4);
    for (unsigned shift = 0; shift < 32; shift += 8) head += static_cast<char>(skipped >> shift & 0xff);
    const UniqueFd fd(::open(path.c_str(), O_RDWR));
    const std::string both = frame + frame;
    ASSERT_EQ(::pwrite(fd.get(), head.data(), head.size(), 0), 8);
    ASSERT_EQ(::pwrite(fd.get(), both.data(), both.size(), static_cast<off_t>(first)),
              static_cast<ssize_t>(both.size()));
    const auto index = index_of(path);
    ASSERT_EQ(index.frames.size(), 2U);
    EXPECT_EQ(index.frames[0].offset, first);
    EXPECT_EQ(index.frames[1].offset, first + frame.size());
    EXPECT_EQ(index.torn, 0U);
}

TEST(SeekTable, ATableThatDoesNotFitItsFileIsNotUsed) {
    const TempDir folder;
    const std::string frame = frame_of("one\n");
    std::string table;
    detail::append_seek_table(table, std::vector<FrameSizes>{{static_cast<std::uint32_t>(frame.size()), 4}});
    EXPECT_TRUE(index_of(folder.write("good", frame + table)).has_table);
    const auto twice = index_of(folder.write("twice", frame + frame + table));
    EXPECT_FALSE(twice.has_table);
    EXPECT_EQ(twice.frames.size(), 2U);
    EXPECT_EQ(twice.torn, 0U);
    for (std::size_t cut = 1; cut < table.size(); ++cut) {
        const auto torn = index_of(folder.write("torn", frame + table.substr(0, table.size() - cut)));
        EXPECT_FALSE(torn.has_table);
        ASSERT_EQ(torn.frames.size(), 1U) << cut;
        EXPECT_EQ(torn.end, frame.size());
        EXPECT_EQ(torn.torn, table.size() - cut);
    }
}

TEST(SeekTable, AScanFindsFramesBehindDamage) {
    const TempDir folder;
    const std::string one = frame_of("one\n");
    const std::string two = frame_of("two\n");
    const auto index =
        index_of(folder.write("damaged", one + "garbage" + two + two.substr(0, two.size() - 1)));
    ASSERT_EQ(index.frames.size(), 2U);
    ASSERT_EQ(index.damage.size(), 1U);
    EXPECT_EQ(index.damage[0].offset, one.size());
    EXPECT_EQ(index.damage[0].size, 7U);
    EXPECT_EQ(index.torn, two.size() - 1);
    EXPECT_TRUE(index_of(folder.write("empty", "")).frames.empty());
}

}  // namespace
}  // namespace pinwheel
