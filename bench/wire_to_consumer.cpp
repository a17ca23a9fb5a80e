// From the socket to the consumer: 200-byte frames in bursts of 64, beside a bare recv or SSL_read loop on
// the same bytes. Then, for a paced stream of them, the time from the kernel's arrival to the handler.
//   wire_to_consumer            seven rounds, and the distance to the goal
//   wire_to_consumer --smoke    one short round, which proves the answers
#include <cstdio>
#include <cstring>
#include <tuple>

#include "../core/cpu.h"
#include "compare/report.h"
#include "support/client.h"

namespace pinwheel::bench {
namespace {

constexpr int kRounds = 7;
constexpr double kGoal = 1.20;
constexpr double kTlsGoal = 1.05;

/// 10,000 messages a second, on a spinning reactor.
void time_from_kernel(const FastServer& server, bool tls, std::uint64_t messages) {
    const Target target = server.target(tls, "/paced/10000/200/" + std::to_string(messages), 200);
    ClientParts parts(ReactorMode::busy_spin, target);
    Client client(parts, target);
    Histogram histogram;
    Client::turn_until(parts, [&] { return client.is_open(); });
    client.keep_kernel_latency(histogram);
    client.ask();
    Client::turn_until(parts, [&] { return client.messages() == messages; });
    const auto at = [&](double percentile) {
        return static_cast<double>(histogram.value_at(percentile)) / 1e3;
    };
    std::printf("kernel to handler, %-3s, us: p50 %.2f, p99 %.2f, p99.9 %.2f, of %llu messages\n",
                tls ? "wss" : "ws", at(50), at(99), at(99.9),
                static_cast<unsigned long long>(histogram.count()));
}

void run(bool smoke) {
    const FastServer server(server_cpu());
    std::ignore = pin_to_cpu(client_cpu());
    for (const auto& which : all_cases(smoke)) {
        if (which.kind != CaseKind::stream || !which.path.starts_with("/burst/64/200/")) continue;
        Series series(which, contender_kinds());
        for (int round = 0; round < (smoke ? 1 : kRounds); ++round) series.add_round(server, nullptr);
        print_table(series);
        if (!smoke)
            std::printf("  goal: pinwheel at most %.2f times the floor; it is %.2f\n",
                        which.tls ? kTlsGoal : kGoal, series.ratio(1, 0, 0));
    }
    std::printf("\n");
    for (const bool tls : {false, true}) time_from_kernel(server, tls, smoke ? 50 : 50'000);
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
