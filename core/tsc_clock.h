#pragma once

#include <cstdint>
#include <string_view>

#include "clock.h"
#include "tick_timeline.h"

namespace pinwheel {

/// The source of a TscClock.
enum class ClockSource : std::uint8_t {
    tsc,     ///< the processor's time stamp counter
    steady,  ///< CLOCK_MONOTONIC
};

/// `tsc`, `steady`
[[nodiscard]] std::string_view to_string(ClockSource source) noexcept;

/// True if the processor has a time stamp counter with a constant rate (CPUID 0x80000007, EDX bit 8).
[[nodiscard]] bool has_invariant_tsc() noexcept;

/// The monotonic clock read from the time stamp counter, for a spinning reactor: cheaper than a call into the
/// vDSO. It compares itself with CLOCK_MONOTONIC ten times a second, so that both show the same time. It
/// reads CLOCK_MONOTONIC for its first 10 ms, and always where there is no invariant counter. Unix time is
/// CLOCK_REALTIME. Threading: one thread. Invariant: never goes back. Allocates: nothing.
class TscClock final : public Clock {
  public:
    /// ClockSource::steady: do not use the counter even if there is one.
    explicit TscClock(ClockSource wanted = ClockSource::tsc) noexcept;

    [[nodiscard]] TimePoint now() noexcept override;
    [[nodiscard]] SystemTime system_now() noexcept override { return steady_.system_now(); }
    /// The current source: steady where the counter is unfit or not wanted.
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
