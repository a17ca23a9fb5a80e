// Holds and releases messages that do not follow yet.
#include <algorithm>
#include <tuple>

#include "arbiter.h"

namespace pinwheel {

/// While it lives, held messages are being delivered. Its end releases the rest of the current one.
struct Arbiter::Settling {
    Settling(Arbiter& arbiter, Channel& channel, TimePoint now) noexcept
        : arbiter_(arbiter), channel_(channel), now_(now) {
        arbiter_.is_settling_ = true;
    }
    ~Settling() {
        // Still held only if `deliver` threw.
        if (arbiter_.current_.message != nullptr) std::ignore = arbiter_.hold_current(channel_, now_);
        arbiter_.current_.message = nullptr;
        arbiter_.is_settling_ = false;
        arbiter_.keep_list(channel_);
    }
    Settling(const Settling&) = delete;
    Settling& operator=(const Settling&) = delete;

  private:
    Arbiter& arbiter_;
    Channel& channel_;
    TimePoint now_;
};

Arbiter::Front Arbiter::front(const Channel& channel, std::size_t leg) const noexcept {
    if (const auto head = channel.views[leg].head; head != detail::HoldBuffer::kNone)
        return {&hold_[head].message, &hold_[head].entry, hold_[head].since};
    if (current_.message != nullptr && current_.leg == leg && current_.message->channel == channel.id)
        return {current_.message, &current_.entry, TimePoint::max()};
    return {};
}

void Arbiter::on_time(TimePoint now, Deliver deliver) {
    if (is_settling_) return;
    earliest_.reset();
    for (std::size_t i = 0; i < holding_.size();) {
        Channel& channel = channels_[holding_[i]];
        if (channel.is_due || due(channel) <= now) settle(channel, now, deliver);
        if (i < holding_.size() && holding_[i] == channel.id) {
            keep_list(channel);
            ++i;
        }
    }
}

std::optional<TimePoint> Arbiter::deadline() const noexcept {
    return holding_.empty() ? std::nullopt : earliest_;
}

TimePoint Arbiter::due(const Channel& channel) const noexcept {
    TimePoint since = TimePoint::max();
    for (std::size_t leg = 0; leg < legs_.size(); ++leg)
        if (const Front held = front(channel, leg)) since = std::min(since, held.since);
    return since == TimePoint::max() ? since : time_after(since, hold_time_);
}

void Arbiter::settle(Channel& channel, TimePoint now, Deliver deliver) {
    const Settling settling(*this, channel, now);
    channel.is_due = false;
    bool is_full = false;
    for (;;) {
        while (advance(channel, now, deliver)) {
        }
        const bool is_current = current_.message != nullptr;
        if (channel.held == 0 && !is_current) return;
        if (is_full || is_over(channel, now)) {
            release(channel, now, deliver);
            is_full = false;
        } else if (!is_current || hold_current(channel, now)) {
            return;
        } else if (!current_.entry.has_after && is_kept(channel, current_.leg)) {
            // Another leg reaches this message, or there is a hole, which is reported then.
            current_.message = nullptr;
            ++legs_[current_.leg].duplicates;
            channel.views[current_.leg].position.reset();
        } else {
            is_full = true;
        }
    }
}

bool Arbiter::advance(Channel& channel, TimePoint now, Deliver deliver) {
    bool has_moved = false;
    for (std::size_t leg = 0; leg < legs_.size(); ++leg) {
        while (const Front next = front(channel, leg)) {
            const Verdict verdict = judge(channel, leg, *next.entry, now);
            if (verdict == Verdict::stuck) break;
            has_moved = true;
            take(channel, leg, verdict, {}, now, deliver);
        }
    }
    return has_moved;
}

bool Arbiter::is_over(const Channel& channel, TimePoint now) const noexcept {
    if (channel.held != 0 && now >= due(channel)) return true;
    // A leg that waits itself has passed the hole.
    for (std::size_t leg = 0; leg < legs_.size(); ++leg)
        if (channel.views[leg].is_live && !front(channel, leg)) return false;
    return true;
}

void Arbiter::release(Channel& channel, TimePoint now, Deliver deliver) {
    const std::int64_t mark = channel.stats.last.value_or(0);
    std::optional<std::size_t> nearest;
    std::int64_t nearest_after = 0;
    bool nearest_is_sure = false;
    for (std::size_t leg = 0; leg < legs_.size(); ++leg) {
        const Front next = front(channel, leg);
        if (!next) continue;
        const Entry& entry = *next.entry;
        // A leg that continues at the mark, and was ignored in favour of the leader.
        const Verdict verdict = judge_number(channel, leg, entry, now);
        if (verdict != Verdict::stuck) return take(channel, leg, verdict, {}, now, deliver);
        const bool is_sure = entry.has_after;
        const std::int64_t after = is_sure ? entry.after : entry.last > mark ? entry.last - 1 : mark;
        const bool is_nearer =
            !nearest || after < nearest_after || (after == nearest_after && is_sure && !nearest_is_sure);
        if (!is_nearer) continue;
        nearest = leg;
        nearest_after = after;
        nearest_is_sure = is_sure;
    }
    if (!nearest) return;
    const Entry& entry = *front(channel, *nearest).entry;
    if (entry.last == channel.stats.last && !is_kept_wholly(channel, *nearest))
        return take(channel, *nearest, Verdict::repeat,
                    ArbiterGap{.from = mark, .to = mark, .is_certain = false}, now, deliver);
    if (entry.last == channel.stats.last) {
        // If another leg reaches it, it waits. Otherwise there is a hole before the leg's next message.
        take(channel, *nearest, Verdict::duplicate, {}, now, deliver);
        return forget_order(channel, *nearest);
    }
    const bool is_behind = channel.views[*nearest].epoch != channel.epoch;
    if (entry.is_restart && !nearest_is_sure)
        return take(channel, *nearest, Verdict::epoch, {}, now, deliver);
    if (entry.went_back && !is_behind)
        return take(channel, *nearest, Verdict::restart, ArbiterGap{.from = mark, .to = entry.after}, now,
                    deliver);
    if (is_behind || !nearest_is_sure)
        return take(channel, *nearest, is_behind ? Verdict::restart : Verdict::follows,
                    ArbiterGap{.from = mark, .to = entry.last, .is_certain = false}, now, deliver);
    const bool is_chain = channel.options.sequence.kind == SequenceKind::chain;
    take(channel, *nearest, Verdict::follows,
         ArbiterGap{.from = is_chain ? mark : mark + 1, .to = entry.after}, now, deliver);
}

void Arbiter::forget_order(Channel& channel, std::size_t leg) noexcept {
    View& view = channel.views[leg];
    view.is_level = false;
    const bool is_current = current_.message != nullptr && current_.leg == leg;
    if (view.head == detail::HoldBuffer::kNone && !is_current) return view.position.reset();
    if (channel.options.sequence.kind != SequenceKind::increasing) return;
    (view.head == detail::HoldBuffer::kNone ? current_.entry : hold_[view.head].entry).has_after = false;
}

void Arbiter::take(Channel& channel, std::size_t leg, Verdict verdict, std::optional<ArbiterGap> gap,
                   TimePoint now, Deliver deliver) {
    View& view = channel.views[leg];
    if (view.head == detail::HoldBuffer::kNone) {
        const FeedMessage& message = *current_.message;
        current_.message = nullptr;
        return apply(channel, leg, message, current_.entry, verdict, gap, now, deliver);
    }
    struct Taken {
        ~Taken() { hold.free(index); }
        detail::HoldBuffer& hold;
        std::uint32_t index;
    };
    const Taken taken{hold_, view.head};
    const auto& held = hold_[taken.index];
    view.head = held.next;
    if (view.head == detail::HoldBuffer::kNone) view.tail = detail::HoldBuffer::kNone;
    --channel.held;
    apply(channel, leg, held.message, held.entry, verdict, gap, now, deliver);
}

bool Arbiter::hold_current(Channel& channel, TimePoint now) noexcept {
    if (channel.held >= options_.hold_messages) return false;
    const auto index = hold_.put(*current_.message, current_.entry, now);
    if (index == detail::HoldBuffer::kNone) return false;
    View& view = channel.views[current_.leg];
    (view.head == detail::HoldBuffer::kNone ? view.head : hold_[view.tail].next) = index;
    view.tail = index;
    ++channel.held;
    current_.message = nullptr;
    return true;
}

void Arbiter::keep_list(Channel& channel) noexcept {
    const bool is_listed = channel.holding_at != kNotHolding;
    if (channel.held == 0) {
        if (!is_listed) return;
        const ChannelId moved = holding_.back();
        holding_[channel.holding_at] = moved;
        channels_[moved].holding_at = channel.holding_at;
        holding_.pop_back();
        channel.holding_at = kNotHolding;
        return;
    }
    if (!is_listed) {
        channel.holding_at = static_cast<std::uint32_t>(holding_.size());
        holding_.push_back(channel.id);
    }
    const TimePoint at = channel.is_due ? TimePoint::min() : due(channel);
    earliest_ = earliest_ ? std::min(*earliest_, at) : at;
}

}  // namespace pinwheel
