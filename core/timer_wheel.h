#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "clock.h"
#include "function_ref.h"
#include "intrusive_list.h"

namespace pinwheel {

class TimerWheel;

/// A deadline with a callback, embedded in its owner. Its destructor cancels it.
/// Threading: that of its wheel. Invariant: armed exactly while it is linked in one wheel. Allocates:
/// nothing.
class Timer : private detail::ListLink {
  public:
    /// Called with the time of the turn in which the timer fires.
    using Callback = FunctionRef<void(TimePoint now)>;

    /// Not armed.
    explicit Timer(Callback callback) noexcept : callback_(callback) {}
    ~Timer() { cancel(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// True from Reactor::schedule() until it fires or is cancelled.
    [[nodiscard]] bool armed() const noexcept { return wheel_ != nullptr; }
    /// The requested time of firing. Valid while armed.
    [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }
    /// No effect if it is not armed.
    void cancel() noexcept;

  private:
    friend class TimerWheel;

    TimerWheel* wheel_ = nullptr;
    TimePoint deadline_{};
    std::uint64_t tick_ = 0;
    std::uint16_t slot_ = 0;
    Callback callback_;
};

/// Hierarchical timing wheel: levels of 64 slots. Each slot of a level is as wide as the whole level below. A
/// timer's level is that of the highest base-64 digit in which its tick differs from the current tick. It
/// moves down when that digit is reached. So the lowest occupied slot of the lowest occupied level is always
/// the next one due, and a jump over days costs no more than the timers in between. Threading: one thread.
/// Allocates: nothing. Invariant: every linked timer's tick is after the current tick, or the timer is in the
/// due list.
class TimerWheel {
  public:
    /// Time before `start` counts as `start`. `tick` is the resolution.
    TimerWheel(TimePoint start, Duration tick) noexcept;
    ~TimerWheel();
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    /// Arms or re-arms the timer. It fires at the first advance() whose tick is at or after the deadline,
    /// rounded up; never early. A past deadline fires at the next advance(). O(1).
    void schedule(Timer& timer, TimePoint deadline) noexcept;
    /// O(1). No effect if the timer is not armed.
    void cancel(Timer& timer) noexcept;

    /// Fires at most `limit` timers that are due at `now`, in order of ticks, and moves at most `moves`
    /// timers down. The next call does the rest. Returns the number of timers fired. Callbacks may schedule,
    /// cancel and destroy any timer. If one throws, the rest stays due.
    int advance(TimePoint now, int limit, int moves = std::numeric_limits<int>::max()) {
        if (now < wake_) [[likely]]
            return 0;
        return advance_slow(now, limit, moves);
    }

    /// The next time at which advance() has work: exact to the tick within the lowest level, else the start
    /// of a slot, whose timers advance() then moves down a level. advance() at this time always makes
    /// progress: a timer costs its owner at most one wake-up for each level. Nothing if no timer is armed.
    [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    static constexpr unsigned kDigitBits = 6;
    static constexpr unsigned kSlots = 1U << kDigitBits;
    static constexpr unsigned kLevels = 8;
    static constexpr std::uint16_t kDue = kLevels * kSlots;
    static constexpr std::uint64_t kMaxTick = (std::uint64_t{1} << (kDigitBits * kLevels)) - 1;

    int advance_slow(TimePoint now, int limit, int moves);
    void place(Timer& timer) noexcept;
    void unlink(Timer& timer) noexcept;
    void collect(std::uint64_t target, int moves) noexcept;
    void update_wake() noexcept;
    [[nodiscard]] std::optional<std::uint64_t> next_slot_tick(unsigned& level) const noexcept;
    [[nodiscard]] TimePoint wake_of(const Timer& timer) const noexcept;
    [[nodiscard]] std::uint64_t tick_at_or_after(TimePoint time) const noexcept;
    [[nodiscard]] TimePoint time_of(std::uint64_t tick) const noexcept;

    const TimePoint start_;
    const Duration tick_;
    std::uint64_t current_ = 0;
    TimePoint wake_ = TimePoint::max();  // never after next_deadline()
    std::size_t size_ = 0;
    detail::ListLink* moving_ = nullptr;  // the slot that begins at the current tick, while it is not empty
    std::array<std::uint64_t, kLevels> occupied_{};
    std::array<detail::ListLink, kLevels * kSlots + 1> slots_;  // the last is the due list
};

}  // namespace pinwheel
