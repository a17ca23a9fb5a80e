// The disk: existing files, torn and damaged ones, a full disk, and one that fails.

#include "../../../proto/record/record_writer.h"

#include <gtest/gtest.h>

#include <fstream>

#include "../../support/recording.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST_F(Recording, ANextRunAppendsToTheFileOfItsHour) {
    open();
    ring.connected();
    message(1);
    pass(0s);
    EXPECT_FALSE(writer->close(at()).failed());
    passed += 10min;
    open();
    MessageQueue second;
    RingFiller again(second);
    again.connected();
    again.message("new", 1'795'849'900'000'000'000);
    while (const auto* record = second.front()) {
        writer->take(*record, at());
        second.pop();
    }
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(files().size(), 1U);
    ASSERT_EQ(lines().size(), 4U);
    EXPECT_EQ(lines().at(3), "message 1/1 @1795849900000000000 text new");
    EXPECT_TRUE(alerts.empty());
    passed += 1h;
    open();
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(files().size(), 2U) << "another hour";
}

TEST_F(Recording, ATornTailOfAnyLengthIsCutOffAndReportedWhenTheFileIsOpened) {
    write_three_frames();
    writer.reset();  // like a killed process: no table
    const std::string path = files().at(0);
    std::ifstream in(path, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), {});
    const auto sizes = calls.writes;
    ASSERT_EQ(sizes.size(), 3U);
    for (std::size_t size = sizes[0]; size < whole.size(); size += 3) {
        std::ofstream(path, std::ios::binary) << whole.substr(0, size);
        const std::size_t kept = size < sizes[0] + sizes[1] ? sizes[0] : sizes[0] + sizes[1];
        alerts.clear();
        open();
        EXPECT_EQ(std::filesystem::file_size(path), kept);
        EXPECT_EQ(alerts.size(), size == kept ? 0U : 1U);
        if (!alerts.empty()) {
            EXPECT_NE(alerts[0].find("the last " + std::to_string(size - kept) + " bytes"),
                      std::string::npos);
        }
        message(9);
        pass(1s);
        EXPECT_FALSE(writer->close(at()).failed());
        EXPECT_EQ(lines().size(), kept == sizes[0] ? 3U : 4U);
        const auto reader = RecordReader::open(path);
    }
}

TEST_F(Recording, PagesOfZerosAtTheEndAreATornTail) {
    open();
    ring.connected();
    message(1);
    pass(500ms);
    writer.reset();
    const std::string path = files().at(0);
    const auto size = std::filesystem::file_size(path);
    std::filesystem::resize_file(path, size + 4096);
    open();
    EXPECT_EQ(std::filesystem::file_size(path), size);
    ASSERT_EQ(alerts.size(), 1U);
    // A last frame of which some bytes did not reach the disk.
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out)
        .seekp(static_cast<long>(size) - 6)
        .put('\0')
        .put('\0');
    writer.reset();
    open();
    EXPECT_EQ(std::filesystem::file_size(path), 0U);
}

TEST_F(Recording, AFileDamagedInTheMiddleIsLeftAsItIs) {
    write_three_frames();
    writer.reset();
    const std::string path = files().at(0);
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out)
        .seekp(static_cast<long>(calls.writes[0]))
        .put('x');
    const auto size = std::filesystem::file_size(path);
    passed += 10s;
    open();
    message(4);
    pass(1s);
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(std::filesystem::file_size(path), size);
    EXPECT_EQ(files().size(), 2U);
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_NE(alerts[0].find("is damaged at byte " + std::to_string(calls.writes[0])), std::string::npos)
        << alerts[0];
    auto reader = RecordReader::open(path);
    ASSERT_TRUE(reader);
    EXPECT_EQ(test::lines_of(*reader).size(), 3U);  // connected, 1, 3
    ASSERT_EQ(reader->losses().size(), 1U);
    EXPECT_EQ(reader->losses()[0].offset, calls.writes[0]);
    EXPECT_EQ(reader->losses()[0].bytes, calls.writes[1]);
}

TEST_F(Recording, TwoWritersDoNotShareAFile) {
    open();
    RecordWriter other(options, calls, [this](std::string_view text) { alerts.emplace_back(text); });
    EXPECT_FALSE(other.open(at()).failed());
    EXPECT_NE(other.path(), writer->path());
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_NE(alerts[0].find("another process is recording to it"), std::string::npos);
}

TEST_F(Recording, AFullDiskStopsTheWriterWhichContinuesWhenThereIsRoom) {
    for (const std::uint64_t room : {0U, 1U, 30U}) {  // nothing fits, or a part of the frame
        SCOPED_TRACE(room);
        alerts.clear();
        open();
        ring.connected();
        message(1);
        pass(500ms);
        const auto before = lines();
        calls.room = room;
        message(2);
        pass(500ms);
        EXPECT_TRUE(writer->stats(at()).is_stopped);
        EXPECT_FALSE(writer->has_room());
        message(3);
        pass(900ms);
        EXPECT_EQ(queue.size(), 1U) << "the ring keeps what comes";
        EXPECT_EQ(writer->stats(at()).write_failures, writer->stats(at()).write_failures);
        EXPECT_EQ(lines(), before) << "whole lines only";
        EXPECT_EQ(calls.room, 0U);
        ASSERT_EQ(alerts.size(), 1U);
        EXPECT_NE(alerts[0].find("No space left on device"), std::string::npos);
        pass(10s);
        EXPECT_EQ(alerts.size(), 1U) << "told once";
        EXPECT_GE(writer->stats(at()).lag, 11s);
        calls.room = ~std::uint64_t{0};
        pass(1s);
        pass(1s);
        EXPECT_FALSE(writer->stats(at()).is_stopped);
        ASSERT_EQ(alerts.size(), 2U);
        EXPECT_NE(alerts[1].find("goes on"), std::string::npos);
        EXPECT_EQ(lines().size(), before.size() + 2);
        EXPECT_FALSE(writer->close(at()).failed());
        while (queue.front() != nullptr) queue.pop();
    }
}

TEST_F(Recording, APartialFrameThatCannotBeCutOffAtOnceIsCutOffBeforeTheNext) {
    open();
    ring.connected();
    message(1);
    pass(500ms);
    calls.room = 5;
    calls.truncate_fails = true;
    message(2);
    pass(500ms);
    pass(1s);
    EXPECT_TRUE(writer->stats(at()).is_stopped);
    calls.room = ~std::uint64_t{0};
    pass(1s);
    EXPECT_TRUE(writer->stats(at()).is_stopped) << "nothing is appended behind a torn frame";
    calls.truncate_fails = false;
    pass(1s);
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(lines().size(), 3U);
}

TEST_F(Recording, TheUnwrittenRestAtTheEndIsCountedAndReported) {
    open();
    ring.connected();
    message(1);
    message(2);
    take();
    calls.room = 0;
    const Error lost = writer->close(at());
    EXPECT_NE(lost.message().find("2 messages"), std::string::npos) << lost.message();
    EXPECT_EQ(writer->stats(at()).dropped, 2U);
}

/// Two messages per second, until this number.
class SyncedRecording : public Recording {
  protected:
    void open_synced() {
        options.sync_interval = 5s;
        open();
        ring.connected();
        until(20);
        ASSERT_EQ(calls.syncs, 2);  // after 0.5 s and 5.5 s; the next one at 10.5 s
    }
    void until(std::uint64_t last) {
        for (; next <= last; ++next) {
            message(next);
            pass(500ms);
        }
    }
    std::uint64_t next = 1;
};

TEST_F(SyncedRecording, AfterAFailedSyncTheBytesAreToldAndTheRecordingContinuesInANewFile) {
    open_synced();
    calls.sync_fails = true;
    until(21);
    const std::string first = files().at(0);
    EXPECT_EQ(writer->stats(at()).sync_failures, 1U);
    std::uint64_t since_last = 0;
    for (std::size_t i = 11; i < 21; ++i) since_last += calls.writes.at(i);
    EXPECT_EQ(writer->stats(at()).unsafe_bytes, since_last);
    ASSERT_EQ(alerts.size(), 1U);
    for (const char* const part : {"Input/output error", "in a new file"})
        EXPECT_NE(alerts[0].find(part), std::string::npos) << alerts[0];
    EXPECT_NE(alerts[0].find("the last " + std::to_string(since_last) + " bytes"), std::string::npos);
    calls.sync_fails = false;
    until(22);
    ASSERT_EQ(files().size(), 2U);
    const auto size = std::filesystem::file_size(first);
    until(60);
    EXPECT_EQ(files().size(), 2U) << "no call failed for the new file";
    EXPECT_EQ(std::filesystem::file_size(first), size);
    EXPECT_EQ(test::lines_of({files().at(1)}).size(), 39U) << "with a header of its own";
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(lines().size(), 61U) << "no line is lost";
    EXPECT_EQ(writer->stats(at()).unsafe_bytes, since_last);
}

TEST_F(SyncedRecording, FailingSyncsBeginOneNewFileAndTheFirstSuccessBeginsAnother) {
    open_synced();
    calls.sync_fails = true;
    until(80);
    EXPECT_EQ(files().size(), 2U);
    EXPECT_EQ(alerts.size(), 1U) << "told once";
    EXPECT_GE(writer->stats(at()).sync_failures, 6U);
    calls.sync_fails = false;
    until(120);
    EXPECT_EQ(files().size(), 3U);
    ASSERT_EQ(alerts.size(), 2U);
    EXPECT_NE(alerts[1].find("works again"), std::string::npos) << alerts[1];
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(lines().size(), 121U);
}

TEST_F(SyncedRecording, OneFixedFileContinuesAndCountsUnsafeBytes) {
    options.file = folder.path("only.zst");
    open_synced();
    calls.sync_fails = true;
    until(40);
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_EQ(alerts[0].find("new file"), std::string::npos) << alerts[0];
    EXPECT_GT(writer->stats(at()).unsafe_bytes, 0U);
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(files().size(), 1U);
    EXPECT_EQ(lines().size(), 41U);
}

TEST_F(SyncedRecording, TheNameOfEachFileIsSyncedOnceAndItsFailureCounts) {
    options.max_file_size = 1;  // one frame per file
    options.sync_interval = 1ms;
    calls.folder_sync_fails = true;
    open();
    ring.connected();
    until(2);
    EXPECT_GE(writer->stats(at()).sync_failures, 1U);
    EXPECT_EQ(calls.syncs, 0) << "the name comes first";
    EXPECT_EQ(alerts.size(), 1U);
    calls.folder_sync_fails = false;
    until(10);
    EXPECT_FALSE(writer->close(at()).failed());
    EXPECT_EQ(lines().size(), 11U);
    options.max_file_size = 0;
    const int before = calls.folder_syncs;
    passed += 1h;
    open();
    ring.connected();
    until(30);
    EXPECT_EQ(calls.folder_syncs, before + 1);
}

TEST_F(Recording, AFileOfNothingAndOneOfOneFrameAreRecordings) {
    open();
    EXPECT_EQ(std::filesystem::file_size(writer->path()), 0U);
    writer.reset();
    EXPECT_TRUE(lines().empty());
    open();
    ring.connected();
    message(1);
    pass(500ms);
    EXPECT_EQ(lines().size(), 2U);
    writer.reset();
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(Recording, AMissingFolderIsReported) {
    options.folder = folder.path("missing");
    RecordWriter other(options, calls, {});
    const Error failed = other.open(at());
    EXPECT_NE(failed.message().find("missing/feed.20261128T070000Z.zst: No such file"), std::string::npos)
        << failed.message();
    const auto reader = RecordReader::open(folder.path("missing/x.zst"));
    ASSERT_FALSE(reader);
    EXPECT_NE(reader.error().message().find("missing/x.zst"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel
