#include "decimal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <system_error>

namespace pinwheel {
namespace {

constexpr unsigned kMostDigits = 18;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// The parts of a number. Nothing is copied.
struct DecimalParts {
    bool is_negative = false;
    std::string_view whole{};
    std::string_view fraction{};
    int exponent = 0;
};

std::string_view take_digits(std::string_view& text) noexcept {
    const auto count = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
    const auto digits = text.substr(0, count);
    text.remove_prefix(count);
    return digits;
}

bool eat(std::string_view& text, char c) noexcept {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<DecimalParts> split(std::string_view text) noexcept {
    DecimalParts parts;
    parts.is_negative = eat(text, '-');
    parts.whole = take_digits(text);
    if (parts.whole.empty()) return std::nullopt;
    if (eat(text, '.')) {
        parts.fraction = take_digits(text);
        if (parts.fraction.empty()) return std::nullopt;
    }
    if (eat(text, 'e') || eat(text, 'E')) {
        const bool is_small = eat(text, '-');
        if (!is_small) eat(text, '+');
        const auto digits = take_digits(text);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), parts.exponent);
        if (error != std::errc{}) return std::nullopt;
        if (is_small) parts.exponent = -parts.exponent;
    }
    return text.empty() ? std::optional(parts) : std::nullopt;
}

/// Appends a digit to a value up to the limit of int64_t, with its sign. False: out of range.
bool append(std::uint64_t& value, char digit, std::uint64_t most) noexcept {
    const auto more = static_cast<unsigned>(digit - '0');
    if (value > (most - more) / 10) return false;
    value = value * 10 + more;
    return true;
}

}  // namespace

std::optional<std::int64_t> parse_scaled(std::string_view text, unsigned digits) noexcept {
    const auto parts = split(text);
    if (!parts || digits > kMostDigits) return std::nullopt;
    const std::uint64_t most =
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (parts->is_negative ? 1U : 0U);
    std::uint64_t value = 0;
    // Digits that count: those left of the scaled point.
    std::int64_t left = static_cast<std::int64_t>(parts->whole.size()) + parts->exponent + digits;
    for (const auto part : {parts->whole, parts->fraction}) {
        for (const char digit : part) {
            if (left-- > 0 ? !append(value, digit, most) : digit != '0') return std::nullopt;
        }
    }
    for (; left > 0 && value > 0; --left)
        if (!append(value, '0', most)) return std::nullopt;
    return static_cast<std::int64_t>(parts->is_negative ? 0 - value : value);
}

std::optional<double> parse_decimal(std::string_view text) noexcept {
    if (!split(text)) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace pinwheel
