#include "profile_parser.h"

#include <map>
#include <utility>

#include "../text/json_error_location.h"
#include "../websocket/url.h"
#include "json_object_impl.h"
#include "matcher_parser_impl.h"

namespace pinwheel::detail {
namespace {

using Names = std::vector<std::string_view>;

class Parser {
  public:
    Parser(ProfileData& out, ProfileErrors& errors)
        : out_(out), errors_(errors), fields_(out.fields, errors) {}

    void parse(JsonElement root) {
        read_sources(root);
        JsonObject top(errors_, root, "");
        if (const std::string format = top.required_text("format"); top.valid() && format != kFormat)
            errors_.fail("/format", "expected '" + std::string(kFormat) + "', found '" + format + "'");
        out_.name = top.required_text("name");
        out_.title = top.text("title", out_.name);
        JsonElement ignored;
        std::ignore = top.find("sources", ignored);
        read_endpoints(top);
        read_payload(top);
        out_.symbol_case =
            static_cast<ProfileData::SymbolCase>(top.word("symbol_case", {"as_given", "lower", "upper"}));
        read_requests(top);
        object(top, "ack", true, [&](JsonObject& ack) { read_ack(ack); });
        object(top, "error", false, [&](JsonObject& error) { read_error(error); });
        object(top, "login", false, [&](JsonObject& login) {
            out_.login_accepted = fields_.matcher(login, "accepted", true);
            out_.login_refused = fields_.matcher(login, "refused");
        });
        read_limits(top);
        read_keepalive(top);
        read_control(top);
        read_data(top);
        top.finish();
    }

  private:
    static constexpr std::string_view kFormat = "pinwheel.venue/1";

    template <class Read>
    void object(JsonObject& parent, std::string_view key, bool required, Read read) {
        JsonElement value;
        if (!(required ? parent.require(key, value) : parent.find(key, value))) return;
        JsonObject child(errors_, value, parent.at(key));
        read(child);
        child.finish();
    }
    template <class Read>
    void objects(JsonObject& parent, std::string_view key, Read read) {
        parent.each(key, [&](JsonElement element, const std::string& pointer) {
            JsonObject child(errors_, element, pointer);
            read(child);
            child.finish();
        });
    }

    void read_sources(JsonElement root) {
        JsonElement sources;
        if (!root.find("sources", sources)) return;
        const auto members = sources.members();
        if (!members) return;
        for (const auto& [key, value] : *members) {
            if (value.kind() != JsonKind::string)
                errors_.expected("/sources/" + std::string(key), "a string", value);
            errors_.sources.emplace_back(key);
        }
    }

    void read_endpoints(JsonObject& top) {
        objects(top, "endpoints", [&](JsonObject& object) {
            VenueEndpoint endpoint{object.required_text("name"), object.required_text("url")};
            if (const auto url = Url::parse(endpoint.url); !url && object.valid())
                errors_.fail(object.at("url"), "expected a WebSocket URL: " + url.error().message());
            out_.endpoints.push_back(std::move(endpoint));
        });
        if (out_.endpoints.empty()) errors_.fail("/endpoints", "expected at least one endpoint");
    }

    void read_payload(JsonObject& top) {
        object(top, "payload", false, [&](JsonObject& payload) {
            out_.binary = static_cast<BinaryPayload>(payload.word("binary", {"plain", "gzip", "deflate"}));
            out_.max_inflated = payload.count("max_bytes", out_.binary != BinaryPayload::plain);
        });
    }

    MessageTemplate message(JsonObject& parent, std::string_view key, const Names& allowed,
                            bool required = false) {
        JsonElement ignored;
        if (!required && !parent.find(key, ignored)) return {};
        const std::string text = parent.required_text(key);
        auto parsed = MessageTemplate::parse(text, allowed);
        if (!parsed) {
            errors_.fail(parent.at(key), parsed.error().detail);
            return {};
        }
        return *std::move(parsed);
    }
    /// A message that looks like JSON must be valid JSON once its values are inserted.
    void check_filled(JsonObject& parent, std::string_view key, const MessageTemplate& text,
                      std::string_view args, std::string_view extra = {}) {
        std::string filled;
        text.render({.id = 1, .channel = "c", .symbol = "s", .args = args, .extra = extra, .value = "1"},
                    filled);
        if (filled.empty() || (filled.front() != '{' && filled.front() != '[')) return;
        JsonElement ignored;
        if (JsonDocument().parse(filled, ignored)) return;
        const JsonErrorLocation place = find_json_error(filled);
        errors_.fail(parent.at(key), "expected JSON once it is filled, " + std::string(place.what) +
                                         " at column " + std::to_string(place.column) + " of " + filled);
    }

    void read_requests(JsonObject& top) {
        out_.ids = static_cast<RequestIds>(top.word("ids", {"none", "integer", "string"}));
        object(top, "subscribe", true,
               [&](JsonObject& request) { read_request(request, {}, out_.subscribe); });
        object(top, "unsubscribe", false,
               [&](JsonObject& request) { read_request(request, "number", out_.unsubscribe); });
        object(top, "batch", false, [&](JsonObject& batch) {
            out_.max_args = batch.count("max_args");
            out_.max_bytes = batch.count("max_bytes");
            out_.max_channels = batch.count("max_channels");
            out_.max_args_bytes = batch.count("max_args_bytes");
        });
        objects(top, "setup", [&](JsonObject& setup) {
            out_.setup.push_back(message(setup, "message", {"id", "unix_ms", "unix_s"}, true));
            check_filled(setup, "message", out_.setup.back(), "");
        });
    }
    /// `more`: an additional placeholder, if not empty.
    void read_request(JsonObject& request, std::string_view more, RequestFormat& format) {
        Names allowed{"id", "args", "channel", "symbol", "extra", "unix_ms", "unix_s"};
        Names of_arg{"channel", "symbol", "extra"};
        if (!more.empty()) allowed.push_back(more), of_arg.push_back(more);
        format.message = message(request, "message", allowed, true);
        format.arg = message(request, "arg", of_arg);
        format.separator = request.text("separator", ",");
        format.without_symbol =
            message(request, "without_symbol", {"id", "channel", "extra", "unix_ms", "unix_s"});
        if (format.message.empty()) return;
        const bool has_args = format.message.contains(MessageTemplate::Field::args);
        if (has_args == format.arg.empty())
            errors_.fail(request.at("arg"), has_args ? "expected a template for each of {args}"
                                                     : "expected none, as the message has no {args}");
        if (format.message.contains(MessageTemplate::Field::id) != (out_.ids != RequestIds::none))
            errors_.fail(request.at("message"), out_.ids == RequestIds::none
                                                    ? "expected no {id}, as /ids is 'none'"
                                                    : "expected {id}, as /ids is not 'none'");
        std::string args;
        format.arg.render({.channel = "c", .symbol = "s"}, args);
        check_filled(request, "message", format.message, args);
        check_filled(request, "without_symbol", format.without_symbol, "");
    }

    void read_ack(JsonObject& ack) {
        auto& format = out_.ack;
        format.match = fields_.matcher(ack, "match", true);
        format.confirms =
            static_cast<Confirms>(ack.word("confirms", {"channel", "request", "list", "connection"}));
        format.id = fields_.choice(ack, "id_at");
        format.channel = fields_.choice(ack, "channel_at");
        format.symbol = fields_.choice(ack, "symbol_at");
        format.number = fields_.choice(ack, "number_at");
        format.accepted = fields_.choice(ack, "accepted_at");
        format.refused = fields_.choice(ack, "refused_at");
        format.list_channel = fields_.inner_pointer(ack, "list_channel_at");
        format.list_symbol = fields_.inner_pointer(ack, "list_symbol_at");
        format.unsubscribed = fields_.matcher(ack, "unsubscribed");
        const bool is_list = format.confirms == Confirms::list || format.confirms == Confirms::connection;
        if (is_list && format.accepted.empty())
            errors_.fail(ack.at("accepted_at"),
                         "expected a JSON pointer to the list, as the ack confirms a list");
        if (format.confirms == Confirms::request && format.id.empty())
            errors_.fail(ack.at("id_at"), "expected a JSON pointer, as the ack confirms a request");
        if (format.confirms == Confirms::channel && format.channel.empty() && format.id.empty())
            errors_.fail(ack.at("channel_at"), "expected a JSON pointer, as the ack confirms a channel");
        if (!format.id.empty() && out_.ids == RequestIds::none)
            errors_.fail(ack.at("id_at"), "expected none, as /ids is 'none'");
    }
    void read_error(JsonObject& error) {
        auto& format = out_.error;
        format.match = fields_.matcher(error, "match", true);
        format.id = fields_.choice(error, "id_at");
        format.code = fields_.choice(error, "code_at");
        format.message = fields_.choice(error, "message_at");
        format.channel = fields_.choice(error, "channel_at");
        format.symbol = fields_.choice(error, "symbol_at");
        format.refused = fields_.choice(error, "refused_at");
        format.refuses_request = error.word("refuses", {"channel", "request"},
                                            out_.ack.confirms == Confirms::channel ? 0 : 1) == 1;
        format.retry = fields_.matcher(error, "retry");
        format.already = fields_.matcher(error, "already");
    }

    RateLimit read_rate(JsonObject& limit, LimitScope& scope) {
        scope = static_cast<LimitScope>(
            limit.word("scope", {"connection", "host", "ip"}, static_cast<std::size_t>(scope)));
        const std::size_t count = limit.count("count", true);
        return {.count = std::min(count, kMaxRate), .window = limit.milliseconds("window_ms", true)};
    }
    void read_limits(JsonObject& top) {
        objects(top, "message_limits", [&](JsonObject& limit) {
            MessageLimit& out = out_.message_limits.emplace_back();
            out.rate = read_rate(limit, out.scope);
            JsonElement given;
            if (!limit.find("counts", given)) return;
            out.counts = {};
            const Names kinds{"requests", "answers", "pings", "pongs"};
            const auto texts = limit.texts("counts");
            for (std::size_t i = 0; i < texts.size(); ++i) {
                const auto kind = std::find(kinds.begin(), kinds.end(), texts[i]);
                if (kind == kinds.end())
                    errors_.fail(
                        limit.at("counts") + "/" + std::to_string(i),
                        "expected one of 'requests', 'answers', 'pings', 'pongs', found '" + texts[i] + "'");
                else
                    out.counts.add(static_cast<SendKind>(kind - kinds.begin()));
            }
        });
        objects(top, "connect_limits", [&](JsonObject& limit) {
            ConnectLimit& out = out_.connect_limits.emplace_back();
            out.rate = read_rate(limit, out.scope);
            if (out.scope == LimitScope::connection)
                errors_.fail(limit.at("scope"), "expected 'host' or 'ip', found 'connection'");
        });
    }

    void read_keepalive(JsonObject& top) {
        object(top, "keepalive", false, [&](JsonObject& keepalive) {
            out_.websocket_ping = keepalive.milliseconds("websocket_ping_ms");
            out_.server_ping = keepalive.milliseconds("server_ping_ms");
            object(keepalive, "ping", false, [&](JsonObject& ping) {
                PingFormat& out = out_.ping.emplace();
                out.message = message(ping, "message", {"id", "unix_ms", "unix_s"}, true);
                check_filled(ping, "message", out.message, "");
                out.answer = fields_.matcher(ping, "answer", true);
                out.interval = ping.milliseconds("interval_ms", true);
                out.timeout = ping.milliseconds("timeout_ms", true);
                out.only_if_quiet = ping.flag("only_if_quiet");
            });
        });
        const auto span = [&](std::string_view key, Duration& out) {
            object(top, key, false, [&](JsonObject& fact) { out = fact.milliseconds("ms", true); });
        };
        span("silence_limit", out_.silence_limit);
        span("first_subscribe", out_.first_subscribe);
        span("lifetime", out_.lifetime);
    }

    void read_control(JsonObject& top) {
        objects(top, "answers", [&](JsonObject& answer) {
            AnswerFormat& out = out_.answers.emplace_back();
            out.match = fields_.matcher(answer, "match", true);
            out.value = fields_.choice(answer, "value_at");
            Names allowed{"id", "unix_ms", "unix_s"};
            if (!out.value.empty()) allowed.push_back("value");
            out.reply = message(answer, "reply", allowed, true);
            check_filled(answer, "reply", out.reply, "");
        });
        objects(top, "heartbeats",
                [&](JsonObject& item) { out_.heartbeats.push_back(fields_.matcher(item, "match", true)); });
        objects(top, "info",
                [&](JsonObject& item) { out_.info.push_back(fields_.matcher(item, "match", true)); });
        objects(top, "notices", [&](JsonObject& notice) {
            out_.notices.push_back({fields_.matcher(notice, "match", true), notice.milliseconds("lead_ms")});
        });
    }

    void read_data(JsonObject& top) {
        object(top, "data", true, [&](JsonObject& data) {
            out_.data.match = fields_.matcher(data, "match", true);
            out_.data.prefixes = data.texts("prefixes");
            out_.data.channel = fields_.choice(data, "channel_at");
            out_.data.symbol = fields_.choice(data, "symbol_at");
            out_.data.number = fields_.choice(data, "number_at");
            if (out_.data.channel.empty() && out_.data.number.empty() && data.valid())
                errors_.fail(data.at("channel_at"), "expected a JSON pointer, or one at number_at");
        });
        object(top, "connection_sequence", false, [&](JsonObject& sequence) {
            out_.connection_number = fields_.choice(sequence, "number_at", true);
            JsonElement start;
            if (!sequence.find("starts_at", start)) return;
            std::int64_t number = 0;
            if (!start.get(number) || number == INT64_MIN)
                return errors_.expected(sequence.at("starts_at"), "a whole number", start);
            out_.connection_starts_at = number;
        });
        unit_ = read_unit(top, TimeUnit::milliseconds);
        out_.other.fields = mask_of(out_.connection_number);
        objects(top, "channels", [&](JsonObject& channel) { read_channel(channel); });
    }
    TimeUnit read_unit(JsonObject& parent, TimeUnit otherwise) {
        return static_cast<TimeUnit>(parent.word("time_unit", {"s", "ms", "us", "ns", "rfc3339"},
                                                 static_cast<std::size_t>(otherwise)));
    }
    void read_channel(JsonObject& channel) {
        ChannelKind& kind = out_.channels.emplace_back();
        kind.name = channel.required_text("name");
        kind.text = message_text(channel, kind.matches);
        for (auto& pattern : channel.texts("matches")) kind.matches.push_back(std::move(pattern));
        kind.data_names = channel.texts("data_names");
        kind.extra = channel.text("extra");
        check_filled(channel, "extra", out_.subscribe.message, "\"s\"", kind.extra);
        kind.time = fields_.choice(channel, "time_at");
        kind.time_unit = read_unit(channel, unit_);
        kind.snapshot = fields_.matcher(channel, "snapshot");
        kind.has_notices = channel.flag("notices");
        kind.unsubscribe_first = channel.flag("unsubscribe_first");
        kind.stale_after = channel.milliseconds("stale_after_ms");
        object(channel, "sequence", false, [&](JsonObject& sequence) { read_sequence(sequence, kind); });
        kind.fields = mask_of(kind.time) | mask_of(kind.first) | mask_of(kind.last) | mask_of(kind.previous) |
                      kind.snapshot.fields() | mask_of(out_.connection_number);
    }
    /// The text of a channel of this kind. As a pattern it recognises the venue's own text.
    std::string message_text(JsonObject& channel, std::vector<std::string>& patterns) {
        const MessageTemplate text = message(channel, "text", {"symbol"});
        if (text.empty()) return {};
        std::string pattern;
        text.render({.symbol = "*"}, pattern);
        patterns.push_back(std::move(pattern));
        return channel.text("text");
    }
    void read_sequence(JsonObject& sequence, ChannelKind& kind) {
        kind.sequence.kind = static_cast<SequenceKind>(
            sequence.word("rule", {"none", "contiguous", "chain", "increasing", "connection", "checksum"}));
        const bool is_numbered = kind.sequence.kind == SequenceKind::contiguous ||
                                 kind.sequence.kind == SequenceKind::chain ||
                                 kind.sequence.kind == SequenceKind::increasing;
        kind.last = fields_.choice(sequence, "last_at", is_numbered);
        kind.first = fields_.choice(sequence, "first_at");
        kind.previous = fields_.choice(sequence, "previous_at", kind.sequence.kind == SequenceKind::chain);
        kind.sequence.repeats = sequence.flag("repeats");
        if (const std::size_t reset = sequence.count("reset_number"); reset != 0)
            kind.sequence.reset_number = static_cast<std::int64_t>(reset);
        JsonElement given;
        if (sequence.find("identical", given)) kind.identical = sequence.flag("identical");
        if (sequence.find("independent", given)) kind.independent = sequence.flag("independent");
        if (kind.sequence.kind == SequenceKind::connection && out_.connection_number.empty())
            errors_.fail(sequence.at("rule"), "expected /connection_sequence, the place of the number");
    }

    static constexpr std::size_t kMaxRate = 1'000'000;

    ProfileData& out_;
    ProfileErrors& errors_;
    MatcherParser fields_;
    TimeUnit unit_ = TimeUnit::milliseconds;
};

}  // namespace

Result<std::shared_ptr<const ProfileData>> parse_profile(std::string_view json, std::string_view file) {
    JsonDocument document;
    JsonElement root;
    if (!document.parse(json, root)) {
        const JsonErrorLocation place = find_json_error(json);
        return Error{Errc::invalid_argument,
                     std::string(file) + ": not valid JSON: line " + std::to_string(place.line) +
                         ", column " + std::to_string(place.column) + ": " + std::string(place.what)};
    }
    const auto data = std::make_shared<ProfileData>();
    ProfileErrors errors{.file = std::string(file)};
    Parser(*data, errors).parse(root);
    if (errors.error.failed()) return errors.error;
    return std::shared_ptr<const ProfileData>(data);
}

bool matches_pattern(std::string_view text, std::string_view pattern) noexcept {
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) return text == pattern;
    if (!text.starts_with(pattern.substr(0, star))) return false;
    text.remove_prefix(star);
    pattern.remove_prefix(star + 1);
    for (std::size_t skipped = 0; skipped <= text.size(); ++skipped)
        if (matches_pattern(text.substr(skipped), pattern)) return true;
    return false;
}

}  // namespace pinwheel::detail
