#include "queue_sink.h"

#include <cstring>
#include <limits>
#include <tuple>

namespace pinwheel {
namespace {

constexpr std::size_t kLargestRecord = std::numeric_limits<decltype(RecordHeader::size)>::max();

}  // namespace

bool QueueSink::report_gap() noexcept {
    const RecordHeader gap{.kind = RecordKind::dropped,
                           .sequence = sequence(),
                           .count = unreported_,
                           .generation = generation()};
    if (!queue_.push_control(gap)) return false;
    unreported_ = 0;
    return true;
}

void QueueSink::connected(std::uint32_t generation, const MessageStamp& stamp) noexcept {
    if (unreported_ > 0) std::ignore = report_gap();
    begin_generation(generation);
    std::ignore = queue_.push_control({.kind = RecordKind::connected,
                                       .sequence = sequence(),
                                       .generation = generation,
                                       .received = stamp.received.time_since_epoch().count()});
}

void QueueSink::disconnected(std::uint8_t reason, std::uint16_t code, const MessageStamp& stamp,
                             std::string_view close_reason) noexcept {
    if (unreported_ > 0) std::ignore = report_gap();
    std::ignore = queue_.push_control({.kind = RecordKind::disconnected,
                                       .code = code,
                                       .sequence = sequence(),
                                       .generation = generation(),
                                       .reason = reason,
                                       .received = stamp.received.time_since_epoch().count()},
                                      std::as_bytes(std::span(close_reason)));
}

MessageSink::Verdict QueueSink::pause() noexcept {
    queue_.publish();
    ask_to_pause();
    return Verdict::pause;
}

inline std::byte* QueueSink::queue_room(std::size_t size, bool is_full) noexcept {
    if (is_full || size > kLargestRecord) [[unlikely]]
        return nullptr;
    if (unreported_ > 0 && !report_gap()) [[unlikely]]
        return nullptr;
    return queue_.claim(size);
}

inline void QueueSink::commit_to_queue(const Message& message) noexcept {
    queue_.commit({.size = static_cast<std::uint32_t>(message.payload.size()),
                   .flags = message.is_text ? RecordHeader::kText : std::uint8_t{0},
                   .sequence = message.sequence,
                   .generation = message.generation,
                   .received = message.received.time_since_epoch().count(),
                   .kernel_received = message.kernel_received.time_since_epoch().count()});
}

void QueueSink::drop_from_queue() noexcept {
    ++unreported_;
    count_dropped();
}

MessageSink::Claim QueueSink::drop() noexcept {
    skip_sequence();
    drop_from_queue();
    return {Verdict::drop, nullptr};
}

MessageSink::Verdict QueueSink::take(std::span<const std::byte> payload, bool is_text,
                                     const MessageStamp& stamp) {
    const bool is_full = queue_.full(payload.size() + gap_size());
    if (is_full && policy_ == OverflowPolicy::backpressure) [[unlikely]]
        return pause();
    auto* const room = queue_room(payload.size(), is_full);
    if (room == nullptr && !on_message_) [[unlikely]]
        return drop().verdict;
    const Message& message = next_message(payload, is_text, stamp);
    if (room == nullptr) [[unlikely]] {
        drop_from_queue();
    } else {
        if (!payload.empty()) std::memcpy(room, payload.data(), payload.size());
        commit_to_queue(message);
    }
    if (on_message_) on_message_(message);
    return Verdict::take;
}

MessageSink::Claim QueueSink::claim(std::size_t size) noexcept {
    const bool is_full = queue_.full(size + gap_size());
    if (is_full && policy_ == OverflowPolicy::backpressure) return {pause(), nullptr};
    room_ = queue_room(size, is_full);
    for_callback_ = room_ == nullptr && on_message_;
    if (for_callback_) room_ = parts_.claim(size);
    return room_ != nullptr ? Claim{Verdict::take, room_} : drop();
}

std::byte* QueueSink::grow(std::size_t used, std::size_t size) noexcept {
    room_ = for_callback_           ? parts_.grow(used, size)
            : size > kLargestRecord ? nullptr
                                    : queue_.grow(used, size);
    if (room_ == nullptr) std::ignore = drop();
    return room_;
}

void QueueSink::commit(std::size_t size, bool is_text, const MessageStamp& stamp) {
    const Message& message = next_message({room_, size}, is_text, stamp);
    if (for_callback_)
        drop_from_queue();
    else
        commit_to_queue(message);
    if (on_message_) on_message_(message);
}

}  // namespace pinwheel
