#include "feed_core.h"

#include <array>
#include <chrono>
#include <string>
#include <tuple>
#include <utility>

#include "../../core/bounded_text_impl.h"
#include "../../core/random.h"
#include "../session/run_all.h"
#include "../text/utf8.h"

namespace pinwheel {
namespace {

constexpr std::size_t kHeld = 1024;
constexpr std::size_t kHeldBytes = std::size_t{1} << 20;
constexpr Duration kDropAlertInterval = std::chrono::seconds{1};

void require_utf8(std::string_view what, std::string_view text) {
    if (is_utf8(std::as_bytes(std::span(text.data(), text.size())))) return;
    throw WebSocketError(Error{Errc::invalid_argument, "a channel's " + std::string(what) + " of " +
                                                           std::to_string(text.size()) +
                                                           " bytes is not UTF-8; give it as UTF-8"});
}

std::size_t legs_of(const FeedOptions& options) {
    if (options.legs >= 1 && options.legs < Rotation::kMaxSlots) return options.legs;
    throw WebSocketError(
        Error{Errc::invalid_argument, "a feed has 1 to 4 legs, not " + std::to_string(options.legs)});
}

}  // namespace

FeedCore::FeedCore(Reactor& reactor, const VenueProfile& profile, FeedOptions options)
    : shared_(reactor, profile, std::move(options)),
      drop_alerts_(kDropAlertInterval),
      arbiter_({.legs = legs_of(shared_.options) + 1,
                .hold_messages = shared_.options.hold_messages,
                .min_hold = shared_.options.min_hold,
                .max_hold = shared_.options.max_hold,
                .held_of_all = shared_.options.legs > 1 ? kHeld : kHeld / 8,
                .held_bytes = kHeldBytes * shared_.options.legs / Rotation::kMaxSlots}),
      rotation_({.legs = legs_of(shared_.options),
                 .lifetime = shared_.options.leg_rings ? Duration{} : shared_.data.lifetime,
                 .timeout = shared_.options.rotation_timeout,
                 .seed = shared_.options.rotation_seed ? *shared_.options.rotation_seed
                                                       : SecureRandom().next_u32()}) {
    const WebSocketOptions& session = shared_.options.websocket;
    const auto settings = pinwheel::resolve(session);
    if (!settings) throw WebSocketError(settings.error());
    if (session.overflow == OverflowPolicy::backpressure)
        throw WebSocketError(Error{Errc::invalid_argument,
                                   "overflow is backpressure, but a feed must read acknowledgements while "
                                   "its ring is full; leave it out, or raise queue_size"});
    if (!shared_.options.on_message || session.deliver_to_ring)
        ring_.emplace(settings->queue_size, settings->queue_bytes);
    for (std::size_t slot = 0; slot < shared_.options.legs; ++slot) std::ignore = leg_in(slot, slot);
}

void FeedCore::stop() noexcept {
    shared_.is_over = true;
    stale_timer_.cancel();
    hold_timer_.cancel();
    rotation_timer_.cancel();
    for (const auto& leg : legs_)
        if (leg) leg->stop();
}

// The user's calls

ChannelId FeedCore::subscribe(std::string_view name, std::string_view symbol) {
    require_utf8("name", name);
    require_utf8("symbol", symbol);
    const auto added = shared_.channels.add(name, symbol);
    if (!added) throw WebSocketError(added.error());
    if (*added == told_.size()) {
        told_.push_back(ChannelState::gone);
        resubscribes_.push_back(0);
        const auto& kind = *shared_.channels[*added].kind;
        arbiter_.add({.sequence = kind.sequence,
                      .is_identical = kind.identical.value_or(false),
                      .is_independent = kind.independent,
                      .has_snapshots = !kind.snapshot.empty(),
                      .match_content = shared_.options.match_content});
    }
    for (const auto& leg : legs_)
        if (leg) leg->want(*added);
    return *added;
}

void FeedCore::require(ChannelId channel) const {
    if (channel >= told_.size())
        throw WebSocketError(
            Error{Errc::invalid_argument, "the feed has no channel with the id " + std::to_string(channel)});
}

void FeedCore::unsubscribe(ChannelId channel) {
    require(channel);
    for (const auto& leg : legs_)
        if (leg) leg->leave(channel);
}

void FeedCore::resubscribe(ChannelId channel) {
    require(channel);
    FeedLeg& leg = primary();
    resubscribe_live(leg, channel);
    leg.pump();
}

void FeedCore::resubscribe_live(FeedLeg& leg, ChannelId channel) {
    ++shared_.stats.resubscribes;
    ++resubscribes_[channel];
    arbiter_.leave(leg.index(), channel, shared_.reactor.now());
    if (!shared_.channels[channel].kind->snapshot.empty()) arbiter_.want_snapshot(channel);
    leg.resubscribe(channel);
    arm_hold_timer();
}

// Events of the legs

void FeedCore::on_leg_data(FeedLeg& leg, FeedMessage& message, const SequenceNumbers& numbers) {
    stale_.on_data(message.channel, message.received);
    const std::size_t slot = leg.index();
    // The rest of a session that a new one has replaced.
    if (!rotation_.is_active(slot) && rotation_.fresh() != slot) return;
    const std::uint64_t duplicates = arbiter_.leg(slot).duplicates;
    const std::uint64_t holes = arbiter_.leg(slot).holes;
    arbiter_.offer(slot, message, numbers, message.received, arbitrated_);
    if (is_shared() && arbiter_.leg(slot).holes != holes)
        tap_gap(leg, {message.channel, arbiter_.leg(slot).hole_from, arbiter_.leg(slot).hole_to},
                message.sequence);
    if (shared_.is_over) return;
    arm_hold_timer();
    if (is_shared() || arbiter_.leg(slot).duplicates == duplicates) return;
    ++shared_.stats.duplicates;
    if (!shared_.options.drop_duplicates) deliver(message);
}

void FeedCore::on_arbitrated(const ArbiterDelivery& delivery) {
    if (shared_.is_over) return;
    FeedMessage message = delivery.message;
    message.is_overlap = delivery.is_overlap;
    message.is_late = delivery.is_late;
    if (delivery.gap && (delivery.gap->is_certain || is_shared())) {
        message.is_after_gap = true;
        const FeedGap gap{.channel = message.channel,
                          .from = delivery.gap->from,
                          .to = delivery.gap->to,
                          .is_doubtful = !delivery.gap->is_certain};
        if (!is_shared() || delivery.is_first) tap_gap(*legs_[delivery.leg], gap, delivery.message.sequence);
        report_gap(*legs_[delivery.leg], gap, !delivery.is_first);
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
    const FeedGap gap{.from = step.from, .to = step.to};
    tap_gap(leg, gap, leg.sequence());
    report_gap(leg, gap, true);
}

void FeedCore::report_gap(FeedLeg& leg, const FeedGap& gap, bool may_resubscribe) {
    const FeedOptions& options = shared_.options;
    ++shared_.stats.gaps;
    if (ring_) ring_->push_gap(gap, leg.index(), shared_.reactor.turn_time());
    if (options.on_gap) options.on_gap(gap);
    if (shared_.is_over || options.on_hole == GapPolicy::ignore) return;
    if (options.on_hole == GapPolicy::alert) {
        if (gap.is_doubtful) return;
        const AlertField fields[] = {{"from", std::to_string(gap.from)}, {"to", std::to_string(gap.to)}};
        return shared_.alert(gap.channel == kNoChannel
                                 ? std::string("messages of the connection are missing")
                                 : "messages are missing: " + shared_.name_of(gap.channel),
                             fields);
    }
    // A leg's first message shows the messages missed before the subscription.
    if (!may_resubscribe) return;
    if (gap.channel != kNoChannel) {
        resubscribe_live(leg, gap.channel);
        return leg.pump();
    }
    // The channel that lost it is unknown.
    on_leg_silent_still(leg);
    leg.pump();
}

void FeedCore::on_leg_silent_still(FeedLeg& leg) {
    for (ChannelId channel = 0; channel < told_.size(); ++channel)
        if (leg.state(channel) == ChannelState::live) resubscribe_live(leg, channel);
}

void FeedCore::on_leg_change(FeedLeg& leg, const ChannelChange& change) {
    const std::size_t slot = leg.index();
    if (change.state == ChannelState::live) {
        if (!arbiter_.is_live(slot, change.channel)) arbiter_.join(slot, change.channel);
    } else if (change.state == ChannelState::refused || change.state == ChannelState::gone) {
        arbiter_.leave(slot, change.channel, shared_.reactor.now());
        arm_hold_timer();
    }
    const ChannelState state = merged(leg, change);
    if (is_shared() && told_[change.channel] == state) return;
    told_[change.channel] = state;
    watch_for_data(change.channel, state);
    Error error;
    std::string why;
    if (state == ChannelState::refused) {
        ++shared_.stats.refused;
        why = detail::bounded_text(change.code + (change.code.empty() ? "" : " ") + change.message);
        error = {Errc::invalid_argument, why};
    }
    if (ring_) ring_->push_channel(change.channel, state, leg.index(), why, shared_.reactor.turn_time());
    detail::run_all(
        [&] {
            if (!error.failed()) return;
            const AlertField fields[] = {{"code", change.code}, {"message", change.message}};
            shared_.alert("refused: " + shared_.name_of(change.channel), fields);
        },
        [&] {
            if (!shared_.is_over && shared_.options.on_channel)
                shared_.options.on_channel(change.channel, state, error);
        });
}

// Stale channels

void FeedCore::watch_for_data(ChannelId channel, ChannelState state) {
    const Duration limit = shared_.options.stale_after.value_or(shared_.channels[channel].kind->stale_after);
    if (state == ChannelState::live && limit > Duration::zero())
        stale_.watch(channel, limit, shared_.reactor.now());
    else
        stale_.forget(channel);
    arm_stale_timer();
}

void FeedCore::on_stale_timer(TimePoint now) {
    const FeedShared::Depth depth(shared_);
    const auto channel = stale_.next_stale(now);
    arm_stale_timer();  // once a turn
    if (!channel) return;
    ++shared_.stats.stale;
    detail::run_all([&] { shared_.alert("no data within the channel's time: " + shared_.name_of(*channel)); },
                    [&] {
                        if (!shared_.is_over && shared_.options.on_stale) shared_.options.on_stale(*channel);
                    });
}

/// Data moves the deadline. The timer then finds no stale channel and is armed again.
void FeedCore::arm_stale_timer() {
    if (const auto next = stale_.deadline())
        shared_.reactor.schedule(stale_timer_, *next);
    else
        stale_timer_.cancel();
}

}  // namespace pinwheel
