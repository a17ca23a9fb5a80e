#include "playback_file.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "client.h"

namespace pinwheel::tool {
namespace {

std::optional<int> digits(std::string_view& text, std::size_t count) {
    int value = 0;
    if (text.size() < count) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
    if (error != std::errc() || end != text.data() + count || value < 0) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

bool skip(std::string_view& text, char expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

/// The digits behind a decimal point, in ns.
std::optional<std::int64_t> fraction(std::string_view& text) {
    if (!skip(text, '.')) return 0;
    std::int64_t value = 0;
    std::int64_t unit = 1'000'000'000;
    for (; unit > 1 && !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1)) {
        unit /= 10;
        value += (text[0] - '0') * unit;
    }
    return unit < 1'000'000'000 ? std::optional(value) : std::nullopt;
}

std::optional<SystemTime> read_date(std::string_view text) {
    using namespace std::chrono;
    static constexpr std::string_view kAhead = " --T::";  // the text before each number
    std::array<int, kAhead.size()> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0 && !skip(text, kAhead[i])) return std::nullopt;
        const auto number = digits(text, i == 0 ? 4 : 2);
        if (!number) return std::nullopt;
        parts[i] = *number;
    }
    const auto rest = fraction(text);
    const year_month_day date{year{parts[0]}, month{static_cast<unsigned>(parts[1])},
                              day{static_cast<unsigned>(parts[2])}};
    // Nanoseconds reach to the year 2262.
    if (!rest || text != "Z" || !date.ok() || parts[0] < 1970 || parts[0] > 2261 || parts[3] > 23 ||
        parts[4] > 59 || parts[5] > 60)
        return std::nullopt;
    return SystemTime{sys_days(date) + hours(parts[3]) + minutes(parts[4]) + seconds(parts[5]) +
                      nanoseconds(*rest)};
}

std::optional<SystemTime> read_number(std::string_view text) {
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (error != std::errc() || whole < 0) return std::nullopt;
    const auto count = static_cast<std::size_t>(end - text.data());
    text.remove_prefix(count);
    if (count == 19 && text.empty()) return SystemTime{Duration{whole}};
    const auto rest = fraction(text);
    if (!rest || !text.empty() || whole > 9'000'000'000) return std::nullopt;
    return SystemTime{std::chrono::seconds{whole} + Duration{*rest}};
}

}  // namespace

bool is_recording(const std::string& path) {
    if (path.ends_with(".zst")) return true;
    std::error_code unknown;
    if (!std::filesystem::is_regular_file(path, unknown)) return false;
    std::array<char, 4> magic{};
    std::ifstream(path, std::ios::binary).read(magic.data(), magic.size());
    const std::string_view text(magic.data(), magic.size());
    return text == "\x28\xb5\x2f\xfd" || text.substr(1) == "\x2a\x4d\x18";
}

RecordReader open_recording(const std::vector<std::string>& files, const PlaybackRange& range) {
    auto reader = RecordReader::open(files);
    if (!reader) throw UsageError{reader.error().message()};
    if (range.from) (*reader).seek(*range.from);
    return *std::move(reader);
}

std::function<std::unique_ptr<Playback>()> open_playback(const std::vector<std::string>& files,
                                                         const PlaybackRange& range) {
    if (files.size() > 1 || is_recording(files.front())) {
        auto probe = open_recording(files, range);
        if (probe.next() == nullptr)
            throw UsageError{"recording '" + files.front() + "' holds nothing in this span of time"};
        return [files, range] { return play(open_recording(files, range), range.to); };
    }
    try {
        const auto capture = std::make_shared<const Capture>(Capture::load(files.front()));
        return [capture] { return play(*capture); };
    } catch (const std::runtime_error& error) {
        throw UsageError{error.what()};
    }
}

SystemTime parse_time(const char* option, std::string_view text) {
    if (const auto time = text.find('T') != std::string_view::npos ? read_date(text) : read_number(text))
        return *time;
    throw UsageError{std::string(option) + " '" + std::string(text) +
                     "' is neither a time such as 2026-11-28T07:00:00Z nor Unix time in seconds or ns"};
}

std::string text_of(SystemTime time) {
    using namespace std::chrono;
    const auto second = floor<seconds>(time);
    const auto day = floor<days>(second);
    const year_month_day date(day);
    const hh_mm_ss clock(second - day);
    std::array<char, 80> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%09dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
                  static_cast<int>((time - second).count()));
    return text.data();
}

double parse_speed(const char* option, const std::string& text) {
    if (text == "max") return 0;
    double speed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
    if (error != std::errc() || end != text.data() + text.size() || !(speed > 0))
        throw UsageError{std::string(option) + " '" + text + "' is neither a number above 0 nor 'max'"};
    return speed;
}

}  // namespace pinwheel::tool
