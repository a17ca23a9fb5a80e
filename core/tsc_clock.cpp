#include "tsc_clock.h"

#include <chrono>
#include <limits>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace pinwheel {
namespace {

constexpr Duration kFirstMeasurement = std::chrono::milliseconds{10};

std::uint64_t read_ticks() noexcept {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return 0;
#endif
}

}  // namespace

std::string_view to_string(ClockSource source) noexcept {
    return source == ClockSource::tsc ? "tsc" : "steady";
}

bool has_invariant_tsc() noexcept {
#if defined(__x86_64__)
    constexpr unsigned kPowerManagement = 0x80000007;
    constexpr unsigned kInvariant = 1U << 8;
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    return __get_cpuid(kPowerManagement, &eax, &ebx, &ecx, &edx) == 1 && (edx & kInvariant) != 0;
#else
    return false;
#endif
}

TscClock::TscClock(ClockSource wanted) noexcept
    : source_(wanted == ClockSource::tsc && has_invariant_tsc() ? ClockSource::tsc : ClockSource::steady) {
    if (source_ == ClockSource::steady) return;
    const Reading first = read_both();
    begin_ = first.time;
    timeline_.anchor(first.ticks, first.time);
}

TimePoint TscClock::now() noexcept {
    if (source_ == ClockSource::steady) return steady_.now();
    const std::uint64_t ticks = read_ticks();
    if (timeline_.due(ticks)) [[unlikely]]
        return compare();
    return timeline_.at(ticks);
}

/// Takes the try with the shortest time between its two readings of the counter: no interrupt came between
/// them.
TscClock::Reading TscClock::read_both() noexcept {
    Reading best{};
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (int i = 0; i < 3; ++i) {
        const std::uint64_t before = read_ticks();
        const TimePoint time = steady_.now();
        const std::uint64_t width = read_ticks() - before;
        if (width >= least) continue;
        least = width;
        best = {before + width / 2, time};
    }
    return best;
}

TimePoint TscClock::compare() noexcept {
    if (!timeline_.calibrated()) {
        const TimePoint now = steady_.now();
        if (now - begin_ < kFirstMeasurement) return now;
    }
    const Reading reading = read_both();
    timeline_.anchor(reading.ticks, reading.time);
    return timeline_.calibrated() ? timeline_.at(reading.ticks) : reading.time;
}

}  // namespace pinwheel
