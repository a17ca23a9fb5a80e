#include "frame_codec.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>

namespace pinwheel {
namespace {

constexpr bool is_known(unsigned opcode) noexcept {
    return ((0b0000'0111'0000'0111U >> opcode) & 1) != 0;
}

using Block = std::uint64_t __attribute__((vector_size(16)));

/// Masks a word of the payload. Words may overlap: their bytes are written twice, but masked from the input
/// each time.
template <class Word>
void mask_word(const std::byte* in, std::byte* out, Word mask) noexcept {
    Word word;
    std::memcpy(&word, in, sizeof word);
    word ^= mask;
    std::memcpy(out, &word, sizeof word);
}

/// Masks the first and the last word of a payload that has at least one.
template <class Word>
void mask_ends(std::span<const std::byte> in, std::byte* out, Word mask, Word mask_of_last) noexcept {
    const std::size_t last = in.size() - sizeof(Word);
    mask_word(in.data(), out, mask);
    mask_word(in.data() + last, out + last, mask_of_last);
}

/// 32 bytes a step (RFC 6455 section 5.3). `out` does not overlap `in`. The last words end with the payload,
/// so their mask is rotated to that place.
void mask_copy(std::span<const std::byte> in, std::uint32_t mask, std::byte* out) noexcept {
    static_assert(std::endian::native == std::endian::little);
    const auto twice = [](std::uint32_t half) { return std::uint64_t{half} << 32 | half; };
    const std::size_t size = in.size();
    const std::uint64_t wide = twice(mask);
    const std::uint64_t last = twice(std::rotr(mask, static_cast<int>(size % 4 * 8)));
    if (size >= sizeof(Block)) [[likely]] {
        const Block block{wide, wide};
        const Block last_block{last, last};
        std::size_t at = 0;
        for (; at + 2 * sizeof(Block) <= size; at += 2 * sizeof(Block)) {
            mask_word(in.data() + at, out + at, block);
            mask_word(in.data() + at + sizeof(Block), out + at + sizeof(Block), block);
        }
        if (at + sizeof(Block) <= size) mask_word(in.data() + at, out + at, block);
        const std::size_t end = size - sizeof(Block);
        return mask_word(in.data() + end, out + end, last_block);
    }
    if (size >= 8) return mask_ends(in, out, wide, last);
    if (size >= 4) return mask_ends(in, out, mask, static_cast<std::uint32_t>(last));
    for (std::size_t at = 0; at < size; ++at)
        mask_word(in.data() + at, out + at, static_cast<std::uint8_t>(wide >> (at * 8)));
}

}  // namespace

void FrameExtent::pass(std::span<const std::byte> bytes) noexcept {
    missing_ -= bytes.size();
    if (in_payload_) {
        if (missing_ == 0) *this = {};
        return;
    }
    std::ranges::copy(bytes, header_.begin() + static_cast<std::ptrdiff_t>(seen_));
    seen_ += bytes.size();
    if (missing_ > 0) return;
    const auto second = std::to_integer<unsigned>(header_[1]);
    const unsigned length = second & 0x7f;
    const std::size_t size = 2U +
                             (length < 126    ? 0U
                              : length == 126 ? 2U
                                              : 8U) +
                             ((second & 0x80) != 0 ? 4U : 0U);
    missing_ = size - seen_;
    if (missing_ == 0) end_header();
}

void FrameExtent::end_header() noexcept {
    std::uint64_t length = std::to_integer<std::uint64_t>(header_[1]) & 0x7f;
    if (length >= 126) {
        const std::size_t bytes = length == 126 ? 2 : 8;
        length = 0;
        for (std::size_t i = 0; i < bytes; ++i)
            length = length << 8 | std::to_integer<std::uint64_t>(header_[2 + i]);
    }
    if (length == 0) {
        *this = {};
        return;
    }
    in_payload_ = true;
    missing_ = length;
}

struct FrameDecoder::Wslay {
    explicit Wslay(FrameDecoder& decoder) {
        const wslay_frame_callbacks callbacks{nullptr, &Wslay::receive, nullptr};
        if (wslay_frame_context_init(&context, &callbacks, &decoder) != 0) throw std::bad_alloc();
    }
    ~Wslay() { wslay_frame_context_free(context); }
    Wslay(const Wslay&) = delete;
    Wslay& operator=(const Wslay&) = delete;

    /// wslay asks for as much as its buffer holds, and gets at most the current part of the frame. It
    /// forwards unmasked payload without reading it, so it gets a byte count and the bytes stay in the input.
    static ssize_t receive(std::uint8_t* out, std::size_t room, int, void* user) {
        auto& self = *static_cast<FrameDecoder*>(user);
        const std::size_t available = std::min(room, self.input_.size());
        const auto count =
            static_cast<std::size_t>(std::min<std::uint64_t>(available, self.extent_.missing()));
        if (count == 0) return -1;  // wslay reads this as "no data now"
        const auto given = self.input_.first(count);
        if (self.extent_.in_payload() && !self.peer_must_mask_) {
            if (self.in_place_ == nullptr) self.in_place_ = given.data();
        } else {
            std::memcpy(out, given.data(), count);
        }
        self.extent_.pass(given);
        self.input_ = self.input_.subspan(count);
        return static_cast<ssize_t>(count);
    }

    wslay_frame_context_ptr context = nullptr;
};

FrameDecoder::FrameDecoder(Role role)
    : peer_must_mask_(role == Role::server), wslay_(std::make_unique<Wslay>(*this)) {}
FrameDecoder::~FrameDecoder() = default;

/// wslay gets a header part by part. It gets payload in pieces of its buffer's size, which form one chunk.
FrameDecoder::Status FrameDecoder::next() noexcept {
    chunk_.begins_frame = frame_left_ == 0;
    if (input_.empty()) return Status::need_input;
    in_place_ = nullptr;
    std::size_t length = 0;
    bool begins = chunk_.begins_frame;
    wslay_frame_iocb frame;
    do {
        const ssize_t size = wslay_frame_recv(wslay_->context, &frame);
        if (size == WSLAY_ERR_WANT_READ && !input_.empty()) continue;
        if (size < 0) return size == WSLAY_ERR_WANT_READ ? Status::need_input : fail(Errc::bad_frame);
        if (begins) {
            begins = false;
            const bool is_compressed =
                may_be_compressed_ && frame.rsv == WSLAY_RSV1_BIT &&
                (frame.opcode == WSLAY_TEXT_FRAME || frame.opcode == WSLAY_BINARY_FRAME);
            if ((frame.rsv != 0 && !is_compressed) || !is_known(frame.opcode)) return fail(Errc::bad_frame);
            if ((frame.mask != 0) != peer_must_mask_)
                return fail(peer_must_mask_ ? Errc::bad_frame : Errc::masked_frame);
            chunk_.opcode = static_cast<Opcode>(frame.opcode);
            chunk_.fin = frame.fin != 0;
            chunk_.is_compressed = is_compressed;
            chunk_.payload_length = frame_left_ = frame.payload_length;
        }
        length += frame.data_length;
        frame_left_ -= frame.data_length;
    } while (begins || (in_place_ != nullptr && frame_left_ > 0 && !input_.empty()));
    chunk_.ends_frame = frame_left_ == 0;
    chunk_.data = {in_place_ != nullptr ? in_place_ : reinterpret_cast<const std::byte*>(frame.data), length};
    return Status::chunk;
}

FrameDecoder::Status FrameDecoder::fail(Errc code) noexcept {
    error_ = code;
    return Status::failed;
}

std::size_t encode_frame(Opcode opcode, std::span<const std::byte> payload, std::optional<std::uint32_t> mask,
                         std::span<std::byte> out) noexcept {
    std::byte* at = out.data();
    *at++ = std::byte{0x80} | static_cast<std::byte>(opcode);
    const std::byte masked{static_cast<std::uint8_t>(mask ? 0x80 : 0)};
    const std::uint64_t length = payload.size();
    if (length < 126) [[likely]] {
        *at++ = masked | static_cast<std::byte>(length);
    } else if (length < 65536) {
        *at++ = masked | std::byte{126};
        *at++ = static_cast<std::byte>(length >> 8);
        *at++ = static_cast<std::byte>(length & 0xff);
    } else {
        *at++ = masked | std::byte{127};
        for (int shift = 56; shift >= 0; shift -= 8) *at++ = static_cast<std::byte>(length >> shift);
    }
    if (mask) {
        std::memcpy(at, &*mask, 4);
        at += 4;
        mask_copy(payload, *mask, at);
    } else if (!payload.empty()) {
        std::memcpy(at, payload.data(), payload.size());
    }
    return static_cast<std::size_t>(at - out.data()) + payload.size();
}

}  // namespace pinwheel
