#include "liveness.h"

#include <algorithm>

namespace pinwheel {

void SilenceClock::start(TimePoint now) noexcept {
    if (limit_ > Duration{}) last_ = now;
    last_data_.reset();
    steps_ = 0;
}

void SilenceClock::on_data(TimePoint now) noexcept {
    if (!last_) return;
    last_ = last_data_ = now;
    steps_ = 0;
}

std::optional<TimePoint> SilenceClock::deadline() const noexcept {
    constexpr int kSteps = 3;
    if (!last_ || steps_ == kSteps) return std::nullopt;
    TimePoint due = *last_;
    for (int i = 0; i <= steps_; ++i) due = time_after(due, limit_);
    return due;
}

SilenceClock::Step SilenceClock::due(TimePoint now) noexcept {
    Step step = Step::none;
    for (auto next = deadline(); next && *next <= now; next = deadline()) step = static_cast<Step>(++steps_);
    return step;
}

void VenuePing::start(TimePoint now) noexcept {
    next_ = time_after(now, interval_);
    unanswered_.reset();
}

void VenuePing::stop() noexcept {
    next_.reset();
    unanswered_.reset();
}

void VenuePing::on_bytes(TimePoint now) noexcept {
    if (next_ && only_if_quiet_) next_ = time_after(now, interval_);
}

void VenuePing::on_pong(TimePoint now) noexcept {
    unanswered_.reset();
    on_bytes(now);
}

std::optional<TimePoint> VenuePing::deadline() const noexcept {
    return unanswered_ ? time_after(*unanswered_, timeout_) : next_;
}

VenuePing::Step VenuePing::due(TimePoint now) const noexcept {
    const auto next = deadline();
    if (!next || now < *next) return Step::none;
    return unanswered_ ? Step::timed_out : Step::send;
}

void VenuePing::sent(TimePoint now) noexcept {
    unanswered_ = now;
    next_ = time_after(now, interval_);
}

void StaleChannels::watch(ChannelId channel, Duration after, TimePoint now) {
    if (links_.size() <= channel) links_.resize(channel + std::size_t{1});
    forget(channel);
    auto list =
        std::find_if(lists_.begin(), lists_.end(), [after](const List& it) { return it.time == after; });
    if (list == lists_.end()) list = lists_.insert(list, {.time = after});
    links_[channel].list = static_cast<std::uint32_t>(list - lists_.begin());
    append(channel, now);
}

void StaleChannels::forget(ChannelId channel) noexcept {
    if (channel >= links_.size()) return;
    unlink(channel);
    links_[channel].list = UINT32_MAX;
}

void StaleChannels::on_data(ChannelId channel, TimePoint now) noexcept {
    if (channel >= links_.size() || links_[channel].list == UINT32_MAX) return;
    unlink(channel);
    append(channel, now);
}

void StaleChannels::append(ChannelId channel, TimePoint now) noexcept {
    Link& link = links_[channel];
    List& list = lists_[link.list];
    link.before = list.last;
    link.after = kNoChannel;
    link.is_linked = true;
    link.last = now;
    (list.last == kNoChannel ? list.first : links_[list.last].after) = channel;
    list.last = channel;
}

void StaleChannels::unlink(ChannelId channel) noexcept {
    Link& link = links_[channel];
    if (!link.is_linked) return;
    List& list = lists_[link.list];
    (link.before == kNoChannel ? list.first : links_[link.before].after) = link.after;
    (link.after == kNoChannel ? list.last : links_[link.after].before) = link.before;
    link.is_linked = false;
}

std::optional<TimePoint> StaleChannels::deadline() const noexcept {
    std::optional<TimePoint> next;
    for (const List& list : lists_) {
        if (list.first == kNoChannel) continue;
        const TimePoint due = time_after(links_[list.first].last, list.time);
        next = std::min(next.value_or(due), due);
    }
    return next;
}

std::optional<ChannelId> StaleChannels::next_stale(TimePoint now) noexcept {
    for (const List& list : lists_) {
        const ChannelId oldest = list.first;
        if (oldest == kNoChannel || now < time_after(links_[oldest].last, list.time)) continue;
        unlink(oldest);
        return oldest;
    }
    return std::nullopt;
}

}  // namespace pinwheel
