#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>
#include <cstring>

#include "report.h"

namespace pinwheel::bench {
namespace {

constexpr double kPanelWidth = 460;
constexpr double kPanelHeight = 300;
constexpr double kMarginLeft = 64;
constexpr double kMarginTop = 46;
constexpr double kGap = 84;
constexpr double kMostNines = 4;         // p99.99
constexpr std::size_t kThickCurves = 3;  // the floor, its second run, pinwheel
constexpr std::array kColours{"#000000", "#999999", "#d62728", "#ff7f0e", "#9467bd",
                              "#e377c2", "#1f77b4", "#2ca02c", "#8c564b"};

[[gnu::format(printf, 2, 3)]] void add(std::string& out, const char* format, ...) {
    std::array<char, 512> line;
    va_list arguments;
    va_start(arguments, format);
    const int size = std::vsnprintf(line.data(), line.size(), format, arguments);
    va_end(arguments);
    out.append(line.data(), std::min(static_cast<std::size_t>(std::max(size, 0)), line.size() - 1));
}

/// One case: percentiles from left to right, so that each further nine takes as much room as the one before;
/// time upwards, by powers of ten.
class Panel {
  public:
    Panel(const Series& series, double left, double top) : series_(series), left_(left), top_(top) {
        double low = 1e12;
        double high = 1;
        for (std::size_t i = 0; i < series.contenders.size(); ++i) {
            curves_.push_back(series.all_latencies(i));
            if (curves_.back().empty()) continue;
            low = std::min(low, at(curves_.back(), 0.0));
            high = std::max(high, at(curves_.back(), kMostNines));
        }
        low_ = std::floor(std::log10(low) * 2) / 2;
        high_ = std::ceil(std::log10(high) * 2) / 2;
    }

    void draw(std::string& out) const {
        add(out, "<text x='%.0f' y='%.0f' font-weight='bold'>%s</text>\n", left_, top_ - 12,
            series_.title().c_str());
        add(out, "<rect x='%.0f' y='%.0f' width='%.0f' height='%.0f' fill='none' stroke='#888'/>\n", left_,
            top_, kPanelWidth, kPanelHeight);
        draw_grid(out);
        for (std::size_t i = 0; i < curves_.size(); ++i) draw_curve(out, i);
    }

  private:
    static double at(const std::vector<std::int64_t>& sorted, double nines) {
        const double rank = (1 - std::pow(10, -nines)) * static_cast<double>(sorted.size());
        return static_cast<double>(sorted[std::min(static_cast<std::size_t>(rank), sorted.size() - 1)]);
    }
    [[nodiscard]] double x(double nines) const { return left_ + nines / kMostNines * kPanelWidth; }
    [[nodiscard]] double y(double nanoseconds) const {
        return top_ + (high_ - std::log10(std::max(nanoseconds, 1.0))) / (high_ - low_) * kPanelHeight;
    }

    void draw_grid(std::string& out) const {
        constexpr std::array<const char*, 5> kNames{"min", "p90", "p99", "p99.9", "p99.99"};
        for (std::size_t i = 0; i < kNames.size(); ++i) {
            const double at = x(static_cast<double>(i));
            add(out, "<line x1='%.1f' y1='%.0f' x2='%.1f' y2='%.0f' stroke='#ddd'/>\n", at, top_, at,
                top_ + kPanelHeight);
            add(out, "<text x='%.1f' y='%.0f' text-anchor='middle'>%s</text>\n", at, top_ + kPanelHeight + 16,
                kNames[i]);
        }
        for (int power = 3; power <= 9; ++power)
            for (const int digit : {1, 2, 5}) {
                const double time = digit * std::pow(10, power);
                if (std::log10(time) < low_ || std::log10(time) > high_) continue;
                add(out, "<line x1='%.0f' y1='%.1f' x2='%.0f' y2='%.1f' stroke='#ddd'/>\n", left_, y(time),
                    left_ + kPanelWidth, y(time));
                add(out, "<text x='%.0f' y='%.1f' text-anchor='end'>%g us</text>\n", left_ - 6, y(time) + 4,
                    time / 1000);
            }
    }
    void draw_curve(std::string& out, std::size_t contender) const {
        const auto& sorted = curves_[contender];
        if (sorted.empty()) return;
        add(out, "<polyline fill='none' stroke='%s' stroke-width='%s' points='",
            kColours[contender % kColours.size()], contender < kThickCurves ? "2.5" : "1.5");
        for (double nines = 0; nines <= kMostNines + 1e-9; nines += 0.05)
            add(out, "%.1f,%.1f ", x(nines), y(at(sorted, nines)));
        out += "'/>\n";
    }

    const Series& series_;
    const double left_;
    const double top_;
    double low_ = 0;  // powers of ten, ns
    double high_ = 0;
    std::vector<std::vector<std::int64_t>> curves_;
};

}  // namespace

std::string draw_plot(const std::vector<Series>& all) {
    std::vector<const Series*> shown;
    for (const auto& series : all)
        if (series.which.is_latency()) shown.push_back(&series);
    if (shown.empty()) return {};
    constexpr double kWidth = 2 * (kMarginLeft + kPanelWidth) + kGap / 2;
    const double rows = std::ceil(static_cast<double>(shown.size()) / 2);
    std::string out;
    add(out,
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' font-family='sans-serif' "
        "font-size='12'>\n<rect width='100%%' height='100%%' fill='white'/>\n",
        kWidth, kMarginTop + rows * (kPanelHeight + kGap) + 10);
    for (std::size_t i = 0; i < shown.size(); ++i)
        Panel(*shown[i], kMarginLeft + static_cast<double>(i % 2) * (kPanelWidth + kGap),
              kMarginTop + static_cast<double>(i / 2) * (kPanelHeight + kGap))
            .draw(out);
    double at = kMarginLeft;
    const auto& contenders = shown.front()->contenders;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        const double bottom = kMarginTop + rows * (kPanelHeight + kGap) - 24;
        add(out, "<line x1='%.0f' y1='%.0f' x2='%.0f' y2='%.0f' stroke='%s' stroke-width='3'/>\n", at, bottom,
            at + 22, bottom, kColours[i % kColours.size()]);
        add(out, "<text x='%.0f' y='%.0f'>%s</text>\n", at + 28, bottom + 4, contenders[i].name);
        at += 36 + 7.0 * static_cast<double>(std::strlen(contenders[i].name));
    }
    out += "</svg>\n";
    return out;
}

}  // namespace pinwheel::bench
