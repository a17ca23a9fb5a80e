#include "report.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "../support/median.h"

namespace pinwheel::bench {
namespace {

double of(const Measured& measured, bool latency, double percentile) {
    return latency ? measured.latency_at(percentile) : measured.ns_per_message;
}

}  // namespace

Series measure(const Case& which, const std::vector<ContenderKind>& kinds, int rounds,
               const FastServer& server) {
    Series series{which, kinds, std::vector<std::vector<Measured>>(kinds.size())};
    for (int round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            const std::size_t contender = (i + static_cast<std::size_t>(round)) % kinds.size();
            try {
                series.rounds[contender].push_back(run_case(which, kinds[contender], server));
            } catch (const std::exception& error) {
                throw std::runtime_error(series.title() + ", " + kinds[contender].name + ": " + error.what());
            }
        }
    return series;
}

double Series::value(std::size_t contender, double percentile) const {
    std::vector<double> values;
    for (const auto& round : rounds[contender]) values.push_back(of(round, which.is_latency(), percentile));
    return median(std::move(values));
}

double Series::ratio(std::size_t contender, std::size_t other, double percentile) const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < rounds[contender].size(); ++i)
        ratios.push_back(of(rounds[contender][i], which.is_latency(), percentile) /
                         of(rounds[other][i], which.is_latency(), percentile));
    return median(std::move(ratios));
}

std::size_t Series::fastest_peer(double percentile) const {
    std::size_t fastest = 0;
    for (std::size_t i = 0; i < contenders.size(); ++i)
        if (contenders[i].is_peer() && (fastest == 0 || value(i, percentile) < value(fastest, percentile)))
            fastest = i;
    return fastest;
}

std::vector<std::int64_t> Series::all_latencies(std::size_t contender) const {
    std::vector<std::int64_t> all;
    for (const auto& round : rounds[contender])
        all.insert(all.end(), round.latencies.begin(), round.latencies.end());
    std::ranges::sort(all);
    return all;
}

void print_table(const Series& series) {
    const bool latency = series.which.is_latency();
    if (latency)
        std::printf("\n%-34s %8s %8s %8s %9s   ratio to the floor: %6s %6s %6s\n", series.title().c_str(),
                    "p50 us", "p99", "p99.9", "p99.99", "p50", "p99", "p99.9");
    else
        std::printf("\n%-34s %10s %10s %15s\n", series.title().c_str(), "ns/message", "/ floor",
                    "/ fastest peer");
    for (std::size_t i = 0; i < series.contenders.size(); ++i) {
        std::printf("  %-32s", series.contenders[i].name);
        if (latency) {
            for (const double percentile : {50.0, 99.0, 99.9, 99.99})
                std::printf(percentile > 99.9 ? " %9.1f" : " %8.1f", series.value(i, percentile) / 1e3);
            std::printf("                       ");
            for (const double percentile : {50.0, 99.0, 99.9})
                std::printf(" %6.2f", series.ratio(i, 0, percentile));
        } else {
            std::printf(" %10.1f %10.2f", series.value(i, 0), series.ratio(i, 0, 0));
            if (const std::size_t peer = series.fastest_peer(0); peer != 0)
                std::printf(" %15.2f", series.ratio(i, peer, 0));
        }
        std::printf("\n");
    }
    std::fflush(stdout);
}

void print_json(const std::vector<Series>& all, std::FILE* out) {
    std::fprintf(out, "{\"cases\":[");
    for (std::size_t n = 0; n < all.size(); ++n) {
        const Series& series = all[n];
        std::fprintf(out, "%s\n {\"name\":\"%s\",\"scheme\":\"%s\",\"contenders\":[", n == 0 ? "" : ",",
                     series.which.name.c_str(), series.which.tls ? "wss" : "ws");
        for (std::size_t i = 0; i < series.contenders.size(); ++i) {
            std::fprintf(out, "%s\n  {\"name\":\"%s\",\"rounds\":%zu", i == 0 ? "" : ",",
                         series.contenders[i].name, series.rounds[i].size());
            if (series.which.is_latency()) {
                const std::pair<const char*, double> points[] = {
                    {"p50", 50}, {"p99", 99}, {"p999", 99.9}, {"p9999", 99.99}};
                for (const auto& [name, percentile] : points)
                    std::fprintf(out, ",\"%s_ns\":%.0f,\"%s_to_floor\":%.3f", name,
                                 series.value(i, percentile), name, series.ratio(i, 0, percentile));
            } else {
                std::fprintf(out, ",\"ns_per_message\":%.1f,\"to_floor\":%.3f", series.value(i, 0),
                             series.ratio(i, 0, 0));
                if (const std::size_t peer = series.fastest_peer(0); peer != 0)
                    std::fprintf(out, ",\"to_fastest_peer\":%.3f", series.ratio(i, peer, 0));
            }
            std::fprintf(out, "}");
        }
        std::fprintf(out, "]}");
    }
    std::fprintf(out, "]}\n");
}

}  // namespace pinwheel::bench
