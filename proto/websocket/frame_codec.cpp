#include "frame_codec.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>

namespace pinwheel {
namespace {

/// After a frame of this size the next one is expected to be large as well.
constexpr std::uint64_t kLargeFrame = 2048;

constexpr bool is_known(unsigned opcode) noexcept {
    return ((0b0000'0111'0000'0111U >> opcode) & 1) != 0;
}

void mask_copy(std::span<const std::byte> in, std::uint32_t mask, std::byte* out) noexcept {
    const std::uint64_t wide = std::uint64_t{mask} << 32 | mask;
    std::size_t at = 0;
    for (; at + 8 <= in.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, in.data() + at, 8);
        word ^= wide;
        std::memcpy(out + at, &word, 8);
    }
    const auto bytes = std::bit_cast<std::array<std::byte, 4>>(mask);
    for (; at < in.size(); ++at) out[at] = in[at] ^ bytes[at % 4];
}

}  // namespace

struct FrameDecoder::Wslay {
    explicit Wslay(FrameDecoder& decoder) {
        const wslay_frame_callbacks callbacks{nullptr, &Wslay::receive, nullptr};
        if (wslay_frame_context_init(&context, &callbacks, &decoder) != 0) throw std::bad_alloc();
    }
    ~Wslay() { wslay_frame_context_free(context); }
    Wslay(const Wslay&) = delete;
    Wslay& operator=(const Wslay&) = delete;

    /// wslay asks for more than it holds: at the beginning of a frame for a header and what is behind it,
    /// inside a frame for payload. Payload without a mask it counts and passes on unseen, so there the answer
    /// is a count of bytes that stay where they are. After a large frame only a header's worth is copied.
    static ssize_t receive(std::uint8_t* out, std::size_t room, int, void* user) {
        auto& self = *static_cast<FrameDecoder*>(user);
        std::size_t count = std::min(room, self.input_.size());
        if (count == 0) return -1;  // wslay takes it for "not now"
        if (self.frame_left_ > 0 && !self.mask_due_) {
            count = static_cast<std::size_t>(std::min<std::uint64_t>(count, self.frame_left_));
            if (self.in_place_ == nullptr) self.in_place_ = self.input_.data();
        } else {
            if (self.chunk_.payload_length >= kLargeFrame && !self.mask_due_)
                count = std::min(count, kMaxFrameHeader);
            std::memcpy(out, self.input_.data(), count);
        }
        self.input_ = self.input_.subspan(count);
        return static_cast<ssize_t>(count);
    }

    wslay_frame_context_ptr context = nullptr;
};

FrameDecoder::FrameDecoder(Role role)
    : mask_due_(role == Role::server), wslay_(std::make_unique<Wslay>(*this)) {}
FrameDecoder::~FrameDecoder() = default;

FrameDecoder::Status FrameDecoder::next() noexcept {
    if (frame_left_ > 0) return next_part();
    wslay_frame_iocb frame;
    const ssize_t size = wslay_frame_recv(wslay_->context, &frame);
    if (size < 0) [[unlikely]]
        return size == WSLAY_ERR_WANT_READ ? Status::need_input : fail(Errc::bad_frame);
    if (frame.rsv != 0 || !is_known(frame.opcode)) [[unlikely]]
        return fail(Errc::bad_frame);
    if ((frame.mask != 0) != mask_due_) [[unlikely]]
        return fail(mask_due_ ? Errc::bad_frame : Errc::masked_frame);
    frame_left_ = frame.payload_length - frame.data_length;
    chunk_.opcode = static_cast<Opcode>(frame.opcode);
    chunk_.fin = frame.fin != 0;
    chunk_.begins_frame = true;
    chunk_.ends_frame = frame_left_ == 0;
    chunk_.payload_length = frame.payload_length;
    chunk_.data = {reinterpret_cast<const std::byte*>(frame.data), frame.data_length};
    return Status::chunk;
}

/// What wslay holds of the frame, or else as much as the input holds, where it is.
FrameDecoder::Status FrameDecoder::next_part() noexcept {
    wslay_frame_iocb frame;
    in_place_ = nullptr;
    std::size_t length = 0;
    do {
        const ssize_t size = wslay_frame_recv(wslay_->context, &frame);
        if (size < 0) return Status::need_input;
        length += frame.data_length;
        frame_left_ -= frame.data_length;
    } while (in_place_ != nullptr && frame_left_ > 0 && !input_.empty());
    chunk_.begins_frame = false;
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
    const auto put_length = [&](unsigned bytes) {
        while (bytes-- > 0) *at++ = static_cast<std::byte>(length >> (8 * bytes));
    };
    if (length < 126) {
        *at++ = masked | static_cast<std::byte>(length);
    } else if (length < 65536) {
        *at++ = masked | std::byte{126};
        put_length(2);
    } else {
        *at++ = masked | std::byte{127};
        put_length(8);
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
