#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "../config/websocket_options.h"
#include "../venue/channel_table.h"
#include "../venue/connect_window.h"
#include "../venue/sequence_rule.h"
#include "../venue/subscription_ledger.h"

namespace pinwheel {

/// What a hole in a channel's numbers brings, beside on_gap and the count.
enum class GapPolicy : std::uint8_t {
    alert,        ///< on_alert
    resubscribe,  ///< the channel is subscribed anew
    ignore,       ///< nothing
};

/// A message of a channel: the manager's, with the text inflated where the venue compresses. A view, gone
/// after the call; 64 readable bytes follow the payload.
struct FeedMessage : Message {
    ChannelId channel = kNoChannel;  ///< none for control messages
    /// Of the venue's numbers; equal if the message has one, nothing if it has none.
    std::optional<std::int64_t> sequence_begin{}, sequence_end{};
    bool is_snapshot = false;
    bool is_after_gap = false;    ///< numbers are missing before it
    std::int64_t venue_time = 0;  ///< Unix ns; 0: not told
};

/// Numbers that are missing, as SequenceStep has them. Channel kNoChannel: a number of the connection.
struct FeedGap {
    ChannelId channel = kNoChannel;
    std::int64_t from = 0, to = 0;
};

/// Counts since the feed was made.
struct FeedStats {
    std::uint64_t messages = 0;  ///< data that was handed on
    std::uint64_t duplicates = 0;
    std::uint64_t gaps = 0;
    std::uint64_t unmatched = 0;  ///< messages that the profile does not know, or of nobody's channel
    std::uint64_t resubscribes = 0;
    std::uint64_t drains = 0;  ///< reconnects ahead of the venue's own cut
};

/// Options of a Feed; all have defaults. Handlers run on the reactor's thread, and may call everything of the
/// feed that does not wait, and destroy it.
struct FeedOptions {
    /// One of the profile's endpoints; empty: its first. Not looked at if there is a `url`.
    std::string endpoint{};
    std::string url{};
    /// The session's. on_message and subscriptions are the feed's own; on_alert hears the feed's alerts, too,
    /// whose channel is "feed". Ping interval and lifetime are the profile's unless they are set here.
    WebSocketOptions websocket{};
    /// Makes the login message, at each connect; subscriptions wait until the venue has accepted it. Unix
    /// time in ms.
    std::function<std::string(std::int64_t unix_ms)> login{};

    LedgerOptions acknowledgements{};
    GapPolicy on_hole = GapPolicy::alert;
    bool drop_duplicates = true;
    bool deliver_control = false;             ///< acknowledgements, pongs, heartbeats and notices, too
    std::optional<Duration> silence_limit{};  ///< 0: off; not set: the profile's
    std::optional<Duration> stale_after{};    ///< 0: off; not set: the profile's, by kind of channel
    /// Limits of messages that a venue counts over connections; null: the feed's own. Not owned.
    ConnectWindow* windows = nullptr;

    Handler<void(const FeedMessage&)> on_message{};
    /// A channel's step; the error is set if it was refused.
    Handler<void(ChannelId, ChannelState, const Error&)> on_channel{};
    Handler<void(const FeedGap&)> on_gap{};  ///< before the message that showed it
    Handler<void(ChannelId)> on_stale{};     ///< once, until data comes again
};

}  // namespace pinwheel
