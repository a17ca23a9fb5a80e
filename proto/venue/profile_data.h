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

// A compiled profile. Members are named like the keys of the JSON.
namespace pinwheel::detail {

/// Alternative fields: the first that a message has counts.
using FieldChoice = std::vector<std::size_t>;

[[nodiscard]] inline const FieldValue& first_of(const FieldValues& values,
                                                const FieldChoice& fields) noexcept {
    static constexpr FieldValue kAbsent{};
    for (const auto field : fields)
        if (values.has(field)) return values[field];
    return kAbsent;
}
[[nodiscard]] inline FieldMask mask_of(const FieldChoice& fields) noexcept {
    FieldMask mask = 0;
    for (const auto field : fields) mask |= FieldMask{1} << field;
    return mask;
}

/// The form of a request's number.
enum class RequestIds : std::uint8_t { none, integer, string };

struct RequestFormat {
    MessageTemplate message;
    MessageTemplate arg;
    std::string separator = ",";
    MessageTemplate without_symbol;  ///< for a channel without symbol, alone in its message
    /// The message names the channel once, so that its symbols belong to one channel.
    [[nodiscard]] bool is_of_one_channel() const noexcept {
        return message.contains(MessageTemplate::Field::channel) ||
               message.contains(MessageTemplate::Field::extra);
    }
};

/// The scope of an acknowledgement.
enum class Confirms : std::uint8_t {
    channel,     ///< the channel that it names
    request,     ///< the complete request that it answers
    list,        ///< the channels that it lists; the rest of the request is refused
    connection,  ///< it lists all subscriptions of the connection
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
    bool refuses_request = false;  ///< the complete request; else one channel of it
    Matcher retry;                 ///< too fast, or temporary: retried later
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
    Duration lead{};  ///< until the venue cuts; 0 if it gives no time
};

/// The encoding of binary frames.
enum class BinaryPayload : std::uint8_t { plain, gzip, deflate };

struct ChannelKind {
    std::string name;
    std::string text;                     ///< the venue's channel text, with `{symbol}`; empty: the name
    std::vector<std::string> matches;     ///< alternative texts of this kind; `*` stands for anything
    std::vector<std::string> data_names;  ///< its names in data messages, if they are not its text
    std::string extra;
    FieldChoice time, first, last, previous;
    TimeUnit time_unit = TimeUnit::milliseconds;
    Matcher snapshot;
    SequenceOptions sequence;
    bool independent = false;        ///< each message is meaningful alone, like a trade
    std::optional<bool> identical;   ///< all connections split its messages identically; nothing: unknown
    bool has_notices = false;        ///< its data messages may be notices
    bool unsubscribe_first = false;  ///< a new snapshot needs an unsubscription before
    Duration stale_after{};
    FieldMask fields = 0;  ///< the fields that are read from a data message of this kind
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
    /// Limits of a message and of a connection; 0: unknown.
    std::size_t max_args = 0, max_bytes = 0, max_channels = 0, max_args_bytes = 0;
    AckFormat ack;
    ErrorFormat error;
    std::vector<MessageTemplate> setup;
    Matcher login_accepted, login_refused;

    std::vector<MessageLimit> message_limits;
    std::vector<ConnectLimit> connect_limits;

    Duration websocket_ping{}, server_ping{};  ///< intervals; 0: unknown
    std::optional<PingFormat> ping;
    Duration silence_limit{}, first_subscribe{}, lifetime{};

    std::vector<AnswerFormat> answers;
    std::vector<Matcher> heartbeats, info;
    std::vector<NoticeFormat> notices;

    DataFormat data;
    FieldChoice connection_number;
    std::optional<std::int64_t> connection_starts_at;
    std::vector<ChannelKind> channels;
    ChannelKind other;  ///< for channels of no described kind

    FieldScanner fields;
};

/// True if `text` matches `pattern`, in which each `*` stands for anything.
[[nodiscard]] bool matches_pattern(std::string_view text, std::string_view pattern) noexcept;

}  // namespace pinwheel::detail
