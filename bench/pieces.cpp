// Small parts: both halves of the upgrade, a turn of the reactor, the histogram, the clocks, and JSON parsed
// in place from the queue.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <cstring>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../core/bytes.h"
#include "../core/histogram.h"
#include "../core/message_queue.h"
#include "../core/random.h"
#include "../core/tsc_clock.h"
#include "../net/reactor.h"
#include "../proto/websocket/upgrade_client.h"
#include "../proto/websocket/upgrade_server.h"

namespace pinwheel::bench {
namespace {

/// The request is made and answered, and the answer checked.
void upgrade(benchmark::State& state) {
    const auto url = Url::parse("wss://feed.example/stream?depth=20");
    SecureRandom random;
    for (auto _ : state) {
        UpgradeClient client(*url, {}, random);
        server::UpgradeServer server;
        if (server.feed(bytes_of(client.request())).status != UpgradeStatus::done ||
            client.feed(bytes_of(server.response()), {}).status != UpgradeStatus::done)
            return state.SkipWithError("the upgrade failed");
    }
}
BENCHMARK(upgrade);

void histogram_record(benchmark::State& state) {
    SeededRandom random(1);
    std::vector<std::int64_t> values(4096);
    for (auto& value : values) value = static_cast<std::int64_t>(random.below(10'000'000));
    Histogram histogram;
    std::size_t at = 0;
    for (auto _ : state) histogram.record(values[at++ % values.size()]);
    if (std::cmp_not_equal(histogram.count(), state.iterations())) state.SkipWithError("a value was lost");
}
BENCHMARK(histogram_record);

void histogram_percentile(benchmark::State& state) {
    Histogram histogram;
    for (std::int64_t i = 1; i <= 1'000'000; ++i) histogram.record(i);
    for (auto _ : state) {
        const auto value = histogram.value_at(99.9);
        if (value < 999'000 || value > 1'007'000) return state.SkipWithError("not the 99.9th percentile");
    }
}
BENCHMARK(histogram_percentile);

/// The cost of a turn without its system calls: the clock, the posted work, the wheel.
void reactor_turn(benchmark::State& state) {
    Reactor reactor({.mode = ReactorMode::busy_spin});
    int visits = 0;
    const auto count = [&](Interest, TimePoint) { return ++visits, 0; };
    IoWatch source{IoWatch::Callback(count)};
    if (reactor.watch(source, -1, {.read = true}) != Errc::ok) return state.SkipWithError("not watched");
    for (auto _ : state) benchmark::DoNotOptimize(reactor.poll());
    if (std::cmp_not_equal(visits, state.iterations())) state.SkipWithError("a turn passed the source by");
}
BENCHMARK(reactor_turn);

constexpr std::string_view kTrade =
    R"({"channel":"trades.BTC-USD","seq":81234,"ts":1764021234567890123,"price":"64231.50","size":"0.0042",)"
    R"("side":"buy","id":998877665544332211,"venue":"XPIN","flags":["aggressor","retail"]})";

/// Reads the price of each message on demand from the record itself, which has its own padding.
template <bool kInPlace>
void json_from_queue(benchmark::State& state) {
    MessageQueue queue;
    queue.prefault();
    simdjson::ondemand::parser parser;
    std::ignore = parser.allocate(64 << 10);
    std::uint64_t sequence = 0;
    for (auto _ : state) {
        auto* const room = queue.claim(kTrade.size());
        std::memcpy(room, kTrade.data(), kTrade.size());
        queue.commit({.size = static_cast<std::uint32_t>(kTrade.size()), .sequence = ++sequence});
        queue.publish();
        const auto text = queue.front()->payload();
        simdjson::ondemand::document document;
        std::string_view price;
        std::uint64_t number = 0;
        if constexpr (kInPlace) {
            const simdjson::padded_string_view view(reinterpret_cast<const char*>(text.data()), text.size(),
                                                    text.size() + kPayloadPadding);
            if (parser.iterate(view).get(document) != simdjson::SUCCESS ||
                document["seq"].get(number) != simdjson::SUCCESS ||
                document["price"].get(price) != simdjson::SUCCESS || number != 81234 || price != "64231.50")
                return state.SkipWithError("not what was sent");
        } else {
            const simdjson::padded_string copy(reinterpret_cast<const char*>(text.data()), text.size());
            if (parser.iterate(copy).get(document) != simdjson::SUCCESS ||
                document["seq"].get(number) != simdjson::SUCCESS ||
                document["price"].get(price) != simdjson::SUCCESS || number != 81234 || price != "64231.50")
                return state.SkipWithError("not what was sent");
        }
        queue.pop();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kTrade.size()));
}
BENCHMARK(json_from_queue<true>)->Name("json_in_place");
BENCHMARK(json_from_queue<false>)->Name("json_from_a_copy");

template <class SomeClock>
void read_clock(benchmark::State& state) {
    SomeClock clock;
    TimePoint last = clock.now();
    for (auto _ : state) {
        const TimePoint now = clock.now();
        if (now < last) return state.SkipWithError("time went back");
        last = now;
    }
}
BENCHMARK(read_clock<SteadyClock>)->Name("read_steady_clock");
BENCHMARK(read_clock<TscClock>)->Name("read_tsc_clock");

}  // namespace
}  // namespace pinwheel::bench

BENCHMARK_MAIN();
