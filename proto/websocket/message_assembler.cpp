#include "message_assembler.h"

#include <cstring>
#include <new>

#include "../text/utf8.h"
#include "message_inflater_impl.h"

namespace pinwheel {
namespace {

void copy(std::span<const std::byte> from, std::byte* to) noexcept {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

}  // namespace

MessageAssembler::MessageAssembler(Role role, std::size_t max_message_size, MessageSink& messages,
                                   ControlSink& control)
    : decoder_(role), max_message_size_(max_message_size), messages_(messages), control_(control) {}

MessageAssembler::~MessageAssembler() = default;

Errc MessageAssembler::allow_compression() noexcept {
    try {
        inflater_ = std::make_unique<detail::MessageInflater>(max_message_size_);
    } catch (const std::bad_alloc&) {
        return Errc::out_of_memory;
    }
    decoder_.allow_compression();
    return Errc::ok;
}

MessageAssembler::Progress MessageAssembler::run(const MessageStamp& stamp, int& frames_left) {
    if (state_ == State::whole_pending) {
        state_ = State::decoding;
        take_whole(whole_, stamp);
    } else if (state_ == State::chunk_pending) {
        state_ = State::decoding;
        take(stamp, frames_left);
    } else if (state_ == State::inflating) {
        state_ = State::decoding;
        inflate(stamp, frames_left);
    }
    while (state_ == State::decoding && frames_left > 0) {
        if (open_ == Open::none && decoder_.may_read_whole()) [[likely]]
            take_whole_messages(stamp);
        if (state_ != State::decoding) [[unlikely]]
            break;
        if (!decoder_.has_input()) [[likely]] {
            state_ = State::hungry;
            break;
        }
        const auto status = decoder_.next();
        if (status == FrameDecoder::Status::chunk) [[likely]] {
            --frames_left;
            take(stamp, frames_left);
        } else if (status == FrameDecoder::Status::need_input) {
            state_ = State::hungry;
        } else {
            fail(decoder_.error());
        }
    }
    if (state_ == State::hungry) [[likely]]
        return Progress::need_input;
    switch (state_) {
        case State::whole_pending:
        case State::chunk_pending:
            return Progress::paused;
        case State::stopped:
            return Progress::stopped;
        case State::failed:
            return Progress::failed;
        case State::inflating:
        case State::decoding:
            return Progress::more;
        case State::hungry:
            break;
    }
    return Progress::need_input;
}

void MessageAssembler::fail(Errc code) noexcept {
    error_ = code;
    state_ = State::failed;
}

void MessageAssembler::refuse(std::uint64_t size) noexcept {
    refused_size_ = size;
    fail(Errc::message_too_large);
}

/// The usual case, unfragmented messages: they are checked and delivered in place.
inline void MessageAssembler::take_whole_messages(const MessageStamp& stamp) {
    for (WholeMessage message; state_ == State::decoding && decoder_.next_whole(message);)
        take_whole(message, stamp);
}

inline void MessageAssembler::take_whole(const WholeMessage& message, const MessageStamp& stamp) {
    if (message.payload.size() > max_message_size_) [[unlikely]]
        return refuse(message.payload.size());
    if (message.is_text && !is_ascii(message.payload) && !is_utf8(message.payload)) [[unlikely]]
        return fail(Errc::bad_utf8);
    if (messages_.take(message.payload, message.is_text, stamp) == MessageSink::Verdict::pause) [[unlikely]] {
        whole_ = message;
        state_ = State::whole_pending;
    }
}

void MessageAssembler::take(const MessageStamp& stamp, int& frames_left) {
    const FrameChunk& chunk = decoder_.chunk();
    if (chunk.opcode >= Opcode::close) return take_control(chunk);
    take_part(chunk, stamp, frames_left);
}

void MessageAssembler::take_part(const FrameChunk& chunk, const MessageStamp& stamp, int& frames_left) {
    if (chunk.begins_frame) begin_frame(chunk);
    if (state_ == State::decoding && open_ == Open::inflated) {
        deflated_ = chunk.data;
        return inflate(stamp, frames_left);
    }
    const bool ends_message = chunk.ends_frame && chunk.fin;
    if (state_ == State::decoding && open_ == Open::stored) store(chunk.data, ends_message);
    if (state_ != State::decoding || !ends_message) return;
    const bool stored = open_ == Open::stored;
    open_ = Open::none;
    if (stored) messages_.commit(size_, is_text_, stamp);
}

void MessageAssembler::begin_frame(const FrameChunk& chunk) noexcept {
    const bool continues = chunk.opcode == Opcode::continuation;
    if (continues != (open_ != Open::none)) return fail(Errc::bad_fragment);
    const bool inflates = continues ? open_ == Open::inflated : chunk.is_compressed;
    const std::size_t limit = inflates ? detail::most_compressed(max_message_size_) : max_message_size_;
    const std::size_t before = continues ? announced_ : 0;
    if (chunk.payload_length > limit - before) return refuse(before + chunk.payload_length);
    announced_ = before + static_cast<std::size_t>(chunk.payload_length);
    if (!continues) {
        is_text_ = chunk.opcode == Opcode::text;
        return inflates ? begin_inflating() : begin_message();
    }
    if (open_ == Open::stored && announced_ > before) {
        room_ = messages_.grow(before, announced_);
        if (room_ == nullptr) open_ = Open::dropped;
    }
}

void MessageAssembler::begin_inflating() noexcept {
    open_ = Open::inflated;
    inflater_->begin();
}

void MessageAssembler::begin_message() noexcept {
    const auto claim = messages_.claim(announced_);
    if (claim.verdict == MessageSink::Verdict::pause) {
        state_ = State::chunk_pending;
        return;
    }
    open_ = claim.verdict == MessageSink::Verdict::take ? Open::stored : Open::dropped;
    room_ = claim.room;
    size_ = checked_ = 0;
}

void MessageAssembler::store(std::span<const std::byte> data, bool ends_message) noexcept {
    std::byte* const end = room_ + size_;
    size_ += data.size();
    if (!is_text_) return copy(data, end);
    const bool is_ascii = copy_ascii(data, end);
    if (is_ascii && checked_ + data.size() == size_) {
        checked_ = size_;
        return;
    }
    const std::span<const std::byte> unchecked(room_ + checked_, size_ - checked_);
    if (ends_message) {
        if (!is_utf8(unchecked)) fail(Errc::bad_utf8);
        return;
    }
    const auto progress = check_utf8_prefix(unchecked);
    checked_ += progress.checked;
    if (progress.impossible) fail(Errc::bad_utf8);
}

/// Inflates the decoder's chunk step by step. A peer must not hold the reactor: 1 KiB may inflate to 1 MiB.
void MessageAssembler::inflate(const MessageStamp& stamp, int& frames_left) {
    Errc broken = Errc::ok;
    while (broken == Errc::ok && (!deflated_.empty() || inflater_->has_more())) {
        if (frames_left <= 0) {
            state_ = State::inflating;
            return;
        }
        --frames_left;
        broken = inflater_->step(deflated_);
    }
    const FrameChunk& chunk = decoder_.chunk();
    const bool ends_message = chunk.ends_frame && chunk.fin;
    if (broken == Errc::ok && ends_message) broken = inflater_->finish();
    if (broken == Errc::message_too_large) return refuse(inflater_->message().size());
    if (broken != Errc::ok) return fail(broken);
    if (!ends_message) return;
    open_ = Open::none;
    take_whole({.payload = inflater_->message(), .is_text = is_text_}, stamp);
}

void MessageAssembler::take_control(const FrameChunk& chunk) {
    if (chunk.begins_frame) control_size_ = 0;
    copy(chunk.data, control_payload_.data() + control_size_);
    control_size_ += chunk.data.size();
    if (!chunk.ends_frame) return;
    const std::span<const std::byte> payload(control_payload_.data(), control_size_);
    if (chunk.opcode == Opcode::ping) return control_.on_ping(payload);
    if (chunk.opcode == Opcode::pong) return control_.on_pong(payload);
    CloseFrame frame;
    if (const Errc broken = read_close(payload, frame); broken != Errc::ok) return fail(broken);
    state_ = State::stopped;
    control_.on_close(frame);
}

}  // namespace pinwheel
