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
    std::uint64_t drains = 0;         ///< reconnects ahead of the venue's own cut
    std::uint64_t held_connects = 0;  ///< attempts that waited for the venue's limit of connects
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

    LedgerOptions acknowledgements{};      ///< timeouts and retries of subscriptions
    GapPolicy on_hole = GapPolicy::alert;  ///< after a hole in a channel's numbers
    bool drop_duplicates = true;           ///< a number that came before is not handed on
    bool deliver_control = false;          ///< acknowledgements, pongs, heartbeats and notices, too
    /// The leg's session has a ring of its own with all that came, as it came, for a Recorder:
    /// session().queue(). Its limits are queue_size and queue_bytes.
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
