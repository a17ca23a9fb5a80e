#include <algorithm>
#include <array>

#include "../../core/record.h"
#include "message_inflater_impl.h"

namespace pinwheel::detail {

MessageInflater::MessageInflater(std::size_t max_message_size)
    : limit_(std::min(max_message_size, kMostBytes)), buffer_(limit_ + 1 + kPayloadPadding) {}

void MessageInflater::begin() noexcept {
    if (ended_) go_on();
    size_ = 0;
}

void MessageInflater::go_on() noexcept {
    stream_.go_on();
    ended_ = false;
}

Errc MessageInflater::step(std::span<const std::byte>& part) noexcept {
    if (ended_ && !part.empty()) go_on();
    const std::size_t room = std::min(kStep, limit_ + 1 - size_);
    const auto progress = stream_.inflate(part, {buffer_.data() + size_, room});
    part = part.subspan(progress.consumed);
    size_ += progress.produced;
    has_more_ = progress.status == InflateStream::Status::room_used;
    ended_ = progress.status == InflateStream::Status::ended;
    if (size_ > limit_) return Errc::message_too_large;
    return progress.status == InflateStream::Status::broken ? Errc::bad_compression : Errc::ok;
}

/// The end of an empty stored block, which the sender leaves out (RFC 7692 section 7.2.1). Behind a last
/// block some senders leave out the complete block.
Errc MessageInflater::finish() noexcept {
    if (ended_) return Errc::ok;
    constexpr std::array kEmptyBlock{std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};
    std::span<const std::byte> rest(kEmptyBlock);
    const Errc broken = step(rest);
    if (broken != Errc::ok) return broken;
    return rest.empty() && stream_.is_at_block_border() ? Errc::ok : Errc::bad_compression;
}

}  // namespace pinwheel::detail
