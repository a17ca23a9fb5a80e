#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "../policy/alert_throttle.h"
#include "feed_leg.h"
#include "feed_ring.h"

namespace pinwheel {

/// A feed's work: its legs bring data, it checks the numbers and hands on. Threading: the reactor's thread.
/// Allocates: nothing for data on a live channel.
class FeedCore final : private LegOwner {
  public:
    FeedCore(Reactor& reactor, const VenueProfile& profile, FeedOptions options);

    void stop() noexcept;
    [[nodiscard]] bool is_over() const noexcept { return shared_.is_over; }
    [[nodiscard]] Reactor& reactor() noexcept { return shared_.reactor; }
    [[nodiscard]] WebSocketManager& session() noexcept { return leg_->session(); }
    [[nodiscard]] const FeedOptions& options() const noexcept { return shared_.options; }
    [[nodiscard]] bool in_handler() const noexcept { return shared_.depth != 0 || shared_.reactor.in_turn(); }

    ChannelId subscribe(std::string_view name, std::string_view symbol);
    void unsubscribe(ChannelId channel);
    void resubscribe(ChannelId channel);
    [[nodiscard]] ChannelState state(ChannelId channel) const noexcept;
    [[nodiscard]] LegState leg_state() const noexcept { return leg_->leg_state(); }
    [[nodiscard]] const ChannelName& channel(ChannelId channel) const noexcept {
        return shared_.channels[channel];
    }
    [[nodiscard]] bool settled() const noexcept { return leg_->settled(); }
    [[nodiscard]] const FeedStats& stats() const noexcept { return shared_.stats; }
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
    void on_leg_silent(FeedLeg& leg) override;

    void require(ChannelId channel) const;
    void deliver(FeedMessage& message);
    void report_gap(FeedLeg& leg, const FeedGap& gap);
    void resubscribe_live(ChannelId channel);
    void watch_for_data(const ChannelChange& change);
    void on_stale_timer(TimePoint now);
    void arm_stale_timer();

    FeedShared shared_;
    std::optional<FeedRing> ring_;
    AlertThrottle drop_alerts_;
    std::vector<SequenceRule> rules_;  // by channel
    StaleChannels stale_;
    std::uint64_t sequence_ = 0;  // of the last message that was handed on
    Timer stale_timer_{Timer::Callback::member<&FeedCore::on_stale_timer>(*this)};
    std::unique_ptr<FeedLeg> leg_;
};

}  // namespace pinwheel
