#include "send_ring.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "../../core/bytes.h"
#include "../text/utf8.h"
#include "manager.h"
#include "prepared_message.h"
#include "session.h"

namespace pinwheel {

Result<PreparedMessage> PreparedMessage::text(std::string_view text) {
    if (!is_utf8(bytes_of(text)))
        return Error{Errc::invalid_argument, "a prepared text of " + std::to_string(text.size()) +
                                                 " bytes is not UTF-8; prepare it as binary"};
    return PreparedMessage(bytes_of(text), true);
}

SendRing::SendRing(Reactor& reactor, std::size_t capacity, Refused refused)
    : reactor_(reactor),
      refused_(std::move(refused)),
      ring_(capacity),
      watch_(IoWatch::Callback::member<&SendRing::on_turn>(*this)) {
    ring_.prefault();
    const Errc error = reactor.watch_inbox(watch_);
    if (error != Errc::ok) throw std::system_error(error, "watching a ring of messages to send");
}

/// A session's own call may be on the stack.
SendRing::~SendRing() {
    for (auto& target : targets_) reactor_.dispose(std::move(target));
}

SendRing::Target SendRing::add(WebSocketManager& manager) {
    targets_.push_back(manager.session_);
    return static_cast<Target>(targets_.size() - 1);
}

Errc SendRing::commit_text(Target target, std::size_t size) noexcept {
    const std::span<const std::byte> text(ring_.claim(size), size);
    if (!is_ascii(text) && !is_utf8(text)) return Errc::invalid_argument;
    commit(target, size, RecordHeader::kText);
    return Errc::ok;
}

void SendRing::commit_binary(Target target, std::size_t size) noexcept {
    commit(target, size, 0);
}

void SendRing::commit(Target target, std::size_t size, std::uint8_t flags) noexcept {
    ring_.commit({.size = static_cast<std::uint32_t>(size),
                  .flags = flags,
                  .generation = static_cast<std::uint32_t>(target)});
    ring_.publish();
    reactor_.wake_if_asleep();
}

Errc SendRing::send(Target target, std::string_view text) noexcept {
    std::byte* const room = claim(text.size());
    if (room == nullptr) return Errc::queue_full;
    std::ranges::copy(bytes_of(text), room);
    return commit_text(target, text.size());
}

Errc SendRing::send_binary(Target target, std::span<const std::byte> bytes) noexcept {
    std::byte* const room = claim(bytes.size());
    if (room == nullptr) return Errc::queue_full;
    std::ranges::copy(bytes, room);
    commit_binary(target, bytes.size());
    return Errc::ok;
}

int SendRing::on_turn(Interest, TimePoint) {
    int sent = 0;
    for (; sent < kMostInTurn; ++sent) {
        const RecordHeader* const record = ring_.front();
        if (record == nullptr) break;
        const auto target = static_cast<Target>(record->generation);
        const Errc refused = record->generation < targets_.size()
                                 ? targets_[record->generation]->send(
                                       record->is_text() ? Opcode::text : Opcode::binary, record->payload())
                                 : Errc::invalid_argument;
        if (refused != Errc::ok && refused_) {
            struct Pop {
                SpscRing& ring;
                ~Pop() { ring.pop(); }
            } pop{ring_};
            refused_(target, refused, record->payload());
        } else {
            ring_.pop();
        }
    }
    return sent;
}

}  // namespace pinwheel
