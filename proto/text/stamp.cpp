#include "stamp.h"

#include <array>
#include <cstddef>

namespace pinwheel {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLatest = INT64_MAX / kSecond - 1;

struct Digits {
    std::string_view text;

    /// `count` digits; -1 if there are fewer.
    std::int64_t take(std::size_t count) noexcept {
        if (text.size() < count) return -1;
        std::int64_t value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (text[i] < '0' || text[i] > '9') return -1;
            value = value * 10 + (text[i] - '0');
        }
        text.remove_prefix(count);
        return value;
    }
    bool eat(char byte) noexcept {
        if (text.empty() || text.front() != byte) return false;
        text.remove_prefix(1);
        return true;
    }
    /// The digits behind a decimal point, as a number of `unit`s.
    std::int64_t fraction(std::int64_t unit) noexcept {
        std::int64_t value = 0;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
            unit /= 10;
            value += unit * (text.front() - '0');
            text.remove_prefix(1);
        }
        return value;
    }
};

/// Days since 1970-01-01 in the Gregorian calendar.
std::int64_t days_from(std::int64_t year, std::int64_t month, std::int64_t day) noexcept {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = year / 400;
    const std::int64_t of_era = year - era * 400;
    const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) noexcept {
    Digits in{text};
    const std::int64_t year = in.take(4);
    const bool first = in.eat('-');
    const std::int64_t month = in.take(2);
    const bool second = in.eat('-');
    const std::int64_t day = in.take(2);
    if (!first || !second || !(in.eat('T') || in.eat('t') || in.eat(' '))) return std::nullopt;
    const std::int64_t hour = in.take(2);
    const bool third = in.eat(':');
    const std::int64_t minute = in.take(2);
    const bool fourth = in.eat(':');
    const std::int64_t whole = in.take(2);
    if (!third || !fourth || year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31 ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || whole < 0 || whole > 60)
        return std::nullopt;
    const std::int64_t fraction = in.eat('.') ? in.fraction(kSecond) : 0;
    std::int64_t offset = 0;
    if (!in.eat('Z') && !in.eat('z')) {
        const bool east = in.eat('+');
        if (!east && !in.eat('-')) return std::nullopt;
        const std::int64_t hours = in.take(2);
        const bool colon = in.eat(':');
        const std::int64_t minutes = in.take(2);
        if (!colon || hours < 0 || minutes < 0) return std::nullopt;
        offset = (hours * 60 + minutes) * (east ? 60 : -60);
    }
    if (!in.text.empty()) return std::nullopt;
    const std::int64_t seconds = days_from(year, month, day) * 86'400 + hour * 3600 + minute * 60 + whole;
    return (seconds - offset) * kSecond + fraction;
}

}  // namespace

std::optional<std::int64_t> parse_stamp(std::string_view text, TimeUnit unit) noexcept {
    if (unit == TimeUnit::rfc3339) return parse_rfc3339(text);
    constexpr std::array<std::int64_t, 4> kUnits{kSecond, 1'000'000, 1000, 1};
    const std::int64_t ns = kUnits[static_cast<std::size_t>(unit)];
    const auto latest = static_cast<std::uint64_t>(kLatest * (kSecond / ns));
    constexpr std::size_t kMostDigits = 19;
    Digits in{text};
    std::uint64_t whole = 0;
    std::size_t count = 0;
    for (; !in.text.empty() && in.text.front() >= '0' && in.text.front() <= '9'; in.text.remove_prefix(1)) {
        if (++count > kMostDigits) return std::nullopt;
        whole = whole * 10 + static_cast<unsigned>(in.text.front() - '0');
    }
    if (count == 0 || whole > latest) return std::nullopt;
    const std::int64_t fraction = in.eat('.') ? in.fraction(ns) : 0;
    if (!in.text.empty()) return std::nullopt;
    return static_cast<std::int64_t>(whole) * ns + fraction;
}

}  // namespace pinwheel
