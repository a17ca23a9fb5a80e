// A feed through JetStream on this machine: 200-byte messages at a steady rate from a thread in the reactor's
// place, through the ring, a relay and a nats-server of its own, to a subscriber.
//
//   relay [--smoke] [SECONDS [RATE]]     60 s of 50,000 messages a second
//
// Prints what was relayed, the latency from the ring to the subscriber, and how late the feeding thread was
// with the relay and without it.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <thread>

#include "../../core/clock.h"
#include "../../core/histogram.h"
#include "../../core/idle_strategy.h"
#include "../../proto/feed/feed_ring.h"
#include "../../tests/live/relay/nats_server.h"
#include "../../tools/relay/nats_reader.h"
#include "../../tools/relay/relay.h"

namespace {

using namespace pinwheel;
using namespace std::chrono_literals;

struct Load {
    int seconds = 60;
    int rate = 50'000;
    [[nodiscard]] std::int64_t messages() const noexcept { return std::int64_t{seconds} * rate; }
};

/// Pushes at the rate; how late each message was.
Histogram feed(FeedRing& ring, const Load& load) {
    SteadyClock clock;
    Histogram late;
    const std::string text(200, 'x');
    const Duration gap = 1'000'000'000ns / load.rate;
    const TimePoint began = clock.now();
    FeedMessage message;
    message.payload = std::as_bytes(std::span(text));
    message.channel = 0;
    for (std::int64_t number = 1; number <= load.messages(); ++number) {
        const TimePoint due = began + number * gap;
        TimePoint now = clock.now();
        for (; now < due; now = clock.now())
            if (due - now > 100us) std::this_thread::sleep_for(50us);
        message.sequence = static_cast<std::uint64_t>(number);
        message.received = now;
        message.kernel_received = clock.system_now();
        message.sequence_begin = message.sequence_end = number;
        std::ignore = ring.push(message);
        late.record((clock.now() - due).count());
    }
    return late;
}

Histogram feed_alone(const Load& load) {
    FeedRing ring(0, std::size_t{256} << 20);
    std::atomic<bool> done{false};
    std::thread consumer([&] {
        BackoffIdle idle;
        while (!done) {
            int work = 0;
            for (; ring.queue().front() != nullptr; ++work) ring.queue().pop();
            idle.idle(work);
        }
    });
    const Histogram late = feed(ring, load);
    done = true;
    consumer.join();
    return late;
}

void print(const char* what, const Histogram& times) {
    std::printf("%-36s p50 %8.1f us   p99 %8.1f us   max %8.1f us\n", what,
                static_cast<double>(times.value_at(50)) / 1e3, static_cast<double>(times.value_at(99)) / 1e3,
                static_cast<double>(times.max()) / 1e3);
}

/// True if every message came through.
bool measure(const Load& load) {
    const test::NatsServer server;
    RelayOptions options{.url = server.url(), .venue = "bench", .stream = "BENCH"};
    options.name = "bench";
    const Histogram alone = feed_alone({.seconds = std::min(load.seconds, 5), .rate = load.rate});

    std::atomic<bool> done{false};
    Histogram latency;
    NatsReader reader({.server = options, .subject = "md.bench.trades.>", .stream = {}}, {});
    std::thread subscriber([&] {
        SteadyClock clock;
        while (!done)
            if (const auto* const record = reader.next(50ms))
                latency.record(clock.system_now().time_since_epoch().count() - record->kernel_ns);
    });
    FeedRing ring(0, std::size_t{256} << 20);
    Relay relay(ring.queue(), options, [](std::string_view text) {
        std::fprintf(stderr, "relay: %.*s\n", static_cast<int>(text.size()), text.data());
    });
    relay.name(0, {"trades", "A"});
    while (!relay.stats().is_connected) std::this_thread::sleep_for(1ms);
    SteadyClock clock;
    const TimePoint began = clock.now();
    const Histogram late = feed(ring, load);
    const Error lost = relay.stop();
    const double passed = std::chrono::duration<double>(clock.now() - began).count();
    std::this_thread::sleep_for(200ms);
    done = true;
    subscriber.join();

    const RelayStats stats = relay.stats();
    std::printf(
        "%lld messages of 200 B in %.2f s (%.0f/s): %llu acknowledged, %llu dropped, %llu by the ring; "
        "%llu at the subscriber\n",
        static_cast<long long>(load.messages()), passed, static_cast<double>(stats.acknowledged) / passed,
        static_cast<unsigned long long>(stats.acknowledged), static_cast<unsigned long long>(stats.dropped),
        static_cast<unsigned long long>(ring.dropped()), static_cast<unsigned long long>(latency.count()));
    print("ring to subscriber", latency);
    print("late with the relay", late);
    print("late without", alone);
    if (lost.failed()) std::fprintf(stderr, "relay: %s\n", lost.message().c_str());
    return stats.acknowledged >= static_cast<std::uint64_t>(load.messages()) && !lost.failed();
}

}  // namespace

int main(int argc, char** argv) {
    Load load;
    if (argc > 1 && std::string_view(argv[1]) == "--smoke")
        load = {.seconds = 1, .rate = 5'000};
    else if (argc > 1)
        load.seconds = std::max(1, std::atoi(argv[1]));
    if (argc > 2) load.rate = std::max(1, std::atoi(argv[2]));
    try {
        return measure(load) ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "relay: %s\n", error.what());
        return 1;
    }
}
