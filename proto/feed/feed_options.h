#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "../config/websocket_options.h"
#include "../venue/ledger_options.h"
#include "feed_message.h"

namespace pinwheel {

/// What a hole in a channel's numbers brings, beside on_gap and the count.
enum class GapPolicy : std::uint8_t {
    alert,        ///< on_alert
    resubscribe,  ///< the channel is subscribed anew
    ignore,       ///< nothing
};

/// Counts since the feed was made.
struct FeedStats {
    std::uint64_t messages = 0;       ///< that were handed on
    std::uint64_t dropped = 0;        ///< of these, those that the ring had no room for
    std::uint64_t duplicates = 0;     ///< of the venue's numbers
    std::uint64_t gaps = 0;           ///< holes in the venue's numbers
    std::uint64_t unmatched = 0;      ///< messages that the profile does not know, or of nobody's channel
    std::uint64_t resubscribes = 0;   ///< for a new snapshot
    std::uint64_t drains = 0;         ///< notices that the venue will cut soon
    std::uint64_t held_connects = 0;  ///< attempts that waited for the venue's limit of connects
    std::uint64_t rotations = 0;      ///< sessions that a new one has taken over from
};

/// What one session of a feed has done, by its number in FeedMessage::leg.
struct FeedLegStats {
    std::uint64_t firsts = 0;      ///< messages that it was the first to bring
    std::uint64_t duplicates = 0;  ///< messages that had come before
    std::uint64_t holes = 0;       ///< of its own numbers
    std::uint64_t filled = 0;      ///< messages that came while another leg lacked them
    /// Of samples: by how much it was before another leg, in ns, median.
    std::uint64_t lead_p50 = 0;
    std::uint64_t lead_p99 = 0;  ///< the same, 99th percentile
};

/// Options of a Feed; all have defaults. Handlers run on the reactor's thread, and may call everything of the
/// feed that does not wait, and destroy it.
struct FeedOptions {
    /// One of the profile's endpoints; empty: its first. Not looked at if there is a `url`.
    std::string endpoint{};
    /// In place of an endpoint of the profile.
    std::string url{};
    /// The session's. on_message and subscriptions are the feed's own; on_alert hears the feed's alerts, too,
    /// whose channel is "feed". Ping interval and lifetime are the profile's unless they are set here.
    /// queue_size, queue_bytes, deliver_to_ring and throw_on_dropped are for the feed's ring, which always
    /// drops the newest: `overflow` must not be backpressure, since acknowledgements must be read.
    /// Limits of connects, and of messages per host or address, are those of the dialer: feeds that share one
    /// (websocket.dialer) share them.
    WebSocketOptions websocket{};
    /// Makes the login message, at each connect; subscriptions wait until the venue has accepted it. Unix
    /// time in ms.
    std::function<std::string(std::int64_t unix_ms)> login{};

    /// Sessions that bring the same channels at the same time, 1 to 4: each message is handed on once, the
    /// first that comes, as long as one leg lives.
    std::size_t legs = 1;
    /// A message that shows a hole waits for another leg to fill it: so many of a channel at most, and for
    /// twice the 99th percentile of the legs' skew between these times.
    std::size_t hold_messages = 64;
    Duration min_hold = std::chrono::milliseconds{1};    ///< the shortest time
    Duration max_hold = std::chrono::milliseconds{250};  ///< the longest time
    /// On channels without numbers legs are compared by contents, for 1 s. Without it one leg is heard.
    bool match_content = false;
    /// A rotation replaces a session ahead of the end of its age, at a venue's notice, and by rotate(): the
    /// new one comes up beside the old one, within this time, and takes over within this time.
    Duration rotation_timeout = std::chrono::seconds{60};
    /// Staggers the ages of legs and feeds; not set: drawn.
    std::optional<std::uint64_t> rotation_seed{};

    LedgerOptions acknowledgements{};      ///< timeouts and retries of subscriptions
    GapPolicy on_hole = GapPolicy::alert;  ///< after a hole in a channel's numbers
    bool drop_duplicates = true;           ///< a number that came before is not handed on
    bool deliver_control = false;          ///< acknowledgements, pongs, heartbeats and notices, too
    /// The leg's session has a ring of its own with all that came, as it came, for a Recorder:
    /// session().queue(). Its limits are queue_size and queue_bytes. Such a session is not replaced ahead
    /// of its end: notices reconnect it.
    bool leg_rings = false;
    std::optional<Duration> silence_limit{};  ///< 0: off; not set: the profile's
    std::optional<Duration> stale_after{};    ///< 0: off; not set: the profile's, by kind of channel

    /// Without it, or with websocket.deliver_to_ring, messages go to the ring.
    Handler<void(const FeedMessage&)> on_message{};
    /// A channel's step; the error is set if it was refused.
    Handler<void(ChannelId, ChannelState, const Error&)> on_channel{};
    Handler<void(const FeedGap&)> on_gap{};  ///< before the message that showed it
    Handler<void(ChannelId)> on_stale{};     ///< once, until data comes again
};

}  // namespace pinwheel
