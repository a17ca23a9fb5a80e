#pragma once

#include <algorithm>
#include <array>
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

/// The payload of a control frame: at most kMaxControlPayload bytes, by value.
class ControlPayload {
  public:
    ControlPayload() noexcept = default;
    /// `bytes` has at most kMaxControlPayload.
    explicit ControlPayload(std::span<const std::byte> bytes) noexcept : size_(bytes.size()) {
        std::ranges::copy(bytes, bytes_.begin());
    }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return std::span(bytes_).first(size_); }

  private:
    std::array<std::byte, kMaxControlPayload> bytes_{};
    std::size_t size_ = 0;
};

/// A complete data message in one final unmasked frame, at its place in the input.
struct WholeMessage {
    std::span<const std::byte> payload{};
    bool is_text = false;
};

/// A piece of a frame's payload, in the order of arrival.
struct FrameChunk {
    Opcode opcode = Opcode::continuation;
    bool fin = false;
    bool begins_frame = false;
    bool ends_frame = false;
    /// Of the whole frame.
    std::uint64_t payload_length = 0;
    /// Unmasked. In the input or in the decoder, valid until the decoder's next call.
    std::span<const std::byte> data{};
    /// The frame begins a compressed message (RFC 7692 section 6).
    bool is_compressed = false;
};

/// Tracks a frame's header, so that wslay gets no byte beyond the frame's end: between two frames it holds
/// nothing. Threading: one thread. Allocates: nothing.
class FrameExtent {
  public:
    /// True between two frames.
    [[nodiscard]] bool at_border() const noexcept { return seen_ == 0; }
    /// True once the header is complete and payload is missing.
    [[nodiscard]] bool in_payload() const noexcept { return in_payload_; }
    /// The missing bytes of the header's next part, or of the payload.
    [[nodiscard]] std::uint64_t missing() const noexcept { return missing_; }
    /// Takes the frame's next bytes, at most missing().
    void pass(std::span<const std::byte> bytes) noexcept;

  private:
    static constexpr std::uint64_t kFirstPart = 2;

    void end_header() noexcept;

    bool in_payload_ = false;
    std::size_t seen_ = 0;  // bytes of the header
    std::uint64_t missing_ = kFirstPart;
    std::array<std::byte, kMaxFrameHeader> header_{};
};

/// Cuts a stream of bytes into frames, and refuses frames that RFC 6455 section 5.2 forbids: reserved bits
/// (except RSV1 of a compressed message, after allow_compression()) and opcodes, lengths that are not
/// minimal, control frames that are fragmented or too long, and a masked frame from a server or an unmasked
/// one from a client. It returns a complete final unmasked data frame in place. All other frames go through
/// wslay's frame layer, which also leaves unmasked payload in place. Threading: one thread. Allocates: about
/// 4 KiB for wslay's context, at construction.
class FrameDecoder {
  public:
    enum class Status : std::uint8_t { chunk, need_input, failed };

    /// `role` is that of this side: a client decodes a server's frames.
    explicit FrameDecoder(Role role);
    ~FrameDecoder();
    FrameDecoder(const FrameDecoder&) = delete;
    FrameDecoder& operator=(const FrameDecoder&) = delete;

    /// The first frame of a message may have RSV1 from now on (RFC 7692 section 6).
    void allow_compression() noexcept { may_be_compressed_ = true; }
    /// Adds bytes, which must stay valid until next() returns need_input. Call it at first, and after
    /// need_input.
    void feed(std::span<const std::byte> input) noexcept { input_ = input; }
    [[nodiscard]] bool has_input() const noexcept { return !input_.empty(); }
    /// True where next_whole() may read the next frame: between frames, without masks.
    [[nodiscard]] bool may_read_whole() const noexcept { return extent_.at_border() && !peer_must_mask_; }
    /// Takes the next frame off the input if it is a complete message. False: next() must decode it, or the
    /// input is empty. Requires may_read_whole(), which stays true until next().
    [[nodiscard]] bool next_whole(WholeMessage& message) noexcept;
    /// Decodes the next chunk by wslay. A header is checked once the frame's first payload byte is available.
    [[nodiscard]] Status next() noexcept;
    /// After chunk.
    [[nodiscard]] const FrameChunk& chunk() const noexcept { return chunk_; }
    /// After failed.
    [[nodiscard]] Errc error() const noexcept { return error_; }

  private:
    struct Wslay;

    [[nodiscard]] Status fail(Errc code) noexcept;

    const bool peer_must_mask_;
    bool may_be_compressed_ = false;
    Errc error_ = Errc::ok;
    std::span<const std::byte> input_{};
    FrameExtent extent_;  // of the frame that wslay reads
    FrameChunk chunk_;
    std::uint64_t frame_left_ = 0;         // payload bytes of the frame behind the chunk
    const std::byte* in_place_ = nullptr;  // payload that was left in the input during this call
    std::unique_ptr<Wslay> wslay_;
};

/// The header of RFC 6455 section 5.2 for a frame with FIN, no reserved bit, opcode text or binary, no mask,
/// and the shortest length of 7 or 16 bits; then the payload of that length.
inline bool FrameDecoder::next_whole(WholeMessage& message) noexcept {
    constexpr std::byte kFinalText{0x81};
    constexpr std::byte kFinalBinary{0x82};
    const std::byte* const at = input_.data();
    const std::size_t available = input_.size();
    if (available < 2 || (at[0] != kFinalText && at[0] != kFinalBinary)) return false;
    std::size_t header = 2;
    auto length = std::to_integer<std::size_t>(at[1]);
    if (length >= 126) {
        if (length != 126 || available < 4) return false;
        header = 4;
        length = std::to_integer<std::size_t>(at[2]) << 8 | std::to_integer<std::size_t>(at[3]);
        if (length < 126) return false;
    }
    if (available - header < length) return false;
    message = {.payload = {at + header, length}, .is_text = at[0] == kFinalText};
    input_ = {at + header + length, available - header - length};
    return true;
}

/// The largest size of a frame with this payload (with a mask).
[[nodiscard]] constexpr std::size_t frame_size(std::size_t payload) noexcept {
    return (payload < 126 ? 2 : payload < 65536 ? 4 : 10) + 4 + payload;
}

/// Writes a complete final frame, header and payload, into `out`, which has at least frame_size() bytes.
/// Returns the number of bytes written. With a mask (its bytes in memory order) the payload is masked during
/// the copy, eight bytes a step. wslay's own sender masks byte by byte and copies through a buffer of its
/// own.
[[nodiscard]] std::size_t encode_frame(Opcode opcode, std::span<const std::byte> payload,
                                       std::optional<std::uint32_t> mask, std::span<std::byte> out) noexcept;

}  // namespace pinwheel
