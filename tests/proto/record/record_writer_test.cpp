// The writer's output for a ring, and the reader's for that.

#include "../../../proto/record/record_writer.h"

#include <gtest/gtest.h>

#include "../../support/recording.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST_F(Recording, HoldsTheRecordsOfTheRingInOrderWithTimesToTheNanosecond) {
    open();
    ring.connected();
    ring.message("{\"a\":1}", 1'795'849'200'000'000'001);
    ring.message(std::string("\0\n", 2), 1'795'849'200'000'000'002, false);
    ring.message("two\nlines", 1'795'849'200'000'000'003);
    ring.message("", 1'795'849'200'000'000'004);
    ring.dropped(2);
    ring.message("later", 1'795'849'200'000'000'005);
    ring.disconnected(5, 1001, "bye");
    pass(0s);
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(lines(), (std::vector<std::string>{
                           "connected 1/0 @1795849200000000000 wss://h.example/path",
                           "message 1/1 @1795849200000000001 text {\"a\":1}",
                           "message 1/2 @1795849200000000002 binary " + std::string("\0\n", 2),
                           "message 1/3 @1795849200000000003 text two\nlines",
                           "message 1/4 @1795849200000000004 text ",
                           "dropped 1/6 @1795849200000000000 2",
                           "message 1/7 @1795849200000000005 text later",
                           "disconnected 1/7 @1795849200000000000 1001 5 bye",
                       }));
    EXPECT_EQ(files(), std::vector<std::string>{options.folder + "/feed.20261128T070000Z.zst"});
    EXPECT_EQ(writer->stats(at()).messages, 5U);
    EXPECT_EQ(writer->stats(at()).dropped, 2U);
    EXPECT_TRUE(alerts.empty());
}

TEST_F(Recording, HidesTheQueryOfTheUrlByDefault) {
    options.with_query = true;
    open();
    ring.connected();
    pass(0s);
    std::ignore = writer->close(at());
    EXPECT_EQ(lines().at(0), "connected 1/0 @1795849200000000000 wss://h.example/path?key=secret");
}

TEST_F(Recording, ShowsWhetherTimesAreTheKernels) {
    open();
    ring.connected();
    ring.message("a", 1'795'849'200'000'000'001);
    ring.message("b", 0, true, TimePoint{1h} - 5ns);
    ring.message("c", 1'795'849'200'000'000'003);
    pass(0s);
    std::ignore = writer->close(at());
    EXPECT_EQ(lines(), (std::vector<std::string>{"connected 1/0 @1795849200000000000 wss://h.example/path",
                                                 "message 1/1 @1795849200000000001 text a",
                                                 "message 1/2 @1795849199999999995 text b (read)",
                                                 "message 1/3 @1795849200000000003 text c"}));
}

TEST_F(Recording, EveryFrameIsOnDiskHalfASecondAfterItsFirstLine) {
    open();
    ring.connected();
    message(1);
    pass(0s);
    EXPECT_TRUE(lines().empty());
    EXPECT_EQ(writer->stats(at()).lag, 0s);
    pass(499ms);
    EXPECT_TRUE(lines().empty());
    EXPECT_EQ(writer->stats(at()).lag, 499ms);
    pass(1ms);
    EXPECT_EQ(lines().size(), 2U);
    EXPECT_EQ(writer->stats(at()).lag, 0s);
}

TEST_F(Recording, FramesHaveSixtyFourKibibytesToOneMebibyteAndOneWriteEach) {
    open();
    ring.connected();
    for (std::uint64_t i = 1; i <= 3000; ++i) message(i, 900 + i % 300);
    message(3001, 700'000);
    message(3002, 700'000);
    pass(0s);
    std::ignore = writer->close(at());
    auto reader = RecordReader::open(files());
    ASSERT_TRUE(reader);
    EXPECT_EQ(test::lines_of(*reader).size(), 3003U);
    const auto& summary = reader->summary();
    EXPECT_EQ(summary.losses, 0U);
    EXPECT_GE(summary.raw_bytes / summary.frames, 64U << 10);
    EXPECT_LE(summary.raw_bytes / summary.frames, 1U << 20);
    EXPECT_EQ(calls.writes.size(), summary.frames + 1) << "one more for the seek table";
    EXPECT_TRUE(calls.only_appends);
}

TEST_F(Recording, RotatesByTheHourAndBySize) {
    options.max_file_size = 100'000;
    passed = 59min + 59s + 400ms;
    open();
    ring.connected();
    message(1);
    pass(0s);
    passed += 1s;
    message(2);
    pass(500ms);
    message(3);
    pass(0s);
    for (std::uint64_t i = 4; i < 200; ++i) message(i, 10'000);
    pass(1s);
    EXPECT_FALSE(writer->close(at()).failed());
    const auto paths = files();
    ASSERT_GE(paths.size(), 4U);
    EXPECT_TRUE(paths[0].ends_with("feed.20261128T075959Z.zst")) << paths[0];
    EXPECT_TRUE(paths[1].ends_with("feed.20261128T080000Z.zst")) << paths[1];
    EXPECT_EQ(lines().size(), 200U);
    std::uint64_t sequence = 0;
    for (const auto& path : paths) {  // each file is complete on its own
        auto reader = RecordReader::open(path);
        ASSERT_TRUE(reader);
        const RecordLine* line = (*reader).next();
        ASSERT_NE(line, nullptr);
        EXPECT_EQ(line->kind, LineKind::header);
        EXPECT_EQ(line->sequence, sequence);
        while ((line = (*reader).next()) != nullptr) {
            sequence = line->sequence;
            if (line->kind == LineKind::message) {
                EXPECT_EQ(line->generation, 1U);
            }
        }
    }
    EXPECT_EQ(sequence, 199U);
}

TEST_F(Recording, NotesStandBetweenTheMessagesWhereTheyBelong) {
    open();
    ring.connected();
    take();
    writer->note({.kind = LineKind::sent, .time = kRecordStart, .generation = 1, .payload = bytes_of("sub")},
                 at());
    message(1);
    pass(1s);
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(lines().at(1), "sent 1/0 @1795849200000000000 text sub");
    EXPECT_EQ(lines().at(2).substr(0, 11), "message 1/1");
}

TEST_F(Recording, ReadersBeginAnywhereWithTheRightNumbers) {
    open();
    ring.connected();
    std::vector<std::string> all;
    for (std::uint64_t i = 1; i <= 3000; ++i) {
        message(i, 2000);
        pass(100ms);
        all.push_back(
            "message 1/" + std::to_string(i) + " @" +
            std::to_string((kRecordStart + 100ms * (static_cast<long>(i) - 1)).time_since_epoch().count()));
    }
    EXPECT_FALSE(writer->close(at()).failed());
    auto reader = RecordReader::open(files());
    ASSERT_TRUE(reader);
    for (const std::size_t index : {0U, 1U, 4U, 5U, 77U, 1500U, 2999U, 3U}) {
        (*reader).seek(kRecordStart + 100ms * static_cast<long>(index));
        const RecordLine* line = (*reader).next();
        while (line != nullptr && line->kind != LineKind::message) line = (*reader).next();
        ASSERT_NE(line, nullptr) << index;
        EXPECT_TRUE(text_of_line(*line).starts_with(all[index]))
            << text_of_line(*line) << " is not " << all[index];
    }
    (*reader).seek(kRecordStart + 1h);
    EXPECT_EQ((*reader).next(), nullptr);
}

TEST(RecordNames, HoldTheTimeInUtc) {
    EXPECT_EQ(record_file_name("a.b", kRecordStart + 3661s + 5ns), "a.b.20261128T080101Z.zst");
    EXPECT_EQ(time_of_record_file("a.b.20261128T080101Z.zst", "a.b"), kRecordStart + 3661s);
    for (const char* const other :
         {"a.b.20261128T080101Z.zs", "b.a.20261128T080101Z.zst", "a.b.20261328T080101Z.zst",
          "a.b.20261128X080101Z.zst", "a.b.2026-128T080101Z.zst", "a.b.20261128T080101Z.zst.tmp"})
        EXPECT_FALSE(time_of_record_file(other, "a.b")) << other;
}

}  // namespace
}  // namespace pinwheel
