#pragma once

#include <fcntl.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/message_queue.h"
#include "../../proto/record/record_reader.h"
#include "../../proto/record/record_writer.h"
#include "frames.h"
#include "temp_dir.h"

namespace pinwheel::test {

/// The start time of the tests' recordings: 2026-11-28T07:00:00Z.
inline constexpr SystemTime kRecordStart{std::chrono::seconds{1'795'849'200}};

/// Fills a ring like a session.
class RingFiller {
  public:
    explicit RingFiller(MessageQueue& queue) : queue_(queue) {}

    void connected(TimePoint at = TimePoint{std::chrono::hours{1}}) {
        control({.kind = RecordKind::connected, .generation = ++generation_}, {}, at);
    }
    void disconnected(std::uint8_t reason, std::uint16_t code, std::string_view text = {},
                      TimePoint at = TimePoint{std::chrono::hours{1}}) {
        control({.kind = RecordKind::disconnected, .code = code, .reason = reason}, text, at);
    }
    void dropped(std::uint64_t count) {
        sequence_ += count;
        control({.kind = RecordKind::dropped, .count = count}, {}, TimePoint{std::chrono::hours{1}});
    }
    /// With the kernel's arrival time. If that is 0, `received` counts.
    void message(std::string_view payload, std::int64_t kernel, bool is_text = true,
                 TimePoint received = TimePoint{std::chrono::hours{1}}) {
        std::byte* const room = queue_.claim(payload.size());
        if (!payload.empty()) std::memcpy(room, payload.data(), payload.size());
        queue_.commit({.size = static_cast<std::uint32_t>(payload.size()),
                       .flags = is_text ? RecordHeader::kText : std::uint8_t{0},
                       .sequence = ++sequence_,
                       .generation = generation_,
                       .received = received.time_since_epoch().count(),
                       .kernel_received = kernel});
        queue_.publish();
    }

  private:
    void control(RecordHeader header, std::string_view text, TimePoint at) {
        header.sequence = sequence_;
        header.generation = generation_;
        header.received = at.time_since_epoch().count();
        queue_.push_control(header, std::as_bytes(std::span(text)));
    }

    MessageQueue& queue_;
    std::uint32_t generation_ = 0;
    std::uint64_t sequence_ = 0;
};

/// A disk with scripted failures.
class FailingCalls final : public FileCalls {
  public:
    std::uint64_t room = ~std::uint64_t{0};  // bytes of free space
    bool sync_fails = false;
    bool truncate_fails = false;
    bool folder_sync_fails = false;
    int syncs = 0;
    int folder_syncs = 0;
    bool only_appends = true;
    std::vector<std::size_t> writes;  // the bytes of each successful write

    std::ptrdiff_t write(int fd, std::span<const std::byte> bytes) noexcept override {
        only_appends = only_appends && (::fcntl(fd, F_GETFL) & O_APPEND) != 0;
        if (room == 0) return errno = ENOSPC, -1;
        const auto count = FileCalls::write(fd, bytes.first(std::min<std::uint64_t>(bytes.size(), room)));
        if (count > 0) {
            room -= static_cast<std::uint64_t>(count);
            writes.push_back(static_cast<std::size_t>(count));
        }
        return count;
    }
    int sync(int fd) noexcept override {
        ++syncs;
        return sync_fails ? (errno = EIO, -1) : FileCalls::sync(fd);
    }
    int sync_folder(const std::string& path) noexcept override {
        ++folder_syncs;
        return folder_sync_fails ? (errno = EIO, -1) : FileCalls::sync_folder(path);
    }
    int truncate(int fd, std::uint64_t size) noexcept override {
        return truncate_fails ? (errno = EIO, -1) : FileCalls::truncate(fd, size);
    }
};

/// The recordings in a folder, oldest first.
inline std::vector<std::string> recordings_in(const std::string& folder) {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// One line as text, for comparison: `message 1/7 @123 text abc`.
inline std::string text_of_line(const RecordLine& line) {
    std::string text(line.kind == LineKind::message ? "message" : to_string(line.kind));
    text += " " + std::to_string(line.generation) + "/" + std::to_string(line.sequence) + " @" +
            std::to_string(line.time.time_since_epoch().count());
    switch (line.kind) {
        case LineKind::message:
        case LineKind::sent:
            text += line.hidden ? " hidden" : line.is_text ? " text " : " binary ";
            text += std::string(reinterpret_cast<const char*>(line.payload.data()), line.payload.size());
            if (!line.kernel_time) text += " (read)";
            break;
        case LineKind::disconnected:
            text += " " + std::to_string(line.code) + " " + std::to_string(line.reason) + " " +
                    std::string(line.text);
            break;
        case LineKind::dropped:
            text += " " + std::to_string(line.count);
            break;
        default:
            text += " " + std::string(line.text);
    }
    return text;
}

/// All lines except headers.
inline std::vector<std::string> lines_of(RecordReader& reader) {
    std::vector<std::string> lines;
    while (const RecordLine* const line = reader.next())
        if (line->kind != LineKind::header) lines.push_back(text_of_line(*line));
    return lines;
}
inline std::vector<std::string> lines_of(const std::vector<std::string>& paths) {
    auto reader = RecordReader::open(paths);
    if (!reader) return {reader.error().message()};
    return lines_of(*reader);
}

}  // namespace pinwheel::test
