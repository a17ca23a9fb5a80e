#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace pinwheel {

/// A contiguous buffer of fixed size between a stream and its reader.
/// Threading: one thread. Invariant: head <= tail <= capacity. Allocates: at construction.
class ByteBuffer {
  public:
    explicit ByteBuffer(std::size_t capacity)
        : bytes_(std::make_unique_for_overwrite<std::byte[]>(capacity)), capacity_(capacity) {}

    /// Room behind what is there; what is there moves to the front if the room behind it is the smaller half.
    [[nodiscard]] std::span<std::byte> writable() noexcept {
        if (head_ == tail_) {
            head_ = tail_ = 0;
        } else if (capacity_ - tail_ < capacity_ / 2) {
            std::memmove(bytes_.get(), bytes_.get() + head_, tail_ - head_);
            tail_ -= head_;
            head_ = 0;
        }
        return {bytes_.get() + tail_, capacity_ - tail_};
    }
    /// `count` bytes were written to writable().
    void commit(std::size_t count) noexcept { tail_ += count; }

    [[nodiscard]] std::span<const std::byte> readable() const noexcept {
        return {bytes_.get() + head_, tail_ - head_};
    }
    void consume(std::size_t count) noexcept { head_ += count; }
    void clear() noexcept { head_ = tail_ = 0; }

  private:
    std::unique_ptr<std::byte[]> bytes_;  // NOLINT(modernize-avoid-c-arrays): not initialised on purpose
    std::size_t capacity_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
};

}  // namespace pinwheel
