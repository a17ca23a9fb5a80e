// The wheel with a million pending timers: the cost of arming and cancelling a timer that is in the cache,
// and one that is not, and the cost of a turn without a due timer.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "../core/random.h"
#include "../core/timer_wheel.h"

namespace pinwheel::bench {
namespace {

constexpr std::size_t kPending = 1'000'000;
constexpr Duration kTick = std::chrono::milliseconds{1};
constexpr TimePoint kStart{std::chrono::hours{1}};

struct Owner {
    void on_timer(TimePoint) { ++fired; }
    std::uint64_t fired = 0;
    Timer timer{Timer::Callback::member<&Owner::on_timer>(*this)};
};

/// Deadlines up to a day ahead, like those of keep-alives and reconnects.
class Crowd {
  public:
    Crowd() : owners_(std::make_unique<Owner[]>(kPending)) {  // NOLINT(modernize-avoid-c-arrays)
        for (std::size_t i = 0; i < kPending; ++i) wheel.schedule(owners_[i].timer, random_deadline());
    }
    [[nodiscard]] TimePoint random_deadline() {
        return kStart + std::chrono::milliseconds{1000 + random_.below(24 * 3600 * 1000)};
    }
    [[nodiscard]] Timer& random_timer() { return owners_[random_.below(kPending)].timer; }

    TimerWheel wheel{kStart, kTick};

  private:
    SeededRandom random_{1};
    std::unique_ptr<Owner[]> owners_;  // NOLINT(modernize-avoid-c-arrays)
};

Crowd& crowd() {
    static Crowd all;
    return all;
}

void schedule_and_cancel_in_cache(benchmark::State& state) {
    auto& wheel = crowd().wheel;
    Owner owner;
    const TimePoint deadline = kStart + std::chrono::seconds{20};
    for (auto _ : state) {
        wheel.schedule(owner.timer, deadline);
        owner.timer.cancel();
    }
    if (wheel.size() != kPending || owner.timer.armed()) state.SkipWithError("a timer was lost");
}

/// A timer that is not in the cache. `touch_random` has the cost of finding and touching it.
void schedule_and_cancel_random(benchmark::State& state) {
    auto& wheel = crowd().wheel;
    const auto idle = std::make_unique<Owner[]>(kPending);  // NOLINT(modernize-avoid-c-arrays)
    SeededRandom random(2);
    const TimePoint deadline = kStart + std::chrono::seconds{20};
    std::uint64_t last = 0;
    for (auto _ : state) {
        Timer& timer = idle[(random.next() + last) % kPending].timer;
        wheel.schedule(timer, deadline);
        timer.cancel();
        last = timer.armed() ? 1 : 0;  // the next index depends on this result
    }
    if (wheel.size() != kPending) state.SkipWithError("a timer was lost");
}
void touch_random(benchmark::State& state) {
    const auto idle = std::make_unique<Owner[]>(kPending);  // NOLINT(modernize-avoid-c-arrays)
    SeededRandom random(2);
    std::uint64_t last = 0;
    for (auto _ : state) last = idle[(random.next() + last) % kPending].timer.armed() ? 1 : 0;
    benchmark::DoNotOptimize(last);
}

/// A pending timer is moved. The timer and its neighbours, old and new, are not in the cache.
void reschedule_random(benchmark::State& state) {
    auto& all = crowd();
    for (auto _ : state) all.wheel.schedule(all.random_timer(), all.random_deadline());
    if (all.wheel.size() != kPending) state.SkipWithError("a timer was lost");
}
void empty_turn(benchmark::State& state) {
    auto& wheel = crowd().wheel;
    int fired = 0;
    for (auto _ : state) {
        TimePoint now = kStart + std::chrono::milliseconds{1};
        benchmark::DoNotOptimize(now);
        fired += wheel.advance(now, 256);
    }
    if (fired != 0) state.SkipWithError("a timer fired that was not due");
}

void fire_one(benchmark::State& state) {
    TimerWheel wheel(kStart, kTick);
    Owner owner;
    TimePoint now = kStart;
    for (auto _ : state) {
        wheel.schedule(owner.timer, now + kTick);
        now += kTick;
        benchmark::DoNotOptimize(wheel.advance(now, 256));
    }
    if (std::cmp_not_equal(owner.fired, state.iterations())) state.SkipWithError("a timer did not fire");
}

BENCHMARK(schedule_and_cancel_in_cache);
BENCHMARK(schedule_and_cancel_random);
BENCHMARK(touch_random);
BENCHMARK(reschedule_random);
BENCHMARK(empty_turn);
BENCHMARK(fire_one);

}  // namespace
}  // namespace pinwheel::bench

BENCHMARK_MAIN();
