#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "field_scanner.h"
#include "matcher.h"
#include "message_template.h"
#include "profile.h"
#include "send_pacer.h"
#include "sequence_rule.h"
#include "venue_time.h"

// What a profile says, compiled. Members are named as the keys of the JSON.
namespace pinwheel::detail {

/// Fields of which the first that a message has counts.
using FieldChoice = std::vector<std::size_t>;

[[nodiscard]] inline const FieldValue& first_of(const FieldValues& values,
                                                const FieldChoice& fields) noexcept {
    static constexpr FieldValue kAbsent{};
    for (const auto field : fields)
        if (values[field].exists()) return values[field];
    return kAbsent;
}
[[nodiscard]] inline FieldMask mask_of(const FieldChoice& fields) noexcept {
    FieldMask mask = 0;
    for (const auto field : fields) mask |= FieldMask{1} << field;
    return mask;
}

/// How requests carry their number.
enum class RequestIds : std::uint8_t { none, integer, string };

struct RequestFormat {
    MessageTemplate message;
    MessageTemplate arg;
    std::string separator = ",";
    MessageTemplate without_symbol;  ///< for a channel without symbol, alone in its message
    /// The message names the channel once, so that a message holds symbols of one channel only.
    [[nodiscard]] bool is_of_one_channel() const noexcept {
        return message.contains(MessageTemplate::Field::channel) ||
               message.contains(MessageTemplate::Field::extra);
    }
};

/// What an acknowledgement confirms.
enum class Confirms : std::uint8_t {
    channel,     ///< the channel that it names
    request,     ///< all of the request that it answers
    list,        ///< what it lists; what is missing from the request's list is refused
    connection,  ///< it lists all that is subscribed on the connection
};

struct AckFormat {
    Matcher match;
    Confirms confirms = Confirms::channel;
    FieldChoice id, channel, symbol, number, accepted, refused;
    std::string list_channel, list_symbol;  ///< pointers into an element of a list of objects
    Matcher unsubscribed;                   ///< it confirms an unsubscription
};

struct ErrorFormat {
    Matcher match;
    FieldChoice id, code, message, channel, symbol, refused;
    bool refuses_request = false;  ///< all of the request, else one channel of it
    Matcher retry;                 ///< too fast, or for the moment: asked again later
    Matcher already;               ///< the channel was subscribed before, so it is live
};

enum class LimitScope : std::uint8_t { connection, host, ip };

struct MessageLimit {
    RateLimit rate;
    LimitScope scope = LimitScope::connection;
    SendKinds counts = SendKinds::all();
};
struct ConnectLimit {
    RateLimit rate;
    LimitScope scope = LimitScope::ip;
};

struct PingFormat {
    MessageTemplate message{};
    Matcher answer{};
    Duration interval{};
    Duration timeout{};
    bool only_if_quiet = false;  ///< interval counts from the last bytes received
};
struct AnswerFormat {
    Matcher match;
    MessageTemplate reply;
    FieldChoice value;
};
struct NoticeFormat {
    Matcher match;
    Duration lead{};  ///< until the venue cuts; 0 if it does not say
};

/// Payloads of binary frames.
enum class BinaryPayload : std::uint8_t { plain, gzip, deflate };

struct ChannelKind {
    std::string name;
    std::string text;                     ///< the venue's channel text, with `{symbol}`; empty: the name
    std::vector<std::string> matches;     ///< other texts of this kind, `*` for anything
    std::vector<std::string> data_names;  ///< what its data messages call it, if not by its text
    std::string extra;
    FieldChoice time, first, last, previous;
    TimeUnit time_unit = TimeUnit::milliseconds;
    Matcher snapshot;
    SequenceOptions sequence;
    bool independent = false;        ///< each message stands for itself, as trades do
    std::optional<bool> identical;   ///< its messages are cut alike on all connections; nothing: not known
    bool has_notices = false;        ///< its data messages may be notices
    bool unsubscribe_first = false;  ///< a new snapshot needs an unsubscription before
    Duration stale_after{};
    FieldMask fields = 0;  ///< what a data message of this kind is read for
};

struct DataFormat {
    Matcher match;
    std::vector<std::string> prefixes;
    FieldChoice channel, symbol, number;
};

struct ProfileData {
    std::string name, title;
    std::vector<VenueEndpoint> endpoints;
    BinaryPayload binary = BinaryPayload::plain;
    std::size_t max_inflated = 0;
    enum class SymbolCase : std::uint8_t { as_given, lower, upper } symbol_case = SymbolCase::as_given;

    RequestIds ids = RequestIds::none;
    RequestFormat subscribe, unsubscribe;
    /// A message's and a connection's; 0: no limit known.
    std::size_t max_args = 0, max_bytes = 0, max_channels = 0, max_args_bytes = 0;
    AckFormat ack;
    ErrorFormat error;
    std::vector<MessageTemplate> setup;
    Matcher login_accepted, login_refused;

    std::vector<MessageLimit> message_limits;
    std::vector<ConnectLimit> connect_limits;

    Duration websocket_ping{}, server_ping{};  ///< intervals; 0: none known
    std::optional<PingFormat> ping;
    Duration silence_limit{}, first_subscribe{}, lifetime{};

    std::vector<AnswerFormat> answers;
    std::vector<Matcher> heartbeats, info;
    std::vector<NoticeFormat> notices;

    DataFormat data;
    FieldChoice connection_number;
    std::optional<std::int64_t> connection_starts_at;
    std::vector<ChannelKind> channels;
    ChannelKind other;  ///< of channels that no kind describes

    FieldScanner fields;
};

/// True if `text` is `pattern`, in which each `*` stands for anything.
[[nodiscard]] bool matches_pattern(std::string_view text, std::string_view pattern) noexcept;

}  // namespace pinwheel::detail
