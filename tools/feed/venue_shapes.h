#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/clock.h"

namespace pinwheel {

/// The messages of a kind of channel, as the venue documents them. Placeholders in braces are filled in.
struct ChannelShape {
    std::string_view kind;      ///< the profile's name
    std::string_view snapshot;  ///< sent once subscribed; empty: none
    std::string_view update;    ///< empty: it has no data
    bool is_by_time = false;    ///< its number is the time, in microseconds
    bool is_batched = false;    ///< several numbers in a message
    /// One level of an order book. `{asks}` and `{bids}` are the whole sides in a snapshot, and the changed
    /// levels in an update.
    std::string_view level{};
};

/// A request of the client other than a subscription, and its answer.
struct VerbShape {
    std::string_view verb;
    enum class Kind : std::uint8_t { request, answer, ping, login } kind;
    std::string_view answer;
};

/// The venue's reaction to a client that exceeds a rate.
enum class OverRate : std::uint8_t { close_1008, error_then_drop };

/// The shape of a list of accepted channels.
enum class ListForm : std::uint8_t {
    texts,           ///< ["a","b"]
    named_products,  ///< [{"name":"a","product_ids":["x"]}]
    by_channel,      ///< {"a":["x"]}
};

class RequestPatterns;

/// The number of the first channel, where acknowledgements give channels numbers.
inline constexpr std::int64_t kFirstChannelNumber = 1000;

/// The protocol of a venue, beyond the profile: the shapes of its messages, the places of values in its
/// requests, and its reactions to clients. Placeholders: `{id}`, `{channel}`, `{symbol}`, `{upper}` (case),
/// `{kind}`, `{list}`, `{verb}`, the numbers `{first}`, `{last}`, `{previous}`, `{sequence}` (of the
/// connection), the times `{s}`, `{ms}`, `{us}`, `{iso}`, and `{price}`, `{bid}`, `{ask}`, `{size}`,
/// `{side}`.
struct VenueShapes {
    std::string_view venue;
    // Requests, by JSON pointer
    std::string_view verb_at;
    std::string_view subscribe = "subscribe";  ///< the verb
    std::string_view unsubscribe = "unsubscribe";
    std::string_view id_at{};  ///< empty: requests have none
    /// An array, or one text. Its elements are channels, or symbols of the channel at `channel_at`.
    std::string_view list_at;
    std::string_view channel_at{};       ///< in the request
    std::string_view item_channel_at{};  ///< in an element of the list
    std::string_view item_symbol_at{};   ///< the same
    std::span<const VerbShape> verbs{};  ///< other requests
    std::string_view ping_text{};        ///< a complete message that is a ping; `pong_text` answers it
    std::string_view pong_text{};
    // Replies
    std::string_view subscribed;
    std::string_view unsubscribed;
    std::string_view refused{};  ///< for a request or a channel; empty: left out of the list

    ListForm list = ListForm::texts;
    std::string_view too_fast{};  ///< with OverRate::error_then_drop
    // Unsolicited messages
    std::string_view greeting{};
    std::string_view heartbeat{};          ///< one a heartbeat interval
    std::string_view heartbeat_channel{};  ///< only if this is subscribed; empty: after any subscription
    std::string_view question{};           ///< one in each `question_interval`, once `question_verb` was sent
    std::string_view question_verb{};
    std::string_view notice{};          ///< announces the end of the connection
    std::string_view notice_channel{};  ///< only if this is subscribed
    // Reactions to clients
    OverRate over_rate = OverRate::close_1008;
    int refused_connect = 429;  ///< HTTP status of a connect over the limit
    Duration ban{};             ///< after a connect over the limit
    std::size_t max_connections = 0;
    Duration idle{};               ///< the longest time without a message of the client and without data
    bool idle_counts_data = true;  ///< data keeps it alive
    Duration pong_deadline{};
    Duration answer_deadline{};
    Duration question_interval{};
    // Of a venue that a profile alone describes
    std::span<const ChannelShape> channels{};   ///< empty: channel_shapes()
    const RequestPatterns* requests = nullptr;  ///< reads requests, in place of the pointers
};

/// Null for a venue that cannot be simulated.
[[nodiscard]] const VenueShapes* find_shapes(std::string_view venue) noexcept;
/// The shapes of a kind of channel; null if there are none.
[[nodiscard]] const ChannelShape* find_channel_shape(const VenueShapes& shapes,
                                                     std::string_view kind) noexcept;
/// The kinds of channels of a venue.
[[nodiscard]] std::span<const ChannelShape> channel_shapes(std::string_view venue) noexcept;

/// The values of the placeholders.
using ShapeValues = std::vector<std::pair<std::string_view, std::string>>;
/// The text with its values. A placeholder without a value stays unchanged.
[[nodiscard]] std::string fill_shape(std::string_view shape, const ShapeValues& values);

}  // namespace pinwheel
