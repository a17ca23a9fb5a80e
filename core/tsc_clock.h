#pragma once

#include <cstdint>
#include <string_view>

#include "clock.h"
#include "tick_timeline.h"

namespace pinwheel {

/// What a TscClock reads.
enum class ClockSource : std::uint8_t {
    tsc,     ///< the processor's time stamp counter
    steady,  ///< CLOCK_MONOTONIC
};

/// `tsc`, `steady`
[[nodiscard]] std::string_view to_string(ClockSource source) noexcept;

/// True if the processor has a time stamp counter that runs at one rate whatever the core does (CPUID
/// 0x80000007, EDX bit 8).
[[nodiscard]] bool has_invariant_tsc() noexcept;

/// The monotonic clock read from the time stamp counter, for a reactor that spins: cheaper than a call into
/// the vDSO. It compares itself with CLOCK_MONOTONIC ten times a second, so that both tell the same time, and
/// is that clock for its first 10 ms and where there is no invariant counter. Unix time is CLOCK_REALTIME.
/// Threading: one thread. Invariant: never goes back. Allocates: nothing.
class TscClock final : public Clock {
  public:
    /// ClockSource::steady: do not use the counter even if it is there.
    explicit TscClock(ClockSource wanted = ClockSource::tsc) noexcept;

    [[nodiscard]] TimePoint now() noexcept override;
    [[nodiscard]] SystemTime system_now() noexcept override { return steady_.system_now(); }
    /// What it reads: steady where the counter is unfit or not wanted.
    [[nodiscard]] ClockSource source() const noexcept { return source_; }

  private:
    struct Reading {
        std::uint64_t ticks;
        TimePoint time;
    };

    [[nodiscard]] Reading read_both() noexcept;
    [[nodiscard]] TimePoint compare() noexcept;

    SteadyClock steady_;
    const ClockSource source_;
    TimePoint begin_{};
    TickTimeline timeline_;
};

}  // namespace pinwheel
