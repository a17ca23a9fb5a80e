#include "frame_codec.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace pinwheel {
namespace {

bool is_known(std::uint8_t opcode) noexcept {
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
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
    for (; at < in.size(); ++at) out[at] = in[at] ^ static_cast<std::byte>(mask >> (8 * (at % 4)));
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

    static ssize_t receive(std::uint8_t* out, std::size_t size, int, void* decoder) {
        auto& input = static_cast<FrameDecoder*>(decoder)->input_;
        const std::size_t count = std::min(size, input.size());
        if (count == 0) return -1;  // wslay takes it for "not now"
        std::memcpy(out, input.data(), count);
        input = input.subspan(count);
        return static_cast<ssize_t>(count);
    }

    wslay_frame_context_ptr context = nullptr;
};

FrameDecoder::FrameDecoder(Role role) : role_(role), wslay_(std::make_unique<Wslay>(*this)) {}
FrameDecoder::~FrameDecoder() = default;

FrameDecoder::Status FrameDecoder::fail(Errc code) noexcept {
    error_ = code;
    return Status::failed;
}

FrameDecoder::Status FrameDecoder::next(FrameChunk& chunk) noexcept {
    wslay_frame_iocb frame;
    const ssize_t size = wslay_frame_recv(wslay_->context, &frame);
    if (size < 0) [[unlikely]]
        return size == WSLAY_ERR_WANT_READ ? Status::need_input : fail(Errc::bad_frame);
    chunk.begins_frame = frame_left_ == 0;
    if (chunk.begins_frame) {
        if (frame.rsv != 0 || !is_known(frame.opcode)) [[unlikely]]
            return fail(Errc::bad_frame);
        if ((frame.mask != 0) != (role_ == Role::server)) [[unlikely]]
            return fail(role_ == Role::client ? Errc::masked_frame : Errc::bad_frame);
        frame_left_ = frame.payload_length;
    }
    frame_left_ -= frame.data_length;
    chunk.ends_frame = frame_left_ == 0;
    chunk.opcode = static_cast<Opcode>(frame.opcode);
    chunk.fin = frame.fin != 0;
    chunk.payload_length = frame.payload_length;
    chunk.data = std::as_bytes(std::span(frame.data, frame.data_length));
    return Status::chunk;
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
