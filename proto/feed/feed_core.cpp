#include "feed_core.h"

#include <array>
#include <chrono>
#include <string>
#include <tuple>
#include <utility>

#include "../session/run_all.h"
#include "../text/utf8.h"

namespace pinwheel {
namespace {

constexpr Duration kDropAlertInterval = std::chrono::seconds{1};

void require_utf8(std::string_view what, std::string_view text) {
    if (is_utf8(std::as_bytes(std::span(text.data(), text.size())))) return;
    throw WebSocketError(Error{Errc::invalid_argument, "a channel's " + std::string(what) + " of " +
                                                           std::to_string(text.size()) +
                                                           " bytes is not UTF-8; give it as UTF-8"});
}

}  // namespace

FeedCore::FeedCore(Reactor& reactor, const VenueProfile& profile, FeedOptions options)
    : shared_(reactor, profile, std::move(options)), drop_alerts_(kDropAlertInterval) {
    const WebSocketOptions& session = shared_.options.websocket;
    const auto settings = pinwheel::resolve(session);
    if (!settings) throw WebSocketError(settings.error());
    if (session.overflow == OverflowPolicy::backpressure)
        throw WebSocketError(Error{Errc::invalid_argument,
                                   "overflow is backpressure, but a feed must read acknowledgements while "
                                   "its ring is full; leave it out, or raise queue_size"});
    if (!shared_.options.on_message || session.deliver_to_ring)
        ring_.emplace(settings->queue_size, settings->queue_bytes);
    LegOwner& owner = *this;
    leg_ = std::make_unique<FeedLeg>(shared_, owner, std::uint8_t{0});
}

void FeedCore::stop() noexcept {
    shared_.is_over = true;
    stale_timer_.cancel();
    leg_->stop();
}

// What the user wants

ChannelId FeedCore::subscribe(std::string_view name, std::string_view symbol) {
    require_utf8("name", name);
    require_utf8("symbol", symbol);
    const auto added = shared_.channels.add(name, symbol);
    if (!added) throw WebSocketError(added.error());
    if (*added == rules_.size()) rules_.emplace_back(shared_.channels[*added].kind->sequence);
    leg_->want(*added);
    return *added;
}

void FeedCore::require(ChannelId channel) const {
    if (channel >= rules_.size())
        throw WebSocketError(
            Error{Errc::invalid_argument, "the feed has no channel with the id " + std::to_string(channel)});
}

void FeedCore::unsubscribe(ChannelId channel) {
    require(channel);
    leg_->leave(channel);
}

void FeedCore::resubscribe(ChannelId channel) {
    require(channel);
    resubscribe_live(channel);
    leg_->pump();
}

void FeedCore::resubscribe_live(ChannelId channel) {
    ++shared_.stats.resubscribes;
    rules_[channel].reset();
    leg_->resubscribe(channel);
}

ChannelState FeedCore::state(ChannelId channel) const noexcept {
    return leg_->state(channel);
}

// What the leg brings

void FeedCore::on_leg_up(FeedLeg&) {
    for (auto& rule : rules_) rule.reset();
}

void FeedCore::on_leg_down(FeedLeg& leg, DisconnectReason reason) {
    if (!ring_) return;
    const WebSocketManager& session = leg.session();
    ring_->push_leg(LegState::down, leg.index(), session.generation(), session.close_code(),
                    static_cast<std::uint8_t>(reason), shared_.reactor.now());
}

void FeedCore::on_leg_state(FeedLeg& leg, LegState state) noexcept {
    if (ring_)
        ring_->push_leg(state, leg.index(), leg.session().generation(), 0, 0, shared_.reactor.turn_time());
}

void FeedCore::on_leg_data(FeedLeg& leg, FeedMessage& message, const SequenceNumbers& numbers) {
    stale_.on_data(message.channel, message.received);
    const auto step = rules_[message.channel].next(numbers);
    if (step.verdict == SequenceVerdict::duplicate) {
        ++shared_.stats.duplicates;
        if (shared_.options.drop_duplicates) return;
    }
    if (step.verdict == SequenceVerdict::gap) {
        message.is_after_gap = true;
        report_gap(leg, {.channel = message.channel, .from = step.from, .to = step.to});
        if (shared_.is_over) return;
    }
    deliver(message);
}

void FeedCore::on_leg_control(FeedLeg&, FeedMessage& message) {
    if (shared_.options.deliver_control) deliver(message);
}

void FeedCore::deliver(FeedMessage& message) {
    message.sequence = ++sequence_;
    ++shared_.stats.messages;
    if (ring_ && !ring_->push(message)) {
        ++shared_.stats.dropped;
        if (const auto count = drop_alerts_.count(message.received)) {
            const AlertField fields[] = {{"queue_size", std::to_string(ring_->queue().max_messages())},
                                         {"dropped", std::to_string(*count)}};
            shared_.alert("the feed's ring is full; messages are dropped", fields);
        }
        if (shared_.is_over) return;
    }
    if (shared_.options.on_message) shared_.options.on_message(message);
}

void FeedCore::on_leg_gap(FeedLeg& leg, const SequenceStep& step) {
    report_gap(leg, {.from = step.from, .to = step.to});
}

void FeedCore::report_gap(FeedLeg& leg, const FeedGap& gap) {
    const FeedOptions& options = shared_.options;
    ++shared_.stats.gaps;
    if (ring_) ring_->push_gap(gap, leg.index(), shared_.reactor.turn_time());
    if (options.on_gap) options.on_gap(gap);
    if (shared_.is_over || options.on_hole == GapPolicy::ignore) return;
    if (options.on_hole == GapPolicy::alert) {
        const AlertField fields[] = {{"from", std::to_string(gap.from)}, {"to", std::to_string(gap.to)}};
        return shared_.alert(gap.channel == kNoChannel
                                 ? std::string("messages of the connection are missing")
                                 : "messages are missing: " + shared_.name_of(gap.channel),
                             fields);
    }
    if (gap.channel != kNoChannel) return resubscribe(gap.channel);
    // Which channel lost it cannot be told.
    on_leg_silent(leg);
    leg.pump();
}

void FeedCore::on_leg_silent(FeedLeg& leg) {
    for (ChannelId channel = 0; channel < rules_.size(); ++channel)
        if (leg.state(channel) == ChannelState::live) resubscribe_live(channel);
}

void FeedCore::on_leg_change(FeedLeg& leg, const ChannelChange& change) {
    watch_for_data(change);
    Error error;
    std::string why;
    if (change.state == ChannelState::refused) {
        why = change.code + (change.code.empty() ? "" : " ") + change.message;
        error = {Errc::invalid_argument, why};
    }
    if (ring_)
        ring_->push_channel(change.channel, change.state, leg.index(), why, shared_.reactor.turn_time());
    detail::run_all(
        [&] {
            if (!error) return;
            const AlertField fields[] = {{"code", change.code}, {"message", change.message}};
            shared_.alert("refused: " + shared_.name_of(change.channel), fields);
        },
        [&] {
            if (!shared_.is_over && shared_.options.on_channel)
                shared_.options.on_channel(change.channel, change.state, error);
        });
}

// Channels without data

void FeedCore::watch_for_data(const ChannelChange& change) {
    const Duration limit =
        shared_.options.stale_after.value_or(shared_.channels[change.channel].kind->stale_after);
    if (change.state == ChannelState::live && limit > Duration::zero())
        stale_.watch(change.channel, limit, shared_.reactor.now());
    else
        stale_.forget(change.channel);
    arm_stale_timer();
}

void FeedCore::on_stale_timer(TimePoint now) {
    const FeedShared::Depth depth(shared_);
    const auto channel = stale_.next_stale(now);
    arm_stale_timer();  // one a turn
    if (!channel) return;
    detail::run_all([&] { shared_.alert("no data within the channel's time: " + shared_.name_of(*channel)); },
                    [&] {
                        if (!shared_.is_over && shared_.options.on_stale) shared_.options.on_stale(*channel);
                    });
}

/// Data moves the deadline away; the timer then finds nothing and is set anew.
void FeedCore::arm_stale_timer() {
    if (const auto next = stale_.deadline())
        shared_.reactor.schedule(stale_timer_, *next);
    else
        stale_timer_.cancel();
}

}  // namespace pinwheel
