// Sessions with a hostile server for a given time. At the end every message must be accounted for.
//     soak [--seconds N] [--seed N]
// A second server floods (T1 to T4), and a hostile client uses the metrics (M1). Memory stays flat, and the
// work of each turn is bounded. The longest turn is printed.

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "../../../core/idle_strategy.h"
#include "../../../net/turn_bounds.h"
#include "../../../proto/session/manager.h"
#include "../../../tools/feed/temporary_identity.h"
#include "../../../tools/pinwheel/terminal/metrics_server.h"
#include "../../support/subprocess.h"
#include "chaos_server.h"
#include "flood_server.h"
#include "flooded.h"
#include "ledger.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kQueueSize = 1000;
constexpr std::size_t kGrowthAllowed = std::size_t{2} << 20;  // of resident memory, in bytes

// The servers, in processes of their own

Reactor* g_serving = nullptr;

int serve(std::uint64_t seed, const char* certificate, const char* key) {
    Reactor reactor;
    g_serving = &reactor;
    std::signal(SIGTERM, [](int) { g_serving->stop(); });
    auto tls = TlsContext::server({.certificate_file = certificate, .key_file = key});
    const ChaosServer plain(reactor, nullptr, seed), secure(reactor, &tls, seed + 1);
    std::printf("%u\n%u\n", plain.port(), secure.port());
    std::fflush(stdout);
    reactor.run();
    for (const ChaosServer* const server : {&plain, &secure}) {
        std::printf("%s\n", server->describe().c_str());
        for (const auto& one : server->served()) std::printf("%s\n", one.to_line().c_str());
    }
    return 0;
}

std::string text_of_file(const char* path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

int serve_floods(std::uint64_t seed, const char* certificate, const char* key, std::uint16_t metrics_port) {
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &end, nullptr);
    const FloodServer server(seed, {text_of_file(certificate), text_of_file(key)}, metrics_port);
    std::printf("%u\n%u\n", server.plain_port(), server.secure_port());
    std::fflush(stdout);
    int number = 0;
    ::sigwait(&end, &number);
    std::printf("%s\n%s\n", server.describe().c_str(), server.missing().c_str());
    std::fflush(stdout);
    std::_Exit(0);  // its threads do not end
}

// The client

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

std::size_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::size_t size = 0, resident = 0;
    in >> size >> resident;
    return resident * 4096;
}

std::size_t median(std::vector<std::size_t> samples) {
    if (samples.empty()) return 0;
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
    std::nth_element(samples.begin(), middle, samples.end());
    return *middle;
}

/// The most work of a turn, as the reactor counts it: each connection is called for its descriptor and once
/// more for bytes in user space. A session has one connection, and one that drains.
constexpr int most_work(int connections) {
    using namespace turn_bounds;
    return kTimers + kTimerMoves + kPostedCalls + connections * 2 * (1 + kReads + kDecodedFrames);
}

/// One session, and the ledger of its ring's consumer.
struct Link {
    Link(Reactor& reactor, std::string its_name, const std::string& url, OverflowPolicy overflow,
         const std::string& authority)
        : name(std::move(its_name)),
          ws(reactor, url,
             {.on_disconnect =
                  [this](DisconnectReason reason) { ++reasons.at(static_cast<std::size_t>(reason)); },
              .ping_interval = 0.2s,
              .ping_timeout = 0.4s,
              .connection_timeout = 1.5s,
              .reconnect_delay = 0.01s,
              .max_reconnect_delay = 0.1s,
              .max_reconnect_attempts = 1'000'000,
              .server_unavailable_delay = 0.05s,
              .queue_size = kQueueSize,
              .overflow = overflow,
              .close_timeout = 0.3s,
              .network = {.tls = {.ca_file = authority}}}) {}

    void consume() {
        while (const RecordHeader* const record = ws.queue().front()) {
            ledger.book(*record);
            ws.queue().pop();
        }
    }

    const std::string name;
    std::array<std::uint64_t, 10> reasons{};
    std::uint64_t tries = 0;  // attempts started
    WebSocketManager ws;
    Ledger ledger;
};

/// Reads all rings, with occasional long pauses.
class Consumer {
  public:
    Consumer(std::vector<std::unique_ptr<Link>>& links, std::uint64_t seed)
        : links_(links), random_(seed), thread_([this] { run(); }) {}
    void finish() {
        done_ = true;
        thread_.join();
    }

  private:
    void run() {
        BackoffIdle idle;
        while (!done_) {
            std::uint64_t before = 0, after = 0;
            for (const auto& link : links_) before += link->ledger.totals().received;
            for (const auto& link : links_) link->consume();
            for (const auto& link : links_) after += link->ledger.totals().received;
            idle.idle(static_cast<int>(after - before));
            if (random_.below(5000) < after - before)  // about each 5,000 messages
                std::this_thread::sleep_for(std::chrono::milliseconds(random_.below(200)));
        }
        for (const auto& link : links_) link->consume();
    }

    std::vector<std::unique_ptr<Link>>& links_;
    SeededRandom random_;
    std::atomic<bool> done_{false};
    std::thread thread_;
};

class Soak {
  public:
    Soak(long seconds, std::uint64_t seed) : seconds_(seconds), seed_(seed) {}

    int run(const std::string& program) {
        const TemporaryIdentity identity;
        Subprocess server(
            {program, "--serve", std::to_string(seed_), identity.certificate_file(), identity.key_file()});
        const std::string plain = server.read_line(), secure = server.read_line();
        const std::size_t descriptors = open_descriptors();
        std::optional<Reactor> reactor(std::in_place);
        links_.push_back(std::make_unique<Link>(*reactor, "ws, drops what its ring cannot take",
                                                "ws://127.0.0.1:" + plain + "/", OverflowPolicy::drop_newest,
                                                ""));
        links_.push_back(std::make_unique<Link>(*reactor, "wss, holds the server back",
                                                "wss://127.0.0.1:" + secure + "/",
                                                OverflowPolicy::backpressure, identity.authority_file()));
        std::optional<tool::MetricsServer> metrics(std::in_place, std::uint16_t{0}, [this] {
            std::string out;
            append_prometheus(out, links_.front()->ws.stats());
            return out;
        });
        std::optional<Subprocess> floods(
            std::in_place, std::vector<std::string>{program, "--flood", std::to_string(seed_ + 4),
                                                    identity.certificate_file(), identity.key_file(),
                                                    std::to_string(metrics->port())});
        const std::string plain_flood = floods->read_line(), secure_flood = floods->read_line();
        flooded_.push_back(
            std::make_unique<Flooded>(*reactor, "ws://127.0.0.1:" + plain_flood + "/", std::string()));
        flooded_.push_back(std::make_unique<Flooded>(*reactor, "wss://127.0.0.1:" + secure_flood + "/",
                                                     identity.authority_file()));
        live(*reactor);
        server.signal(SIGTERM);
        judge(server.read_rest());
        floods->signal(SIGTERM);
        judge_floods(floods->read_rest());
        floods.reset();
        metrics.reset();
        flooded_.clear();
        for (const auto& link : links_) report(*link);
        links_.clear();
        reactor.reset();
        expect(open_descriptors() == descriptors, "descriptors open: " + std::to_string(open_descriptors()) +
                                                      ", at the start " + std::to_string(descriptors));
        judge_memory();
        std::printf("%s\n", failures_ == 0 ? "soak passed" : "soak FAILED");
        return failures_ == 0 ? 0 : 1;
    }

  private:
    void expect(bool holds, const std::string& what) {
        failures_ += holds ? 0 : 1;
        std::printf("%s %s\n", holds ? "ok  " : "FAIL", what.c_str());
    }

    /// Streams until the time is over. Starts a session again that gave up, or was refused at first.
    void live(Reactor& reactor) {
        Consumer consumer(links_, seed_ + 2);
        SeededRandom random(seed_ + 3);
        const TimePoint end = reactor.now() + std::chrono::seconds(seconds_);
        for (const auto& link : links_) link->ws.connect();
        TimePoint sample_at = reactor.now();
        while (reactor.now() < end) {
            meter_.turn(reactor, 10ms);
            for (const auto& one : flooded_) one->act();
            for (const auto& link : links_)
                if (link->ws.is_recoverable()) {
                    ++link->tries;
                    link->ws.connect();
                }
            if (reactor.now() < sample_at) continue;
            sample_at += 1s;
            resident_.push_back(resident_bytes());
            for (const auto& link : links_)  // some cuts are our own
                if (random.below(5) == 0) link->ws.request_disconnect(10ms);
            if (resident_.size() % 60 == 0) std::fprintf(stderr, "%zu s\n", resident_.size());
        }
        for (const auto& one : flooded_) one->ws().force_close();
        for (const auto& link : links_) link->ws.shutdown();
        for (const auto& link : links_) link->ws.wait_disconnected();
        consumer.finish();
    }

    /// The server's output: for each link a description, and a line for each connection.
    void judge(const std::string& account) {
        std::istringstream lines(account);
        std::vector<std::vector<ServedConnection>> served;
        for (std::string line; std::getline(lines, line);) {
            if (line.ends_with(' ')) {
                served.back().push_back(ServedConnection::parse(line));
            } else {
                std::printf("server %zu: %s\n", served.size() + 1, line.c_str());
                served.emplace_back();
            }
        }
        if (served.size() != links_.size()) throw std::runtime_error("the server died before its time");
        for (std::size_t i = 0; i < links_.size(); ++i) {
            const auto stats = links_[i]->ws.stats();
            const auto tries = links_[i]->tries + 1 + stats.reconnect_tries;
            links_[i]->ledger.settle(served.at(i), tries - stats.connects);
        }
    }

    void report(const Link& link) {
        const auto& totals = link.ledger.totals();
        const auto stats = link.ws.stats();
        std::printf("%s:\n", link.name.c_str());
        std::printf(
            "  connections %llu, sent %llu = received %llu + dropped and told %llu + cut off %llu\n",
            static_cast<unsigned long long>(totals.connections), static_cast<unsigned long long>(totals.sent),
            static_cast<unsigned long long>(totals.received), static_cast<unsigned long long>(totals.dropped),
            static_cast<unsigned long long>(totals.cut_off));
        std::printf("  %llu MB, connections closed in order without a loss %llu, sessions resumed %llu\n ",
                    static_cast<unsigned long long>(totals.bytes >> 20),
                    static_cast<unsigned long long>(totals.in_order_ends),
                    static_cast<unsigned long long>(stats.resumed_handshakes));
        for (std::size_t i = 1; i < link.reasons.size(); ++i)
            std::printf(" %s %llu", std::string(to_string(static_cast<DisconnectReason>(i))).c_str(),
                        static_cast<unsigned long long>(link.reasons.at(i)));
        std::puts("");
        for (const auto& problem : link.ledger.problems()) std::printf("  %s\n", problem.c_str());
        expect(link.ledger.problems().empty(),
               "each message came once and in order, or lies in a gap that was told");
        expect(totals.sent == totals.received + totals.dropped + totals.cut_off, "the sums agree");
        expect(totals.received > 0 && totals.connections > 1, "something came, over many connections");
        expect(totals.connections == stats.connects && stats.messages_dropped == totals.dropped,
               "the statistics agree");
    }

    /// The flood server's output, and the lengths of the turns.
    void judge_floods(const std::string& account) {
        std::istringstream lines(account);
        std::string served, missing;
        std::getline(lines, served);
        std::getline(lines, missing);
        std::printf("%s\n", served.c_str());
        expect(missing.empty(), "each flood came" + (missing.empty() ? missing : ", but for " + missing));
        std::printf(
            "turns: %llu, the worst took %.1f ms of processor time, the busiest did %d units of work\n",
            static_cast<unsigned long long>(meter_.turns()),
            std::chrono::duration<double, std::milli>(meter_.longest()).count(), meter_.busiest());
        const int bound = most_work(2 * static_cast<int>(links_.size() + flooded_.size()));
        expect(meter_.busiest() <= bound,
               "no turn did more than " + std::to_string(bound) + " units of work");
    }

    /// Flat memory: compares the last third with the first third, after a first minute (in a short run, a
    /// first third).
    void judge_memory() {
        const std::size_t settled = std::min<std::size_t>(60, resident_.size() / 3);
        const std::size_t third = (resident_.size() - settled) / 3;
        const auto from = resident_.begin() + static_cast<std::ptrdiff_t>(settled);
        const std::size_t early = median({from, from + static_cast<std::ptrdiff_t>(third)});
        const std::size_t late =
            median({resident_.end() - static_cast<std::ptrdiff_t>(third), resident_.end()});
        std::array<char, 160> text{};
        std::snprintf(text.data(), text.size(),
                      "resident memory: %.1f MiB after %zu s, %.1f MiB at the end, at most %.1f",
                      static_cast<double>(early) / 1048576, settled, static_cast<double>(late) / 1048576,
                      static_cast<double>(*std::max_element(resident_.begin(), resident_.end())) / 1048576);
        expect(late <= early + kGrowthAllowed, text.data());
    }

    const long seconds_;
    const std::uint64_t seed_;
    std::vector<std::unique_ptr<Link>> links_;
    std::vector<std::unique_ptr<Flooded>> flooded_;
    TurnMeter meter_;
    std::vector<std::size_t> resident_;  // one sample a second
    int failures_ = 0;
};

long parse(const char* name, const char* text) {
    long value = 0;
    const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
    if (error == std::errc() && *end == '\0' && value > 0) return value;
    throw std::runtime_error(std::string(name) + " wants a number above 0, not '" + text + "'");
}

}  // namespace
}  // namespace pinwheel::test

int main(int argc, char** argv) try {
    using namespace pinwheel::test;
    if (argc == 5 && std::strcmp(argv[1], "--serve") == 0)
        return serve(static_cast<std::uint64_t>(parse("--serve", argv[2])), argv[3], argv[4]);
    if (argc == 6 && std::strcmp(argv[1], "--flood") == 0)
        return serve_floods(static_cast<std::uint64_t>(parse("--flood", argv[2])), argv[3], argv[4],
                            static_cast<std::uint16_t>(parse("--flood", argv[5])));
    long seconds = 900, seed = 1;
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        if ((name != "--seconds" && name != "--seed") || i + 1 == argc) {
            std::fprintf(stderr, "soak: '%s' is not understood; soak [--seconds N] [--seed N]\n", argv[i]);
            return 2;
        }
        (name == "--seed" ? seed : seconds) = parse(argv[i], argv[i + 1]);
    }
    std::printf("soak: %ld s, seed %ld\n", seconds, seed);
    std::fflush(stdout);
    return Soak(seconds, static_cast<std::uint64_t>(seed)).run(argv[0]);
} catch (const std::exception& error) {
    std::fprintf(stderr, "soak: %s\n", error.what());
    return 2;
}
