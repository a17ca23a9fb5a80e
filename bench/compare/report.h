#pragma once

#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "../support/core_distance.h"
#include "cases.h"

namespace pinwheel::bench {

/// All rounds of one case, of each contender.
struct Series {
    /// Of `who` those that can do it.
    Series(Case what, std::vector<ContenderKind> who) : which(std::move(what)), contenders(std::move(who)) {
        std::erase_if(contenders, [&](const ContenderKind& kind) { return kind.needs_tls && !which.tls; });
        rounds.resize(contenders.size());
    }

    /// One more round: all contenders one after the other, beginning with another one each time. With
    /// `distance` the round counts only if client's and server's cores were as far from each other as wanted
    /// before and after it; else it is measured again. Throws if an answer is wrong, with the case and the
    /// contender in its text.
    void add_round(const FastServer& server, CoreDistance* distance);

    Case which;
    std::vector<ContenderKind> contenders;      // the floor is the first
    std::vector<std::vector<Measured>> rounds;  // [contender][round]

    /// False for a percentile of latency beyond which a round has no message.
    [[nodiscard]] bool rounds_have(double percentile) const;
    /// The median over rounds of the time a message, or of a percentile of latency; one that rounds do not
    /// have is of all of them together.
    [[nodiscard]] double value(std::size_t contender, double percentile) const;
    /// The median over rounds of the ratio to `other` in the same round. Only of what rounds have: all of
    /// them together tell at that end of the machine's worst stalls, whomever they hit.
    [[nodiscard]] double ratio(std::size_t contender, std::size_t other, double percentile) const;
    /// The peer with the smallest value; 0 if there is none.
    [[nodiscard]] std::size_t fastest_peer(double percentile) const;
    /// Of all rounds together.
    [[nodiscard]] std::vector<std::int64_t> all_latencies(std::size_t contender) const;
    [[nodiscard]] std::string title() const { return which.name + (which.tls ? ", wss" : ", ws"); }
};

void print_table(const Series& series);
void print_json(const std::vector<Series>& all, std::FILE* out);

/// Percentiles of latency up to p99.99, all contenders in one picture, as SVG; empty if no case is one of
/// latency.
[[nodiscard]] std::string draw_plot(const std::vector<Series>& all);

}  // namespace pinwheel::bench
