#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../../core/clock.h"
#include "../../core/result.h"
#include "record_line.h"

namespace pinwheel {

/// A lost part of a recording.
struct RecordLoss {
    std::string path{};        ///< of the file
    std::uint64_t offset = 0;  ///< the place, in bytes
    std::uint64_t bytes = 0;   ///< the size, compressed; 0: a line that is not a line of a recording
    std::string what{};        ///< the damage: a torn tail, a damaged frame, …
};

/// Counts of a reader.
struct RecordSummary {
    SystemTime first{};             ///< of the first line; the epoch: no line
    SystemTime last{};              ///< of the last line
    std::uint64_t messages = 0;     ///< read
    std::uint64_t bytes = 0;        ///< of their payloads
    std::uint64_t connections = 0;  ///< `connected` lines
    std::uint64_t ends = 0;         ///< `disconnected` lines
    std::uint64_t sent = 0;         ///< messages
    std::uint64_t dropped = 0;      ///< messages that were not recorded
    std::uint64_t gaps = 0;         ///< of the venue's numbers
    std::uint64_t frames = 0;       ///< read
    std::uint64_t raw_bytes = 0;    ///< of their lines
    std::uint64_t file_bytes = 0;   ///< of the files opened so far
    std::uint64_t losses = 0;       ///< all; losses() lists the first of them
};

/// Reads the lines of one recording, which may be several files in order. Damage is skipped and listed. A
/// growing file is read up to its size when it was opened. Threading: one thread. Allocates: when a frame is
/// larger than all earlier ones, and for lines with an object.
class RecordReader {
  public:
    /// The most losses that are listed.
    static constexpr std::size_t kMostLosses = 1000;

    /// The error names the file that cannot be opened, or says that this build cannot read recordings.
    [[nodiscard]] static Result<RecordReader> open(std::vector<std::string> paths);
    /// Of one file.
    [[nodiscard]] static Result<RecordReader> open(std::string path);
    /// A moved-from reader may only be destroyed or assigned to.
    RecordReader(RecordReader&&) noexcept;
    /// The same.
    RecordReader& operator=(RecordReader&&) noexcept;
    ~RecordReader();

    /// The next line. Its views are valid until the next call, with 64 readable bytes behind a message's
    /// payload. Null: the end.
    [[nodiscard]] const RecordLine* next();
    /// next() continues at the first line at or after `time`. Reads the first line of a few frames only.
    void seek(SystemTime time);

    /// The counts so far.
    [[nodiscard]] const std::vector<RecordLoss>& losses() const noexcept;
    /// The losses so far. The part that seek() skipped does not count.
    [[nodiscard]] const RecordSummary& summary() const noexcept;

  private:
    struct State;
    explicit RecordReader(std::unique_ptr<State> state) noexcept;

    std::unique_ptr<State> state_;
};

}  // namespace pinwheel
