// All contenders against the floor, in alternation, with one server on the second core.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <tuple>

#include "../../core/cpu.h"
#include "report.h"

namespace pinwheel::bench {
namespace {

struct Options {
    int rounds = 60;  // many short ones: a stall of the machine hits one, and not the median
    bool smoke = false;
    double distance = 0;  // of the cores, in ns; 0: the distance at the start
    std::string only;
    std::string contenders;
    std::string json_file;
    std::string plot_file;
};

void write_file(const std::string& name, const std::string& text) {
    std::FILE* const file = std::fopen(name.c_str(), "we");
    if (file == nullptr || std::fputs(text.c_str(), file) < 0 || std::fclose(file) != 0)
        throw std::runtime_error("cannot write '" + name + "'");
}

std::vector<ContenderKind> chosen_contenders(const Options& options) {
    std::vector<ContenderKind> kinds;
    for (const auto& kind : contender_kinds())
        if (kind.order == 0 || options.contenders.empty() ||
            ("," + options.contenders + ",").find("," + std::string(kind.name) + ",") != std::string::npos)
            kinds.push_back(kind);
    // The control. The deviation of its ratio from 1 is noise: smaller differences mean nothing.
    kinds.insert(kinds.begin() + 1, {"floor, again", kinds.front().make, kinds.front().order});
    return kinds;
}

std::vector<Series> chosen_series(const Options& options) {
    const auto kinds = chosen_contenders(options);
    std::vector<Series> all;
    for (const auto& which : all_cases(options.smoke)) {
        Series series(which, kinds);
        if (series.title().find(options.only) != std::string::npos) all.push_back(std::move(series));
    }
    return all;
}

int run(const Options& options) {
    const FastServer server(server_cpu());
    std::ignore = pin_to_cpu(client_cpu());
    std::optional<CoreDistance> distance;
    if (!options.smoke && cpu_count() > 1) {
        distance.emplace(server_cpu(), options.distance);
        std::printf("client and server are cores %.0f ns apart, there and back\n", distance->wanted());
    }
    std::vector<Series> all = chosen_series(options);
    // One round of every case, then the next round: a phase of the machine affects all cases.
    const int rounds = options.smoke ? 1 : options.rounds;
    for (int round = 1; round <= rounds; ++round) {
        std::fprintf(stderr, "round %d of %d\n", round, rounds);
        for (auto& series : all)
            for (int i = 0; i < series.which.rounds_for_one; ++i)
                series.add_round(server, distance ? &*distance : nullptr);
    }
    std::ranges::for_each(all, print_table);
    if (std::ranges::any_of(all, [](const Series& series) { return series.which.kind == CaseKind::paced; }))
        std::printf(
            "\nPaced latencies count from the time when a message was to leave, not when it left: a "
            "stall shows\nin every message that it held up.\n");
    if (!options.json_file.empty()) {
        std::FILE* const file =
            options.json_file == "-" ? stdout : std::fopen(options.json_file.c_str(), "we");
        if (file == nullptr) throw std::runtime_error("cannot write '" + options.json_file + "'");
        print_json(all, file);
        if (file != stdout) std::fclose(file);
    }
    if (!options.plot_file.empty()) write_file(options.plot_file, draw_plot(all));
    return 0;
}

}  // namespace
}  // namespace pinwheel::bench

int main(int argc, char** argv) {
    pinwheel::bench::Options options;
    CLI::App app(
        "Floor, pinwheel and peers against one server, in alternation.\n"
        "Example: bench/compare/compare --rounds 100 --json compare.json --plot compare.svg");
    app.add_option("--rounds", options.rounds, "rounds of each case")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_flag("--smoke", options.smoke, "one round of tiny counts, which proves the answers");
    app.add_option(
           "--distance", options.distance,
           "take only rounds while the two cores are so many ns apart, there and back (give or take a "
           "half); without it, as far as at the start")
        ->check(CLI::PositiveNumber);
    app.add_option("--only", options.only, "cases with this in their name, e.g. 'burst' or 'wss'");
    app.add_option("--contenders", options.contenders,
                   "of these names only, with commas; the floor, twice, always");
    app.add_option("--json", options.json_file, "write all numbers there; -: standard output");
    app.add_option("--plot", options.plot_file, "draw the percentiles of latency there, as SVG");
    CLI11_PARSE(app, argc, argv);
    try {
        return pinwheel::bench::run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "compare: %s\n", error.what());
        return 1;
    }
}
