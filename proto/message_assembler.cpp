#include "message_assembler.h"

#include <cstring>

#include "close_code.h"
#include "utf8.h"

namespace pinwheel {

void MessageAssembler::feed(std::span<const std::byte> input) noexcept {
    decoder_.feed(input);
    state_ = State::decoding;
}

MessageAssembler::Progress MessageAssembler::run(const MessageStamp& stamp) {
    while (true) {
        switch (state_) {
            case State::hungry:
                return Progress::need_input;
            case State::stopped:
                return Progress::stopped;
            case State::failed:
                return Progress::failed;
            case State::decoding:
            case State::pending:
                break;
        }
        if (state_ == State::decoding) {
            const auto status = decoder_.next(chunk_);
            if (status == FrameDecoder::Status::need_input) {
                state_ = State::hungry;
                continue;
            }
            if (status == FrameDecoder::Status::failed) {
                error_ = decoder_.error();
                state_ = State::failed;
                continue;
            }
        }
        state_ = State::decoding;
        const Errc broken = take(stamp);
        if (state_ == State::pending) return Progress::paused;
        if (broken != Errc::ok) [[unlikely]] {
            error_ = broken;
            state_ = State::failed;
        }
    }
}

Errc MessageAssembler::take(const MessageStamp& stamp) {
    if (chunk_.opcode >= Opcode::close) [[unlikely]]
        return take_control();
    return take_data(stamp);
}

Errc MessageAssembler::take_data(const MessageStamp& stamp) {
    if (chunk_.begins_frame) {
        const Errc broken = chunk_.opcode == Opcode::continuation ? begin_continuation() : begin_message();
        if (broken != Errc::ok || state_ == State::pending) return broken;
    }
    if (open_ == Open::stored) {
        if (const Errc broken = store(); broken != Errc::ok) return broken;
    }
    if (chunk_.ends_frame && chunk_.fin) finish(stamp);
    return Errc::ok;
}

Errc MessageAssembler::begin_message() {
    if (open_ != Open::none) return Errc::bad_fragment;
    if (chunk_.payload_length > max_message_size_) return Errc::message_too_large;
    const auto claim = messages_.claim(static_cast<std::size_t>(chunk_.payload_length));
    if (claim.verdict == MessageSink::Verdict::pause) {
        state_ = State::pending;
        return Errc::ok;
    }
    open_ = claim.verdict == MessageSink::Verdict::take ? Open::stored : Open::dropped;
    room_ = claim.room;
    is_text_ = chunk_.opcode == Opcode::text;
    size_ = checked_ = 0;
    return Errc::ok;
}

Errc MessageAssembler::begin_continuation() noexcept {
    if (open_ == Open::none) return Errc::bad_fragment;
    if (chunk_.payload_length > max_message_size_ - size_) return Errc::message_too_large;
    if (open_ == Open::stored && chunk_.payload_length > 0) {
        room_ = messages_.grow(size_, size_ + static_cast<std::size_t>(chunk_.payload_length));
        if (room_ == nullptr) open_ = Open::dropped;
    }
    return Errc::ok;
}

Errc MessageAssembler::store() noexcept {
    if (!chunk_.data.empty()) std::memcpy(room_ + size_, chunk_.data.data(), chunk_.data.size());
    size_ += chunk_.data.size();
    if (!is_text_) return Errc::ok;
    const std::span<const std::byte> unchecked(room_ + checked_, size_ - checked_);
    if (chunk_.ends_frame && chunk_.fin) return is_utf8(unchecked) ? Errc::ok : Errc::bad_utf8;
    const auto progress = check_utf8_prefix(unchecked);
    checked_ += progress.checked;
    return progress.impossible ? Errc::bad_utf8 : Errc::ok;
}

void MessageAssembler::finish(const MessageStamp& stamp) {
    const bool stored = open_ == Open::stored;
    open_ = Open::none;
    if (stored) messages_.commit(size_, is_text_, stamp);
}

Errc MessageAssembler::take_control() {
    if (chunk_.begins_frame) control_size_ = 0;
    if (!chunk_.data.empty())
        std::memcpy(control_payload_.data() + control_size_, chunk_.data.data(), chunk_.data.size());
    control_size_ += chunk_.data.size();
    if (!chunk_.ends_frame) return Errc::ok;
    const std::span<const std::byte> payload(control_payload_.data(), control_size_);
    if (chunk_.opcode == Opcode::close) return take_close(payload);
    if (chunk_.opcode == Opcode::ping)
        control_.on_ping(payload);
    else
        control_.on_pong(payload);
    return Errc::ok;
}

Errc MessageAssembler::take_close(std::span<const std::byte> payload) {
    CloseFrame frame;
    if (payload.size() == 1) return Errc::bad_close;
    if (payload.size() >= 2) {
        frame.code = static_cast<std::uint16_t>(std::to_integer<unsigned>(payload[0]) << 8 |
                                                std::to_integer<unsigned>(payload[1]));
        const auto reason = payload.subspan(2);
        if (!is_wire_close_code(frame.code)) return Errc::bad_close;
        if (!is_utf8(reason)) return Errc::bad_utf8;
        frame.reason = {reinterpret_cast<const char*>(reason.data()), reason.size()};
    }
    state_ = State::stopped;
    control_.on_close(frame);
    return Errc::ok;
}

}  // namespace pinwheel
