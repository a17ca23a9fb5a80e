#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../../../core/histogram.h"

namespace pinwheel::tool {

/// What a run measured, for a picture. Times of the run are in seconds from its beginning.
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
        std::optional<double> up{};  // not within the run
    };

    std::string title{};
    std::string subtitle{};
    double seconds = 0;
    Histogram times{};
    std::vector<Slot> slots{};  // those with messages
    std::vector<Outage> outages{};
};

/// The curve of percentiles, and below it what happened when, with reconnects marked, as SVG. There must be a
/// measured time.
[[nodiscard]] std::string draw_latency(const LatencyReport& report);

}  // namespace pinwheel::tool
