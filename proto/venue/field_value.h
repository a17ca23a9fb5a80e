#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pinwheel {

/// The type of a JSON value.
enum class JsonType : std::uint8_t { absent, null, boolean, number, string, array, object };

/// A value as written in a message. A string is without its quotes and still escaped.
struct FieldValue {
    JsonType type = JsonType::absent;
    std::string_view text{};
    bool has_escapes = false;  ///< a string with backslashes
    [[nodiscard]] bool exists() const noexcept { return type != JsonType::absent; }
};

/// 1 to 19 decimal digits and nothing else.
[[nodiscard]] bool parse_digits(std::string_view text, std::uint64_t& out) noexcept;

/// A number without fraction: a JSON number, or a string with one.
[[nodiscard]] bool parse_integer(const FieldValue& value, std::int64_t& out) noexcept;

/// Resolves JSON string escapes (RFC 8259 section 7). False if one is invalid.
[[nodiscard]] bool unescape_json(std::string_view escaped, std::string& out);

}  // namespace pinwheel
