#include "report.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "../support/median.h"

namespace pinwheel::bench {
namespace {

double at(const std::vector<std::int64_t>& sorted, double percentile) {
    const double rank = std::ceil(percentile / 100 * static_cast<double>(sorted.size())) - 1;
    return static_cast<double>(sorted.at(static_cast<std::size_t>(std::max(rank, 0.0))));
}

double of(const Measured& measured, bool latency, double percentile) {
    return latency ? at(measured.latencies, percentile) : measured.ns_per_message;
}

}  // namespace

void Series::add_round(const FastServer& server, CoreDistance* distance) {
    std::vector<Measured> measured(contenders.size());
    do {
        if (distance != nullptr) distance->await();
        for (std::size_t i = 0; i < contenders.size(); ++i) {
            const std::size_t contender = (i + rounds.front().size()) % contenders.size();
            try {
                measured[contender] = run_case(which, contenders[contender], server);
            } catch (const std::exception& error) {
                throw std::runtime_error(title() + ", " + contenders[contender].name + ": " + error.what());
            }
        }
    } while (distance != nullptr && !distance->is_as_wanted());
    for (std::size_t i = 0; i < contenders.size(); ++i) rounds[i].push_back(std::move(measured[i]));
}

bool Series::rounds_have(double percentile) const {
    const auto messages = static_cast<double>(which.messages_per_request * which.requests);
    return !which.is_latency() || messages * (100 - percentile) >= 100;
}

double Series::value(std::size_t contender, double percentile) const {
    if (!rounds_have(percentile)) return at(all_latencies(contender), percentile);
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
                if (series.rounds_have(percentile)) std::printf(" %6.2f", series.ratio(i, 0, percentile));
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
                for (const auto& [name, percentile] : points) {
                    std::fprintf(out, ",\"%s_ns\":%.0f", name, series.value(i, percentile));
                    if (series.rounds_have(percentile))
                        std::fprintf(out, ",\"%s_to_floor\":%.3f", name, series.ratio(i, 0, percentile));
                }
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
