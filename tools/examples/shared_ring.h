#pragma once

#include <pinwheel/pinwheel.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

/// A ring in a file, for example in /dev/shm, between one writing and one reading process.
///
///      0                 3904          4096
///     +-----------------+-------------+---------------------------+
///     | unused          | control     | records                   |
///     +-----------------+-------------+---------------------------+
///       reader: may write               reader: read only
///
/// The control block, which holds the reader's position, ends at the end of the first page. So the reader
/// maps that page writable and all records read-only: its faults cannot change a record. The writer holds a
/// lock on the file. The kernel releases the lock when the process ends in any way.
namespace shared_ring {

inline constexpr std::size_t kPage = 4096;
inline constexpr std::size_t kControl = sizeof(pinwheel::SpscRing::Control);

[[noreturn]] inline void fail(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

/// A mapping that its object owns.
class Mapping {
  public:
    Mapping(int fd, std::size_t size, int protection) : size_(size) {
        void* const at = ::mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
        if (at == MAP_FAILED) fail("mapping the ring");
        base_ = static_cast<std::byte*>(at);
    }
    ~Mapping() { ::munmap(base_, size_); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    [[nodiscard]] std::byte* base() const noexcept { return base_; }
    [[nodiscard]] std::span<std::byte> ring() const noexcept {
        return {base_ + kPage - kControl, size_ - kPage + kControl};
    }

  private:
    std::byte* base_ = nullptr;
    std::size_t size_;
};

class Writer {
  public:
    /// Replaces an existing ring with a new one. Its readers see that their writer has ended.
    Writer(const std::string& file, std::size_t capacity)
        : fd_(create(file + ".new", size_for(capacity))),
          mapping_(fd_.get(), size_for(capacity), PROT_READ | PROT_WRITE),
          ring_(mapping_.ring(), capacity) {
        std::filesystem::rename(file + ".new", file);
    }

    /// Throws if the ring is broken: it accepts no more records.
    void message(const pinwheel::Message& message) {
        tell_gap(message.generation);
        auto* const room = dropped_ == 0 ? ring_.claim(message.payload.size()) : nullptr;
        if (room == nullptr) {
            if (ring_.broken()) throw std::runtime_error("the ring is broken");
            ++dropped_;  // reported to the reader once there is room
            return;
        }
        std::memcpy(room, message.payload.data(), message.payload.size());
        ring_.commit({.size = static_cast<std::uint32_t>(message.payload.size()),
                      .flags = message.is_text ? pinwheel::RecordHeader::kText : std::uint8_t{0},
                      .sequence = message.sequence,
                      .generation = message.generation,
                      .received = message.received.time_since_epoch().count()});
        ring_.publish();
    }
    /// Lost if there is no room.
    void control(const pinwheel::RecordHeader& record) {
        tell_gap(record.generation);
        if (ring_.claim(0) == nullptr) return;
        ring_.commit(record);
        ring_.publish();
    }

  private:
    static std::size_t size_for(std::size_t capacity) { return kPage + 2 * capacity; }
    static pinwheel::UniqueFd create(const std::string& file, std::size_t size) {
        std::error_code ignored;
        std::filesystem::remove(file, ignored);
        pinwheel::UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!fd) fail("'" + file + "' cannot be made");
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fail("locking '" + file + "'");
        if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) fail("sizing '" + file + "'");
        return fd;
    }
    void tell_gap(std::uint32_t generation) {
        if (dropped_ == 0 || ring_.claim(0) == nullptr) return;
        ring_.commit({.kind = pinwheel::RecordKind::dropped, .count = dropped_, .generation = generation});
        ring_.publish();
        dropped_ = 0;
    }

    pinwheel::UniqueFd fd_;
    Mapping mapping_;
    pinwheel::SpscRing ring_;
    std::uint64_t dropped_ = 0;
};

class Reader {
  public:
    /// Nothing if the file does not exist. Throws if it is not a ring.
    static std::optional<pinwheel::UniqueFd> open(const std::string& file) {
        pinwheel::UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
        if (fd) return fd;
        if (errno == ENOENT) return std::nullopt;
        fail("'" + file + "' cannot be opened");
    }
    explicit Reader(pinwheel::UniqueFd fd)
        : fd_(std::move(fd)), mapping_(fd_.get(), size_of(fd_.get()), PROT_READ), ring_(control_writable()) {}

    [[nodiscard]] const pinwheel::RecordHeader* front() noexcept { return ring_.front(); }
    void pop() noexcept { ring_.pop(); }
    /// A side has written impossible values. No more records come.
    [[nodiscard]] bool broken() const noexcept { return ring_.broken(); }
    /// False once its process has ended. Call it before front(): then all its records are visible.
    [[nodiscard]] bool writer_lives() const noexcept {
        if (::flock(fd_.get(), LOCK_SH | LOCK_NB) != 0) return true;
        ::flock(fd_.get(), LOCK_UN);
        return false;
    }
    /// True if the file of that name is still this ring's.
    [[nodiscard]] bool is_at(const std::string& file) const {
        struct stat named {};
        struct stat held {};
        return ::stat(file.c_str(), &named) == 0 && ::fstat(fd_.get(), &held) == 0 &&
               named.st_ino == held.st_ino;
    }

  private:
    static std::size_t size_of(int fd) {
        struct stat status {};
        if (::fstat(fd, &status) != 0) fail("the ring's size");
        return static_cast<std::size_t>(status.st_size);
    }
    std::span<std::byte> control_writable() {
        if (::mprotect(mapping_.base(), kPage, PROT_READ | PROT_WRITE) != 0) fail("the ring's control page");
        return mapping_.ring();
    }

    pinwheel::UniqueFd fd_;
    Mapping mapping_;
    pinwheel::SpscRing ring_;
};

}  // namespace shared_ring
