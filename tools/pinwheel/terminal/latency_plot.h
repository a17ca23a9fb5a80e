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

    /// One of several sessions that bring the same.
    struct Leg {
        std::size_t number = 0;
        std::uint64_t firsts = 0;
        Histogram lead{};  // of samples: by how much it was before another, ns
    };

    std::string title{};
    std::string subtitle{};
    double seconds = 0;
    Histogram times{};
    std::vector<Slot> slots{};  // those with messages
    std::vector<Outage> outages{};
    std::vector<Leg> legs{};  // empty: one session
};

/// The curve of percentiles, below it a timeline with reconnects marked, and below that the lead of each leg,
/// as SVG. Requires a measured time.
[[nodiscard]] std::string draw_latency(const LatencyReport& report);

}  // namespace pinwheel::tool
