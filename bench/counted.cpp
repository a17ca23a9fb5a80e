// Counts instead of times: system calls, allocations, bytes of memory. Also two ratios of CPU time. Exits
// with 1 if a count is above its limit.
//   counted            everything
//   counted --smoke    the ratios with few connections, only to prove that they work
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <numeric>
#include <tuple>
#include <utility>

#include "../core/cpu.h"
#include "support/client.h"
#include "support/counting.h"
#include "support/fast_server.h"
#include "support/median.h"

namespace pinwheel::bench {
namespace {

bool all_within = true;

void report(const char* what, double value, const char* unit, double limit) {
    const bool within = value <= limit;
    all_within = all_within && within;
    std::printf("%-66s %9.2f %-12s limit %.2f%s\n", what, value, unit, limit, within ? "" : "  EXCEEDED");
}

void report_ratio(const char* what, double value, double goal) {
    std::printf("%-66s %9.2f %-12s goal  %.2f\n", what, value, "times", goal);
}

/// CPU time of this thread, in ns.
double cpu_time() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

/// The kernel's part of it, in ticks of the kernel's clock: precise enough for sums only.
double kernel_time() noexcept {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return static_cast<double>(usage.ru_stime.tv_sec) * 1e9 +
           static_cast<double>(usage.ru_stime.tv_usec) * 1e3;
}

std::size_t heap_in_use() noexcept {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

/// Of the whole process.
std::size_t resident_memory() {
    std::size_t total = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// The kernel holds complete bursts before the client reads.
template <class Poll>
std::uint64_t reads_for_burst(const FastServer& server, Poll poll, const std::uint64_t& messages,
                              const std::function<void()>& ask) {
    constexpr std::uint64_t kFrames = 64;
    std::uint64_t best = ~std::uint64_t{0};
    for (int i = 0; i < 10; ++i) {
        const std::uint64_t written = server.bytes_written();
        const std::uint64_t goal = messages + kFrames;
        ask();
        while (server.bytes_written() < written + kFrames * 204) relax();
        const std::uint64_t before = counts().reads;
        while (messages < goal) poll();
        best = std::min(best, counts().reads - before);
    }
    return best;
}

void count_reads(const FastServer& server, bool tls) {
    const Target target = server.target(tls, tls ? "/records/64/200/1" : "/burst/64/200/1", 200);
    for (const ContenderKind& kind : contender_kinds()) {
        if (kind.is_peer() || (kind.needs_tls && !tls)) continue;
        Receiver receiver;
        const auto contender = kind.make(target, receiver);
        std::uint64_t messages = 0;
        const std::array<std::byte, kSmallestPayload> request{};
        const auto reads = reads_for_burst(
            server,
            [&] {
                contender->poll();
                messages = receiver.messages();
            },
            messages, [&] { contender->send(request.data(), request.size()); });
        const std::string what = std::string("reads for 64 ") + (tls ? "TLS records" : "frames") +
                                 " of 200 B in the kernel, " + kind.name;
        if (kind.order == 0 || kind.is_own())
            std::printf("%-66s %9.2f calls\n", what.c_str(), static_cast<double>(reads));
        else
            report(what.c_str(), static_cast<double>(reads), "calls", 1);
    }
}

void count_allocations(const FastServer& server, bool tls, TlsRecords records, std::uint64_t bursts) {
    ClientParts parts(ReactorMode::busy_spin, server.target(tls, "", 0), records);
    Client client(parts, server.target(tls, "/burst/64/200/" + std::to_string(bursts), 200));
    Client::turn_until(parts, [&] { return client.is_open(); });
    const auto take = [&](std::uint64_t total) {
        client.ask();
        Client::turn_until(parts, [&] { return client.messages() >= total; });
    };
    take(64 * bursts);
    const Counts before = counts();
    take(128 * bursts);
    const Counts spent = counts() - before;
    const bool in_place = records == TlsRecords::in_place;
    const std::string where = " in " + std::to_string(64 * bursts) + " messages" +
                              (in_place ? ", wss in place"
                               : tls    ? ", wss"
                                        : ", ws");
    report(("allocations" + where).c_str(), static_cast<double>(spent.allocations), "calls", 0);
    // For TLS 1.3 OpenSSL allocates 40 bytes for the header of each record, and frees them.
    if (tls && !in_place)
        report("allocations of OpenSSL for each record that it opens",
               static_cast<double>(spent.openssl_allocations) / static_cast<double>(bursts), "calls", 1.05);
    if (in_place)
        report("allocations of OpenSSL", static_cast<double>(spent.openssl_allocations), "calls", 0);
}

/// `count` open connections.
std::vector<std::unique_ptr<Client>> connect_many(ClientParts& parts, const Target& target,
                                                  std::size_t count) {
    std::vector<std::unique_ptr<Client>> clients;
    clients.reserve(count);
    while (clients.size() < count) {
        clients.push_back(std::make_unique<Client>(parts, target));
        Client::turn_until(parts, [&] { return clients.back()->is_open(); });
    }
    return clients;
}

void weigh_idle_connections(const FastServer& server, bool tls, std::size_t count) {
    const Target target = server.target(tls, "/burst/64/200/1", 200);
    ClientParts parts(ReactorMode::epoll, target);
    { const auto warm = connect_many(parts, target, 2); }
    ::malloc_trim(0);  // otherwise memory that was used before would not count
    const std::size_t before = resident_memory();
    const Counts counts_before = counts();
    const auto clients = connect_many(parts, target, count);
    for (const auto& client : clients) client->ask();
    Client::turn_until(parts, [&] {
        return std::ranges::all_of(clients, [](const auto& client) { return client->messages() == 64; });
    });
    const auto openssl = (counts() - counts_before).openssl_bytes;
    const auto in_kib = [&](std::size_t bytes) {
        return static_cast<double>(bytes) / static_cast<double>(count) / 1024;
    };
    const std::string what =
        std::string("memory of an idle connection that has had a burst") + (tls ? ", wss" : ", ws");
    report(what.c_str(), in_kib(resident_memory() - before - openssl), "KiB", tls ? 80 : 40);
    if (tls) std::printf("%-66s %9.2f KiB\n", "  and of OpenSSL for it", in_kib(openssl));
}

void weigh_after_large_message(const FastServer& server) {
    const Target large = server.target(false, "/burst/1/16000000/1", 16'000'000);
    ClientParts parts(ReactorMode::epoll, large);
    const std::size_t before = heap_in_use();
    Client client(parts, large);
    Client::turn_until(parts, [&] { return client.is_open(); });
    client.ask();
    Client::turn_until(parts, [&] { return client.messages() == 1; });
    const double held = static_cast<double>(heap_in_use() - before) / (1 << 20);
    report("heap that one message of 15 MiB leaves until 1024 smaller ones came", held, "MiB", 32);
}

/// CPU time a message.
double cost_of_messages(const FastServer& server, std::size_t connections, std::uint64_t rate,
                        std::uint64_t each) {
    const Target target =
        server.target(false, "/paced/" + std::to_string(rate) + "/200/" + std::to_string(each), 200);
    ClientParts parts(ReactorMode::epoll, target);
    const auto clients = connect_many(parts, target, connections);
    for (const auto& client : clients) client->ask();
    const auto received = [&] {
        return std::accumulate(clients.begin(), clients.end(), std::uint64_t{0},
                               [](std::uint64_t sum, const auto& one) { return sum + one->messages(); });
    };
    const double began = cpu_time();
    // The sum over all clients is computed at intervals, so that it does not distort the measurement.
    while (received() < connections * each)
        for (int turns = 0; turns < 500; ++turns) parts.reactor.poll_for(std::chrono::milliseconds{1});
    return (cpu_time() - began) / static_cast<double>(connections * each);
}

/// Connects repeatedly, with or without a session to resume.
class Reconnects {
  public:
    Reconnects(const FastServer& server, bool resume)
        : target_(server.target(true, "/echo", 200)), resume_(resume), parts_(ReactorMode::epoll, target_) {}

    /// CPU time of one connection.
    double once() {
        if (!resume_) {
            parts_.dialer.reset();
            parts_.tls = std::make_unique<TlsContext>(
                TlsOptions{.ca_file = target_.ca_file, .session_resumption = false});
            parts_.dialer = std::make_unique<SocketDialer>(parts_.reactor, parts_.resolver, parts_.tls.get());
        }
        const double began = cpu_time();
        const double kernel_began = kernel_time();
        Client client(parts_, target_);
        Client::turn_until(parts_, [&] { return client.is_open(); });
        const double spent = cpu_time() - began;
        in_kernel_ += kernel_time() - kernel_began;
        ++count_;
        if (client.tls_info().resumed != (resume_ && count_ > 1))
            throw std::runtime_error("the session was not as it should be");
        client.ask();  // its answer comes behind the session tickets
        Client::turn_until(parts_, [&] { return client.messages() == 1; });
        return spent;
    }

    /// The mean CPU time of each.
    [[nodiscard]] double in_kernel() const noexcept { return in_kernel_ / count_; }

  private:
    const Target target_;
    const bool resume_;
    int count_ = 0;
    double in_kernel_ = 0;
    ClientParts parts_;
};

/// Both in alternation; the medians.
void compare_handshakes(const FastServer& server, std::size_t count) {
    Reconnects full(server, false);
    Reconnects resumed(server, true);
    std::ignore = full.once();
    std::ignore = resumed.once();
    std::vector<double> full_costs;
    std::vector<double> resumed_costs;
    while (full_costs.size() < count) {
        full_costs.push_back(full.once());
        resumed_costs.push_back(resumed.once());
    }
    const double usual = median(std::move(full_costs));
    const double again = median(std::move(resumed_costs));
    std::printf(
        "CPU of a reconnect with a full handshake %.0f us, of which %.0f in the kernel;\n"
        "with a resumed session %.0f us, of which %.0f\n",
        usual / 1e3, full.in_kernel() / 1e3, again / 1e3, resumed.in_kernel() / 1e3);
    report_ratio("CPU of a reconnect, resumed TLS session to full handshake", again / usual, 0.5);
}

void run(bool smoke) {
    if (!count_openssl_apart()) throw std::runtime_error("OpenSSL has allocated before");
    const FastServer server(server_cpu());
    std::ignore = pin_to_cpu(client_cpu());
    for (const bool tls : {false, true}) count_reads(server, tls);
    const std::uint64_t bursts = smoke ? 100 : 15'625;
    for (const bool tls : {false, true}) count_allocations(server, tls, TlsRecords::openssl, bursts);
    count_allocations(server, true, TlsRecords::in_place, bursts);
    for (const bool tls : {false, true}) weigh_idle_connections(server, tls, smoke ? 20 : 1000);
    weigh_after_large_message(server);
    if (smoke) std::printf("the ratios below are of too few to mean anything\n");
    const std::size_t many = smoke ? 20 : 1000;
    const double one = cost_of_messages(server, 1, smoke ? 1000 : 10'000, smoke ? 100 : 20'000);
    report_ratio("CPU a message, many connections at 10/s to one with all of it",
                 cost_of_messages(server, many, 10, smoke ? 1 : 20) / one, 1.5);
    compare_handshakes(server, smoke ? 3 : 200);
}

}  // namespace
}  // namespace pinwheel::bench

int main(int argc, char** argv) {
    try {
        pinwheel::bench::run(argc > 1 && std::strcmp(argv[1], "--smoke") == 0);
        return pinwheel::bench::all_within ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "counted: %s\n", error.what());
        return 1;
    }
}
