#include "json_value.h"

#include <array>
#include <charconv>
#include <cmath>

#include "json_writer.h"

namespace pinwheel {

JsonValue::JsonValue(double value) : text_("null") {
    if (!std::isfinite(value)) return;
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text_.assign(digits.data(), end);
}

JsonValue::JsonValue(std::string_view text) {
    append_json_string(text_, text);
}

JsonValue::JsonValue(std::initializer_list<Member> members) : text_("{") {
    for (const auto& [name, value] : members) add_member(name, value);
    text_ += '}';
}

JsonValue JsonValue::array(std::initializer_list<JsonValue> elements) {
    JsonValue list;
    list.text_ = "[";
    for (const auto& element : elements) list.add_element(element);
    list.text_ += ']';
    return list;
}

void JsonValue::add_element(const JsonValue& value) {
    begin_next();
    text_ += value.text_;
}

void JsonValue::add_member(std::string_view name, const JsonValue& value) {
    begin_next();
    append_json_string(text_, name);
    text_ += ':';
    text_ += value.text_;
}

}  // namespace pinwheel
