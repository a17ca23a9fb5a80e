#include "request_patterns.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace pinwheel {
namespace {

using Field = TemplatePattern::Field;

/// What a template is filled with, to find where its values stand.
struct Mark {
    std::string_view text;
    Field field;
};
constexpr std::uint64_t kId = 7'000'000'000'000'000'001;
constexpr std::int64_t kNumber = 7'000'000'000'000'000'002;
constexpr std::int64_t kUnixMs = 7'000'000'000'000'000'003;
/// A longer one stands before those that it begins with.
constexpr std::array kMarks{Mark{"7000000000000000001", Field::id},
                            Mark{"7000000000000000002", Field::number},
                            Mark{"7000000000000000003", Field::other},
                            Mark{"7000000000000000", Field::other},
                            Mark{"<channel>", Field::channel},
                            Mark{"<symbol>", Field::symbol},
                            Mark{"<args>", Field::args},
                            Mark{"<other>", Field::other}};

std::string unescaped(std::string_view text) {
    std::string out;
    return unescape_json(text, out) ? out : std::string(text);
}

}  // namespace

std::string compact(std::string_view text) {
    std::string out;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char byte = text[i];
        const bool is_space = byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
        if (is_space && !in_string) continue;
        out += byte;
        if (byte == '\\' && in_string && i + 1 < text.size()) out += text[++i];
        if (byte == '"') in_string = !in_string;
    }
    return out;
}

TemplatePattern::TemplatePattern(const MessageTemplate& text) {
    if (text.empty()) return;
    std::string filled;
    text.render({.id = kId,
                 .channel = "<channel>",
                 .symbol = "<symbol>",
                 .args = "<args>",
                 .extra = "<other>",
                 .number = kNumber,
                 .value = "<other>",
                 .unix_ms = kUnixMs},
                filled);
    filled = compact(filled);
    std::string literal;
    const auto end_literal = [&] {
        if (!literal.empty()) parts_.push_back({Field::text, std::exchange(literal, {})});
    };
    for (std::string_view rest = filled; !rest.empty();) {
        const auto mark = std::find_if(kMarks.begin(), kMarks.end(),
                                       [&](const Mark& one) { return rest.starts_with(one.text); });
        if (mark == kMarks.end()) {
            literal += rest.front();
            rest.remove_prefix(1);
            continue;
        }
        end_literal();
        parts_.push_back({mark->field, {}});
        rest.remove_prefix(mark->text.size());
    }
    end_literal();
}

std::optional<std::size_t> TemplatePattern::read(std::string_view text, std::string_view stop,
                                                 Values& values) const {
    std::size_t at = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const Part& part = parts_[i];
        if (part.field == Field::text) {
            if (!text.substr(at).starts_with(part.text)) return std::nullopt;
            at += part.text.size();
            continue;
        }
        const bool is_last = i + 1 == parts_.size();
        const std::string_view after = is_last ? stop : std::string_view(parts_[i + 1].text);
        // Arguments hold what may stand behind them, too.
        auto end = after.empty()               ? text.size()
                   : part.field == Field::args ? text.rfind(after)
                                               : text.find(after, at);
        if (end == std::string_view::npos || end < at) {
            if (!is_last) return std::nullopt;
            end = text.size();
        }
        const std::string_view value = text.substr(at, end - at);
        at = end;
        std::int64_t number = 0;
        switch (part.field) {
            case Field::id:
                values.id = value;
                break;
            case Field::channel:
                values.channel = unescaped(value);
                break;
            case Field::symbol:
                values.symbol = unescaped(value);
                break;
            case Field::args:
                values.args = value;
                break;
            case Field::number:
                if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc{})
                    return std::nullopt;
                values.number = number;
                break;
            case Field::text:
            case Field::other:
                break;
        }
    }
    return at;
}

RequestPatterns::RequestPatterns(const detail::ProfileData& profile)
    : has_login_(!profile.login_accepted.empty()) {
    const auto add = [this](std::string_view name, const MessageTemplate& message,
                            const detail::RequestFormat* format = nullptr) {
        if (message.empty()) return;
        Verb& verb = verbs_.emplace_back(Verb{name, TemplatePattern(message), {}, {}});
        if (format == nullptr) return;
        verb.arg = TemplatePattern(format->arg);
        verb.separator = compact(format->separator);
    };
    add(kSubscribe, profile.subscribe.without_symbol);
    add(kSubscribe, profile.subscribe.message, &profile.subscribe);
    add(kUnsubscribe, profile.unsubscribe.without_symbol);
    add(kUnsubscribe, profile.unsubscribe.message, &profile.unsubscribe);
    for (const auto& setup : profile.setup) add(kSetup, setup);
    if (profile.ping) add(kPing, profile.ping->message);
    for (const auto& answer : profile.answers) add(kAnswer, answer.reply);
}

bool RequestPatterns::read(const Verb& verb, std::string_view text, Found& out) {
    TemplatePattern::Values values;
    if (verb.message.read(text, {}, values) != text.size()) return false;
    out = {.verb = verb.name, .id = values.id, .number = values.number};
    if (verb.arg.empty()) {
        if (!values.channel.empty()) out.items.emplace_back(values.channel, values.symbol);
        return true;
    }
    for (std::string_view rest = values.args; !rest.empty();) {
        TemplatePattern::Values arg{.channel = values.channel};  // the message may name it once
        const auto size = verb.arg.read(rest, verb.separator, arg);
        if (!size || *size == 0) return false;
        out.items.emplace_back(arg.channel, arg.symbol);
        if (arg.number) out.number = arg.number;
        rest.remove_prefix(*size);
        if (rest.starts_with(verb.separator)) rest.remove_prefix(verb.separator.size());
    }
    return true;
}

std::optional<RequestPatterns::Found> RequestPatterns::read(std::string_view text) const {
    const std::string wanted = compact(text);
    Found found;
    for (const Verb& verb : verbs_)
        if (read(verb, wanted, found)) return found;
    if (!has_login_ || wanted.empty()) return std::nullopt;
    return Found{.verb = kLogin};
}

}  // namespace pinwheel
