#include "relay_intake.h"

#include <algorithm>
#include <utility>

#include "../../proto/feed/feed_message.h"
#include "relay_control.h"

namespace pinwheel {

/// After a silence the link may bring old messages of the venue, because TCP repeats lost data. Messages are
/// suspect for as long as the silence was.
void RelayIntake::see_arrival(RelayEntry& entry, Duration trusted) {
    const TimePoint at = entry.received;
    if (last_arrival_ && at - *last_arrival_ > trusted) suspect_until_ = at + (at - *last_arrival_);
    last_arrival_ = at;
    entry.is_suspect = at < suspect_until_;
}

RelayEntry RelayIntake::entry_of(const RecordHeader& record, TimePoint now, Duration trusted,
                                 Unnumbered unnumbered) {
    const FeedHead head = FeedHead::of(record);
    const std::string_view text = FeedHead::text_of(record);
    RelayChannel& channel = channels_[head.channel];
    const bool is_late = (head.flags & FeedHead::kLate) != 0;
    RelayEntry entry{.channel = head.channel,
                     .leg = head.leg,
                     .is_numbered = (head.flags & FeedHead::kNumbered) != 0,
                     .is_snapshot = (head.flags & FeedHead::kSnapshot) != 0,
                     .generation = record.generation,
                     .begin = head.begin,
                     .end = head.end,
                     .sequence = record.sequence,
                     .kernel_ns = record.kernel_received,
                     .received = std::min(TimePoint{Duration{record.received}}, now),
                     .payload = std::string(text)};
    see_arrival(entry, trusted);
    if (entry.is_numbered && !is_late) {
        if (channel.last && entry.end < *channel.last) channel.reset_until = entry.received + 2 * trusted;
        channel.last = entry.end;
        entry.is_comparable = entry.received >= channel.reset_until;
    }
    if (entry.is_numbered) return entry;
    if (!std::exchange(channel.is_told, true)) unnumbered(channel);
    if (options_.content_ids) entry.id = id_of_contents(text);
    return entry;
}

int RelayIntake::take(TimePoint now, Duration trusted, RelayWindow::Lost lost, Unnumbered unnumbered) {
    int taken = 0;
    for (; taken < kMost; ++taken) {
        const RecordHeader* const record = queue_.front();
        if (record == nullptr) break;
        if (record->kind == RecordKind::dropped) ring_dropped_ += record->count;
        if (record->kind == RecordKind::message && FeedHead::of(*record).channel != kNoChannel) {
            ++taken_;
            window_.push(entry_of(*record, now, trusted, unnumbered), lost);
        } else if (std::string text = control_text(*record, channels_, options_.name); !text.empty()) {
            window_.push({.received = now, .payload = std::move(text)}, lost);
        }
        queue_.pop();
    }
    return taken;
}

}  // namespace pinwheel
