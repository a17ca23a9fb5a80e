// From the socket to the consumer: 200-byte frames in bursts of 64, beside a bare recv or SSL_read loop on
// the same bytes.
//   wire_to_consumer            seven rounds, and how far from the goal
//   wire_to_consumer --smoke    one round of few, which proves the answers
#include <cstdio>
#include <cstring>
#include <tuple>

#include "../core/cpu.h"
#include "compare/report.h"

namespace pinwheel::bench {
namespace {

constexpr int kRounds = 7;
constexpr double kGoal = 1.20;
constexpr double kTlsGoal = 1.05;

void run(bool smoke) {
    const FastServer server(server_cpu());
    std::ignore = pin_to_cpu(client_cpu());
    for (const auto& which : all_cases(smoke)) {
        if (which.kind != CaseKind::stream || !which.path.starts_with("/burst/64/200/")) continue;
        const Series series = measure(which, contender_kinds(), smoke ? 1 : kRounds, server);
        print_table(series);
        if (!smoke)
            std::printf("  goal: pinwheel at most %.2f times the floor; it is %.2f\n",
                        which.tls ? kTlsGoal : kGoal, series.ratio(1, 0, 0));
    }
}

}  // namespace
}  // namespace pinwheel::bench

int main(int argc, char** argv) {
    try {
        pinwheel::bench::run(argc > 1 && std::strcmp(argv[1], "--smoke") == 0);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "wire_to_consumer: %s\n", error.what());
        return 1;
    }
}
