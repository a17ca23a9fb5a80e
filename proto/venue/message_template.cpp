#include "message_template.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "../../core/nearest_name.h"
#include "../text/json_writer.h"

namespace pinwheel {
namespace {

using Field = MessageTemplate::Field;

struct Named {
    std::string_view name;
    Field field;
};
constexpr std::array<Named, 9> kFields{{{"id", Field::id},
                                        {"channel", Field::channel},
                                        {"symbol", Field::symbol},
                                        {"args", Field::args},
                                        {"extra", Field::extra},
                                        {"number", Field::number},
                                        {"value", Field::value},
                                        {"unix_ms", Field::unix_ms},
                                        {"unix_s", Field::unix_s}}};

/// The placeholder at `text`'s first brace, without its braces; empty if there is none.
std::string_view placeholder_at(std::string_view text) noexcept {
    std::size_t end = 1;
    while (end < text.size() && ((text[end] >= 'a' && text[end] <= 'z') || text[end] == '_')) ++end;
    return end > 1 && end < text.size() && text[end] == '}' ? text.substr(1, end - 1) : std::string_view();
}

void append_number(std::string& out, std::int64_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
    const bool is_plain = std::none_of(text.begin(), text.end(), [](char byte) {
        return byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < 0x20;
    });
    if (is_plain) {
        out += text;
        return;
    }
    std::string quoted;
    append_json_string(quoted, text);
    out.append(quoted, 1, quoted.size() - 2);
}

Result<MessageTemplate> MessageTemplate::parse(std::string_view text,
                                               const std::vector<std::string_view>& allowed) {
    MessageTemplate result;
    std::string literal;
    const auto flush = [&] {
        if (!literal.empty()) result.parts_.push_back({Field::text, literal});
        literal.clear();
    };
    while (!text.empty()) {
        const auto name = text.front() == '{' ? placeholder_at(text) : std::string_view();
        if (name.empty()) {
            literal += text.front();
            text.remove_prefix(1);
            continue;
        }
        if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) {
            std::string expected;
            for (const auto known : allowed)
                expected += (expected.empty() ? "{" : ", {") + std::string(known) + "}";
            return Error{Errc::invalid_argument, "unknown placeholder {" + std::string(name) + "}" +
                                                     did_you_mean(name, allowed) + "; expected " +
                                                     (expected.empty() ? "none" : expected)};
        }
        flush();
        const auto known = std::find_if(kFields.begin(), kFields.end(),
                                        [&](const Named& field) { return field.name == name; });
        result.parts_.push_back({known->field, {}});
        text.remove_prefix(name.size() + 2);
    }
    flush();
    return result;
}

void MessageTemplate::render(const TemplateValues& values, std::string& out) const {
    for (const auto& [field, text] : parts_) switch (field) {
            case Field::text:
                out += text;
                break;
            case Field::id:
                append_number(out, static_cast<std::int64_t>(values.id));
                break;
            case Field::channel:
                append_json_escaped(out, values.channel);
                break;
            case Field::symbol:
                append_json_escaped(out, values.symbol);
                break;
            case Field::args:
                out += values.args;
                break;
            case Field::extra:
                out += values.extra;
                break;
            case Field::number:
                append_number(out, values.number);
                break;
            case Field::value:
                out += values.value;
                break;
            case Field::unix_ms:
                append_number(out, values.unix_ms);
                break;
            case Field::unix_s:
                append_number(out, values.unix_ms / 1000);
                break;
        }
}

bool MessageTemplate::contains(Field field) const noexcept {
    return std::any_of(parts_.begin(), parts_.end(),
                       [field](const Part& part) { return part.field == field; });
}

}  // namespace pinwheel
