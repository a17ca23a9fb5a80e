#pragma once

#include <span>
#include <string>
#include <string_view>

#include "../../core/histogram.h"
#include "stats.h"

namespace pinwheel {

/// Appends statistics in Prometheus' text exposition format 0.0.4, under names that begin with `pinwheel_`,
/// in seconds and bytes. `labels` goes between the braces of each sample, for example `venue="one"`. It may
/// be empty; its values must be escaped. Threading: any, on a snapshot.
void append_prometheus(std::string& out, const WebSocketStats& stats, std::string_view labels = {});

/// One session's statistics with its labels, which identify it. Refers to both: they must outlive it.
struct LabelledStats {
    const WebSocketStats& stats;  ///< a snapshot, or a reference to one
    std::string_view labels;      ///< for example `venue="one"`
};
/// The same for several sessions. Each metric is declared once, followed by the samples of all sessions, as
/// the format demands. Appends nothing for an empty span. Labels must be unique.
void append_prometheus(std::string& out, std::span<const LabelledStats> all);

/// Appends a histogram of nanoseconds in seconds, with buckets from 1 µs to 10 s, three for each power of
/// ten. `name` ends in `_seconds`; `help` is one line.
void append_prometheus(std::string& out, const Histogram& histogram, std::string_view name,
                       std::string_view help, std::string_view labels = {});

/// One histogram and its labels. Refers to both: they must outlive it.
struct LabelledHistogram {
    const Histogram& histogram;  ///< not owned
    std::string_view labels;     ///< for example `venue="one"`
};
/// The same for several sessions, declared once. Labels must be unique.
void append_prometheus(std::string& out, std::span<const LabelledHistogram> all, std::string_view name,
                       std::string_view help);

}  // namespace pinwheel
