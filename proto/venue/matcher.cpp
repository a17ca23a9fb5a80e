#include "matcher.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "../text/json_writer.h"

namespace pinwheel {
namespace {

double number_of(std::string_view text) noexcept {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

bool is_same(const FieldValue& value, const Matcher::Scalar& scalar) {
    if (value.type != scalar.type) return false;
    if (value.text == scalar.text) return true;
    if (value.type == JsonType::number) return number_of(value.text) == number_of(scalar.text);
    if (value.type != JsonType::string || !value.has_escapes) return false;
    std::string unescaped;
    return unescape_json(value.text, unescaped) && unescaped == scalar.text;
}

}  // namespace

Matcher Matcher::in(std::size_t field, std::vector<Scalar> values) {
    Matcher matcher;
    matcher.kind_ = Kind::in;
    matcher.field_ = field;
    matcher.scalars_ = std::move(values);
    return matcher;
}

Matcher Matcher::equals(std::size_t field, Scalar value) {
    return in(field, {std::move(value)});
}

Matcher Matcher::starts_with(std::size_t field, std::string text) {
    Matcher matcher = equals(field, {.type = JsonType::string, .text = std::move(text)});
    matcher.kind_ = Kind::starts_with;
    return matcher;
}

Matcher Matcher::exists(std::size_t field, bool expected) {
    Matcher matcher;
    matcher.kind_ = Kind::exists;
    matcher.field_ = field;
    matcher.expected_ = expected;
    return matcher;
}

Matcher Matcher::is(std::size_t field, JsonType type) {
    Matcher matcher;
    matcher.kind_ = Kind::is;
    matcher.field_ = field;
    matcher.type_ = type;
    return matcher;
}

Matcher Matcher::whole_text(std::string text) {
    Matcher matcher;
    matcher.kind_ = Kind::whole_text;
    matcher.scalars_.push_back({.type = JsonType::string, .text = std::move(text)});
    return matcher;
}

Matcher Matcher::all(std::vector<Matcher> parts) {
    Matcher matcher;
    matcher.kind_ = Kind::all;
    matcher.parts_ = std::move(parts);
    return matcher;
}

Matcher Matcher::any(std::vector<Matcher> parts) {
    Matcher matcher = all(std::move(parts));
    matcher.kind_ = Kind::any;
    return matcher;
}

bool Matcher::matches(const FieldValues& values, std::string_view message) const noexcept {
    const auto holds = [&](const Matcher& part) { return part.matches(values, message); };
    switch (kind_) {
        case Kind::never:
            return false;
        case Kind::in:
            return std::any_of(scalars_.begin(), scalars_.end(),
                               [&](const Scalar& scalar) { return is_same(values[field_], scalar); });
        case Kind::starts_with:
            return values[field_].type == JsonType::string &&
                   values[field_].text.starts_with(scalars_.front().text);
        case Kind::exists:
            return values[field_].exists() == expected_;
        case Kind::is:
            return values[field_].type == type_;
        case Kind::whole_text:
            return message == scalars_.front().text;
        case Kind::all:
            return std::all_of(parts_.begin(), parts_.end(), holds);
        case Kind::any:
            return std::any_of(parts_.begin(), parts_.end(), holds);
    }
    return false;
}

std::vector<Matcher::Example> Matcher::examples() const {
    const auto json_of = [](const Scalar& scalar) {
        std::string json = scalar.text;
        if (scalar.type == JsonType::string) {
            json.clear();
            append_json_string(json, scalar.text);
        }
        return json;
    };
    switch (kind_) {
        case Kind::never:
            return {};
        case Kind::in:
        case Kind::starts_with:
            return {{field_, json_of(scalars_.front())}};
        case Kind::exists:
            return expected_ ? std::vector<Example>{{field_, "1", true}} : std::vector<Example>{};
        case Kind::is: {
            static constexpr std::array kByType{"", "null", "true", "1", "\"\"", "[]", "{}"};
            return {{field_, kByType[static_cast<std::size_t>(type_)], true}};
        }
        case Kind::whole_text:
            return {{kWholeText, scalars_.front().text}};
        case Kind::all: {
            std::vector<Example> all;
            for (const auto& part : parts_)
                for (auto& example : part.examples()) all.push_back(std::move(example));
            return all;
        }
        case Kind::any:
            return parts_.front().examples();
    }
    return {};
}

FieldMask Matcher::fields() const noexcept {
    FieldMask fields = 0;
    if (kind_ == Kind::in || kind_ == Kind::starts_with || kind_ == Kind::exists || kind_ == Kind::is)
        fields |= FieldMask{1} << field_;
    for (const auto& part : parts_) fields |= part.fields();
    return fields;
}

}  // namespace pinwheel
