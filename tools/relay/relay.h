#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "../../core/error.h"
#include "../../core/message_queue.h"
#include "../../proto/venue/channel.h"
#include "relay_options.h"

namespace pinwheel {

class NatsLink;

/// Carries a feed's ring to a NATS server, on its own thread. The feed's thread is not involved. The ring is
/// emptied in every case: unsent messages wait within RelayOptions::max_pending, or are given up and reported
/// on the control subject. Two relays of one venue that publish to one stream give each message the same id,
/// and the stream keeps one copy.
///
///     Feed feed(reactor, venue, options);
///     Relay relay(feed.queue(), {.url = "nats://127.0.0.1:4222", .venue = "okx-v5", .stream = "OKX"});
///     relay.name(feed.subscribe("books", "BTC-USDT"), {"books", "BTC-USDT"});
///
/// Ages are differences to the steady clock, which the feed's reactor must use.
///
/// Threading: constructed, stopped and destroyed on one thread, which may be any; see each call. Allocates:
/// on its own thread, for each message.
class Relay {
  public:
    /// Called on the relay's thread with conditions that a person should know: an outage, its end, a loss.
    /// Must not throw.
    using Alert = std::function<void(std::string_view)>;

    /// Starts at once, even if the server is unreachable. The relay is the ring's consumer. `queue` and
    /// `link` (null: libnats) must outlive it. Throws std::invalid_argument that names the invalid option,
    /// and std::system_error if no thread can be started.
    Relay(MessageQueue& queue, RelayOptions options, Alert alert = {}, NatsLink* link = nullptr);
    /// Like stop(). Its error becomes an alert.
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// The name of a feed's channel in subjects and ids. Call it before the channel's first message. From any
    /// thread.
    void name(ChannelId id, const ChannelName& name);

    /// Sends the ring's messages and waits for acknowledgements, at most drain_timeout, and not at all
    /// without a connection. The error has the number of lost messages. The ring may then have another
    /// consumer. A second call has no effect.
    Error stop();

    /// From any thread.
    [[nodiscard]] RelayStats stats() const;

  private:
    struct Thread;
    std::unique_ptr<Thread> thread_;
};

}  // namespace pinwheel
