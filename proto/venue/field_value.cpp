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

bool parse_digits(std::string_view text, std::uint64_t& out) noexcept {
    constexpr std::size_t kSafeDigits = 19;
    if (text.size() - 1 >= kSafeDigits) return false;
    const char* at = text.data();
    std::size_t left = text.size();
    std::uint64_t number = 0;
    if constexpr (std::endian::native == std::endian::little)
        for (; left >= 8; left -= 8, at += 8) {
            // Eight digits at once: each byte a digit, then pairs, fours and eights are added with their
            // weights.
            std::uint64_t digits = 0;
            std::memcpy(&digits, at, sizeof digits);
            digits -= 0x3030303030303030;
            if (((digits | (digits + 0x7676767676767676)) & 0x8080808080808080) != 0) return false;
            digits = (digits * 2561) >> 8;
            digits = ((digits & 0x00ff00ff00ff00ff) * 6553601) >> 16;
            digits = ((digits & 0x0000ffff0000ffff) * 42949672960001) >> 32;
            number = number * 100'000'000 + digits;
        }
    for (; left > 0; --left, ++at) {
        const auto digit = static_cast<unsigned char>(*at - '0');
        if (digit > 9) return false;
        number = number * 10 + digit;
    }
    out = number;
    return true;
}

bool parse_integer(const FieldValue& value, std::int64_t& out) noexcept {
    if (value.type != JsonType::number && value.type != JsonType::string) return false;
    if (std::uint64_t digits = 0; parse_digits(value.text, digits) && digits <= INT64_MAX) {
        out = static_cast<std::int64_t>(digits);
        return true;
    }
    const char* const end = value.text.data() + value.text.size();
    const auto [at, error] = std::from_chars(value.text.data(), end, out);
    return error == std::errc{} && at == end;
}

}  // namespace pinwheel
