#pragma once

#include <cstdint>
#include <string>

#include "../../core/clock.h"

namespace pinwheel {

/// Where a recording goes, and how. The files are `folder/name.YYYYMMDDTHHMMSSZ.zst`.
struct RecordOptions {
    /// This one file, in place of all that a name is made of; it is never followed by another.
    std::string file{};
    std::string folder = ".";        ///< must be there
    std::string name = "recording";  ///< without `/`
    std::string url{};               ///< of the `connected` lines; keys in its path are hidden
    bool with_query = false;         ///< the URL's query, where venues put secrets, is written as well
    std::uint32_t leg = 0;           ///< of the feed, for the lines
    int level = 3;                   ///< of zstd's compression
    /// A file that has reached it is followed by the next, in bytes; 0: no limit.
    std::uint64_t max_file_size = std::uint64_t{1} << 30;
    /// The next file begins at whole multiples of it in Unix time; 0: never.
    Duration rotation = std::chrono::hours{1};
    /// Between calls of fdatasync(2), for a recording that outlives a loss of power; 0: none.
    Duration sync_interval{};
};

/// Counts of a recording since it began.
struct RecordStats {
    std::uint64_t messages = 0;        ///< written
    std::uint64_t bytes = 0;           ///< of their payloads
    std::uint64_t dropped = 0;         ///< messages that the ring had no room for, or that were not written
    std::uint64_t raw_bytes = 0;       ///< of lines
    std::uint64_t written_bytes = 0;   ///< of frames, compressed
    std::uint64_t files = 0;           ///< begun or taken up
    std::uint64_t write_failures = 0;  ///< of opening, writing and compressing
    std::uint64_t sync_failures = 0;   ///< of fdatasync(2)
    Duration lag{};                    ///< age of the oldest message that is not written
    bool is_stopped = false;           ///< the disk takes nothing now
};

}  // namespace pinwheel
