// The effects of a venue's replies on the ledger.
#include <algorithm>
#include <utility>

#include "subscription_ledger.h"

namespace pinwheel {

using detail::Confirms;
using State = ChannelState;
using Outcome = ReplyOutcome;

void SubscriptionLedger::close(std::uint64_t request_id, ChannelId channel) {
    const auto found = requests_.find(request_id);
    if (found == requests_.end()) return;
    Request& request = found->second;
    const Entry& entry = entries_[channel];
    const auto item = entry.request == request_id
                          ? request.items.begin() + static_cast<std::ptrdiff_t>(entry.item)
                          : std::find_if(request.items.begin(), request.items.end(),
                                         [&](const Item& it) { return it.channel == channel; });
    if (item == request.items.end() || !std::exchange(item->is_open, false)) return;
    if (--request.open == 0) requests_.erase(found);
}

std::vector<ChannelId> SubscriptionLedger::open_channels(const Request& request) const {
    std::vector<ChannelId> open;
    for (const Item& item : request.items)
        if (item.is_open && entries_[item.channel].cycle == item.cycle) open.push_back(item.channel);
    return open;
}

void SubscriptionLedger::confirm(ChannelId channel, bool unsubscribed) {
    Entry& entry = entries_[channel];
    if (unsubscribed) {
        if (entry.state != State::leaving) return;
        close(entry.request, channel);
        begin_cycle(channel, State::gone);
        if (entry.is_wanted) begin_cycle(channel, State::queued);
    } else if (is_pending(entry)) {
        close(entry.request, channel);
        move(channel, State::live);
    }
}

void SubscriptionLedger::refuse(ChannelId channel, std::string code, std::string message) {
    close(entries_[channel].request, channel);
    move(channel, State::refused, std::move(code), std::move(message));
}

void SubscriptionLedger::on_data(ChannelId channel) {
    if (channel < entries_.size() && is_pending(entries_[channel])) confirm(channel, false);
}

SubscriptionLedger::Requests::iterator SubscriptionLedger::only_pending() {
    auto only = requests_.end();
    for (auto it = requests_.begin(); it != requests_.end(); ++it) {
        if (it->second.is_expired) continue;
        if (only != requests_.end()) return requests_.end();
        only = it;
    }
    return only;
}

bool SubscriptionLedger::has_pending() const noexcept {
    return std::any_of(requests_.begin(), requests_.end(),
                       [](const auto& pair) { return !pair.second.is_expired; });
}

/// A subscription of the channel from before it was left. It may still be acknowledged.
SubscriptionLedger::Requests::iterator SubscriptionLedger::earlier_request(ChannelId channel) {
    return std::find_if(requests_.begin(), requests_.end(), [&](const auto& pair) {
        return !pair.second.unsubscribe &&
               std::any_of(pair.second.items.begin(), pair.second.items.end(), [&](const Item& item) {
                   return item.is_open && item.channel == channel && item.cycle != entries_[channel].cycle;
               });
    });
}

ReplyOutcome SubscriptionLedger::on_reply(const VenueReply& reply, TimePoint now) {
    auto request = requests_.end();
    if (reply.id) {
        request = requests_.find(*reply.id);
        if (request == requests_.end()) return *reply.id < next_id_ ? Outcome::late : Outcome::unmatched;
    }
    if (!reply.is_error && reply.number && reply.channel < entries_.size())
        entries_[reply.channel].number = reply.number;
    if (reply.is_error && !reply.is_already) return on_error(request, reply, now);
    if (reply.is_already && !reply.id) request = only_pending();
    return on_ack(request, reply);
}

ReplyOutcome SubscriptionLedger::on_ack(Requests::iterator request, const VenueReply& reply) {
    const bool is_known = request != requests_.end();
    if (reply.has_list)
        return data_.ack.confirms == Confirms::connection ? on_connection_list(reply)
                                                          : on_list(request, reply);
    if (reply.channel != kNoChannel) return on_named(request, reply);
    if (!is_known || reply.names_unknown) return Outcome::unmatched;
    if (data_.ack.confirms != Confirms::request && request->second.open != 1) return Outcome::unmatched;
    confirm_request(request);
    return Outcome::applied;
}

void SubscriptionLedger::confirm_request(Requests::iterator request) {
    const Request answered = std::move(request->second);
    requests_.erase(request);
    for (const ChannelId channel : open_channels(answered)) confirm(channel, answered.unsubscribe);
}

ReplyOutcome SubscriptionLedger::on_named(Requests::iterator request, const VenueReply& reply) {
    const ChannelId channel = reply.channel;
    if (channel >= entries_.size()) return Outcome::unmatched;
    Entry& entry = entries_[channel];
    bool unsubscribed = reply.is_unsubscription.value_or(entry.state == State::leaving);
    if (request != requests_.end()) {
        const std::uint64_t id = request->first;
        unsubscribed = request->second.unsubscribe;
        auto& items = request->second.items;
        const auto item =
            std::find_if(items.begin(), items.end(), [&](const Item& it) { return it.channel == channel; });
        if (item == items.end()) return Outcome::unmatched;
        const bool is_current = item->is_open && item->cycle == entry.cycle;
        if (is_current) confirm(channel, unsubscribed);
        if (requests_.contains(id)) close(id, channel);
        place_errors(id);
        return is_current ? Outcome::applied : Outcome::late;
    }
    if (!reply.is_unsubscription && unsubscribed)
        if (const auto earlier = earlier_request(channel); earlier != requests_.end()) {
            close(earlier->first, channel);
            return Outcome::late;
        }
    const bool counts = unsubscribed ? entry.state == State::leaving && entry.is_asked : is_pending(entry);
    if (!counts) return Outcome::late;
    const std::uint64_t id = entry.request;
    confirm(channel, unsubscribed);
    place_errors(id);
    return Outcome::applied;
}

/// There are as many errors as channels without an answer: each error belongs to one of them.
void SubscriptionLedger::place_errors(std::uint64_t id) {
    const auto found = requests_.find(id);
    if (found == requests_.end() || found->second.unplaced == 0 ||
        found->second.unplaced < found->second.open)
        return;
    const Request request = found->second;
    for (const ChannelId channel : open_channels(request)) refuse(channel, request.code, request.message);
}

void SubscriptionLedger::refuse_missing(std::uint64_t id) {
    const auto found = requests_.find(id);
    if (found == requests_.end() || found->second.unsubscribe) return;
    for (const ChannelId channel : open_channels(found->second))
        refuse(channel, {}, "the venue's list of accepted channels does not have it");
}

ReplyOutcome SubscriptionLedger::on_list(Requests::iterator request, const VenueReply& reply) {
    if (request != requests_.end()) {
        const std::uint64_t id = request->first;
        if (request->second.unsubscribe) {
            confirm_request(request);
            return Outcome::applied;
        }
        const auto open = open_channels(request->second);
        const auto is_in = [](const std::vector<ChannelId>& list, ChannelId channel) {
            return std::find(list.begin(), list.end(), channel) != list.end();
        };
        ++stamp_;
        for (const ChannelId channel : reply.accepted)
            if (channel < entries_.size()) entries_[channel].stamp = stamp_;
        for (const ChannelId channel : open)
            if (entries_[channel].stamp == stamp_)
                confirm(channel, false);
            else if (is_in(reply.refused, channel))
                refuse(channel, reply.code, "the venue's list of refused channels has it");
        if (data_.ack.confirms == Confirms::list) refuse_missing(id);
        return Outcome::applied;
    }
    std::optional<std::uint64_t> answered;
    bool is_one = true;
    bool did_something = false;
    for (const ChannelId channel : reply.accepted) {
        if (channel >= entries_.size()) continue;
        const Entry& entry = entries_[channel];
        const bool unsubscribed = reply.is_unsubscription.value_or(entry.state == State::leaving);
        if (unsubscribed ? entry.state != State::leaving || !entry.is_asked : !is_pending(entry)) continue;
        is_one &= answered.value_or(entry.request) == entry.request;
        answered = entry.request;
        confirm(channel, unsubscribed);
        did_something = true;
    }
    for (const ChannelId channel : reply.refused) {
        if (channel >= entries_.size() || !is_pending(entries_[channel])) continue;
        refuse(channel, reply.code, "the venue's list of refused channels has it");
        did_something = true;
    }
    if (answered && is_one && data_.ack.confirms == Confirms::list) refuse_missing(*answered);
    return did_something ? Outcome::applied : Outcome::late;
}

/// The list covers the whole connection: its channels are live, all others are unsubscribed. It answers a
/// request only if it is the first list with one of the request's channels. Other requests may be under way.
ReplyOutcome SubscriptionLedger::on_connection_list(const VenueReply& reply) {
    const std::uint32_t earlier_list = stamp_++;
    std::vector<std::uint64_t> answered;
    for (const ChannelId channel : reply.accepted) {
        if (channel >= entries_.size()) continue;
        Entry& entry = entries_[channel];
        // A channel that was listed or requested before may be there by an earlier request.
        const bool is_new = entry.stamp != earlier_list && entry.attempts == 1;
        entry.stamp = stamp_;
        const auto request = requests_.find(entry.request);
        const bool is_of_request = is_new && request != requests_.end() && !request->second.unsubscribe &&
                                   request->second.items[entry.item].cycle == entry.cycle;
        if (is_of_request && std::find(answered.begin(), answered.end(), entry.request) == answered.end())
            answered.push_back(entry.request);
        if (is_pending(entry)) confirm(channel, false);
    }
    for (const auto id : answered) refuse_missing(id);
    for (ChannelId channel = 0; channel < entries_.size(); ++channel) {
        const Entry& entry = entries_[channel];
        if (entry.state == State::leaving && entry.is_asked && entry.stamp != stamp_) confirm(channel, true);
    }
    return Outcome::applied;
}

ReplyOutcome SubscriptionLedger::on_error(Requests::iterator request, const VenueReply& reply,
                                          TimePoint now) {
    if (reply.wants_retry) {
        not_before_ = time_after(now, options_.retry_delay);
        if (request == requests_.end()) request = only_pending();
        if (request != requests_.end()) ask_again(request, SIZE_MAX);
        return Outcome::too_fast;
    }
    if (reply.channel != kNoChannel || !reply.refused.empty()) return refuse_named(request, reply);
    if (request != requests_.end() && !reply.symbol.empty()) {
        std::vector<ChannelId> open = open_channels(request->second);
        std::erase_if(open,
                      [&](ChannelId channel) { return channels_[channel].wire_symbol != reply.symbol; });
        if (open.size() == 1) {
            VenueReply named = reply;
            named.channel = open.front();
            return refuse_named(request, named);
        }
    }
    if (reply.names_unknown && (request == requests_.end() || request->second.open != 1))
        return Outcome::unmatched;
    if (request == requests_.end()) request = only_pending();
    if (request != requests_.end()) return refuse_request(request, reply);
    one_at_a_time_ = has_pending();
    return Outcome::unmatched;
}

ReplyOutcome SubscriptionLedger::refuse_named(Requests::iterator request, const VenueReply& reply) {
    std::vector<ChannelId> named = reply.refused;
    if (reply.channel != kNoChannel) named.push_back(reply.channel);
    const std::optional<std::uint64_t> id =
        request == requests_.end() ? std::nullopt : std::optional(request->first);
    Outcome outcome = Outcome::late;
    for (const ChannelId channel : named) {
        if (channel >= entries_.size()) continue;
        const Entry& entry = entries_[channel];
        if (id && entry.request != *id) continue;
        if (entry.state == State::leaving && entry.is_asked)
            confirm(channel, true);
        else if (is_pending(entry))
            refuse(channel, reply.code, reply.message);
        else
            continue;
        outcome = Outcome::applied;
    }
    return outcome;
}

ReplyOutcome SubscriptionLedger::refuse_request(Requests::iterator request, const VenueReply& reply) {
    Request& pending = request->second;
    if (pending.unsubscribe) {
        confirm_request(request);
        return Outcome::applied;
    }
    if (pending.open > 1 && data_.error.refuses_request) {
        // One of them may be the faulty one: each is requested alone, so that the venue can refuse it.
        ask_again(request, (pending.open + 1) / 2);
        return Outcome::applied;
    }
    ++pending.unplaced;
    pending.code = reply.code;
    pending.message = reply.message;
    const bool is_placed = pending.unplaced >= pending.open;
    place_errors(request->first);
    return is_placed ? Outcome::applied : Outcome::unmatched;
}

/// Neither an answer nor an attempt.
void SubscriptionLedger::ask_again(Requests::iterator request, std::size_t batch) {
    const Request again = std::move(request->second);
    requests_.erase(request);
    for (const ChannelId channel : open_channels(again)) {
        Entry& entry = entries_[channel];
        if (entry.attempts > 0) --entry.attempts;
        entry.batch = std::min(entry.batch, batch);
        if (again.unsubscribe)
            queue_leaving(channel);
        else
            queue(channel);
    }
}

}  // namespace pinwheel
