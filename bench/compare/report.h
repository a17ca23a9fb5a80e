#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "cases.h"

namespace pinwheel::bench {

/// All rounds of one case, of each contender.
struct Series {
    Case which;
    std::vector<ContenderKind> contenders;      // the floor is the first
    std::vector<std::vector<Measured>> rounds;  // [contender][round]

    /// The median over rounds of the time a message, or of a percentile of latency.
    [[nodiscard]] double value(std::size_t contender, double percentile) const;
    /// The median over rounds of the ratio to `other` in the same round.
    [[nodiscard]] double ratio(std::size_t contender, std::size_t other, double percentile) const;
    /// The peer with the smallest value; 0 if there is none.
    [[nodiscard]] std::size_t fastest_peer(double percentile) const;
    /// Of all rounds together.
    [[nodiscard]] std::vector<std::int64_t> all_latencies(std::size_t contender) const;
    [[nodiscard]] std::string title() const { return which.name + (which.tls ? ", wss" : ", ws"); }
};

/// Each round runs all contenders one after the other, beginning with another one each time; cases of latency
/// have five short rounds for one. Throws if an answer is wrong, with the case and the contender in its text.
[[nodiscard]] Series measure(const Case& which, const std::vector<ContenderKind>& kinds, int rounds,
                             const FastServer& server);

void print_table(const Series& series);
void print_json(const std::vector<Series>& all, std::FILE* out);

/// Percentiles of latency up to p99.99, all contenders in one picture, as SVG; empty if no case is one of
/// latency.
[[nodiscard]] std::string draw_plot(const std::vector<Series>& all);

}  // namespace pinwheel::bench
