#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../config/websocket_options.h"
#include "../venue/ledger_options.h"
#include "feed_defaults.h"
#include "feed_message.h"

namespace pinwheel {

/// The reaction to a hole in a channel's numbers, beside on_gap and the count.
enum class GapPolicy : std::uint8_t {
    alert,        ///< on_alert
    resubscribe,  ///< subscribes the channel again
    ignore,       ///< nothing
};

/// Counts since the construction of the feed.
struct FeedStats {
    std::uint64_t messages = 0;       ///< delivered
    std::uint64_t dropped = 0;        ///< of these, messages that did not fit the ring
    std::uint64_t duplicates = 0;     ///< of the venue's numbers
    std::uint64_t gaps = 0;           ///< holes in the venue's numbers
    std::uint64_t unmatched = 0;      ///< messages that the profile does not know, or of an unknown channel
    std::uint64_t refused = 0;        ///< channels, each time that one became refused
    std::uint64_t stale = 0;          ///< times that a channel had no data within its time
    std::uint64_t resubscribes = 0;   ///< for a new snapshot
    std::uint64_t drains = 0;         ///< notices that the venue will cut soon
    std::uint64_t held_connects = 0;  ///< attempts that waited for the venue's limit of connects
    std::uint64_t rotations = 0;      ///< sessions that a new one has replaced
};

/// Counts of one session of a feed, by its number in FeedMessage::leg.
struct FeedLegStats {
    LegState state = LegState::down;  ///< of the session
    std::uint64_t firsts = 0;         ///< messages that this leg brought first
    std::uint64_t duplicates = 0;     ///< messages that another leg had brought before
    std::uint64_t holes = 0;          ///< of its own numbers
    std::uint64_t filled = 0;         ///< messages that another leg lacked
    /// Of samples: the lead over the next leg, in ns, median.
    std::uint64_t lead_p50 = 0;
    std::uint64_t lead_p99 = 0;  ///< the same, 99th percentile
};

/// Counts of one channel of a feed.
struct FeedChannelStats {
    /// The highest number that was delivered, of the current epoch.
    std::optional<std::int64_t> last{};
    std::uint64_t gaps = 0;          ///< holes in the channel's numbers
    std::uint64_t resubscribes = 0;  ///< for a new snapshot
    SystemTime last_time{};          ///< arrival of the last message; the epoch: there was none
};

/// Options of a Feed; all have defaults. Handlers run on the reactor's thread. They may call every method of
/// the feed that does not wait, and may destroy the feed.
struct FeedOptions {
    /// One of the profile's endpoints; empty: its first. Ignored if `url` is set.
    std::string endpoint{};
    /// Replaces the profile's endpoint.
    std::string url{};
    /// Replaces `url`: leg n connects to URL n, in a circle. All URLs must speak the profile's protocol. A
    /// leg that a rotation moves to another URL gets a new session, whose generations count from 1.
    std::vector<std::string> urls{};
    /// Options of the sessions. on_message and subscriptions belong to the feed. on_alert also receives the
    /// feed's alerts, on the channel "feed". Ping interval and lifetime are the profile's unless set here.
    /// queue_size, queue_bytes, deliver_to_ring and throw_on_dropped apply to the feed's ring, which always
    /// drops the newest: `overflow` must not be backpressure, because acknowledgements must be read. Limits
    /// of connects, and of messages per host or address, belong to the dialer: feeds with the same
    /// websocket.dialer share them.
    WebSocketOptions websocket{};
    /// Makes the login message, at each connect. Subscriptions wait until the venue has accepted it. Unix
    /// time in ms.
    std::function<std::string(std::int64_t unix_ms)> login{};

    /// Sessions that bring the same channels at the same time, 1 to 4. Each message is delivered once, from
    /// the first leg that brings it, as long as one leg lives. Legs spread over `urls` and over the addresses
    /// of a host; the first leg takes the address that connects fastest.
    std::size_t legs = 1;
    /// A message behind a hole waits for another leg to fill it: at most this many messages of a channel, and
    /// for twice the 99th percentile of the legs' skew between the two times below.
    std::size_t hold_messages = kDefaultHoldMessages;
    Duration min_hold = kDefaultMinHold;  ///< the shortest time
    Duration max_hold = kDefaultMaxHold;  ///< the longest time
    /// Legs are compared by content on channels without numbers, for 1 s. If it is off, one leg is heard.
    bool match_content = false;
    /// A rotation replaces a session before the end of its age, at a venue's notice, and by rotate(). The new
    /// session comes up beside the old one within this time, and takes over within this time.
    Duration rotation_timeout = kDefaultRotationTimeout;
    /// Staggers the ages of legs and feeds; not set: random.
    std::optional<std::uint64_t> rotation_seed{};

    LedgerOptions acknowledgements{};      ///< timeouts and retries of subscriptions
    GapPolicy on_hole = GapPolicy::alert;  ///< after a hole in a channel's numbers
    bool drop_duplicates = true;           ///< drops messages whose number came before
    bool deliver_control = false;          ///< delivers acknowledgements, pongs, heartbeats and notices, too
    /// Gives each leg's session a ring with its received messages, unprocessed, for a FeedRecorder. The
    /// limits are queue_size and queue_bytes. Such a session is not replaced ahead of its end: notices
    /// reconnect it.
    bool leg_rings = false;
    std::optional<Duration> silence_limit{};  ///< 0: off; not set: the profile's
    std::optional<Duration> stale_after{};    ///< 0: off; not set: the profile's, by kind of channel

    /// If it is not set, or with websocket.deliver_to_ring, messages go to the ring.
    Handler<void(const FeedMessage&)> on_message{};
    /// A channel's change of state. The error is set if it was refused.
    Handler<void(ChannelId, ChannelState, const Error&)> on_channel{};
    Handler<void(const FeedGap&)> on_gap{};  ///< before the message that showed the gap
    Handler<void(ChannelId)> on_stale{};     ///< once, until data comes again
};

}  // namespace pinwheel
