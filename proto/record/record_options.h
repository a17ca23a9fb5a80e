#pragma once

#include <cstdint>
#include <string>

#include "../../core/clock.h"

namespace pinwheel {

/// The files and the format of a recording. Files are named `folder/name.YYYYMMDDTHHMMSSZ.zst`.
struct RecordOptions {
    /// One fixed file. Replaces folder and name, and is never followed by another file.
    std::string file{};
    std::string folder = ".";        ///< must exist
    std::string name = "recording";  ///< without `/`
    std::string url{};               ///< of the `connected` lines; keys in its path are hidden
    bool with_query = false;         ///< also writes the URL's query, which may hold secrets
    std::uint32_t leg = 0;           ///< of the feed, written into the lines
    int level = 3;                   ///< of zstd's compression
    /// A file of this size is followed by the next one, in bytes; 0: no limit.
    std::uint64_t max_file_size = std::uint64_t{1} << 30;
    /// The next file begins at multiples of this in Unix time; 0: never.
    Duration rotation = std::chrono::hours{1};
    /// Between calls of fdatasync(2), for a recording that survives a loss of power; 0: no calls. After a
    /// failed call the recording continues in a new file, unless `file` is set.
    Duration sync_interval{};
};

/// The position of a line in a session's stream.
struct RecordPlace {
    std::uint32_t generation = 0;  ///< of the connection; 0: before the first one
    std::uint64_t sequence = 0;    ///< of the last message before the line
    bool is_after_end = false;     ///< the connection has ended; true before the first one
};

/// Counts of a recording since its start.
struct RecordStats {
    std::uint64_t messages = 0;   ///< written
    std::uint64_t bytes = 0;      ///< of their payloads
    std::uint64_t dropped = 0;    ///< messages and notes that did not fit their rings, or were not written
    std::uint64_t raw_bytes = 0;  ///< of lines
    std::uint64_t written_bytes = 0;   ///< of frames, compressed
    std::uint64_t files = 0;           ///< created or reopened
    std::uint64_t write_failures = 0;  ///< failed calls to open, write and compress
    std::uint64_t sync_failures = 0;   ///< failed calls of fdatasync(2)
    /// Part of written_bytes that a failed fdatasync(2) did not cover. The file holds these bytes, but a loss
    /// of power may remove them.
    std::uint64_t unsafe_bytes = 0;
    Duration lag{};           ///< age of the oldest unwritten message
    bool is_stopped = false;  ///< the disk accepts no data now
};

}  // namespace pinwheel
