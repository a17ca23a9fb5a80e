#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "../core/clock.h"
#include "../core/cpu.h"
#include "../core/message_queue.h"
#include "../core/spsc_ring.h"
#include "../proto/session/manager.h"
#include "../proto/session/send_ring.h"
#include "support/median.h"

/// A hop between two cores: the ring's record (64 bytes of payload and the head) beside
/// boost::lockfree::spsc_queue, which moves a pointer. Both run in alternation, and the ratio of each round
/// counts, because the cores that a virtual machine gives, and their distance, change by the minute.
namespace pinwheel::bench {
namespace {

constexpr int kThisCpu = 0;
constexpr int kOtherCpu = 1;

/// Fills `size` bytes with a number.
void put(std::byte* bytes, std::size_t size, std::uint64_t number) {
    for (std::size_t at = 0; at < size; at += sizeof number) std::memcpy(bytes + at, &number, sizeof number);
}

/// Reads all of them. Torn bytes give a number that was never sent.
std::uint64_t number_in(const std::byte* bytes, std::size_t size) {
    std::uint64_t any = 0;
    std::uint64_t all = ~std::uint64_t{0};
    for (std::size_t at = 0; at < size; at += sizeof any) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + at, sizeof word);
        any |= word, all &= word;
    }
    return any == all ? any : 0;
}

/// The floor: numbers in place of pointers, without data behind them.
class BoostPointers {
  public:
    [[nodiscard]] bool push(std::uint64_t number) { return queue_.push(reinterpret_cast<void*>(number)); }
    void flush() {}
    [[nodiscard]] bool pop(std::uint64_t& number) {
        void* pointer = nullptr;
        if (!queue_.pop(pointer)) return false;
        number = reinterpret_cast<std::uintptr_t>(pointer);
        return true;
    }

  private:
    boost::lockfree::spsc_queue<void*, boost::lockfree::capacity<1024>> queue_;
};

/// Pointers to 64 bytes that the producer writes and the consumer reads.
class BoostItems {
  public:
    [[nodiscard]] bool push(std::uint64_t number) {
        Line& line = lines_[number % lines_.size()];
        put(line.bytes.data(), line.bytes.size(), number);
        return queue_.push(&line);
    }
    void flush() {}
    [[nodiscard]] bool pop(std::uint64_t& number) {
        Line* line = nullptr;
        if (!queue_.pop(line)) return false;
        number = number_in(line->bytes.data(), line->bytes.size());
        return true;
    }

  private:
    struct alignas(64) Line {
        std::array<std::byte, 64> bytes;
    };
    std::vector<Line> lines_ = std::vector<Line>(2048);  // above the queue's size: none is reused too early
    boost::lockfree::spsc_queue<Line*, boost::lockfree::capacity<1024>> queue_;
};

/// The cost of two lines: as many bytes as a record of 64 with its head, written from front to back and
/// published by a position, `kBatch` at a time. Without sizes, heads and marks.
template <std::uint64_t kBatch>
class TwoLines {
  public:
    [[nodiscard]] bool push(std::uint64_t number) {
        if (writing_ - cached_read_ == kPairs) {
            flush();
            cached_read_ = read_.load(std::memory_order_acquire);
            if (writing_ - cached_read_ == kPairs) return false;
        }
        put(pairs_[writing_ % kPairs].bytes.data(), kUsed, number);
        ++writing_;
        if (number % kBatch == 0) flush();
        return true;
    }
    void flush() { written_.store(writing_, std::memory_order_release); }
    [[nodiscard]] bool pop(std::uint64_t& number) {
        if (reading_ == cached_written_) {
            cached_written_ = written_.load(std::memory_order_acquire);
            if (reading_ == cached_written_) return false;
        }
        number = number_in(pairs_[reading_ % kPairs].bytes.data(), kUsed);
        read_.store(++reading_, std::memory_order_release);
        return true;
    }

  private:
    static constexpr std::size_t kUsed = sizeof(RecordHeader) + 64;
    static constexpr std::size_t kPairs = 2048;  // 256 KiB
    struct alignas(128) Pair {
        std::array<std::byte, kUsed> bytes;
    };
    std::vector<Pair> pairs_ = std::vector<Pair>(kPairs);
    alignas(128) std::uint64_t writing_ = 0;
    std::uint64_t cached_read_ = 0;
    alignas(128) std::uint64_t reading_ = 0;
    std::uint64_t cached_written_ = 0;
    alignas(128) std::atomic<std::uint64_t> written_{0};
    alignas(128) std::atomic<std::uint64_t> read_{0};
};

/// A ring or a queue of records with `kPayload` bytes. `kBatch` records are published at a time.
template <class Carrier, std::size_t kPayload, std::uint64_t kBatch>
class Records {
  public:
    template <class... Arguments>
    explicit Records(Arguments... arguments) : carrier_(arguments...) {
        carrier_.prefault();
    }
    [[nodiscard]] bool push(std::uint64_t number) {
        auto* const room = claim();
        if (room == nullptr) {
            carrier_.publish();
            return false;
        }
        put(room, kPayload, number);
        carrier_.commit({.size = kPayload, .sequence = number});
        if (number % kBatch == 0) carrier_.publish();
        return true;
    }
    void flush() { carrier_.publish(); }
    [[nodiscard]] bool pop(std::uint64_t& number) {
        const auto* const record = carrier_.front();
        if (record == nullptr) return false;
        number = number_in(record->payload().data(), kPayload);
        if (record->sequence != number) number = 0;
        carrier_.pop();
        return true;
    }

  private:
    [[nodiscard]] std::byte* claim() {
        if constexpr (requires { carrier_.full(); })
            if (carrier_.full()) return nullptr;
        return carrier_.claim(kPayload);
    }

    Carrier carrier_;
};

template <std::size_t kPayload, std::uint64_t kBatch, std::size_t kKib>
struct Ring : Records<SpscRing, kPayload, kBatch> {
    Ring() : Records<SpscRing, kPayload, kBatch>(kKib << 10) {}
};
template <std::size_t kPayload, std::uint64_t kBatch>
struct Queue : Records<MessageQueue, kPayload, kBatch> {
    Queue() : Records<MessageQueue, kPayload, kBatch>(std::size_t{1000}) {}
};

/// Messages to send from another core: the ring with the turn of a spinning reactor. The manager is not
/// connected, so that the ring's handler gets the messages, and no socket is involved.
class SendRings {
  public:
    SendRings() { arrived_.reserve(SendRing::kMostInTurn); }
    [[nodiscard]] bool push(std::uint64_t number) {
        std::byte* const room = ring_.claim(kPayload);
        if (room == nullptr) return false;
        put(room, kPayload, number);
        ring_.commit_binary(target_, kPayload);
        return true;
    }
    void flush() {}
    [[nodiscard]] bool pop(std::uint64_t& number) {
        if (next_ == arrived_.size()) {
            arrived_.clear();
            next_ = 0;
            if (reactor_.poll() == 0) return false;
        }
        number = arrived_[next_++];
        return true;
    }

  private:
    static constexpr std::size_t kPayload = 64;

    std::vector<std::uint64_t> arrived_;
    std::size_t next_ = 0;
    Reactor reactor_{{.mode = ReactorMode::busy_spin}};
    SendRing ring_{reactor_, std::size_t{256} << 10,
                   [this](SendRing::Target, Errc, std::span<const std::byte> payload) {
                       arrived_.push_back(number_in(payload.data(), payload.size()));
                   }};
    WebSocketManager manager_{reactor_, "ws://127.0.0.1:9/"};
    SendRing::Target target_ = ring_.add(manager_);
};

template <class Contender>
void push_wait(Contender& contender, std::uint64_t number) {
    while (!contender.push(number)) relax();
}
template <class Contender>
std::uint64_t pop_wait(Contender& contender) {
    std::uint64_t number = 0;
    while (!contender.pop(number)) relax();
    return number;
}

/// A result, or 0 if an answer was wrong.
using Measured = double;

/// The median time of a trip to the second core and back, in ns. A sample has several trips, so that the
/// clock's own time is negligible.
template <class Contender>
Measured round_trip(std::uint64_t trips) {
    constexpr std::uint64_t kTripsPerSample = 8;
    Contender out;
    Contender back;
    std::thread echo([&out, &back, trips] {
        std::ignore = pin_to_cpu(kOtherCpu);
        for (std::uint64_t i = 0; i < trips; ++i) {
            push_wait(back, pop_wait(out));
            back.flush();
        }
    });
    SteadyClock clock;
    std::vector<std::int64_t> samples;
    samples.reserve(trips / kTripsPerSample + 1);
    bool right = true;
    TimePoint began = clock.now();
    for (std::uint64_t i = 1; i <= trips; ++i) {
        push_wait(out, i);
        out.flush();
        right &= pop_wait(back) == i;
        if (i % kTripsPerSample != 0) continue;
        const TimePoint now = clock.now();
        samples.push_back((now - began).count());
        began = now;
    }
    echo.join();
    const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
    std::nth_element(samples.begin(), middle, samples.end());
    return right ? static_cast<double>(*middle) / kTripsPerSample : 0;
}

/// Items a second, in millions, from the moment when the consumer has its core.
template <class Contender>
Measured throughput(std::uint64_t items) {
    Contender contender;
    std::atomic<bool> ready{false};
    bool right = false;
    std::thread consumer([&contender, &ready, &right, items] {
        std::ignore = pin_to_cpu(kOtherCpu);
        ready = true;
        ready.notify_one();
        bool in_order = true;
        for (std::uint64_t i = 1; i <= items; ++i) in_order &= pop_wait(contender) == i;
        right = in_order;
    });
    ready.wait(false);
    SteadyClock clock;
    const TimePoint began = clock.now();
    for (std::uint64_t i = 1; i <= items; ++i) push_wait(contender, i);
    contender.flush();
    consumer.join();
    const auto took = static_cast<double>((clock.now() - began).count());
    return right ? static_cast<double>(items) * 1e3 / took : 0;
}

/// The same on one core, 64 in and 64 out: the cost of an item without a transfer of cache lines.
template <class Contender>
void on_one_core(benchmark::State& state) {
    constexpr std::uint64_t kBatch = 64;
    Contender contender;
    std::uint64_t number = 0;
    bool right = true;
    for (auto _ : state) {
        for (std::uint64_t i = 1; i <= kBatch; ++i) push_wait(contender, number + i);
        for (std::uint64_t i = 1; i <= kBatch; ++i) right &= pop_wait(contender) == number + i;
        number += kBatch;
    }
    if (!right) return state.SkipWithError("a wrong item arrived");
    state.SetItemsProcessed(static_cast<std::int64_t>(number));
}

/// One iteration is a round: the floor, then the contender.
template <Measured (*floor)(std::uint64_t), Measured (*contender)(std::uint64_t), std::uint64_t size>
void compare(benchmark::State& state) {
    std::vector<double> floors;
    std::vector<double> values;
    std::vector<double> ratios;
    for (auto _ : state) {
        floors.push_back(floor(size));
        values.push_back(contender(size));
        if (floors.back() == 0 || values.back() == 0) return state.SkipWithError("a wrong item arrived");
        ratios.push_back(values.back() / floors.back());
    }
    state.counters["this"] = median(std::move(values));
    state.counters["pointers"] = median(std::move(floors));
    state.counters["ratio"] = median(std::move(ratios));
}

template <class Contender>
bool add(const char* name, bool each_is_published) {
    static constexpr std::uint64_t kTrips = 4'000;
    static constexpr std::uint64_t kItems = 500'000;
    if (round_trip<Contender>(100) == 0 || throughput<Contender>(kItems / 20) == 0) {
        std::fprintf(stderr, "%s: a wrong item arrived\n", name);
        return false;
    }
    const std::string whose = name;
    if (each_is_published)
        benchmark::RegisterBenchmark(("round_trip_ns/" + whose).c_str(),
                                     compare<round_trip<BoostPointers>, round_trip<Contender>, kTrips>)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
    benchmark::RegisterBenchmark(("million_items_a_second/" + whose).c_str(),
                                 compare<throughput<BoostPointers>, throughput<Contender>, kItems>)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
    benchmark::RegisterBenchmark(("on_one_core/" + whose).c_str(), on_one_core<Contender>);
    return true;
}

bool add_all() {
    return add<BoostItems>("boost_to_64_bytes", true) && add<TwoLines<1>>("two_lines", true) &&
           add<TwoLines<64>>("two_lines/batches_of_64", false) && add<Ring<64, 1, 256>>("ring", true) &&
           add<Ring<64, 64, 256>>("ring/batches_of_64", false) &&
           add<Ring<64, 64, 4096>>("ring/batches_of_64/4_MiB", false) &&
           add<Ring<16, 1, 256>>("ring/16_bytes", true) &&
           add<Ring<16, 64, 256>>("ring/16_bytes/batches_of_64", false) && add<Queue<64, 1>>("queue", true) &&
           add<Queue<64, 64>>("queue/batches_of_64", false) && add<SendRings>("send_ring", true);
}

}  // namespace
}  // namespace pinwheel::bench

int main(int argc, char** argv) {
    constexpr int kSkipped = 77;
    if (pinwheel::cpu_count() < 2) {
        std::fputs("a hop between cores needs two of them\n", stderr);
        return kSkipped;
    }
    benchmark::Initialize(&argc, argv);
    std::ignore = pinwheel::pin_to_cpu(pinwheel::bench::kThisCpu);
    if (!pinwheel::bench::add_all()) return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
