#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "../../core/error.h"
#include "../../core/result.h"

namespace pinwheel {

/// The system calls of a recording. A test derives from it to make calls fail. All return -1 with errno on
/// failure. Threading: the writer's thread.
class FileCalls {
  public:
    virtual ~FileCalls() = default;
    /// Opens for reading and appending. Creates the file unless it must exist.
    [[nodiscard]] virtual int open(const std::string& path, bool must_exist) noexcept;
    /// Appends a prefix of `bytes`.
    [[nodiscard]] virtual std::ptrdiff_t write(int fd, std::span<const std::byte> bytes) noexcept;
    /// fdatasync(2).
    [[nodiscard]] virtual int sync(int fd) noexcept;
    /// fsync(2) of the file's folder. Without it a new file's name may not survive a loss of power.
    [[nodiscard]] virtual int sync_folder(const std::string& path) noexcept;
    /// ftruncate(2).
    [[nodiscard]] virtual int truncate(int fd, std::uint64_t size) noexcept;
};

/// The repairs to an existing file.
struct RecordRepair {
    std::uint64_t cut = 0;     ///< bytes of a torn tail that were cut off
    std::uint64_t frames = 0;  ///< complete frames in the file
};

/// The file of a recording, open for appending, and locked against other writers. Invariant: between two
/// calls it holds complete frames, or the next append() first cuts off the rest of a failed one. Threading:
/// one thread.
class RecordFile {
  public:
    /// Creates an empty file. The error names the path; invalid_state: the file exists.
    [[nodiscard]] static Result<RecordFile> create(FileCalls& calls, std::string path);
    /// Opens an existing file: cuts off a torn tail, and the seek table, which finish() writes again. Error:
    /// another process writes it, or it is damaged and has complete frames behind the damage, which must not
    /// be lost.
    [[nodiscard]] static Result<RecordFile> adopt(FileCalls& calls, std::string path, RecordRepair& repair);

    RecordFile(RecordFile&&) noexcept;
    RecordFile& operator=(RecordFile&&) noexcept;
    /// Closes without a table, like a killed process.
    ~RecordFile();

    /// Appends a complete frame, or leaves the file unchanged. The error names the path.
    [[nodiscard]] Error append(std::span<const std::byte> frame, std::uint64_t raw_size);
    /// Makes the file's bytes, and on the first call its name, survive a loss of power. After a failure a
    /// later success does not cover the same bytes. The error names the path.
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
