#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "record_writer.h"

namespace pinwheel {
namespace {

constexpr std::string_view kSuffix = ".zst";
constexpr std::size_t kStampSize = 16;  // YYYYMMDDTHHMMSSZ

}  // namespace

std::string record_file_name(std::string_view name, SystemTime time) {
    using namespace std::chrono;
    const auto second = floor<seconds>(time);
    const auto day = floor<days>(second);
    const year_month_day date(day);
    const hh_mm_ss clock(second - day);
    std::array<char, 64> stamp{};
    std::snprintf(stamp.data(), stamp.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return std::string(name) + "." + stamp.data() + std::string(kSuffix);
}

std::optional<SystemTime> time_of_record_file(std::string_view file, std::string_view name) {
    using namespace std::chrono;
    if (file.size() != name.size() + 1 + kStampSize + kSuffix.size() || !file.starts_with(name) ||
        file[name.size()] != '.' || !file.ends_with(kSuffix))
        return std::nullopt;
    const auto stamp = file.substr(name.size() + 1, kStampSize);
    if (stamp[8] != 'T' || stamp[15] != 'Z') return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t digits) {
        int value = -1;
        const auto* const end = stamp.data() + at + digits;
        const auto [stop, error] = std::from_chars(stamp.data() + at, end, value);
        return error == std::errc() && stop == end ? value : -1;
    };
    const std::array<int, 6> parts{number(0, 4), number(4, 2),  number(6, 2),
                                   number(9, 2), number(11, 2), number(13, 2)};
    if (std::any_of(parts.begin(), parts.end(), [](int part) { return part < 0; })) return std::nullopt;
    const year_month_day date(year{parts[0]}, month{static_cast<unsigned>(parts[1])},
                              day{static_cast<unsigned>(parts[2])});
    if (!date.ok()) return std::nullopt;
    return SystemTime{sys_days(date) + hours(parts[3]) + minutes(parts[4]) + seconds(parts[5])};
}

}  // namespace pinwheel
