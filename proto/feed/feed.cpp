#include "feed.h"

#include <utility>

#include "feed_core.h"

namespace pinwheel {

Feed::Feed(Reactor& reactor, const VenueProfile& profile, FeedOptions options)
    : core_(std::make_shared<FeedCore>(reactor, profile, std::move(options))) {}

Feed::~Feed() {
    if (core_ == nullptr) return;
    core_->stop();
    if (core_->in_handler()) core_->reactor().dispose(std::shared_ptr<void>(core_));
}

// A handler may destroy the feed in the middle of a call, which so holds the core.
void Feed::connect() {
    const auto core = core_;
    core->session().connect();
}
void Feed::close() {
    const auto core = core_;
    core->session().close();
}
WebSocketManager& Feed::session() noexcept {
    return core_->session();
}
ChannelId Feed::subscribe(std::string_view name, std::string_view symbol) {
    const auto core = core_;
    return core->subscribe(name, symbol);
}
void Feed::unsubscribe(ChannelId channel) {
    const auto core = core_;
    core->unsubscribe(channel);
}
void Feed::resubscribe(ChannelId channel) {
    const auto core = core_;
    core->resubscribe(channel);
}
ChannelState Feed::state(ChannelId channel) const noexcept {
    return core_->state(channel);
}
const ChannelEntry& Feed::channel(ChannelId channel) const noexcept {
    return core_->channel(channel);
}
bool Feed::settled() const noexcept {
    return core_->settled();
}
const FeedStats& Feed::stats() const noexcept {
    return core_->stats();
}

bool Feed::wait_settled(std::optional<Duration> timeout) {
    const auto core = core_;
    if (core->in_handler())
        throw WebSocketError(
            Error{Errc::invalid_state, "wait_settled waits, and so cannot be called from a handler"});
    const TimePoint deadline = timeout ? time_after(core->reactor().now(), *timeout) : TimePoint::max();
    return core->reactor().run_until([&] { return core->settled(); }, deadline);
}

}  // namespace pinwheel
