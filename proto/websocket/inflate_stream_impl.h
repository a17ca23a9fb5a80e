#pragma once

// zlib's inflate for the compressed payloads of all rooms above. Not installed.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace pinwheel::detail {

/// Inflates a stream that comes in pieces. Threading: one thread. Allocates: in the constructor only; zlib
/// takes its state and its window from there.
class InflateStream {
  public:
    enum class Format : std::uint8_t {
        deflate,  ///< RFC 1951, with a window of 32 KiB
        gzip,     ///< RFC 1952
    };
    enum class Status : std::uint8_t {
        input_used,  ///< all input was taken
        room_used,   ///< the room is full; more output may follow without more input
        ended,       ///< the last block ended; input may be left
        broken,      ///< the input is malformed
    };
    struct Progress {
        Status status = Status::input_used;
        std::size_t consumed = 0;  ///< bytes of the input
        std::size_t produced = 0;  ///< bytes of the room
    };

    /// Throws std::bad_alloc.
    explicit InflateStream(Format format);
    ~InflateStream();
    InflateStream(const InflateStream&) = delete;
    InflateStream& operator=(const InflateStream&) = delete;

    [[nodiscard]] Progress inflate(std::span<const std::byte> input, std::span<std::byte> room) noexcept;
    /// Begins a stream without reference to the last one.
    void reset() noexcept;
    /// After ended, only for deflate: begins a stream that may refer to the last 32 KiB of that one.
    void go_on() noexcept;
    /// True between two blocks, without bits left over.
    [[nodiscard]] bool is_at_block_border() const noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pinwheel::detail
