#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "field_scanner.h"

namespace pinwheel {

/// A condition on a message, compiled once. It reads the fields that one pass over the message has found. A
/// tree of all and any over: a field equals a value, exists or not, has a type, is one of several values,
/// starts with a text; or the whole message equals a text. Without a condition it never matches. Threading:
/// any. Allocates: while it is built.
class Matcher {
  public:
    /// A JSON scalar for comparisons. A string matches an equal string, a number an equal number.
    struct Scalar {
        JsonType type = JsonType::null;
        std::string text{};  ///< a string unescaped, any other value as written
    };

    /// A field and a JSON value with which a part of the condition holds.
    struct Example {
        std::size_t field = 0;
        std::string json{};
        bool is_weak = false;  ///< any value of the field will do, or any of the type
    };
    /// In place of a field: the whole message is this text.
    static constexpr std::size_t kWholeText = SIZE_MAX;

    Matcher() = default;

    [[nodiscard]] static Matcher equals(std::size_t field, Scalar value);
    [[nodiscard]] static Matcher in(std::size_t field, std::vector<Scalar> values);
    [[nodiscard]] static Matcher starts_with(std::size_t field, std::string text);
    [[nodiscard]] static Matcher exists(std::size_t field, bool expected);
    [[nodiscard]] static Matcher is(std::size_t field, JsonType type);
    [[nodiscard]] static Matcher whole_text(std::string text);
    [[nodiscard]] static Matcher all(std::vector<Matcher> parts);
    [[nodiscard]] static Matcher any(std::vector<Matcher> parts);

    [[nodiscard]] bool matches(const FieldValues& values, std::string_view message) const noexcept;
    /// The fields that it reads.
    [[nodiscard]] FieldMask fields() const noexcept;
    /// Values with which it matches, unless other fields prevent it. Allocates.
    [[nodiscard]] std::vector<Example> examples() const;
    /// True if it has no condition, so that it never matches.
    [[nodiscard]] bool empty() const noexcept { return kind_ == Kind::never; }

  private:
    enum class Kind : std::uint8_t { never, in, starts_with, exists, is, whole_text, all, any };

    Kind kind_ = Kind::never;
    bool expected_ = true;
    JsonType type_ = JsonType::absent;
    std::size_t field_ = 0;
    std::vector<Scalar> scalars_;
    std::vector<Matcher> parts_;
};

}  // namespace pinwheel
