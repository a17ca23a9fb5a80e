#include "field_value.h"

#include <bit>
#include <charconv>
#include <cstring>

#include "../../core/record.h"
#include "../text/json_view.h"

namespace pinwheel {

bool unescape_json(std::string_view escaped, std::string& out) {
    std::string padded;
    padded.reserve(escaped.size() + 4 + kPayloadPadding);
    padded += "[\"";
    padded += escaped;
    padded += "\"]";
    const auto text = JsonView(padded).string("/0");
    if (text) out = *text;
    return text.has_value();
}

namespace {

/// Eight digits minus '0', the first one in the lowest byte: pairs, fours and eights are added with their
/// weights.
bool add_digits(std::uint64_t digits, std::uint64_t& number) noexcept {
    if (((digits | (digits + 0x7676767676767676)) & 0x8080808080808080) != 0) return false;
    digits = (digits * 2561) >> 8;
    digits = ((digits & 0x00ff00ff00ff00ff) * 6553601) >> 16;
    digits = ((digits & 0x0000ffff0000ffff) * 42949672960001) >> 32;
    number = number * 100'000'000 + digits;
    return true;
}

inline bool read_digits(std::string_view text, std::uint64_t& out) noexcept {
    constexpr std::size_t kSafeDigits = 19;
    const std::size_t size = text.size();
    if (size - 1 >= kSafeDigits) return false;
    std::uint64_t number = 0;
    if (std::endian::native == std::endian::little && size >= 8 && size <= 16) {
        std::uint64_t head = 0;
        std::uint64_t tail = 0;
        std::memcpy(&head, text.data(), sizeof head);
        std::memcpy(&tail, text.data() + size - sizeof tail, sizeof tail);
        constexpr std::uint64_t kZeros = 0x3030303030303030;
        if (size > 8 && !add_digits((head ^ kZeros) << (8 * (16 - size)), number)) return false;
        if (!add_digits(tail ^ kZeros, number)) return false;
        out = number;
        return true;
    }
    for (const char byte : text) {
        const auto digit = static_cast<unsigned char>(byte - '0');
        if (digit > 9) return false;
        number = number * 10 + digit;
    }
    out = number;
    return true;
}

}  // namespace

bool parse_digits(std::string_view text, std::uint64_t& out) noexcept {
    return read_digits(text, out);
}

bool parse_integer(const FieldValue& value, std::int64_t& out) noexcept {
    if (value.type != JsonType::number && value.type != JsonType::string) return false;
    if (std::uint64_t digits = 0; read_digits(value.text, digits) && digits <= INT64_MAX) {
        out = static_cast<std::int64_t>(digits);
        return true;
    }
    const char* const end = value.text.data() + value.text.size();
    const auto [at, error] = std::from_chars(value.text.data(), end, out);
    return error == std::errc{} && at == end;
}

}  // namespace pinwheel
