#include "latency_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "../../plot/svg_panel.h"

namespace pinwheel::tool {
namespace {

constexpr double kWidth = 920;
constexpr double kLeft = 76;
constexpr double kPanelWidth = kWidth - kLeft - 64;
constexpr double kPanelHeight = 270;
constexpr double kCurveTop = 96;
constexpr double kPanelStep = kPanelHeight + 84;
constexpr double kTimelineTop = kCurveTop + kPanelStep;
constexpr double kLegsTop = kTimelineTop + kPanelStep;
constexpr double kFoot = 40;
constexpr double kMostNines = 5;  // p99.999

constexpr const char* kP50 = "#1f77b4";
constexpr const char* kP99 = "#e08214";
constexpr const char* kMax = "#b2182b";
constexpr std::array kLegColours{"#1f77b4", "#e08214", "#2ca02c", "#9467bd", "#b2182b"};

SvgArea panel_at(double top) {
    return {.left = kLeft, .top = top, .width = kPanelWidth, .height = kPanelHeight};
}
double ns(std::uint64_t time) {
    return static_cast<double>(time);
}

double nines_of(const Histogram& times) {
    return std::clamp(std::log10(static_cast<double>(times.count())), 1.0, kMostNines);
}

void draw_curve(std::string& out, const SvgPanel& panel, const PercentileAxis& axis, const Histogram& times,
                const char* colour) {
    const double most = nines_of(times);
    append_format(out, "<polyline fill='none' stroke='%s' stroke-width='2.5' points='", colour);
    constexpr int kSteps = 400;
    for (int step = 0; step <= kSteps; ++step) {
        const double nines = most * step / kSteps;
        const auto time = step == 0 ? times.min() : times.value_at(100 * (1 - std::pow(10, -nines)));
        append_format(out, "%.1f,%.1f ", axis.x(nines), panel.y(ns(time)));
    }
    out += "'/>\n";
}

void draw_percentiles(std::string& out, const LatencyReport& report) {
    const Histogram& times = report.times;
    const SvgPanel panel(out, panel_at(kCurveTop), ns(times.min()), ns(times.max()));
    const PercentileAxis axis(panel, nines_of(times));
    panel.draw_times("Percentiles");
    axis.draw();
    draw_curve(out, panel, axis, times, kP50);
    panel.draw_edge();
}

/// By how much each leg was before another one, and how often it was the first.
void draw_legs(std::string& out, const LatencyReport& report) {
    Histogram all;
    std::uint64_t firsts = 0;
    for (const auto& leg : report.legs) {
        all.merge(leg.lead);
        firsts += leg.firsts;
    }
    if (all.count() == 0) all.record(1);
    const SvgPanel panel(out, panel_at(kLegsTop), ns(all.min()), ns(all.max()));
    const PercentileAxis axis(panel, nines_of(all));
    panel.draw_times("Lead of the first leg");
    axis.draw();
    double at = kLeft + 170;
    for (std::size_t i = 0; i < report.legs.size(); ++i) {
        const auto& leg = report.legs[i];
        const char* const colour = kLegColours[i % kLegColours.size()];
        if (leg.lead.count() > 0) draw_curve(out, panel, axis, leg.lead, colour);
        const double share = firsts == 0 ? 0 : 100 * ns(leg.firsts) / ns(firsts);
        append_format(out, "<rect x='%.0f' y='%.0f' width='22' height='4' fill='%s'/>\n", at, kLegsTop - 18,
                      colour);
        append_format(out, "<text x='%.0f' y='%.0f'>leg %zu, first %.1f %%</text>\n", at + 28, kLegsTop - 12,
                      leg.number, share);
        at += 150;
    }
    panel.draw_edge();
}

class Timeline {
  public:
    Timeline(std::string& out, const LatencyReport& report)
        : out_(out),
          report_(report),
          panel_(out, panel_at(kTimelineTop), ns(lowest(report)), ns(report.times.max())) {}

    void draw() const {
        draw_outages();
        panel_.draw_times("Over time");
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
        return panel_.x(std::clamp(seconds / report_.seconds, 0.0, 1.0));
    }
    void draw_outages() const {
        for (const auto& outage : report_.outages) {
            const double from = x(outage.lost);
            const double until = x(outage.up.value_or(report_.seconds));
            append_format(out_, "<rect x='%.1f' y='%.0f' width='%.1f' height='%.0f' fill='#f4c7c3'/>\n", from,
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
            panel_.draw_tick(x(at), name.data());
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
                append_format(
                    out_,
                    "<polyline fill='none' stroke='%s' stroke-width='%s' stroke-linecap='round' points='",
                    colour, width);
            open = true;
            append_format(out_, "%.1f,%.1f ", x(middle), panel_.y(ns(slot.*value)));
            last = middle;
        }
        if (open) out_ += "'/>\n";
    }
    void draw_legend() const {
        double at = kLeft + 110;
        const auto entry = [&](const char* colour, const char* name) {
            append_format(out_, "<rect x='%.0f' y='%.0f' width='22' height='4' fill='%s'/>\n", at,
                          kTimelineTop - 18, colour);
            append_format(out_, "<text x='%.0f' y='%.0f'>%s</text>\n", at + 28, kTimelineTop - 12, name);
            at += 90;
        };
        entry(kP50, "p50");
        entry(kP99, "p99");
        entry(kMax, "max");
        if (report_.outages.empty()) return;
        append_format(out_, "<rect x='%.0f' y='%.0f' width='22' height='12' fill='#f4c7c3'/>\n", at,
                      kTimelineTop - 22);
        append_format(out_, "<text x='%.0f' y='%.0f'>disconnected (%zu)</text>\n", at + 28, kTimelineTop - 12,
                      report_.outages.size());
    }

    std::string& out_;
    const LatencyReport& report_;
    const SvgPanel panel_;
};

}  // namespace

std::string draw_latency(const LatencyReport& report) {
    std::string out;
    append_format(out,
                  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' font-family='sans-serif' "
                  "font-size='12' fill='#222'>\n<rect width='100%%' height='100%%' fill='white'/>\n",
                  kWidth, (report.legs.empty() ? kLegsTop - kPanelStep : kLegsTop) + kPanelHeight + kFoot);
    append_format(out, "<text x='%.0f' y='30' font-size='17' font-weight='bold'>", kLeft);
    out += escape_markup(report.title) + "</text>\n";
    append_format(out, "<text x='%.0f' y='52' fill='#555'>", kLeft);
    out += escape_markup(report.subtitle) + "</text>\n";
    draw_percentiles(out, report);
    Timeline(out, report).draw();
    if (!report.legs.empty()) draw_legs(out, report);
    out += "</svg>\n";
    return out;
}

}  // namespace pinwheel::tool
