#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "retry_after_impl.h"

namespace pinwheel::detail {
namespace {

using std::chrono::sys_seconds;

constexpr std::array<std::string_view, 7> kWeekdays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Reads a text from its beginning. After a mismatch it stays failed.
class Scanner {
  public:
    explicit Scanner(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return good_ && rest_.empty(); }

    Scanner& skip(std::string_view word) noexcept {
        good_ = good_ && rest_.starts_with(word);
        if (good_) rest_.remove_prefix(word.size());
        return *this;
    }

    Scanner& weekday(std::size_t letters) noexcept {
        for (const auto name : kWeekdays)
            if (good_ && rest_.starts_with(name.substr(0, letters))) return skip(name.substr(0, letters));
        good_ = false;
        return *this;
    }

    Scanner& month(unsigned& value) noexcept {
        const auto* const found = std::find(kMonths.begin(), kMonths.end(), rest_.substr(0, 3));
        good_ = good_ && found != kMonths.end();
        value = static_cast<unsigned>(found - kMonths.begin()) + 1;
        return good_ ? skip(*found) : *this;
    }

    template <class Number>
    Scanner& digits(std::size_t count, Number& value) noexcept {
        const auto text = rest_.substr(0, count);
        good_ = good_ && text.size() == count && text.find_first_not_of("0123456789") == text.npos;
        if (!good_) return *this;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return skip(text);
    }

    /// Two digits, or a space and one digit.
    Scanner& padded_day(unsigned& value) noexcept {
        return rest_.starts_with(' ') ? skip(" ").digits(1, value) : digits(2, value);
    }

  private:
    std::string_view rest_;
    bool good_ = true;
};

struct Parts {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;

    /// Nothing for an invalid day of the month. A second of 60 is a leap second.
    [[nodiscard]] std::optional<sys_seconds> time() const noexcept {
        const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                               std::chrono::day{day}};
        if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
        return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
               std::chrono::seconds{second};
    }
};

Scanner& clock(Scanner& scanner, Parts& parts) noexcept {
    return scanner.digits(2, parts.hour).skip(":").digits(2, parts.minute).skip(":").digits(2, parts.second);
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
std::optional<sys_seconds> parse_imf_fixdate(std::string_view text) noexcept {
    Parts parts;
    Scanner scanner(text);
    scanner.weekday(3).skip(", ").digits(2, parts.day).skip(" ").month(parts.month).skip(" ");
    clock(scanner.digits(4, parts.year).skip(" "), parts).skip(" GMT");
    return scanner.at_end() ? parts.time() : std::nullopt;
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`. A year more than 50 years ahead counts as past.
std::optional<sys_seconds> parse_rfc850(std::string_view text, SystemTime now) noexcept {
    Parts parts;
    Scanner scanner(text);
    scanner.weekday(kWeekdays[2].size()).skip(", ").digits(2, parts.day).skip("-").month(parts.month);
    clock(scanner.skip("-").digits(2, parts.year).skip(" "), parts).skip(" GMT");
    if (!scanner.at_end()) return std::nullopt;
    const auto today = std::chrono::floor<std::chrono::days>(now);
    const int latest = static_cast<int>(std::chrono::year_month_day{today}.year()) + 50;
    parts.year += latest / 100 * 100;
    if (parts.year > latest) parts.year -= 100;
    const auto time = parts.time();
    if (parts.year < latest || !time || *time <= now + std::chrono::years{50}) return time;
    parts.year -= 100;
    return parts.time();
}

/// `Sun Nov  6 08:49:37 1994`
std::optional<sys_seconds> parse_asctime(std::string_view text) noexcept {
    Parts parts;
    Scanner scanner(text);
    scanner.weekday(3).skip(" ").month(parts.month).skip(" ").padded_day(parts.day).skip(" ");
    clock(scanner, parts).skip(" ").digits(4, parts.year);
    return scanner.at_end() ? parts.time() : std::nullopt;
}

std::optional<sys_seconds> parse_http_date(std::string_view text, SystemTime now) noexcept {
    if (const auto time = parse_imf_fixdate(text)) return time;
    if (const auto time = parse_asctime(text)) return time;
    return parse_rfc850(text, now);
}

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view text, SystemTime now) {
    constexpr auto kLongest = std::chrono::duration_cast<std::chrono::seconds>(kLongestRetryAfter);
    if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
        std::int64_t seconds = 0;
        const auto error = std::from_chars(text.data(), text.data() + text.size(), seconds).ec;
        return error == std::errc() ? std::min(std::chrono::seconds{seconds}, kLongest) : kLongest;
    }
    const auto date = parse_http_date(text, now);
    if (!date) return std::nullopt;
    // Clamped before the conversion to nanoseconds, because the year may be any.
    const auto today = std::chrono::floor<std::chrono::seconds>(now);
    const SystemTime when{std::clamp<sys_seconds>(*date, today, today + kLongest + std::chrono::seconds{1})};
    return std::clamp<Duration>(when - now, Duration::zero(), kLongestRetryAfter);
}

}  // namespace pinwheel::detail
