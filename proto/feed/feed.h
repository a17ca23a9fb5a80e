#pragma once

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>

#include "../session/manager.h"
#include "../venue/profile.h"
#include "feed_options.h"

namespace pinwheel {

class FeedCore;
class FeedStream;

/// Keeps channels of a venue alive over one or more sessions: subscribes at the pace allowed, follows what
/// the venue acknowledges, answers and pings as it demands, restores all after each connect, and checks
/// numbers.
///
/// Threading: the reactor's thread, but for the consumer's end of queue(). Only the calls that are called
/// waiting block: they turn the reactor, and throw WebSocketError (invalid_state) in a handler. Allocates:
/// nothing for data messages, but at each connect, subscription and reply.
class Feed {
  public:
    /// Does not connect yet. Throws WebSocketError that names what is wrong with URL, endpoint or options.
    /// The reactor and what the options point to must outlive the feed.
    Feed(Reactor& reactor, const VenueProfile& profile, FeedOptions options = {});
    /// No handler is called any more.
    ~Feed();
    /// A moved-from feed may only be destroyed.
    Feed(Feed&&) noexcept = default;
    Feed& operator=(Feed&&) = delete;

    /// Begins to connect, as the manager does; alerts if it is up already.
    void connect();
    /// Closes in order, may connect() again.
    void close();
    /// Replaces each session by a new one, one after the other, without losing a message. Does nothing for
    /// legs that are not up.
    void rotate();
    /// A session underneath that is up, or the first one, for its state, statistics and cuts.
    [[nodiscard]] WebSocketManager& session() noexcept;
    /// The session in short; `held` while an attempt waits for the venue's limit of connects, for as long as
    /// session().held_until() says.
    [[nodiscard]] LegState leg_state() const noexcept;

    /// By a kind's name and a symbol, or by the venue's own text alone. Throws WebSocketError
    /// (invalid_argument) for one that the profile cannot subscribe, or that is not UTF-8. The same channel
    /// keeps its id, also after unsubscribe().
    ChannelId subscribe(std::string_view name, std::string_view symbol = {});
    /// Throws WebSocketError (invalid_argument) for an id that subscribe() did not give.
    void unsubscribe(ChannelId channel);
    /// For a new snapshot. Throws as unsubscribe() does.
    void resubscribe(ChannelId channel);

    /// On this connection; gone for an id that subscribe() did not give.
    [[nodiscard]] ChannelState state(ChannelId channel) const noexcept;
    /// As it was asked for. The id must be of subscribe().
    [[nodiscard]] const ChannelName& channel(ChannelId channel) const noexcept;
    /// Connected, and every channel is live or refused.
    [[nodiscard]] bool settled() const noexcept;
    /// Waiting: true once settled(); false at the timeout, and when no connection is coming.
    bool wait_settled(std::optional<Duration> timeout = std::nullopt);
    /// Counts up to now.
    [[nodiscard]] const FeedStats& stats() const noexcept;
    /// Of one session, by its number in FeedMessage::leg; there is one more than FeedOptions::legs, for
    /// rotations.
    [[nodiscard]] FeedLegStats leg_stats(std::size_t leg) const noexcept;

    // Receiving. The ring is there unless an on_message without deliver_to_ring takes its place.

    /// Waiting: the next message out of the ring, there until the next call. Throws WebSocketTimeoutError;
    /// when nothing is queued and no connection is coming what WebSocketManager::receive() throws;
    /// WebSocketQueueFullError where messages were dropped, if throw_on_dropped is set; WebSocketError
    /// (invalid_state) without ring.
    [[nodiscard]] FeedMessage receive(std::optional<Duration> timeout = std::nullopt);
    /// Not waiting, and so for handlers, too: the message that is there now; nothing if there is none yet.
    /// Throws what receive() throws.
    [[nodiscard]] std::optional<FeedMessage> try_receive();
    /// A range over messages, carried across reconnects. Its increment is waiting: it ends where
    /// WebSocketManager::stream() ends, and throws what that throws.
    [[nodiscard]] FeedStream stream();
    /// The ring with all its records, whose consumer's end may be used on one other thread in place of
    /// receive() and stream(). FeedMessage::from() and FeedHead::of() read them. Throws WebSocketError
    /// (invalid_state) if there is none.
    [[nodiscard]] MessageQueue& queue();

  private:
    std::shared_ptr<FeedCore> core_;
};

/// The messages of a feed as an input range: `for (const FeedMessage& message : feed.stream())`. A message is
/// there until the next increment. Threading: the reactor's thread, outside of handlers. Copies share one
/// position.
class FeedStream {
  public:
    /// An input iterator, of C++20.
    class Iterator {
      public:
        /// As ranges want it.
        using value_type = FeedMessage;
        /// As ranges want it.
        using difference_type = std::ptrdiff_t;
        /// As ranges want it.
        using iterator_concept = std::input_iterator_tag;

        /// For begin().
        explicit Iterator(FeedStream& stream) noexcept : stream_(&stream) {}
        /// The message, there until the next increment.
        [[nodiscard]] const FeedMessage& operator*() const noexcept { return *stream_->current_; }
        /// Its member.
        [[nodiscard]] const FeedMessage* operator->() const noexcept { return &*stream_->current_; }
        /// Waits for the next message. Throws what Feed::receive() throws.
        Iterator& operator++() {
            stream_->next();
            return *this;
        }
        /// The same.
        void operator++(int) { ++*this; }
        /// True at the end.
        [[nodiscard]] bool operator==(std::default_sentinel_t) const noexcept { return !stream_->current_; }

      private:
        FeedStream* stream_;
    };

    /// For Feed::stream().
    explicit FeedStream(std::shared_ptr<FeedCore> core) noexcept;
    /// Waits for the first message.
    [[nodiscard]] Iterator begin() {
        next();
        return Iterator(*this);
    }
    /// What the iterator is compared with.
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  private:
    void next();

    std::shared_ptr<FeedCore> core_;
    std::optional<FeedMessage> current_;
};

}  // namespace pinwheel
