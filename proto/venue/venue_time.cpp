#include "venue_time.h"

#include <array>
#include <string_view>

namespace pinwheel {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kLatest = INT64_MAX / kSecond - 1;

struct Digits {
    std::string_view text;

    /// `count` digits, or -1.
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

std::int64_t parse_rfc3339(std::string_view text) noexcept {
    Digits in{text};
    const std::int64_t year = in.take(4);
    const bool first = in.eat('-');
    const std::int64_t month = in.take(2);
    const bool second = in.eat('-');
    const std::int64_t day = in.take(2);
    if (!first || !second || !(in.eat('T') || in.eat('t') || in.eat(' '))) return 0;
    const std::int64_t hour = in.take(2);
    const bool third = in.eat(':');
    const std::int64_t minute = in.take(2);
    const bool fourth = in.eat(':');
    const std::int64_t whole = in.take(2);
    if (!third || !fourth || year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31 ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || whole < 0 || whole > 60)
        return 0;
    const std::int64_t fraction = in.eat('.') ? in.fraction(kSecond) : 0;
    std::int64_t offset = 0;
    if (!in.eat('Z') && !in.eat('z')) {
        const bool east = in.eat('+');
        if (!east && !in.eat('-')) return 0;
        const std::int64_t hours = in.take(2);
        const bool colon = in.eat(':');
        const std::int64_t minutes = in.take(2);
        if (!colon || hours < 0 || minutes < 0) return 0;
        offset = (hours * 60 + minutes) * (east ? 60 : -60);
    }
    if (!in.text.empty()) return 0;
    const std::int64_t seconds = days_from(year, month, day) * 86'400 + hour * 3600 + minute * 60 + whole;
    return (seconds - offset) * kSecond + fraction;
}

}  // namespace

std::int64_t venue_time(const FieldValue& value, TimeUnit unit) noexcept {
    if (value.type != JsonType::string && value.type != JsonType::number) return 0;
    if (unit == TimeUnit::rfc3339) return value.type == JsonType::string ? parse_rfc3339(value.text) : 0;
    constexpr std::array<std::int64_t, 4> kUnits{kSecond, 1'000'000, 1000, 1};
    const std::int64_t ns = kUnits[static_cast<std::size_t>(unit)];
    constexpr std::array<std::int64_t, 4> kLatestOf{kLatest, kLatest * 1000, kLatest * 1'000'000,
                                                    kLatest * kSecond};
    const std::int64_t latest = kLatestOf[static_cast<std::size_t>(unit)];
    if (std::uint64_t whole = 0; parse_digits(value.text, whole))
        return whole <= static_cast<std::uint64_t>(latest) ? static_cast<std::int64_t>(whole) * ns : 0;
    Digits in{value.text};
    std::size_t count = 0;
    while (count < in.text.size() && in.text[count] >= '0' && in.text[count] <= '9') ++count;
    if (count == 0 || count > 19) return 0;
    std::uint64_t whole = 0;
    for (std::size_t i = 0; i < count; ++i) whole = whole * 10 + static_cast<unsigned>(in.text[i] - '0');
    in.text.remove_prefix(count);
    if (whole > static_cast<std::uint64_t>(latest)) return 0;
    const std::int64_t fraction = in.eat('.') ? in.fraction(ns) : 0;
    return in.text.empty() ? static_cast<std::int64_t>(whole) * ns + fraction : 0;
}

}  // namespace pinwheel
