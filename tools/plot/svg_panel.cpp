#include "svg_panel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>
#include <cstddef>
#include <cstdio>

namespace pinwheel::tool {
namespace {

double power_of(double nanoseconds) {
    return std::log10(std::max(nanoseconds, 1.0));
}

struct TimeUnit {
    double nanoseconds;
    const char* name;
};
TimeUnit unit_of(int power) {
    if (power < 3) return {1, "ns"};
    if (power < 6) return {1e3, "us"};
    if (power < 9) return {1e6, "ms"};
    return {1e9, "s"};
}

}  // namespace

void append_format(std::string& out, const char* format, ...) {
    std::array<char, 512> line;
    va_list arguments;
    va_start(arguments, format);
    const int size = std::vsnprintf(line.data(), line.size(), format, arguments);
    va_end(arguments);
    out.append(line.data(), std::min(static_cast<std::size_t>(std::max(size, 0)), line.size() - 1));
}

std::string escape_markup(std::string_view text) {
    std::string out;
    for (const char c : text) switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    return out;
}

SvgPanel::SvgPanel(std::string& out, const SvgArea& area, double low, double high)
    : out_(out),
      area_(area),
      low_(std::floor(power_of(low) * 3) / 3),
      high_(std::max(low_ + 0.5, std::ceil(power_of(high) * 3) / 3)) {}

double SvgPanel::y(double nanoseconds) const {
    return area_.top +
           (high_ - std::clamp(power_of(nanoseconds), low_, high_)) / (high_ - low_) * area_.height;
}

void SvgPanel::draw_times(const std::string& title) const {
    append_format(out_, "<text x='%.0f' y='%.0f' font-weight='bold'>%s</text>\n", area_.left, area_.top - 12,
                  title.c_str());
    const bool dense = high_ - low_ < 2.5;
    for (int power = 0; power <= 12; ++power)
        for (const int digit : {1, 2, 5}) {
            const double place = power + std::log10(digit);
            if (place < low_ - 1e-9 || place > high_ + 1e-9) continue;
            const double time = digit * std::pow(10, power);
            append_format(out_, "<line x1='%.0f' y1='%.1f' x2='%.0f' y2='%.1f' stroke='%s'/>\n", area_.left,
                          y(time), x(1), y(time), digit == 1 ? "#ccc" : "#eee");
            if (digit != 1 && !dense) continue;
            const TimeUnit unit = unit_of(power);
            append_format(out_, "<text x='%.0f' y='%.1f' text-anchor='end'>%g %s</text>\n", area_.left - 8,
                          y(time) + 4, time / unit.nanoseconds, unit.name);
        }
}

void SvgPanel::draw_tick(double at, const char* name) const {
    const double bottom = area_.top + area_.height;
    append_format(out_, "<line x1='%.1f' y1='%.0f' x2='%.1f' y2='%.0f' stroke='#ddd'/>\n", at, area_.top, at,
                  bottom);
    append_format(out_, "<text x='%.1f' y='%.0f' text-anchor='middle'>%s</text>\n", at, bottom + 18, name);
}

void SvgPanel::draw_edge() const {
    append_format(out_, "<rect x='%.0f' y='%.0f' width='%.0f' height='%.0f' fill='none' stroke='#888'/>\n",
                  area_.left, area_.top, area_.width, area_.height);
}

void PercentileAxis::draw() const {
    constexpr std::array<const char*, 6> kNames{"min", "p90", "p99", "p99.9", "p99.99", "p99.999"};
    for (std::size_t i = 0; i < kNames.size() && static_cast<double>(i) <= most_nines_; ++i)
        panel_.draw_tick(x(static_cast<double>(i)), kNames[i]);
    panel_.draw_tick(x(std::log10(2)), "p50");
}

}  // namespace pinwheel::tool
