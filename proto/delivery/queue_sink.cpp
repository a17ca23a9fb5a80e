#include "queue_sink.h"

#include <limits>
#include <tuple>

namespace pinwheel {
namespace {

constexpr std::size_t kLargestRecord = std::numeric_limits<decltype(RecordHeader::size)>::max();

}  // namespace

bool QueueSink::report_gap() noexcept {
    if (unreported_ == 0) return true;
    const RecordHeader gap{
        .kind = RecordKind::dropped, .sequence = sequence_, .count = unreported_, .generation = generation_};
    if (!queue_.push_control(gap)) return false;
    unreported_ = 0;
    return true;
}

void QueueSink::connected(std::uint32_t generation, const MessageStamp& stamp) noexcept {
    std::ignore = report_gap();
    generation_ = generation;
    std::ignore = queue_.push_control({.kind = RecordKind::connected,
                                       .sequence = sequence_,
                                       .generation = generation,
                                       .received = stamp.received.time_since_epoch().count()});
}

void QueueSink::disconnected(std::uint8_t reason, std::uint16_t code, const MessageStamp& stamp) noexcept {
    std::ignore = report_gap();
    std::ignore = queue_.push_control({.kind = RecordKind::disconnected,
                                       .code = code,
                                       .sequence = sequence_,
                                       .generation = generation_,
                                       .reason = reason,
                                       .received = stamp.received.time_since_epoch().count()});
}

MessageSink::Claim QueueSink::drop() noexcept {
    ++sequence_;
    ++dropped_;
    ++unreported_;
    if (on_overflow_) on_overflow_(Verdict::drop);
    return {Verdict::drop, nullptr};
}

MessageSink::Claim QueueSink::claim(std::size_t size) noexcept {
    if (queue_.full()) [[unlikely]] {
        if (policy_ == OverflowPolicy::drop_newest) return drop();
        queue_.publish();
        if (on_overflow_) on_overflow_(Verdict::pause);
        return {Verdict::pause, nullptr};
    }
    if (size > kLargestRecord || !report_gap()) [[unlikely]]
        return drop();
    auto* const room = queue_.claim(size);
    if (room == nullptr) [[unlikely]]
        return drop();
    room_ = room;
    return {Verdict::take, room};
}

std::byte* QueueSink::grow(std::size_t used, std::size_t size) noexcept {
    auto* const room = size > kLargestRecord ? nullptr : queue_.grow(used, size);
    if (room == nullptr) std::ignore = drop();
    room_ = room;
    return room;
}

void QueueSink::commit(std::size_t size, bool is_text, const MessageStamp& stamp) {
    queue_.commit({.size = static_cast<std::uint32_t>(size),
                   .flags = is_text ? RecordHeader::kText : std::uint8_t{0},
                   .sequence = ++sequence_,
                   .generation = generation_,
                   .received = stamp.received.time_since_epoch().count(),
                   .kernel_received = stamp.kernel_received.time_since_epoch().count()});
    if (on_message_)
        on_message_({.payload = {room_, size},
                     .is_text = is_text,
                     .generation = generation_,
                     .sequence = sequence_,
                     .received = stamp.received,
                     .kernel_received = stamp.kernel_received});
}

}  // namespace pinwheel
