// The set of a feed's legs, and how a new leg takes over.
#include <algorithm>
#include <array>
#include <chrono>

#include "../session/run_all.h"
#include "feed_core.h"

namespace pinwheel {
namespace {

constexpr Duration kMovedInterval = std::chrono::milliseconds{20};

/// The time in which a session is left after a notice without a time.
constexpr Duration kUnknownLead = std::chrono::seconds{3};

/// Higher is further. A channel that one leg is refused is settled, although another still asks for it.
int rank(ChannelState state) noexcept {
    constexpr std::array kByState{2, 3, 4, 6,  // wanted, queued, requested, live
                                  5, 1, 0};    // refused, leaving, gone
    return kByState[static_cast<std::size_t>(state)];
}

}  // namespace

FeedLeg& FeedCore::primary() const noexcept {
    std::optional<std::size_t> first;
    for (std::size_t slot = 0; slot < rotation_.slots(); ++slot) {
        if (!legs_[slot] || !rotation_.is_active(slot)) continue;
        if (legs_[slot]->session().is_connected()) return *legs_[slot];
        if (!first) first = slot;
    }
    return *legs_[first.value_or(0)];
}

FeedLeg& FeedCore::leg_in(std::size_t slot, std::size_t place) {
    auto& leg = legs_[slot];
    if (leg) {
        if (leg->place() != place) leg->move_to(place);
        return *leg;
    }
    LegOwner& owner = *this;
    leg = std::make_unique<FeedLeg>(shared_, owner, static_cast<std::uint8_t>(slot), place);
    const FeedLeg* const other = slot == 0 ? nullptr : legs_[0].get();
    for (ChannelId channel = 0; other != nullptr && channel < told_.size(); ++channel) {
        const ChannelState state = other->state(channel);
        if (state != ChannelState::gone && state != ChannelState::leaving) leg->want(channel);
    }
    return *leg;
}

bool FeedCore::is_dead() const {
    return std::all_of(legs_.begin(), legs_.end(),
                       [](const auto& leg) { return !leg || leg->session().is_dead(); });
}

void FeedCore::connect() {
    for (std::size_t slot = 0; slot < rotation_.slots() && !is_over(); ++slot)
        if (rotation_.is_active(slot)) legs_[slot]->session().connect();
}

void FeedCore::close() {
    rotation_.stop();
    while (rotation_.due(shared_.reactor.now()).act != Rotation::Act::none) {
    }
    arbiter_.prefer(std::nullopt);
    rotation_timer_.cancel();
    for (const auto& leg : legs_)
        if (leg && !is_over()) leg->session().close();
}

void FeedCore::rotate() {
    if (shared_.options.leg_rings) {  // a recorder reads these sessions' rings
        for (const auto& leg : legs_)
            if (leg && !is_over() && leg->session().is_connected())
                leg->session().schedule_reconnect(Duration{});
        return;
    }
    rotation_.ask_all(shared_.reactor.now());
    arm_rotation_timer();
}

ChannelState FeedCore::state(ChannelId channel) const noexcept {
    ChannelState best = ChannelState::gone;
    for (const auto& leg : legs_)
        if (leg && rank(leg->state(channel)) > rank(best)) best = leg->state(channel);
    return best;
}

ChannelState FeedCore::merged(const FeedLeg& leg, const ChannelChange& change) const noexcept {
    ChannelState best = change.state;
    for (const auto& other : legs_) {
        if (!other || other.get() == &leg || !other->session().is_connected()) continue;
        const ChannelState state = other->state(change.channel);
        if (rank(state) > rank(best)) best = state;
    }
    return best;
}

bool FeedCore::settled() const noexcept {
    return std::any_of(legs_.begin(), legs_.end(), [](const auto& leg) { return leg && leg->settled(); });
}

FeedLegStats FeedCore::leg_stats(std::size_t leg) const noexcept {
    if (leg >= rotation_.slots()) return {};
    const ArbiterLegStats& stats = arbiter_.leg(leg);
    return {.state = legs_[leg] ? legs_[leg]->leg_state() : LegState::down,
            .firsts = stats.firsts,
            .duplicates = stats.duplicates,
            .holes = stats.holes,
            .filled = stats.filled,
            .lead_p50 = stats.lead.value_at(50),
            .lead_p99 = stats.lead.value_at(99)};
}

const Histogram& FeedCore::leg_lead(std::size_t leg) const noexcept {
    static const Histogram kNone;
    return leg < slots() ? arbiter_.leg(leg).lead : kNone;
}

std::size_t FeedCore::legs_up() const noexcept {
    return static_cast<std::size_t>(std::count_if(
        legs_.begin(), legs_.end(), [](const auto& leg) { return leg && leg->leg_state() == LegState::up; }));
}

FeedChannelStats FeedCore::channel_stats(ChannelId channel) const {
    require(channel);
    const ArbiterChannelStats& stats = arbiter_.channel(channel);
    const bool has_begun = stats.last_time != TimePoint{};
    const Duration age = shared_.reactor.now() - stats.last_time;
    return {.last = stats.last,
            .gaps = stats.gaps,
            .resubscribes = resubscribes_[channel],
            .last_time = has_begun ? shared_.reactor.system_now() - age : SystemTime{}};
}

// Events of the legs

/// Another leg's data says that the venue speaks: this leg alone is silent. Else it is told once all are.
void FeedCore::on_leg_silent(FeedLeg& leg) {
    const TimePoint now = shared_.reactor.now();
    bool another_has_data = false;
    bool all_are_silent = true;
    for (const auto& other : legs_) {
        if (!other || other.get() == &leg || !other->session().is_connected()) continue;
        another_has_data = another_has_data || other->has_data(now);
        all_are_silent = all_are_silent && other->is_silent();
    }
    if (another_has_data) return leg.alert("no data within the silence limit, while another leg has data");
    if (all_are_silent) shared_.alert("no data within the silence limit");
}

void FeedCore::on_leg_up(FeedLeg& leg) {
    tap_state(leg, LegState::up);
    rotation_.on_up(leg.index(), shared_.reactor.now());
    arm_rotation_timer();
}

void FeedCore::on_leg_down(FeedLeg& leg, DisconnectReason reason) {
    const TimePoint now = shared_.reactor.now();
    tap_state(leg, LegState::down);
    arbiter_.leave_all(leg.index(), now);
    rotation_.on_down(leg.index(), now);
    arm_hold_timer();
    arm_rotation_timer();
    if (!ring_) return;
    const WebSocketManager& session = leg.session();
    ring_->push_leg(LegState::down, leg.index(), session.generation(), session.close_code(),
                    static_cast<std::uint8_t>(reason), now);
}

void FeedCore::on_leg_state(FeedLeg& leg, LegState state) noexcept {
    if (state != LegState::up) tap_state(leg, state);  // on_leg_up() has the new generation
    if (ring_)
        ring_->push_leg(state, leg.index(), leg.session().generation(), 0, 0, shared_.reactor.turn_time());
}

void FeedCore::on_leg_drain(FeedLeg& leg, Duration lead) {
    ++shared_.stats.drains;
    if (shared_.options.leg_rings) {  // a recorder reads this session's ring
        leg.session().schedule_reconnect(Duration{});
        return shared_.alert("the venue will cut soon; reconnecting");
    }
    const TimePoint now = shared_.reactor.now();
    rotation_.ask(leg.index(), RotationReason::notice, now,
                  now + (lead > Duration::zero() ? lead / 2 : kUnknownLead));
    arm_rotation_timer();
    shared_.alert("the venue will cut soon; a new session takes over");
}

// For a recorder. With several legs: each leg's own holes. With one leg: the feed's gaps.

void FeedCore::tap_gap(const FeedLeg& leg, const FeedGap& gap, std::uint64_t sequence) const noexcept {
    if (shared_.tap != nullptr)
        shared_.tap->on_leg_gap(leg.index(), gap, leg.session().generation(), sequence);
}

void FeedCore::tap_state(const FeedLeg& leg, LegState state) const noexcept {
    if (shared_.tap != nullptr)
        shared_.tap->on_leg_state(leg.index(), state, leg.session().generation(), leg.sequence());
}

// Held messages

void FeedCore::on_hold_timer(TimePoint now) {
    const FeedShared::Depth depth(shared_);
    detail::run_all([&] { arbiter_.on_time(now, arbitrated_); },
                    [&] {
                        if (!is_over()) arm_hold_timer();
                    });
}

void FeedCore::arm_hold_timer() {
    if (const auto deadline = arbiter_.deadline())
        shared_.reactor.schedule(hold_timer_, std::max(*deadline, shared_.reactor.now()));
}

// Rotation

void FeedCore::on_rotation_timer(TimePoint now) {
    const FeedShared::Depth depth(shared_);
    if (rotation_.fresh() && has_moved()) rotation_.on_moved();
    const auto step = rotation_.due(now);
    detail::run_all([&] { act(step, now); },
                    [&] {
                        if (!is_over()) arm_rotation_timer();
                    });
}

void FeedCore::arm_rotation_timer() {
    const TimePoint now = shared_.reactor.now();
    auto next = rotation_.deadline();
    if (rotation_.fresh() && legs_[*rotation_.fresh()] && legs_[*rotation_.fresh()]->session().is_connected())
        next = std::min(next.value_or(TimePoint::max()), now + kMovedInterval);
    if (next)
        shared_.reactor.schedule(rotation_timer_, std::max(*next, now));
    else
        rotation_timer_.cancel();
}

void FeedCore::act(const Rotation::Step& step, TimePoint now) {
    switch (step.act) {
        case Rotation::Act::none:
            return;
        case Rotation::Act::open:
            first_unmoved_ = 0;
            arbiter_.prefer(step.fresh);
            return leg_in(step.fresh, legs_[step.old]->place()).session().connect();
        case Rotation::Act::close:
            ++shared_.stats.rotations;
            arbiter_.leave_all(step.old, now);
            arbiter_.prefer(std::nullopt);
            arm_hold_timer();
            return legs_[step.old]->session().close();
        case Rotation::Act::abandon:
            arbiter_.leave_all(step.fresh, now);
            arbiter_.prefer(std::nullopt);
            arm_hold_timer();
            legs_[step.fresh]->session().close();
            return shared_.alert("the session that was to take over did not; the old one stays");
    }
}

/// A channel that has moved stays moved, and is not checked again.
bool FeedCore::has_moved() {
    const std::size_t fresh = *rotation_.fresh();
    if (!legs_[fresh]->settled()) return false;
    const FeedLeg& old = *legs_[*rotation_.old()];
    for (; first_unmoved_ < told_.size(); ++first_unmoved_) {
        const ChannelId channel = first_unmoved_;
        const bool matters =
            old.state(channel) == ChannelState::live && legs_[fresh]->state(channel) == ChannelState::live;
        if (matters && !arbiter_.keeps_up(fresh, channel)) return false;
    }
    return true;
}

}  // namespace pinwheel
