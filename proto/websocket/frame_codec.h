#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "../../core/error.h"
#include "opcode.h"

namespace pinwheel {

/// The largest payload of a control frame (RFC 6455 section 5.5).
inline constexpr std::size_t kMaxControlPayload = 125;
/// The largest header: 2 + 8 bytes of length + 4 of mask (RFC 6455 section 5.2).
inline constexpr std::size_t kMaxFrameHeader = 14;

/// A piece of a frame's payload, in the order of arrival.
struct FrameChunk {
    Opcode opcode = Opcode::continuation;
    bool fin = false;
    bool begins_frame = false;
    bool ends_frame = false;
    /// Of the whole frame.
    std::uint64_t payload_length = 0;
    /// Unmasked; in the input or in the decoder, there until the decoder's next call.
    std::span<const std::byte> data{};
};

/// Cuts a stream of bytes into frames with wslay's frame layer, and refuses what RFC 6455 section 5.2
/// forbids: reserved bits and opcodes, lengths that are not minimal, control frames that are fragmented or
/// too long, and a masked frame from a server or an unmasked one from a client. wslay reads small frames by
/// the dozen through its buffer of 4 KiB; the payload of a large unmasked one is not copied there.
/// Threading: one thread. Allocates: wslay's context of some 4 KiB, at construction.
class FrameDecoder {
  public:
    enum class Status : std::uint8_t { chunk, need_input, failed };

    /// `role` is ours: a client decodes what a server sends.
    explicit FrameDecoder(Role role);
    ~FrameDecoder();
    FrameDecoder(const FrameDecoder&) = delete;
    FrameDecoder& operator=(const FrameDecoder&) = delete;

    /// Gives more bytes, which must stay until next() says need_input; only when it has said so, or at first.
    void feed(std::span<const std::byte> input) noexcept { input_ = input; }
    /// Decodes the next chunk. A frame's header is judged once its first payload byte is there.
    [[nodiscard]] Status next() noexcept;
    /// After chunk.
    [[nodiscard]] const FrameChunk& chunk() const noexcept { return chunk_; }
    /// After failed.
    [[nodiscard]] Errc error() const noexcept { return error_; }

  private:
    struct Wslay;

    [[nodiscard]] Status next_part() noexcept;
    [[nodiscard]] Status fail(Errc code) noexcept;

    const bool mask_due_;  // in the frames of the peer
    Errc error_ = Errc::ok;
    FrameChunk chunk_;
    std::uint64_t frame_left_ = 0;  // payload bytes of the frame behind the chunk
    std::span<const std::byte> input_{};
    const std::byte* in_place_ = nullptr;  // payload that was left in the input, in this call
    std::unique_ptr<Wslay> wslay_;
};

/// The bytes that a frame with this payload takes, at most (by a mask).
[[nodiscard]] constexpr std::size_t frame_size(std::size_t payload) noexcept {
    return (payload < 126 ? 2 : payload < 65536 ? 4 : 10) + 4 + payload;
}

/// Writes a whole final frame, header and payload, into `out`, which has at least frame_size() bytes; returns
/// the bytes written. With a mask (its bytes in memory order) the payload is masked on the way, eight bytes a
/// step: wslay's own sender masks byte by byte and copies through a buffer of its own.
[[nodiscard]] std::size_t encode_frame(Opcode opcode, std::span<const std::byte> payload,
                                       std::optional<std::uint32_t> mask, std::span<std::byte> out) noexcept;

}  // namespace pinwheel
