#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../../../core/histogram.h"

namespace pinwheel::tool {

/// The measurements of a run, for a plot. Times are in seconds from the start of the run.
struct LatencyReport {
    struct Slot {
        double from = 0;
        double until = 0;
        std::uint64_t p50 = 0;  // ns
        std::uint64_t p99 = 0;
        std::uint64_t max = 0;
    };
    struct Outage {
        double lost = 0;
        std::optional<double> up{};  // nothing if it did not happen within the run
    };

    std::string title{};
    std::string subtitle{};
    double seconds = 0;
    Histogram times{};
    std::vector<Slot> slots{};  // those with messages
    std::vector<Outage> outages{};
};

/// The curve of percentiles, and below it a timeline with reconnects marked, as SVG. Requires a measured
/// time.
[[nodiscard]] std::string draw_latency(const LatencyReport& report);

}  // namespace pinwheel::tool
