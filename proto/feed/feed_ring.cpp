#include "feed_ring.h"

#include <cstring>
#include <limits>
#include <utility>

namespace pinwheel {
namespace {

constexpr std::size_t kLargestText = std::numeric_limits<std::uint32_t>::max() - sizeof(FeedHead);

void put(std::byte* room, const FeedHead& head, std::string_view text) noexcept {
    std::memcpy(room, &head, sizeof head);
    if (!text.empty()) std::memcpy(room + sizeof head, text.data(), text.size());
}

FeedHead head_of(const FeedMessage& message) noexcept {
    const auto flag = [](bool is, std::uint8_t bit) { return is ? bit : std::uint8_t{0}; };
    return {.begin = message.sequence_begin.value_or(0),
            .end = message.sequence_end.value_or(0),
            .venue_time = message.venue_time,
            .channel = message.channel,
            .leg = message.leg,
            .flags = static_cast<std::uint8_t>(flag(message.sequence_end.has_value(), FeedHead::kNumbered) |
                                               flag(message.is_snapshot, FeedHead::kSnapshot) |
                                               flag(message.is_after_gap, FeedHead::kAfterGap) |
                                               flag(message.is_overlap, FeedHead::kOverlap) |
                                               flag(message.is_late, FeedHead::kLate))};
}

}  // namespace

bool FeedRing::tell_dropped(const FeedMessage& message) noexcept {
    if (!queue_.push_control({.kind = RecordKind::dropped,
                              .sequence = message.sequence - 1,
                              .count = untold_,
                              .generation = message.generation}))
        return false;
    untold_ = 0;
    return true;
}

bool FeedRing::push(const FeedMessage& message) noexcept {
    const std::size_t size = sizeof(FeedHead) + message.payload.size();
    const std::size_t more = untold_ > 0 ? SpscRing::record_size(0) : 0;
    std::byte* room = nullptr;
    if (message.payload.size() <= kLargestText && !queue_.full(size + more) &&
        (untold_ == 0 || tell_dropped(message)))
        room = queue_.claim(size);
    if (room == nullptr) {
        ++untold_;
        ++dropped_;
        return false;
    }
    put(room, head_of(message), message.text());
    queue_.commit({.size = static_cast<std::uint32_t>(size),
                   .flags = message.is_text ? RecordHeader::kText : std::uint8_t{0},
                   .sequence = message.sequence,
                   .generation = message.generation,
                   .received = message.received.time_since_epoch().count(),
                   .kernel_received = message.kernel_received.time_since_epoch().count()});
    queue_.publish();
    return true;
}

void FeedRing::push_control(RecordHeader header, const FeedHead& head, std::string_view text) noexcept {
    const std::size_t size = sizeof(FeedHead) + text.size();
    std::byte* const room = queue_.claim(size);
    if (room == nullptr) return;
    put(room, head, text);
    header.size = static_cast<std::uint32_t>(size);
    queue_.commit(header);
    queue_.publish();
}

void FeedRing::push_gap(const FeedGap& gap, std::uint8_t leg, TimePoint now) noexcept {
    push_control({.kind = RecordKind::gap, .received = now.time_since_epoch().count()},
                 {.begin = gap.from,
                  .end = gap.to,
                  .channel = gap.channel,
                  .leg = leg,
                  .flags = static_cast<std::uint8_t>(FeedHead::kNumbered |
                                                     (gap.is_doubtful ? FeedHead::kDoubtful : 0))},
                 {});
}

void FeedRing::push_channel(ChannelId channel, ChannelState state, std::uint8_t leg, std::string_view why,
                            TimePoint now) noexcept {
    push_control({.kind = RecordKind::channel_state, .received = now.time_since_epoch().count()},
                 {.channel = channel, .leg = leg, .state = static_cast<std::uint8_t>(state)}, why);
}

void FeedRing::push_leg(LegState state, std::uint8_t leg, std::uint32_t generation, std::uint16_t code,
                        std::uint8_t reason, TimePoint now) noexcept {
    push_control({.kind = RecordKind::leg_state,
                  .code = code,
                  .generation = generation,
                  .reason = reason,
                  .received = now.time_since_epoch().count()},
                 {.leg = leg, .state = static_cast<std::uint8_t>(state)}, {});
}

const RecordHeader* FeedRing::next(bool with_dropped) noexcept {
    if (std::exchange(is_shown_, false)) queue_.pop();
    const RecordHeader* record = nullptr;
    for (; (record = queue_.front()) != nullptr; queue_.pop()) {
        is_shown_ =
            record->kind == RecordKind::message || (with_dropped && record->kind == RecordKind::dropped);
        if (is_shown_) break;
    }
    return record;
}

}  // namespace pinwheel
