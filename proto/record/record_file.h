#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "../../core/error.h"
#include "../../core/result.h"

namespace pinwheel {

/// What a recording asks of the system; a test derives from it to make calls fail. All return -1 with errno
/// for a failure. Threading: the writer's thread.
class FileCalls {
  public:
    virtual ~FileCalls() = default;
    /// Opens for reading and appending; makes the file unless it must be there.
    [[nodiscard]] virtual int open(const std::string& path, bool must_exist) noexcept;
    /// Appends a prefix of `bytes`.
    [[nodiscard]] virtual std::ptrdiff_t write(int fd, std::span<const std::byte> bytes) noexcept;
    /// fdatasync(2).
    [[nodiscard]] virtual int sync(int fd) noexcept;
    /// ftruncate(2).
    [[nodiscard]] virtual int truncate(int fd, std::uint64_t size) noexcept;
};

/// What was wrong with a file that was there.
struct RecordRepair {
    std::uint64_t cut = 0;     ///< bytes of a torn tail that were cut off
    std::uint64_t frames = 0;  ///< that are in it
};

/// A recording's file, to be appended to, locked against other writers. Invariant: between two calls it holds
/// whole frames, or the next append() first cuts off what a failed one has left. Threading: one thread.
class RecordFile {
  public:
    /// Makes an empty file. The error names the path; invalid_state: the file is there already.
    [[nodiscard]] static Result<RecordFile> create(FileCalls& calls, std::string path);
    /// Takes up one that is there: cuts off its seek table, which is written again by finish(), and a torn
    /// tail. Error: another process writes it, or it is damaged with whole frames behind the damage, which
    /// are not to be lost.
    [[nodiscard]] static Result<RecordFile> adopt(FileCalls& calls, std::string path, RecordRepair& repair);

    RecordFile(RecordFile&&) noexcept;
    RecordFile& operator=(RecordFile&&) noexcept;
    /// Closes without a table, as a killed process does.
    ~RecordFile();

    /// Appends a frame whole, or leaves the file as it was. The error names the path.
    [[nodiscard]] Error append(std::span<const std::byte> frame, std::uint64_t raw_size);
    /// The error names the path.
    [[nodiscard]] Error sync();
    /// Writes the seek table if there is room for it.
    void finish();

    [[nodiscard]] const std::string& path() const noexcept;
    /// In bytes.
    [[nodiscard]] std::uint64_t size() const noexcept;

  private:
    struct State;
    explicit RecordFile(std::unique_ptr<State> state) noexcept;

    std::unique_ptr<State> state_;
};

}  // namespace pinwheel
