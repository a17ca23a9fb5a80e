#include "arbiter.h"

#include <algorithm>
#include <tuple>

namespace pinwheel {
namespace {

constexpr std::size_t kContents = 1024;
constexpr std::size_t kRepeats = 64;          // of one number
constexpr std::uint64_t kSkewSamples = 1024;  // samples between two adjustments of the hold time
constexpr Duration kProbeTime = std::chrono::seconds{1};

ArbiterMode mode_of(const ArbiterChannel& channel) noexcept {
    switch (channel.sequence.kind) {
        case SequenceKind::contiguous:
        case SequenceKind::chain:
        case SequenceKind::increasing:
            return channel.is_identical ? ArbiterMode::first_wins : ArbiterMode::lead;
        case SequenceKind::none:
        case SequenceKind::connection:
        case SequenceKind::checksum:
            break;
    }
    return channel.match_content ? ArbiterMode::content : ArbiterMode::alone;
}

}  // namespace

Arbiter::Arbiter(const ArbiterOptions& options)
    : options_(options),
      legs_(std::clamp<std::size_t>(options.legs, 1, kMaxLegs)),
      hold_(options.held_of_all, options.held_bytes),
      hold_time_(options.max_hold) {}

void Arbiter::add(const ArbiterChannel& options) {
    Channel channel;
    channel.options = options;
    channel.id = static_cast<ChannelId>(channels_.size());
    channel.mode = mode_of(options);
    const bool is_first_wins = channel.mode == ArbiterMode::first_wins;
    const bool repeats = options.sequence.repeats || options.sequence.kind == SequenceKind::chain;
    if (channel.mode == ArbiterMode::content)
        channel.contents = std::make_unique<detail::ContentRing>(kContents, kContentTime);
    else if (is_first_wins && repeats && legs_.size() > 1)
        channel.contents = std::make_unique<detail::ContentRing>(kRepeats, Duration::max());
    if (is_first_wins && options.is_independent && !repeats)
        channel.numbers = std::make_unique<detail::NumberBitmap>();
    channels_.push_back(std::move(channel));
    holding_.reserve(channels_.size());
}

void Arbiter::join(std::size_t leg, ChannelId id) noexcept {
    Channel& channel = channels_[id];
    View& view = channel.views[leg];
    view.position.reset();
    view.below_since.reset();
    view.epoch = channel.epoch;
    view.is_live = true;
    view.is_level = false;
    if (channel.mark_leg == leg) channel.mark_leg.reset();
    if (channel.contents) channel.contents->forget_leg(leg);
}

void Arbiter::leave(std::size_t leg, ChannelId channel, TimePoint now) noexcept {
    leave(leg, channels_[channel], now);
}

void Arbiter::leave_all(std::size_t leg, TimePoint now) noexcept {
    for (auto& channel : channels_) leave(leg, channel, now);
}

void Arbiter::leave(std::size_t leg, Channel& channel, TimePoint now) noexcept {
    View& view = channel.views[leg];
    if (!view.is_live) return;
    join(leg, channel.id);
    view.is_live = false;
    channel.left_at = now;
    if (channel.leader == leg) {
        channel.leader.reset();
        // In a rotation the second leg was heard, too.
        if (channel.mode == ArbiterMode::alone && preferred_ && channel.views[*preferred_].is_live &&
            !channel.options.has_snapshots)
            channel.leader = preferred_;
    }
    if (channel.held == 0) return;
    channel.is_due = true;
    earliest_ = earliest_ ? std::min(*earliest_, now) : now;
}

bool Arbiter::keeps_up(std::size_t leg, ChannelId id) const noexcept {
    const Channel& channel = channels_[id];
    const View& view = channel.views[leg];
    if (channel.mode != ArbiterMode::alone) return view.is_live && view.is_level;
    const bool is_heard = preferred_ == leg && !channel.options.has_snapshots && view.position.has_value();
    return view.is_live && (channel.leader == leg || is_heard);
}

void Arbiter::offer(std::size_t leg, const FeedMessage& message, const SequenceNumbers& numbers,
                    TimePoint now, Deliver deliver) {
    Channel& channel = channels_[message.channel];
    if (!channel.views[leg].is_live) join(leg, channel.id);
    const Entry entry = describe(channel, leg, message, numbers, legs_[leg]);
    if (!entry.is_numbered) return offer_alone(channel, leg, message, entry, now, deliver);
    if (channel.held == 0) {
        const Verdict verdict = judge(channel, leg, entry, now);
        if (verdict != Verdict::stuck) return apply(channel, leg, message, entry, verdict, {}, now, deliver);
    }
    current_ = {&message, leg, entry};
    settle(channel, now, deliver);
}

void Arbiter::apply(Channel& channel, std::size_t leg, const FeedMessage& message, const Entry& entry,
                    Verdict verdict, std::optional<ArbiterGap> gap, TimePoint now, Deliver deliver) {
    if (verdict == Verdict::repeat) {
        const bool is_news = channel.contents ? !channel.contents->was_shown(entry.hash, leg, now)
                                              : legs_.size() == 1 || channel.mark_leg == leg;
        if (!is_news) verdict = Verdict::duplicate;
        // Other messages with this number may have come while no leg was there.
        if (is_news && entry.is_first && !gap)
            gap = ArbiterGap{.from = entry.last, .to = entry.last, .is_certain = false};
    }
    if (verdict == Verdict::duplicate) return drop(channel, leg, message, entry, now);
    hand_on(channel, leg, message, entry, verdict, gap, deliver);
}

void Arbiter::drop(Channel& channel, std::size_t leg, const FeedMessage& message, const Entry& entry,
                   TimePoint now) noexcept {
    View& view = channel.views[leg];
    ++legs_[leg].duplicates;
    if (!entry.is_numbered) return;
    if (entry.went_back) view.epoch = channel.epoch;
    if (entry.last == channel.stats.last && view.epoch == channel.epoch) {
        view.is_level = true;
        view.below_since.reset();
    } else if (!view.below_since) {
        view.below_since = now;
    }
    sample(channel, leg, message, entry.last);
}

void Arbiter::hand_on(Channel& channel, std::size_t leg, const FeedMessage& message, const Entry& entry,
                      Verdict verdict, std::optional<ArbiterGap> gap, Deliver deliver) {
    View& view = channel.views[leg];
    auto& stats = legs_[leg];
    ++stats.firsts;
    if (verdict == Verdict::follows && !gap && channel.held != 0)
        for (std::size_t other = 0; other < legs_.size(); ++other)
            if (other != leg && channel.views[other].head != detail::HoldBuffer::kNone) {
                ++stats.filled;
                break;
            }
    ArbiterDelivery delivery{.message = message, .leg = leg, .gap = gap};
    if (verdict == Verdict::follows && entry.is_numbered && !gap) {
        const std::int64_t mark = *channel.stats.last;
        if (entry.is_broken && channel.mark_leg == leg)
            delivery.gap = ArbiterGap{.from = mark, .to = entry.after};
        else
            delivery.is_overlap =
                channel.options.sequence.kind != SequenceKind::increasing && entry.after < mark;
    }
    delivery.is_first = entry.is_first;
    delivery.is_late = verdict == Verdict::late;
    delivery.is_epoch = verdict == Verdict::epoch || verdict == Verdict::restart;
    if (verdict == Verdict::restart) ++channel.epoch;
    if (entry.is_restart && delivery.is_epoch) channel.wants_snapshot = false;
    if (delivery.gap) ++channel.stats.gaps;
    const bool moves = verdict != Verdict::late && verdict != Verdict::repeat;
    if (moves && (!gap || gap->is_certain)) view.is_partial = false;
    if (verdict != Verdict::late) {
        view.epoch = channel.epoch;
        view.is_level = true;
        view.below_since.reset();
    }
    move_mark(channel, leg, entry, verdict, message.received);
    if (legs_.size() > 1 && verdict == Verdict::follows && entry.is_numbered)
        sample(channel, leg, message, entry.last);
    deliver(delivery);
}

void Arbiter::offer_alone(Channel& channel, std::size_t leg, const FeedMessage& message, const Entry& entry,
                          TimePoint now, Deliver deliver) {
    const Verdict verdict = entry.is_restart ? Verdict::epoch : Verdict::follows;
    std::optional<ArbiterGap> gap;
    const bool has_begun = channel.stats.last_time != TimePoint{};
    const ArbiterGap unknown{.from = 0, .to = 0, .is_certain = false};
    if (channel.mode == ArbiterMode::content) {
        View& view = channel.views[leg];
        // A leg that joins is heard from its first content that another leg has shown. Other legs may still
        // bring messages from before it.
        const bool joins = !view.is_level && is_kept(channel, leg) &&
                           (!view.below_since || now - *view.below_since < kContentTime);
        if (joins ? channel.contents->is_shown(entry.hash, leg, now)
                  : channel.contents->was_shown(entry.hash, leg, now)) {
            view.is_level = true;
            view.below_since.reset();
            return drop(channel, leg, message, entry, now);
        }
        if (joins) {
            if (!view.below_since) view.below_since = now;
            return drop(channel, leg, message, entry, now);
        }
        if (!view.is_level && has_begun && !entry.is_restart) gap = unknown;
        return hand_on(channel, leg, message, entry, verdict, gap, deliver);
    }
    const bool is_compared = channel.mode != ArbiterMode::alone;
    // A message without a number on a numbered channel: taken from the leading leg, or from one leg for all.
    if (channel.leader != leg) {
        const bool takes_over = !channel.leader || (preferred_ == leg && entry.is_restart && !is_compared);
        const bool is_heard = preferred_ == leg && !is_compared && !channel.options.has_snapshots;
        if (!takes_over && !is_heard) return drop(channel, leg, message, entry, now);
        if (!channel.leader && has_begun && !entry.is_restart && !is_compared) gap = unknown;
        if (takes_over) channel.leader = leg;
    }
    const bool overlaps =
        !is_compared && preferred_ && channel.views[*preferred_].position && !channel.options.has_snapshots;
    ++legs_[leg].firsts;
    channel.stats.last_time = message.received;
    if (gap) ++channel.stats.gaps;
    deliver({.message = message,
             .leg = leg,
             .gap = gap,
             .is_first = entry.is_first,
             .is_epoch = entry.is_restart,
             .is_late = false,
             .is_overlap = overlaps});
}

void Arbiter::sample(Channel& channel, std::size_t leg, const FeedMessage& message,
                     std::int64_t number) noexcept {
    Probe& probe = channel.probe;
    const bool is_open = probe.leg != kMaxLegs;
    const bool is_passed = is_open && probe.leg != leg && number > probe.number;  // it never comes
    if (!is_open || is_passed || message.received - probe.received > kProbeTime) {
        probe.leg = kMaxLegs;
        if (number == channel.stats.last && channel.mark_leg == leg)
            probe = {number, leg, message.received, message.kernel_received};
        return;
    }
    if (probe.number != number || probe.leg == leg) return;
    const bool has_kernel_times =
        probe.kernel_received != SystemTime{} && message.kernel_received != SystemTime{};
    const Duration lead = has_kernel_times ? message.kernel_received - probe.kernel_received
                                           : message.received - probe.received;
    const std::size_t earlier = lead < Duration::zero() ? leg : probe.leg;
    const auto apart = lead < Duration::zero() ? -lead : lead;
    legs_[earlier].lead.record(apart.count());
    skew_.record(apart.count());
    probe.leg = kMaxLegs;
    if (skew_.count() < kSkewSamples) return;
    hold_time_ = std::clamp(Duration{static_cast<std::int64_t>(2 * skew_.value_at(99))}, options_.min_hold,
                            options_.max_hold);
    skew_.reset();
}

}  // namespace pinwheel
