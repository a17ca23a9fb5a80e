#include "core_distance.h"

#include <chrono>
#include <cstdio>
#include <tuple>
#include <utility>
#include <vector>

#include "../../core/clock.h"
#include "../../core/cpu.h"
#include "median.h"

namespace pinwheel::bench {

CoreDistance::CoreDistance(int other_cpu, double wanted)
    : thread_([this, other_cpu] { answer(other_cpu); }), wanted_(wanted > 0 ? wanted : measure()) {}

CoreDistance::~CoreDistance() {
    measurements_.store(kEnd, std::memory_order_release);
    measurements_.notify_one();
    thread_.join();
}

bool CoreDistance::is_wanted(double distance) const noexcept {
    return distance <= wanted_ * 1.5 && wanted_ <= distance * 1.5;
}

void CoreDistance::await() {
    const double now = measure();
    if (is_wanted(now)) return;
    std::fprintf(stderr, "waiting until the cores are %.0f ns apart; now it is %.0f\n", wanted_, now);
    do std::this_thread::sleep_for(std::chrono::milliseconds{200});
    while (!is_as_wanted());
}

/// The median of samples of several trips, so that the clock's own time is negligible.
double CoreDistance::measure() {
    constexpr std::uint32_t kTripsPerSample = 8;
    measurements_.fetch_add(1, std::memory_order_release);
    measurements_.notify_one();
    SteadyClock clock;
    std::vector<double> samples;
    samples.reserve(kTrips / kTripsPerSample);
    TimePoint began = clock.now();
    for (std::uint32_t trip = 1; trip <= kTrips; ++trip) {
        const std::uint32_t ball = there_.load(std::memory_order_relaxed) + 1;
        there_.store(ball, std::memory_order_release);
        while (back_.load(std::memory_order_acquire) != ball) relax();
        if (trip % kTripsPerSample != 0) continue;
        const TimePoint now = clock.now();
        samples.push_back(static_cast<double>((now - began).count()) / kTripsPerSample);
        began = now;
    }
    return median(std::move(samples));
}

void CoreDistance::answer(int cpu) {
    std::ignore = pin_to_cpu(cpu);
    std::uint32_t ball = 0;
    for (std::uint32_t answered = 0;; ++answered) {
        measurements_.wait(answered, std::memory_order_acquire);
        if (measurements_.load(std::memory_order_acquire) == kEnd) return;
        for (std::uint32_t trip = 0; trip < kTrips; ++trip) {
            ++ball;
            while (there_.load(std::memory_order_acquire) != ball) relax();
            back_.store(ball, std::memory_order_release);
        }
    }
}

}  // namespace pinwheel::bench
