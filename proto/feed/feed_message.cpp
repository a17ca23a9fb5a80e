#include "feed_message.h"

#include <cstring>

#include "../../core/bytes.h"

namespace pinwheel {

std::string_view to_string(LegState value) noexcept {
    switch (value) {
        case LegState::down:
            return "down";
        case LegState::held:
            return "held";
        case LegState::connecting:
            return "connecting";
        case LegState::up:
            return "up";
    }
    return "?";
}

FeedHead FeedHead::of(const RecordHeader& record) noexcept {
    FeedHead head;
    std::memcpy(&head, record.payload().data(), sizeof head);
    return head;
}

std::string_view FeedHead::text_of(const RecordHeader& record) noexcept {
    const auto payload = record.payload().subspan(sizeof(FeedHead));
    return chars_of(payload);
}

FeedMessage FeedMessage::from(const RecordHeader& record) noexcept {
    const FeedHead head = FeedHead::of(record);
    const auto is = [&](std::uint8_t flag) { return (head.flags & flag) != 0; };
    FeedMessage message{Message::from(record)};
    message.payload = message.payload.subspan(sizeof(FeedHead));
    message.channel = head.channel;
    message.leg = head.leg;
    if (is(FeedHead::kNumbered)) {
        message.sequence_begin = head.begin;
        message.sequence_end = head.end;
    }
    message.is_snapshot = is(FeedHead::kSnapshot);
    message.is_after_gap = is(FeedHead::kAfterGap);
    message.is_overlap = is(FeedHead::kOverlap);
    message.is_late = is(FeedHead::kLate);
    message.venue_time = head.venue_time;
    return message;
}

}  // namespace pinwheel
