#pragma once

// Compressed messages (RFC 7692). Not installed.

#include <cstddef>
#include <limits>
#include <span>

#include "../../core/error.h"
#include "../../core/mapped_memory.h"
#include "inflate_stream_impl.h"

namespace pinwheel::detail {

/// Inflates the messages of a connection in turn (RFC 7692 section 7.2.2) into one buffer. A
/// message may refer to the 32 KiB before it. Threading: one thread. Invariant: inflates at most one
/// byte more than the limit. Allocates: in the constructor only. The kernel gives a page of the buffer when a
/// message first reaches it.
class MessageInflater {
  public:
    /// The most bytes that one step() inflates: 20 µs.
    static constexpr std::size_t kStep = std::size_t{16} << 10;
    /// The upper bound of the limit.
    static constexpr std::size_t kMostBytes = std::size_t{4} << 30;

    /// Throws std::bad_alloc.
    explicit MessageInflater(std::size_t max_message_size);

    /// Begins a message.
    void begin() noexcept;
    /// Takes bytes off `part`, the message's next ones. message_too_large, or bad_compression.
    [[nodiscard]] Errc step(std::span<const std::byte>& part) noexcept;
    /// True if step() has more output before it needs more bytes.
    [[nodiscard]] bool has_more() const noexcept { return has_more_; }
    /// All bytes of the message have been taken. bad_compression if they end inside a block.
    [[nodiscard]] Errc finish() noexcept;
    /// After finish(): the message, with kPayloadPadding readable bytes behind, valid until begin().
    [[nodiscard]] std::span<const std::byte> message() const noexcept { return {buffer_.data(), size_}; }

  private:
    void go_on() noexcept;

    const std::size_t limit_;
    InflateStream stream_{InflateStream::Format::deflate};
    MappedMemory buffer_;
    std::size_t size_ = 0;
    bool has_more_ = false;
    bool ended_ = false;  // by a last block; the peer may continue with another one
};

/// The most bytes of a compressed message on the wire that inflates to at most `size`. Stored blocks
/// and flushes cost bytes, and a message of empty blocks inflates to nothing.
[[nodiscard]] constexpr std::size_t most_compressed(std::size_t size) noexcept {
    const std::size_t more = size / 8 + 1024;
    return size > std::numeric_limits<std::size_t>::max() - more ? std::numeric_limits<std::size_t>::max()
                                                                 : size + more;
}

}  // namespace pinwheel::detail
