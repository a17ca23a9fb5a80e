#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "../../core/histogram.h"
#include "../../core/input_range.h"
#include "../session/manager.h"
#include "../venue/profile.h"
#include "feed_options.h"

namespace pinwheel {

class FeedCore;
class FeedStream;

/// Keeps channels of a venue alive over one or more sessions: subscribes at the allowed pace, follows the
/// venue's acknowledgements, answers and pings as the venue demands, restores all channels after each
/// connect, and checks sequence numbers.
///
/// Threading: the reactor's thread, except the consumer's end of queue(). Only calls marked "Waiting" block:
/// they turn the reactor, and throw WebSocketError (invalid_state) in a handler. Allocates: nothing for data
/// messages; at each connect, subscription and reply.
class Feed {
  public:
    /// Does not connect yet. Throws WebSocketError that names the fault of the URL, the endpoint or the
    /// options. The reactor and the objects that the options point to must outlive the feed.
    Feed(Reactor& reactor, const VenueProfile& profile, FeedOptions options = {});
    /// No handler is called from here on.
    ~Feed();
    /// A moved-from feed may only be destroyed.
    Feed(Feed&&) noexcept = default;
    Feed& operator=(Feed&&) = delete;

    /// Begins to connect, like the manager. Alerts if a connection is up already.
    void connect();
    /// Closes in order. connect() may follow.
    void close();
    /// Replaces each session by a new one, one after the other, without losing a message. With
    /// FeedOptions::leg_rings each session reconnects instead. Legs that are not up are skipped.
    void rotate();
    /// A session that is up, or the first one if none is: for its state, statistics and ends.
    [[nodiscard]] WebSocketManager& session() noexcept;
    /// The state of that session. `held` while an attempt waits for the venue's limit of connects;
    /// session().held_until() has the end of the wait.
    [[nodiscard]] LegState leg_state() const noexcept;

    /// By a kind's name and a symbol, or by the venue's own text alone. Throws WebSocketError
    /// (invalid_argument) for a channel that the profile cannot subscribe, or that is not UTF-8. A channel
    /// keeps its id, also after unsubscribe().
    ChannelId subscribe(std::string_view name, std::string_view symbol = {});
    /// Throws WebSocketError (invalid_argument) for an id that did not come from subscribe().
    void unsubscribe(ChannelId channel);
    /// Requests a new snapshot. Throws like unsubscribe().
    void resubscribe(ChannelId channel);

    /// On the current connection; gone for an id that did not come from subscribe().
    [[nodiscard]] ChannelState state(ChannelId channel) const noexcept;
    /// The channel as requested. The id must come from subscribe().
    [[nodiscard]] const ChannelName& channel(ChannelId channel) const noexcept;
    /// True if connected and every channel is live or refused.
    [[nodiscard]] bool settled() const noexcept;
    /// Waiting: true once settled(). False at the timeout, and if no connection is coming.
    bool wait_settled(std::optional<Duration> timeout = std::nullopt);
    /// The current counts.
    [[nodiscard]] const FeedStats& stats() const noexcept;
    /// Of one session, by its number in FeedMessage::leg. There is one more than FeedOptions::legs, for
    /// rotations.
    [[nodiscard]] FeedLegStats leg_stats(std::size_t leg) const noexcept;
    /// By how much the session was before another one, in ns, of samples.
    [[nodiscard]] const Histogram& leg_lead(std::size_t leg) const noexcept;
    /// One more than FeedOptions::legs: the numbers that leg_stats() takes.
    [[nodiscard]] std::size_t leg_slots() const noexcept;
    /// The leg's session, for its statistics; null if there was none yet. With several FeedOptions::urls the
    /// next rotation may destroy it.
    [[nodiscard]] WebSocketManager* leg_session(std::size_t leg) noexcept;
    /// How many sessions are up now.
    [[nodiscard]] std::size_t legs_up() const noexcept;
    /// How many channels subscribe() has given ids to.
    [[nodiscard]] std::size_t channels() const noexcept;
    /// Of one channel. Throws as unsubscribe() does.
    [[nodiscard]] FeedChannelStats channel_stats(ChannelId channel) const;

    // Receiving. There is a ring unless on_message is set without deliver_to_ring.

    /// Waiting: the next message of the ring, valid until the next call. Throws WebSocketTimeoutError at the
    /// timeout. If the ring is empty and no connection is coming, throws like WebSocketManager::receive().
    /// Throws WebSocketQueueFullError where messages were dropped, if throw_on_dropped is set, and
    /// WebSocketError (invalid_state) without a ring.
    [[nodiscard]] FeedMessage receive(std::optional<Duration> timeout = std::nullopt);
    /// Not waiting, so allowed in handlers: the next message of the ring; nothing if the ring is empty.
    /// Throws like receive().
    [[nodiscard]] std::optional<FeedMessage> try_receive();
    /// A range over messages that continues across reconnects. Its increment is waiting. It ends and throws
    /// like WebSocketManager::stream().
    [[nodiscard]] FeedStream stream();
    /// The ring with all its records. One other thread may use its consumer's end, instead of receive() and
    /// stream(). FeedMessage::from() and FeedHead::of() read the records. Throws WebSocketError
    /// (invalid_state) without a ring.
    [[nodiscard]] MessageQueue& queue();

  private:
    friend class FeedRecorder;

    std::shared_ptr<FeedCore> core_;
};

/// The messages of a feed as an input range: `for (const FeedMessage& message : feed.stream())`. A message is
/// valid until the next increment. Threading: the reactor's thread, outside of handlers. Copies share one
/// position.
class FeedStream : public InputRange<FeedStream, FeedMessage> {
  public:
    /// Made by Feed::stream().
    explicit FeedStream(std::shared_ptr<FeedCore> core) noexcept;

  private:
    friend InputRange;
    void next();

    std::shared_ptr<FeedCore> core_;
};

}  // namespace pinwheel
