#pragma once

#include <string>
#include <string_view>

namespace pinwheel::tool {

/// Appends to `out` like printf; at most 511 bytes.
[[gnu::format(printf, 2, 3)]] void append_format(std::string& out, const char* format, ...);

/// `text` for SVG: markup is escaped, control characters become spaces.
[[nodiscard]] std::string escape_markup(std::string_view text);

/// A rectangle of a drawing, in user units.
struct SvgArea {
    double left = 0;
    double top = 0;
    double width = 0;
    double height = 0;
};

/// A panel of an SVG with a vertical time axis, in powers of ten.
class SvgPanel {
  public:
    /// Shows times from `low` to `high`, in nanoseconds. `out` must outlive the panel.
    SvgPanel(std::string& out, const SvgArea& area, double low, double high);

    /// The positions of a time in nanoseconds and of a share of the width (0 to 1).
    [[nodiscard]] double y(double nanoseconds) const;
    [[nodiscard]] double x(double share) const { return area_.left + share * area_.width; }

    /// The title above, and a labelled line for 1, 2 and 5 of each power of ten.
    void draw_times(const std::string& title) const;
    /// A vertical line with its name below.
    void draw_tick(double at, const char* name) const;
    /// The border. Draw it last, above the curves.
    void draw_edge() const;

  private:
    std::string& out_;
    const SvgArea area_;
    const double low_;  // in powers of ten
    const double high_;
};

/// Percentiles from left to right. Each further nine takes the same width.
class PercentileAxis {
  public:
    /// `most_nines` is the right end: 4 is p99.99. At most 5.
    PercentileAxis(const SvgPanel& panel, double most_nines) : panel_(panel), most_nines_(most_nines) {}

    /// The position of a percentile: 0 is the minimum, 2 is p99.
    [[nodiscard]] double x(double nines) const { return panel_.x(nines / most_nines_); }
    /// The minimum, p50, p90, p99 and so on.
    void draw() const;

  private:
    const SvgPanel& panel_;
    const double most_nines_;
};

}  // namespace pinwheel::tool
