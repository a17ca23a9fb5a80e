#pragma once

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "../support/core_distance.h"
#include "cases.h"

namespace pinwheel::bench {

/// All rounds of one case, for each contender.
struct Series {
    /// Takes those contenders of `who` that support the case.
    Series(Case what, std::vector<ContenderKind> who) : which(std::move(what)), contenders(std::move(who)) {
        std::erase_if(contenders, [&](const ContenderKind& kind) { return kind.needs_tls && !which.tls; });
        rounds.resize(contenders.size());
    }

    /// Measures one more round: all contenders in turn, beginning with another one each time. With `distance`
    /// the round counts only if the cores of client and server had that distance before and after it;
    /// otherwise it is repeated. Throws if an answer is wrong; the text names the case and the contender.
    void add_round(const FastServer& server, CoreDistance* distance);

    Case which;
    std::vector<ContenderKind> contenders;      // the floor is the first
    std::vector<std::vector<Measured>> rounds;  // [contender][round]

    /// False for a percentile of latency beyond the last message of a round.
    [[nodiscard]] bool rounds_have(double percentile) const;
    /// The median over rounds of the time a message, or of a percentile of latency. A percentile that single
    /// rounds do not have is computed over all rounds.
    [[nodiscard]] double value(std::size_t contender, double percentile) const;
    /// The median over rounds of the ratio to `other` in the same round. Only for percentiles that single
    /// rounds have: over all rounds they are dominated by the machine's worst stalls, which hit contenders at
    /// random.
    [[nodiscard]] double ratio(std::size_t contender, std::size_t other, double percentile) const;
    /// The peer with the smallest value; 0 if there are no peers.
    [[nodiscard]] std::size_t fastest_peer(double percentile) const;
    /// Over all rounds.
    [[nodiscard]] std::vector<std::int64_t> all_latencies(std::size_t contender) const;
    [[nodiscard]] std::string title() const { return which.name + (which.tls ? ", wss" : ", ws"); }
};

void print_table(const Series& series);
void print_json(const std::vector<Series>& all, std::FILE* out);

/// Percentiles of latency up to p99.99, all contenders in one picture, as SVG. Empty without a latency case.
[[nodiscard]] std::string draw_plot(const std::vector<Series>& all);

}  // namespace pinwheel::bench
