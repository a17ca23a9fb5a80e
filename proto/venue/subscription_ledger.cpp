#include "subscription_ledger.h"

#include <algorithm>
#include <utility>

namespace pinwheel {

using State = ChannelState;

SubscriptionLedger::SubscriptionLedger(const VenueProfile& profile, const ChannelTable& channels,
                                       LedgerOptions options)
    : profile_(profile),
      data_(profile_.data()),
      channels_(channels),
      options_(options),
      builder_(profile_, channels) {}

bool SubscriptionLedger::is_unsettled(const Entry& entry) noexcept {
    return entry.is_wanted && entry.state != State::live && entry.state != State::refused;
}

/// Sent; a late answer still counts.
bool SubscriptionLedger::is_pending(const Entry& entry) noexcept {
    return entry.state == State::requested || (entry.state == State::queued && entry.attempts > 0) ||
           (entry.state == State::refused && entry.refused_by_silence);
}

void SubscriptionLedger::move(ChannelId channel, ChannelState state, std::string code, std::string message) {
    Entry& entry = entries_[channel];
    const bool was_unsettled = is_unsettled(entry);
    entry.state = state;
    entry.is_asked = false;
    unsettled_ += std::size_t{is_unsettled(entry)} - std::size_t{was_unsettled};
    if (unsettled_ == 0) one_at_a_time_ = false;
    const bool is_off = state == State::wanted || state == State::refused || state == State::gone;
    if (is_off && std::exchange(entry.is_on_connection, false)) {
        --on_connection_;
        args_bytes_ -= builder_.arg_size(channel);
    }
    if (state == State::live || is_off) {
        entry.attempts = 0;
        entry.batch = SIZE_MAX;
    }
    entry.refused_by_silence = false;
    changes_.push_back({channel, state, std::move(code), std::move(message)});
}

void SubscriptionLedger::set_wanted(Entry& entry, bool wanted) {
    const bool was_unsettled = is_unsettled(entry);
    entry.is_wanted = wanted;
    unsettled_ += std::size_t{is_unsettled(entry)} - std::size_t{was_unsettled};
}

void SubscriptionLedger::queue(ChannelId channel) {
    move(channel, State::queued);
    to_subscribe_.push_back(channel);
}

void SubscriptionLedger::queue_leaving(ChannelId channel) {
    entries_[channel].is_asked = false;
    to_unsubscribe_.push_back(channel);
}

/// Answers to earlier requests do not apply from now on.
void SubscriptionLedger::begin_cycle(ChannelId channel, ChannelState state) {
    Entry& entry = entries_[channel];
    ++entry.cycle;
    entry.attempts = 0;
    if (state == State::queued) return queue(channel);
    move(channel, state);
    if (state == State::leaving) queue_leaving(channel);
}

void SubscriptionLedger::want(ChannelId channel) {
    if (entries_.size() <= channel) entries_.resize(channel + std::size_t{1});
    Entry& entry = entries_[channel];
    if (entry.is_wanted) return;
    set_wanted(entry, true);
    if (entry.state == State::gone) {
        if (is_connected_)
            begin_cycle(channel, State::queued);
        else
            move(channel, State::wanted);
    }
}

void SubscriptionLedger::leave(ChannelId channel) {
    if (channel >= entries_.size()) return;
    Entry& entry = entries_[channel];
    set_wanted(entry, false);
    if (entry.state == State::leaving || entry.state == State::gone) return;
    const bool was_sent = entry.state == State::live || is_pending(entry);
    begin_cycle(channel, was_sent && !data_.unsubscribe.message.empty() ? State::leaving : State::gone);
}

void SubscriptionLedger::resubscribe(ChannelId channel) {
    if (channel >= entries_.size()) return;
    Entry& entry = entries_[channel];
    if (entry.state != State::live && entry.state != State::requested) return;
    const bool first = channels_[channel].kind->unsubscribe_first && !data_.unsubscribe.message.empty();
    begin_cycle(channel, first ? State::leaving : State::queued);
}

void SubscriptionLedger::connected() {
    disconnected();
    is_connected_ = true;
    for (ChannelId channel = 0; channel < entries_.size(); ++channel)
        if (entries_[channel].is_wanted) begin_cycle(channel, State::queued);
}

void SubscriptionLedger::disconnected() {
    is_connected_ = false;
    requests_.clear();
    to_subscribe_.clear();
    to_unsubscribe_.clear();
    not_before_ = TimePoint{};
    on_connection_ = 0;
    args_bytes_ = 0;
    one_at_a_time_ = false;
    ++stamp_;
    for (ChannelId channel = 0; channel < entries_.size(); ++channel) {
        Entry& entry = entries_[channel];
        entry.is_on_connection = false;
        entry.number.reset();
        const State rest = entry.is_wanted ? State::wanted : State::gone;
        if (entry.state == rest) continue;
        ++entry.cycle;
        move(channel, rest);
    }
}

bool SubscriptionLedger::is_due(ChannelId channel, bool unsubscribe) const noexcept {
    const Entry& entry = entries_[channel];
    return !entry.is_asked && entry.state == (unsubscribe ? State::leaving : State::queued);
}

bool SubscriptionLedger::has_request(TimePoint now) noexcept {
    while (!to_unsubscribe_.empty() && !is_due(to_unsubscribe_.front(), true)) to_unsubscribe_.pop_front();
    while (!to_subscribe_.empty() && !is_due(to_subscribe_.front(), false)) to_subscribe_.pop_front();
    return is_connected_ && !held_ && now >= not_before_ && !(one_at_a_time_ && has_pending()) &&
           !(to_unsubscribe_.empty() && to_subscribe_.empty());
}

std::optional<SubscriptionRequest> SubscriptionLedger::next_request(TimePoint now, std::int64_t unix_ms) {
    while (has_request(now))
        if (auto request = build(!to_unsubscribe_.empty(), now, unix_ms)) return request;
    return std::nullopt;
}

/// Limits on a connection. The venue enforces them by closing it.
bool SubscriptionLedger::refuse_over_limit(ChannelId channel) {
    Entry& entry = entries_[channel];
    if (entry.is_on_connection) return false;
    const std::size_t arg = builder_.arg_size(channel);
    if (data_.max_channels != 0 && on_connection_ >= data_.max_channels) {
        refuse(channel, {},
               "the venue takes at most " + std::to_string(data_.max_channels) + " channels a connection");
    } else if (data_.max_args_bytes != 0 && args_bytes_ + arg > data_.max_args_bytes) {
        refuse(channel, {},
               "the venue takes at most " + std::to_string(data_.max_args_bytes) +
                   " bytes of channels a connection");
    } else {
        entry.is_on_connection = true;
        ++on_connection_;
        args_bytes_ += arg;
        return false;
    }
    return true;
}

std::optional<SubscriptionRequest> SubscriptionLedger::build(bool unsubscribe, TimePoint now,
                                                             std::int64_t unix_ms) {
    constexpr std::size_t kLookAhead = 256;
    auto& waiting = unsubscribe ? to_unsubscribe_ : to_subscribe_;
    const std::uint64_t id = next_id_;
    builder_.begin(unsubscribe, id, unix_ms);
    Request request{.unsubscribe = unsubscribe, .deadline = time_after(now, options_.ack_timeout)};
    std::vector<ChannelId> kept;
    std::size_t limit = SIZE_MAX;
    while (!waiting.empty() && kept.size() < kLookAhead && builder_.count() < limit) {
        const ChannelId channel = waiting.front();
        waiting.pop_front();
        if (!is_due(channel, unsubscribe)) continue;
        Entry& entry = entries_[channel];
        if (builder_.count() != 0 && builder_.count() >= entry.batch) {
            kept.push_back(channel);
            continue;
        }
        if (!unsubscribe && refuse_over_limit(channel)) continue;
        if (builder_.needs_number() && !entry.number) {  // never acknowledged, so it cannot be unsubscribed
            confirm(channel, true);
            continue;
        }
        const auto fit = builder_.add(channel, entry.number.value_or(0));
        if (fit == RequestBuilder::Fit::full) {
            kept.push_back(channel);
            continue;
        }
        if (fit == RequestBuilder::Fit::too_large) {
            const std::string size = std::to_string(builder_.size_alone(channel));
            if (unsubscribe)
                confirm(channel, true);
            else
                refuse(channel, {},
                       "its message alone takes " + size + " bytes; the venue takes at most " +
                           std::to_string(data_.max_bytes));
            continue;
        }
        limit = std::min(limit, entry.batch);
        if (!unsubscribe) move(channel, State::requested);
        entry.is_asked = true;
        entry.attempts = static_cast<std::uint8_t>(std::min<unsigned>(entry.attempts + 1U, UINT8_MAX));
        entry.request = id;
        entry.item = request.items.size();
        request.items.push_back({.channel = channel, .cycle = entry.cycle});
    }
    waiting.insert(waiting.begin(), kept.begin(), kept.end());
    if (request.items.empty()) return std::nullopt;
    ++next_id_;
    request.open = request.items.size();
    requests_.emplace(id, std::move(request));
    return SubscriptionRequest{.id = id, .channels = builder_.count(), .text = builder_.finish()};
}

void SubscriptionLedger::on_time(TimePoint now) {
    if (now >= not_before_) not_before_ = TimePoint{};
    std::vector<std::uint64_t> due;
    for (const auto& [id, request] : requests_)
        if (!request.is_expired && request.deadline <= now) due.push_back(id);
    for (const auto id : due) expire(id);
    // Waits some more time for a late answer.
    std::erase_if(requests_, [&](const auto& item) {
        return item.second.is_expired && now - item.second.deadline > 6 * options_.ack_timeout;
    });
}

void SubscriptionLedger::expire(std::uint64_t id) {
    Request& request = requests_[id];
    request.is_expired = true;
    for (const ChannelId channel : open_channels(request)) {
        Entry& entry = entries_[channel];
        const bool is_last = entry.attempts > options_.ack_retries;
        if (entry.request != id) continue;
        if (request.unsubscribe) {
            if (is_last)
                confirm(channel, true);
            else
                queue_leaving(channel);
        } else if (is_last) {
            refuse(channel, request.code, request.message.empty() ? "no answer" : request.message);
            entry.refused_by_silence = true;
        } else {
            if (request.unplaced != 0) entry.batch = 1;
            queue(channel);
        }
        if (!requests_.contains(id)) return;
    }
}

std::optional<TimePoint> SubscriptionLedger::deadline() const noexcept {
    std::optional<TimePoint> next;
    for (const auto& [id, request] : requests_)
        if (!request.is_expired) {
            next = request.deadline;
            break;
        }
    if (not_before_ != TimePoint{} && !to_subscribe_.empty())
        next = std::min(next.value_or(not_before_), not_before_);
    return next;
}

ChannelState SubscriptionLedger::state(ChannelId channel) const noexcept {
    return channel < entries_.size() ? entries_[channel].state : State::gone;
}

}  // namespace pinwheel
