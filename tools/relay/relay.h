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

/// Carries a feed's ring to a NATS server, on a thread of its own. The feed's thread is not involved:
/// whatever the server does, the ring is emptied, and what cannot be sent waits within
/// RelayOptions::max_pending or is given up and told on the control subject. Two relays of one venue that
/// publish to one stream give each message the same id, and the stream keeps one.
///
///     Feed feed(reactor, venue, options);
///     Relay relay(feed.queue(), {.url = "nats://127.0.0.1:4222", .venue = "okx-v5", .stream = "OKX"});
///     relay.name(feed.subscribe("books", "BTC-USDT"), {"books", "BTC-USDT"});
///
/// Threading: made, stopped and destroyed on one thread, which may be any; see each call. Allocates: on its
/// own thread, for each message.
class Relay {
  public:
    /// Hears, on the relay's thread, what a person should know: an outage, its end, what was lost. Must not
    /// throw.
    using Alert = std::function<void(std::string_view)>;

    /// Starts at once, also while the server cannot be reached. The relay is the ring's consumer. `queue` and
    /// `link` (null: libnats) must outlive it. Throws std::invalid_argument that names the option that cannot
    /// be used; std::system_error if there is no thread.
    Relay(MessageQueue& queue, RelayOptions options, Alert alert = {}, NatsLink* link = nullptr);
    /// stop(), whose error is an alert.
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// What a channel of the feed is called in subjects and ids. Before its first message. From any thread.
    void name(ChannelId id, const ChannelName& name);

    /// Sends what the ring holds and waits for acknowledgements, at most drain_timeout, and not at all while
    /// there is no connection. The error tells how many messages are lost. The ring may then have another
    /// consumer. A second call does nothing.
    Error stop();

    /// From any thread.
    [[nodiscard]] RelayStats stats() const;

  private:
    struct Thread;
    std::unique_ptr<Thread> thread_;
};

}  // namespace pinwheel
