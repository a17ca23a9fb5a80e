#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../feed/playback.h"

namespace pinwheel::tool {

/// The selected part of a recording.
struct PlaybackRange {
    std::optional<SystemTime> from{};
    std::optional<SystemTime> to{};
};

/// True for a recording, by its name or its first bytes: a zstd frame, or a skippable one. A pipe, which can
/// be read only once, is none.
[[nodiscard]] bool is_recording(const std::string& path);
/// Opens a recording at the range's beginning. Throws UsageError that names an unreadable file.
[[nodiscard]] RecordReader open_recording(const std::vector<std::string>& files,
                                          const PlaybackRange& range = {});

/// Makes playbacks of a recording, or of a tab-separated capture. Throws UsageError that names the fault of
/// the file.
[[nodiscard]] std::function<std::unique_ptr<Playback>()> open_playback(const std::vector<std::string>& files,
                                                                       const PlaybackRange& range = {});

/// `2026-11-28T07:00:00.5Z`, or Unix time in seconds or, with 19 digits, in ns. Throws UsageError that names
/// the option.
[[nodiscard]] SystemTime parse_time(const char* option, std::string_view text);
/// `2026-11-28T07:00:00.500000000Z`
[[nodiscard]] std::string text_of(SystemTime time);

/// A factor, or `max` as 0. Throws UsageError that names the option.
[[nodiscard]] double parse_speed(const char* option, const std::string& text);

}  // namespace pinwheel::tool
