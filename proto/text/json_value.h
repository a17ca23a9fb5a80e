#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pinwheel {

namespace detail {

template <class T>
inline constexpr bool kIsPair = false;
template <class First, class Second>
inline constexpr bool kIsPair<std::pair<First, Second>> = true;

/// A range that is neither text nor contains itself.
template <class Range>
concept JsonRange =
    !std::convertible_to<const Range&, std::string_view> && !std::convertible_to<const Range&, std::string> &&
    !std::same_as<std::ranges::range_value_t<Range>, std::remove_cvref_t<Range>>;
template <class Range>
inline constexpr bool kIsJsonObject = kIsPair<std::ranges::range_value_t<Range>>;

}  // namespace detail

/// A JSON value to send, stored as text: `JsonValue{{"type", "ping"}, {"id", 7}}`. For a list write
/// `JsonValue::array({"a", "b"})`. Threading: any. Allocates: its text.
class JsonValue {
  public:
    /// A member of an object: name and value.
    using Member = std::pair<std::string_view, JsonValue>;

    JsonValue() : text_("null") {}
    /// `null`
    JsonValue(std::nullptr_t)
        : JsonValue() {}  // NOLINT(google-explicit-constructor): a value is what it holds
    /// `true` or `false`
    template <std::same_as<bool> Bool>
    JsonValue(Bool value) : text_(value ? "true" : "false") {}  // NOLINT(google-explicit-constructor)
    /// A string of one character.
    JsonValue(char character)  // NOLINT(google-explicit-constructor)
        : JsonValue(std::string_view(&character, 1)) {}
    JsonValue(wchar_t) = delete;
    JsonValue(char8_t) = delete;
    JsonValue(char16_t) = delete;
    JsonValue(char32_t) = delete;
    /// A whole number.
    template <std::signed_integral Integer>
    JsonValue(Integer value)  // NOLINT(google-explicit-constructor)
        : text_(std::to_string(static_cast<long long>(value))) {}
    /// An unsigned whole number.
    template <std::unsigned_integral Integer>
    requires(!std::same_as<Integer, bool>) JsonValue(Integer value)  // NOLINT(google-explicit-constructor)
        : text_(std::to_string(static_cast<unsigned long long>(value))) {}
    /// The shortest text that gives the same number; `null` for NaN and infinity (RFC 8259 section 6).
    JsonValue(double value);  // NOLINT(google-explicit-constructor)
    /// A string in UTF-8, escaped where needed (RFC 8259 section 7).
    JsonValue(std::string_view text);  // NOLINT(google-explicit-constructor)
    /// The same.
    JsonValue(const char* text) : JsonValue(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
    /// The same.
    JsonValue(const std::string& text)
        : JsonValue(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)
    /// An object with its members in this order.
    JsonValue(std::initializer_list<Member> members);

    /// A list from a range of values, for example a std::vector<int>. An object, in the range's order, from
    /// pairs of a name and a value, for example a std::map<std::string, int>.
    template <std::ranges::input_range Range>
    requires detail::JsonRange<Range> JsonValue(const Range& range)  // NOLINT(google-explicit-constructor)
        : text_(detail::kIsJsonObject<Range> ? "{" : "[") {
        for (const auto& element : range) {
            if constexpr (detail::kIsJsonObject<Range>)
                add_member(std::get<0>(element), std::get<1>(element));
            else
                add_element(static_cast<std::ranges::range_value_t<Range>>(element));
        }
        text_ += detail::kIsJsonObject<Range> ? '}' : ']';
    }

    /// A list, in this order.
    [[nodiscard]] static JsonValue array(std::initializer_list<JsonValue> elements);

    /// As JSON text, without spaces.
    [[nodiscard]] const std::string& dump() const noexcept { return text_; }

  private:
    void begin_next() {
        if (text_.size() > 1) text_ += ',';
    }
    void add_element(const JsonValue& value);
    void add_member(std::string_view name, const JsonValue& value);

    std::string text_;
};

}  // namespace pinwheel
