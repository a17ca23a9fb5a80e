#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "../policy/alert_throttle.h"
#include "arbiter.h"
#include "feed_leg.h"
#include "feed_ring.h"
#include "rotation.h"

namespace pinwheel {

/// The core of a feed: its legs bring data, the arbiter merges it into one stream, rotations replace legs.
/// Threading: the reactor's thread. Invariant: a leg has the same number as its slot in arbiter and rotation.
/// Allocates: nothing for data on a live channel.
class FeedCore final : private LegOwner {
  public:
    FeedCore(Reactor& reactor, const VenueProfile& profile, FeedOptions options);

    void stop() noexcept;
    [[nodiscard]] bool is_over() const noexcept { return shared_.is_over; }
    [[nodiscard]] Reactor& reactor() noexcept { return shared_.reactor; }
    /// The first leg that is up, or leg 0.
    [[nodiscard]] WebSocketManager& session() noexcept { return primary().session(); }
    [[nodiscard]] const FeedOptions& options() const noexcept { return shared_.options; }
    [[nodiscard]] bool in_handler() const noexcept { return shared_.depth != 0 || shared_.reactor.in_turn(); }
    /// No leg is up, and no connection is coming.
    [[nodiscard]] bool is_dead() const;

    void connect();
    void close();
    void rotate();
    ChannelId subscribe(std::string_view name, std::string_view symbol);
    void unsubscribe(ChannelId channel);
    void resubscribe(ChannelId channel);
    [[nodiscard]] ChannelState state(ChannelId channel) const noexcept;
    [[nodiscard]] LegState leg_state() const noexcept { return primary().leg_state(); }
    [[nodiscard]] const ChannelName& channel(ChannelId channel) const noexcept {
        return shared_.channels[channel];
    }
    [[nodiscard]] bool settled() const noexcept;
    [[nodiscard]] const FeedStats& stats() const noexcept { return shared_.stats; }
    [[nodiscard]] FeedLegStats leg_stats(std::size_t leg) const noexcept;
    [[nodiscard]] const Histogram& leg_lead(std::size_t leg) const noexcept;
    [[nodiscard]] std::size_t slots() const noexcept { return rotation_.slots(); }
    [[nodiscard]] std::size_t legs_up() const noexcept;
    [[nodiscard]] std::size_t channels() const noexcept { return told_.size(); }
    [[nodiscard]] FeedChannelStats channel_stats(ChannelId channel) const;
    /// A leg's session; null if there is no such leg now.
    [[nodiscard]] WebSocketManager* leg_session(std::size_t leg) noexcept {
        return leg < legs_.size() && legs_[leg] ? &legs_[leg]->session() : nullptr;
    }
    [[nodiscard]] std::string name_of(ChannelId channel) const { return shared_.name_of(channel); }
    /// Null: none.
    void set_tap(LegTap* tap) noexcept { shared_.tap = tap; }
    [[nodiscard]] bool has_tap() const noexcept { return shared_.tap != nullptr; }
    /// Null: messages go to the handler alone.
    [[nodiscard]] FeedRing* ring() noexcept { return ring_ ? &*ring_ : nullptr; }

  private:
    void on_leg_up(FeedLeg& leg) override;
    void on_leg_down(FeedLeg& leg, DisconnectReason reason) override;
    void on_leg_state(FeedLeg& leg, LegState state) noexcept override;
    void on_leg_data(FeedLeg& leg, FeedMessage& message, const SequenceNumbers& numbers) override;
    void on_leg_control(FeedLeg& leg, FeedMessage& message) override;
    void on_leg_change(FeedLeg& leg, const ChannelChange& change) override;
    void on_leg_gap(FeedLeg& leg, const SequenceStep& step) override;
    void on_leg_drain(FeedLeg& leg, Duration lead) override;
    void on_leg_silent(FeedLeg& leg) override;
    void on_leg_silent_still(FeedLeg& leg) override;

    [[nodiscard]] FeedLeg& primary() const noexcept;
    [[nodiscard]] FeedLeg& leg_in(std::size_t slot, std::size_t place);
    /// True if several legs bring the same channels, or are about to.
    [[nodiscard]] bool is_shared() const noexcept {
        return shared_.options.legs > 1 || rotation_.fresh().has_value();
    }
    void require(ChannelId channel) const;
    void on_arbitrated(const ArbiterDelivery& delivery);
    void deliver(FeedMessage& message);
    void report_gap(FeedLeg& leg, const FeedGap& gap, bool may_resubscribe);
    void tap_gap(const FeedLeg& leg, const FeedGap& gap, std::uint64_t sequence) const noexcept;
    void tap_state(const FeedLeg& leg, LegState state) const noexcept;
    void resubscribe_live(FeedLeg& leg, ChannelId channel);
    [[nodiscard]] ChannelState merged(const FeedLeg& leg, const ChannelChange& change) const noexcept;
    void watch_for_data(ChannelId channel, ChannelState state);
    void on_stale_timer(TimePoint now);
    void arm_stale_timer();
    void on_hold_timer(TimePoint now);
    void arm_hold_timer();
    void on_rotation_timer(TimePoint now);
    void arm_rotation_timer();
    void act(const Rotation::Step& step, TimePoint now);
    [[nodiscard]] bool has_moved();

    FeedShared shared_;
    std::optional<FeedRing> ring_;
    AlertThrottle drop_alerts_;
    Arbiter arbiter_;
    Rotation rotation_;
    std::vector<ChannelState> told_;           // by channel
    std::vector<std::uint64_t> resubscribes_;  // the same
    ChannelId first_unmoved_ = 0;              // in a rotation
    StaleChannels stale_;
    std::uint64_t sequence_ = 0;  // of the last delivered message
    Timer stale_timer_{Timer::Callback::member<&FeedCore::on_stale_timer>(*this)};
    Timer hold_timer_{Timer::Callback::member<&FeedCore::on_hold_timer>(*this)};
    Timer rotation_timer_{Timer::Callback::member<&FeedCore::on_rotation_timer>(*this)};
    Arbiter::Deliver arbitrated_ = Arbiter::Deliver::member<&FeedCore::on_arbitrated>(*this);
    std::array<std::unique_ptr<FeedLeg>, Rotation::kMaxSlots> legs_;  // by slot; the spare one when needed
};

}  // namespace pinwheel
