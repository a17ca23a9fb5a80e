#include "stamp.h"

#include <array>
#include <cstdio>
#include <utility>

#include "../terminal/screen_text.h"
#include "client.h"

namespace pinwheel::tool {
namespace {

constexpr std::array<std::pair<std::string_view, TimeUnit>, 5> kUnits{{{"ns", TimeUnit::nanoseconds},
                                                                       {"us", TimeUnit::microseconds},
                                                                       {"ms", TimeUnit::milliseconds},
                                                                       {"s", TimeUnit::seconds},
                                                                       {"iso", TimeUnit::rfc3339}}};
constexpr Duration kLargestAge = std::chrono::hours{24};
constexpr std::size_t kMostShown = 40;

std::optional<TimeUnit> parse_unit(std::string_view word) {
    if (word == "auto") return std::nullopt;
    for (const auto& [name, unit] : kUnits)
        if (name == word) return unit;
    throw UsageError{"--stamp-unit '" + printable(word) + "' is none of auto, ns, us, ms, s and iso"};
}

std::string name_of(TimeUnit unit) {
    for (const auto& [name, known] : kUnits)
        if (known == unit) return std::string(name);
    return {};
}

/// The unit in which the text is a time between 1973 and 5138.
std::optional<TimeUnit> guess_unit(std::string_view text) {
    if (parse_stamp(text, TimeUnit::rfc3339)) return TimeUnit::rfc3339;
    constexpr std::array<TimeUnit, 4> kBySize{TimeUnit::seconds, TimeUnit::milliseconds,
                                              TimeUnit::microseconds, TimeUnit::nanoseconds};
    constexpr std::int64_t kLeast = 100'000'000;  // seconds: March 1973
    // Read as ns it is its own count, whatever its unit.
    const auto count = parse_stamp(text, TimeUnit::nanoseconds);
    std::int64_t least = kLeast;
    for (const TimeUnit unit : kBySize) {
        if (!count || *count < least) return std::nullopt;
        if (unit == TimeUnit::nanoseconds || *count / 1000 < least) return unit;
        least *= 1000;
    }
    return std::nullopt;
}

std::string text_of(Duration time) {
    const double ms = std::chrono::duration<double, std::milli>(time).count();
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), ms < 1000 ? "%.3f ms" : "%.0f s", ms < 1000 ? ms : ms / 1000);
    return text.data();
}

}  // namespace

StampReader::StampReader(std::string pointer, std::string_view unit)
    : pointer_(std::move(pointer)), unit_(parse_unit(unit)) {}

std::optional<Duration> StampReader::age(const JsonView& json, SystemTime now) {
    auto text = json.string(pointer_);
    if (!text) text = json.raw(pointer_);
    if (!text || *text == "null" || !fault_.empty()) return std::nullopt;
    if (!unit_) unit_ = guess_unit(*text);
    const auto ns = unit_ ? parse_stamp(*text, *unit_) : std::nullopt;
    const auto time = ns ? std::optional(SystemTime{Duration{*ns}}) : std::nullopt;
    if (time && *time <= now && now - *time <= kLargestAge) return now - *time;
    fault_ = "--stamp '" + pointer_ + "' is '" + fit(*text, kMostShown) + "', which is " +
             describe_fault(*text, time, now);
    return std::nullopt;
}

std::string StampReader::describe_fault(std::string_view text, std::optional<SystemTime> time,
                                        SystemTime now) const {
    if (!unit_) return "no time between 1973 and now in any unit; name another value";
    if (const auto likely = guess_unit(text); likely && *likely != *unit_)
        return "no time of today in " + name_of(*unit_) + "; it looks like --stamp-unit " + name_of(*likely);
    if (!time) return "no time in " + name_of(*unit_);
    if (*time <= now) return "more than a day ago";
    return text_of(*time - now) +
           " ahead of this machine's clock; the clocks differ, so that a latency cannot be measured";
}

}  // namespace pinwheel::tool
