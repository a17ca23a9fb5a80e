#include "playback_file.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "../../../proto/text/stamp.h"
#include "client.h"

namespace pinwheel::tool {
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
    constexpr std::size_t kDigitsOfNs = 19;
    const bool is_ns = text.size() == kDigitsOfNs && text.find('.') == std::string_view::npos;
    const TimeUnit unit = text.find(':') != std::string_view::npos ? TimeUnit::rfc3339
                          : is_ns                                  ? TimeUnit::nanoseconds
                                                                   : TimeUnit::seconds;
    if (const auto time = parse_stamp(text, unit)) return SystemTime{Duration{*time}};
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
