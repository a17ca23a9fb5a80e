#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

#include "../../tools/plot/svg_panel.h"
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
constexpr std::array kColours{"#000000", "#999999", "#d62728", "#ff7f0e", "#9467bd", "#e377c2", "#7f1d1d",
                              "#b45309", "#17becf", "#0e7490", "#1f77b4", "#2ca02c", "#8c564b"};

/// One case: a curve of percentiles for each contender.
class CasePlot {
  public:
    /// `all` determines each contender's colour.
    CasePlot(const Series& series, const Series& all) : series_(series), all_(all) {
        for (std::size_t i = 0; i < series.contenders.size(); ++i) {
            curves_.push_back(series.all_latencies(i));
            if (curves_.back().empty()) continue;
            low_ = std::min(low_, at(curves_.back(), 0.0));
            high_ = std::max(high_, at(curves_.back(), kMostNines));
        }
    }

    void draw(std::string& out, double left, double top) const {
        const tool::SvgPanel panel(
            out, {.left = left, .top = top, .width = kPanelWidth, .height = kPanelHeight}, low_, high_);
        panel.draw_times(series_.title());
        tool::PercentileAxis(panel, kMostNines).draw();
        for (std::size_t i = 0; i < curves_.size(); ++i) draw_curve(out, panel, i);
        panel.draw_edge();
    }

  private:
    static double at(const std::vector<std::int64_t>& sorted, double nines) {
        const double rank = (1 - std::pow(10, -nines)) * static_cast<double>(sorted.size());
        return static_cast<double>(sorted[std::min(static_cast<std::size_t>(rank), sorted.size() - 1)]);
    }
    void draw_curve(std::string& out, const tool::SvgPanel& panel, std::size_t contender) const {
        const auto& sorted = curves_[contender];
        if (sorted.empty()) return;
        const tool::PercentileAxis axis(panel, kMostNines);
        tool::append_format(out, "<polyline fill='none' stroke='%s' stroke-width='%s' points='",
                            colour_of(contender), contender < kThickCurves ? "2.5" : "1.5");
        for (double nines = 0; nines <= kMostNines + 1e-9; nines += 0.05)
            tool::append_format(out, "%.1f,%.1f ", axis.x(nines), panel.y(at(sorted, nines)));
        out += "'/>\n";
    }

    [[nodiscard]] const char* colour_of(std::size_t contender) const {
        const std::string_view name = series_.contenders[contender].name;
        const auto found = std::ranges::find_if(all_.contenders,
                                                [&](const ContenderKind& kind) { return kind.name == name; });
        return kColours[static_cast<std::size_t>(found - all_.contenders.begin()) % kColours.size()];
    }

    const Series& series_;
    const Series& all_;
    double low_ = 1e12;  // ns
    double high_ = 1;
    std::vector<std::vector<std::int64_t>> curves_;
};

}  // namespace

std::string draw_plot(const std::vector<Series>& all) {
    std::vector<const Series*> shown;
    for (const auto& series : all)
        if (series.which.is_latency()) shown.push_back(&series);
    if (shown.empty()) return {};
    const Series& widest =
        **std::ranges::max_element(shown, {}, [](const Series* series) { return series->contenders.size(); });
    constexpr double kWidth = 2 * (kMarginLeft + kPanelWidth) + kGap / 2;
    const double rows = std::ceil(static_cast<double>(shown.size()) / 2);
    std::string out;
    tool::append_format(
        out,
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' font-family='sans-serif' "
        "font-size='12'>\n<rect width='100%%' height='100%%' fill='white'/>\n",
        kWidth, kMarginTop + rows * (kPanelHeight + kGap) + 10);
    for (std::size_t i = 0; i < shown.size(); ++i)
        CasePlot(*shown[i], widest)
            .draw(out, kMarginLeft + static_cast<double>(i % 2) * (kPanelWidth + kGap),
                  kMarginTop + static_cast<double>(i / 2) * (kPanelHeight + kGap));
    double at = kMarginLeft;
    const auto& contenders = widest.contenders;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        const double bottom = kMarginTop + rows * (kPanelHeight + kGap) - 24;
        tool::append_format(out,
                            "<line x1='%.0f' y1='%.0f' x2='%.0f' y2='%.0f' stroke='%s' stroke-width='3'/>\n",
                            at, bottom, at + 22, bottom, kColours[i % kColours.size()]);
        tool::append_format(out, "<text x='%.0f' y='%.0f'>%s</text>\n", at + 28, bottom + 4,
                            contenders[i].name);
        at += 36 + 7.0 * static_cast<double>(std::strlen(contenders[i].name));
    }
    out += "</svg>\n";
    return out;
}

}  // namespace pinwheel::bench
