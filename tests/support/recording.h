#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "recorded.h"

namespace pinwheel::test {

using namespace std::chrono_literals;

/// A writer that records a ring to a temporary folder. Time is an argument.
class Recording : public testing::Test {
  protected:
    Recording() { options.folder = folder.path("."); }

    void open() {
        writer = std::make_unique<RecordWriter>(options, calls,
                                                [this](std::string_view text) { alerts.emplace_back(text); });
        ASSERT_FALSE(writer->open(at()).failed());
    }
    [[nodiscard]] Moment at() const { return {TimePoint{1h} + passed, kRecordStart + passed}; }
    /// Takes the ring's records.
    void take() {
        for (const auto* record = queue.front(); record != nullptr && writer->has_room();
             record = queue.front()) {
            writer->take(*record, at());
            queue.pop();
        }
    }
    void pass(Duration time) {
        passed += time;
        take();
        writer->step(at());
        take();
    }
    /// A message with this number, of `size` bytes that zstd can hardly compress.
    void message(std::uint64_t number, std::size_t size = 20) {
        std::string text = std::to_string(number) + " ";
        while (text.size() < size) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            text += static_cast<char>('A' + (seed >> 58));
        }
        ring.message(text, (kRecordStart + passed).time_since_epoch().count());
    }
    /// Three frames of a message each, the first with the connection's line.
    void write_three_frames() {
        open();
        ring.connected();
        for (std::uint64_t i = 1; i < 4; ++i) {
            message(i);
            pass(500ms);
        }
    }
    [[nodiscard]] std::vector<std::string> files() const { return recordings_in(options.folder); }
    [[nodiscard]] std::vector<std::string> lines() const { return test::lines_of(files()); }

    TempDir folder;
    RecordOptions options{.name = "feed", .url = "wss://h.example/path?key=secret"};
    FailingCalls calls;
    std::vector<std::string> alerts;
    MessageQueue queue;
    RingFiller ring{queue};
    std::unique_ptr<RecordWriter> writer;
    Duration passed{};
    std::uint64_t seed = 1;
};

}  // namespace pinwheel::test
