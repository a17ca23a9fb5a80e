#pragma once

#include <string>
#include <string_view>

#include "../../core/histogram.h"
#include "stats.h"

namespace pinwheel {

/// Appends statistics in Prometheus' text exposition format 0.0.4, under names that begin with `pinwheel_`,
/// in seconds and bytes. `labels` stands between the braces of each sample, such as `venue="one"`, and may be
/// empty; its values must be escaped. Threading: any, on a snapshot.
void append_prometheus(std::string& out, const WebSocketStats& stats, std::string_view labels = {});

/// Appends a histogram of nanoseconds as one of seconds, with buckets from 1 us to 10 s, three for each power
/// of ten. `name` ends in `_seconds`; `help` is one line.
void append_prometheus(std::string& out, const Histogram& histogram, std::string_view name,
                       std::string_view help, std::string_view labels = {});

}  // namespace pinwheel
