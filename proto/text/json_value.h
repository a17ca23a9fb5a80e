#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace pinwheel {

/// A JSON value to be sent, kept as its text: `JsonValue{{"type", "ping"}, {"id", 7}}`. For a list write
/// `JsonValue::array({"a", "b"})`. Threading: any. Allocates: its text.
class JsonValue {
  public:
    /// A name with its value, of an object.
    using Member = std::pair<std::string_view, JsonValue>;

    JsonValue() : text_("null") {}
    /// `null`
    JsonValue(std::nullptr_t)
        : JsonValue() {}  // NOLINT(google-explicit-constructor): a value is what it holds
    /// `true` or `false`
    template <std::same_as<bool> Bool>
    JsonValue(Bool value) : text_(value ? "true" : "false") {}  // NOLINT(google-explicit-constructor)
    /// A whole number.
    template <std::signed_integral Integer>
    JsonValue(Integer value)  // NOLINT(google-explicit-constructor)
        : text_(std::to_string(static_cast<long long>(value))) {}
    /// A whole number without sign.
    template <std::unsigned_integral Integer>
    requires(!std::same_as<Integer, bool>) JsonValue(Integer value)  // NOLINT(google-explicit-constructor)
        : text_(std::to_string(static_cast<unsigned long long>(value))) {}
    /// The shortest text that gives the same number; `null` for one that JSON cannot tell (RFC 8259 section
    /// 6).
    JsonValue(double value);  // NOLINT(google-explicit-constructor)
    /// A string, which must be UTF-8; escaped as it needs to be (RFC 8259 section 7).
    JsonValue(std::string_view text);  // NOLINT(google-explicit-constructor)
    /// The same.
    JsonValue(const char* text) : JsonValue(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
    /// The same.
    JsonValue(const std::string& text)
        : JsonValue(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
    /// An object, in this order.
    JsonValue(std::initializer_list<Member> members);

    /// A list, in this order.
    [[nodiscard]] static JsonValue array(std::initializer_list<JsonValue> elements);

    /// As JSON text, without spaces.
    [[nodiscard]] const std::string& dump() const noexcept { return text_; }

  private:
    std::string text_;
};

}  // namespace pinwheel
