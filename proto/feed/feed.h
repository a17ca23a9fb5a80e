#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "../session/manager.h"
#include "../venue/profile.h"
#include "feed_options.h"

namespace pinwheel {

class FeedCore;

/// Keeps channels of a venue alive over a session: subscribes at the pace allowed, follows what the venue
/// acknowledges, answers and pings as it demands, restores all after each connect, and checks numbers.
///
/// Threading: the reactor's thread. Only wait_settled() blocks. Allocates: nothing for data messages, but at
/// each connect, subscription and reply.
class Feed {
  public:
    /// Does not connect yet. Throws WebSocketError that names what is wrong with URL, endpoint or options.
    /// The reactor and what the options point to must outlive the feed.
    Feed(Reactor& reactor, const VenueProfile& profile, FeedOptions options = {});
    /// No handler is called any more.
    ~Feed();
    Feed(Feed&&) noexcept = default;
    Feed& operator=(Feed&&) = delete;

    /// Begins to connect, as the manager does; alerts if it is up already.
    void connect();
    /// Closes in order, may connect() again.
    void close();
    /// The session underneath, for its state, statistics and cuts.
    [[nodiscard]] WebSocketManager& session() noexcept;

    /// By a kind's name and a symbol, or by the venue's own text alone. Throws WebSocketError
    /// (invalid_argument). The same channel keeps its id, also after unsubscribe().
    ChannelId subscribe(std::string_view name, std::string_view symbol = {});
    /// Throws WebSocketError (invalid_argument) for an id that subscribe() did not give.
    void unsubscribe(ChannelId channel);
    /// For a new snapshot. Throws as unsubscribe() does.
    void resubscribe(ChannelId channel);

    /// On this connection; gone for an id that subscribe() did not give.
    [[nodiscard]] ChannelState state(ChannelId channel) const noexcept;
    /// Its names. The id must be of subscribe().
    [[nodiscard]] const ChannelEntry& channel(ChannelId channel) const noexcept;
    /// Connected, and every channel is live or refused.
    [[nodiscard]] bool settled() const noexcept;
    /// Waiting: true once settled(), false at the timeout. Throws WebSocketError (invalid_state) in a
    /// handler.
    bool wait_settled(std::optional<Duration> timeout = std::nullopt);
    /// Counts up to now.
    [[nodiscard]] const FeedStats& stats() const noexcept;

  private:
    std::shared_ptr<FeedCore> core_;
};

}  // namespace pinwheel
