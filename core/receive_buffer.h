#pragma once

#include <cstddef>
#include <span>

#include "mapped_memory.h"
#include "record.h"

namespace pinwheel {

/// A contiguous buffer between a socket and its reader. It grows while reads fill it, so that large frames
/// take fewer system calls. It reserves its address space at construction and uses pages on demand. It
/// returns them to the kernel after kSmallReadsBeforeShrinking small reads in a row. At least kPayloadPadding
/// readable bytes follow the data. Threading: one thread. Invariant: head <= tail <= room <= kLargest.
/// Allocates: by mmap at construction.
class ReceiveBuffer {
  public:
    static constexpr std::size_t kLargest = std::size_t{128} << 10;
    static constexpr std::size_t kSmallReadsBeforeShrinking = 1024;

    /// Starts with `smallest` bytes, at most kLargest. Throws std::bad_alloc.
    explicit ReceiveBuffer(std::size_t smallest)
        : smallest_(smallest), room_(smallest), pages_(kLargest + kPayloadPadding) {}

    /// Free space after the data. Compacts when less than half of the buffer is free at the end.
    [[nodiscard]] std::span<std::byte> writable() noexcept;
    /// Appends the first `count` bytes of writable() to the data.
    void commit(std::size_t count) noexcept {
        tail_ += count;
        if (tail_ == room_) [[unlikely]]
            room_ = kLargest;
        small_reads_ = tail_ < smallest_ ? small_reads_ + 1 : 0;
    }

    [[nodiscard]] std::span<const std::byte> readable() const noexcept {
        return {pages_.data() + head_, tail_ - head_};
    }
    /// The same bytes, to be modified in place.
    [[nodiscard]] std::span<std::byte> editable() noexcept { return {pages_.data() + head_, tail_ - head_}; }
    void consume(std::size_t count) noexcept { head_ += count; }
    void clear() noexcept { head_ = tail_ = 0; }

  private:
    void move_to_front() noexcept;
    void shrink() noexcept;

    const std::size_t smallest_;
    std::size_t room_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    std::size_t small_reads_ = 0;  // consecutive
    MappedMemory pages_;
};

inline std::span<std::byte> ReceiveBuffer::writable() noexcept {
    if (head_ == tail_) {
        head_ = tail_ = 0;
        if (room_ > smallest_ && small_reads_ >= kSmallReadsBeforeShrinking) [[unlikely]]
            shrink();
    } else if (room_ - tail_ < room_ / 2) {
        move_to_front();
    }
    return {pages_.data() + tail_, room_ - tail_};
}

}  // namespace pinwheel
