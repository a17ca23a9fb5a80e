#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace pinwheel::detail {

/// Assembles fragmented messages in one shared buffer, with kPayloadPadding readable bytes after the room.
/// Threading: one thread. Allocates: 4 KiB at construction, and when a message is larger than the buffer. A
/// buffer above 64 KiB is freed after 1024 smaller messages in a row.
class PartsBuffer {
  public:
    /// If there is no memory now, the first message tries again.
    PartsBuffer() noexcept;

    /// Room for a new message of `size` bytes; null if there is no memory.
    [[nodiscard]] std::byte* claim(std::size_t size) noexcept;
    /// Room for `size` bytes. Keeps the first `used` bytes. Null if there is no memory.
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept;

    [[nodiscard]] std::byte* data() const noexcept { return memory_.get(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  private:
    struct Free {
        void operator()(std::byte* memory) const noexcept { std::free(memory); }
    };
    using Memory = std::unique_ptr<std::byte, Free>;

    [[nodiscard]] bool reallocate(std::size_t capacity, std::size_t used) noexcept;

    Memory memory_;
    std::size_t capacity_ = 0;
    std::size_t smaller_in_a_row_ = 0;  // messages, while the buffer is above the size that is kept
};

}  // namespace pinwheel::detail
