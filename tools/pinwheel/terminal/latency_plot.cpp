#include "latency_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "live_view.h"

namespace pinwheel::tool {
namespace {

constexpr double kWidth = 920;
constexpr double kHeight = 760;
constexpr double kLeft = 76;
constexpr double kPanelWidth = kWidth - kLeft - 64;
constexpr double kPanelHeight = 270;
constexpr double kCurveTop = 96;
constexpr double kTimelineTop = kCurveTop + kPanelHeight + 84;
constexpr double kMostNines = 5;  // p99.999

constexpr const char* kP50 = "#1f77b4";
constexpr const char* kP99 = "#e08214";
constexpr const char* kMax = "#b2182b";

[[gnu::format(printf, 2, 3)]] void add(std::string& out, const char* format, ...) {
    std::array<char, 512> line;
    va_list arguments;
    va_start(arguments, format);
    const int size = std::vsnprintf(line.data(), line.size(), format, arguments);
    va_end(arguments);
    out.append(line.data(), std::min(static_cast<std::size_t>(std::max(size, 0)), line.size() - 1));
}

std::string escaped(const std::string& text) {
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

/// A panel whose times go upwards by powers of ten.
class Panel {
  public:
    Panel(std::string& out, double top, std::uint64_t low, std::uint64_t high)
        : out_(out),
          top_(top),
          low_(std::floor(std::log10(std::max<double>(static_cast<double>(low), 1)) * 3) / 3),
          high_(std::max(low_ + 0.5,
                         std::ceil(std::log10(std::max<double>(static_cast<double>(high), 1)) * 3) / 3)) {}

    [[nodiscard]] double y(std::uint64_t time) const {
        const double place = std::log10(std::max<double>(static_cast<double>(time), 1));
        return top_ + (high_ - std::clamp(place, low_, high_)) / (high_ - low_) * kPanelHeight;
    }
    void draw_frame(const std::string& title) const {
        add(out_, "<text x='%.0f' y='%.0f' font-weight='bold'>%s</text>\n", kLeft, top_ - 12, title.c_str());
        const bool dense = high_ - low_ < 2.5;
        for (int power = 0; power <= 12; ++power)
            for (const int digit : {1, 2, 5}) {
                const double place = power + std::log10(digit);
                if (place < low_ - 1e-9 || place > high_ + 1e-9) continue;
                const auto time = static_cast<std::uint64_t>(std::llround(digit * std::pow(10, power)));
                add(out_, "<line x1='%.0f' y1='%.1f' x2='%.0f' y2='%.1f' stroke='%s'/>\n", kLeft, y(time),
                    kLeft + kPanelWidth, y(time), digit == 1 ? "#ccc" : "#eee");
                if (digit == 1 || dense)
                    add(out_, "<text x='%.0f' y='%.1f' text-anchor='end'>%g %s</text>\n", kLeft - 8,
                        y(time) + 4,
                        static_cast<double>(time) / (power < 3   ? 1
                                                     : power < 6 ? 1e3
                                                     : power < 9 ? 1e6
                                                                 : 1e9),
                        power < 3   ? "ns"
                        : power < 6 ? "us"
                        : power < 9 ? "ms"
                                    : "s");
            }
    }
    void draw_edge() const {
        add(out_, "<rect x='%.0f' y='%.0f' width='%.0f' height='%.0f' fill='none' stroke='#888'/>\n", kLeft,
            top_, kPanelWidth, kPanelHeight);
    }
    void tick(double x, const char* name) const {
        add(out_, "<line x1='%.1f' y1='%.0f' x2='%.1f' y2='%.0f' stroke='#ddd'/>\n", x, top_, x,
            top_ + kPanelHeight);
        add(out_, "<text x='%.1f' y='%.0f' text-anchor='middle'>%s</text>\n", x, top_ + kPanelHeight + 18,
            name);
    }

  private:
    std::string& out_;
    const double top_;
    const double low_;  // powers of ten, ns
    const double high_;
};

void draw_percentiles(std::string& out, const LatencyReport& report) {
    const Histogram& times = report.times;
    const double most = std::clamp(std::log10(static_cast<double>(times.count())), 1.0, kMostNines);
    const Panel panel(out, kCurveTop, times.min(), times.max());
    panel.draw_frame("Percentiles");
    const auto x = [&](double nines) { return kLeft + nines / most * kPanelWidth; };
    constexpr std::array<const char*, 6> kNames{"min", "p90", "p99", "p99.9", "p99.99", "p99.999"};
    for (std::size_t i = 0; i < kNames.size() && static_cast<double>(i) <= most; ++i)
        panel.tick(x(static_cast<double>(i)), kNames[i]);
    panel.tick(x(std::log10(2)), "p50");
    add(out, "<polyline fill='none' stroke='%s' stroke-width='2.5' points='", kP50);
    constexpr int kSteps = 400;
    for (int step = 0; step <= kSteps; ++step) {
        const double nines = most * step / kSteps;
        const auto time = step == 0 ? times.min() : times.value_at(100 * (1 - std::pow(10, -nines)));
        add(out, "%.1f,%.1f ", x(nines), panel.y(time));
    }
    out += "'/>\n";
    panel.draw_edge();
}

class Timeline {
  public:
    Timeline(std::string& out, const LatencyReport& report)
        : out_(out), report_(report), panel_(out, kTimelineTop, lowest(report), report.times.max()) {}

    void draw() const {
        draw_outages();
        panel_.draw_frame("Over time");
        draw_ticks();
        draw_line(&LatencyReport::Slot::max, kMax, "1");
        draw_line(&LatencyReport::Slot::p99, kP99, "1.5");
        draw_line(&LatencyReport::Slot::p50, kP50, "2");
        panel_.draw_edge();
        draw_legend();
    }

  private:
    static std::uint64_t lowest(const LatencyReport& report) {
        std::uint64_t low = report.times.max();
        for (const auto& slot : report.slots) low = std::min(low, slot.p50);
        return low;
    }
    [[nodiscard]] double x(double seconds) const {
        return kLeft + std::clamp(seconds / report_.seconds, 0.0, 1.0) * kPanelWidth;
    }
    void draw_outages() const {
        for (const auto& outage : report_.outages) {
            const double from = x(outage.lost);
            const double until = x(outage.up.value_or(report_.seconds));
            add(out_, "<rect x='%.1f' y='%.0f' width='%.1f' height='%.0f' fill='#f4c7c3'/>\n", from,
                kTimelineTop, std::max(until - from, 1.5), kPanelHeight);
        }
    }
    void draw_ticks() const {
        const double raw = report_.seconds / 10;
        const double power = std::pow(10, std::floor(std::log10(raw)));
        double step = 10 * power;
        for (const double digit : {5.0, 2.0, 1.0})
            if (raw <= digit * power) step = digit * power;
        for (double at = 0; at <= report_.seconds * (1 + 1e-9); at += step) {
            std::array<char, 32> name{};
            std::snprintf(name.data(), name.size(), "%g s", at);
            panel_.tick(x(at), name.data());
        }
    }
    [[nodiscard]] bool is_cut(double from, double until) const {
        return std::any_of(report_.outages.begin(), report_.outages.end(),
                           [&](const auto& outage) { return from <= outage.lost && outage.lost < until; });
    }
    void draw_line(std::uint64_t LatencyReport::Slot::*value, const char* colour, const char* width) const {
        double last = -1;
        bool open = false;
        for (const auto& slot : report_.slots) {
            const double middle = (slot.from + slot.until) / 2;
            const bool cut =
                open && (is_cut(last, middle) || slot.from - last > 3 * (slot.until - slot.from));
            if (cut) out_ += "'/>\n";
            if (!open || cut)
                add(out_,
                    "<polyline fill='none' stroke='%s' stroke-width='%s' stroke-linecap='round' points='",
                    colour, width);
            open = true;
            add(out_, "%.1f,%.1f ", x(middle), panel_.y(slot.*value));
            last = middle;
        }
        if (open) out_ += "'/>\n";
    }
    void draw_legend() const {
        double at = kLeft + 110;
        const auto entry = [&](const char* colour, const char* name) {
            add(out_, "<rect x='%.0f' y='%.0f' width='22' height='4' fill='%s'/>\n", at, kTimelineTop - 18,
                colour);
            add(out_, "<text x='%.0f' y='%.0f'>%s</text>\n", at + 28, kTimelineTop - 12, name);
            at += 90;
        };
        entry(kP50, "p50");
        entry(kP99, "p99");
        entry(kMax, "max");
        if (report_.outages.empty()) return;
        add(out_, "<rect x='%.0f' y='%.0f' width='22' height='12' fill='#f4c7c3'/>\n", at, kTimelineTop - 22);
        add(out_, "<text x='%.0f' y='%.0f'>disconnected (%zu)</text>\n", at + 28, kTimelineTop - 12,
            report_.outages.size());
    }

    std::string& out_;
    const LatencyReport& report_;
    const Panel panel_;
};

}  // namespace

std::string draw_latency(const LatencyReport& report) {
    std::string out;
    add(out,
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' font-family='sans-serif' "
        "font-size='12' fill='#222'>\n<rect width='100%%' height='100%%' fill='white'/>\n",
        kWidth, kHeight);
    add(out, "<text x='%.0f' y='30' font-size='17' font-weight='bold'>", kLeft);
    out += escaped(report.title) + "</text>\n";
    add(out, "<text x='%.0f' y='52' fill='#555'>", kLeft);
    out += escaped(report.subtitle) + "</text>\n";
    draw_percentiles(out, report);
    Timeline(out, report).draw();
    out += "</svg>\n";
    return out;
}

}  // namespace pinwheel::tool
