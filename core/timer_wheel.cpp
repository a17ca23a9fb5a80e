#include "timer_wheel.h"

#include <algorithm>
#include <bit>

namespace pinwheel {

void Timer::cancel() noexcept {
    if (wheel_ != nullptr) wheel_->cancel(*this);
}

TimerWheel::TimerWheel(TimePoint start, Duration tick) noexcept : start_(start), tick_(tick) {}

TimerWheel::~TimerWheel() {
    for (auto& slot : slots_)
        while (!slot.alone()) cancel(static_cast<Timer&>(*slot.next));
}

void TimerWheel::schedule(Timer& timer, TimePoint deadline) noexcept {
    timer.cancel();
    timer.wheel_ = this;
    timer.deadline_ = deadline;
    timer.tick_ = tick_at_or_after(deadline);
    ++size_;
    place(timer);
    wake_ = std::min(wake_, wake_of(timer));
}

void TimerWheel::cancel(Timer& timer) noexcept {
    if (timer.wheel_ != this) return;
    unlink(timer);
    timer.wheel_ = nullptr;
    --size_;
}

void TimerWheel::place(Timer& timer) noexcept {
    if (timer.tick_ <= current_) {
        timer.slot_ = kDue;
    } else {
        const auto highest_bit = static_cast<unsigned>(std::bit_width(timer.tick_ ^ current_)) - 1;
        const unsigned level = highest_bit / kDigitBits;
        const auto digit = static_cast<unsigned>(timer.tick_ >> (level * kDigitBits)) % kSlots;
        timer.slot_ = static_cast<std::uint16_t>(level * kSlots + digit);
        occupied_[level] |= std::uint64_t{1} << digit;
    }
    timer.insert_before(slots_[timer.slot_]);
}

void TimerWheel::unlink(Timer& timer) noexcept {
    static_cast<detail::ListLink&>(timer).unlink();
    if (timer.slot_ != kDue && slots_[timer.slot_].alone())
        occupied_[timer.slot_ / kSlots] &= ~(std::uint64_t{1} << (timer.slot_ % kSlots));
}

std::optional<std::uint64_t> TimerWheel::next_slot_tick(unsigned& level) const noexcept {
    for (level = 0; level < kLevels; ++level) {
        if (occupied_[level] == 0) continue;
        const auto digit = static_cast<std::uint64_t>(std::countr_zero(occupied_[level]));
        const unsigned shift = level * kDigitBits;
        const std::uint64_t above = current_ >> (shift + kDigitBits) << (shift + kDigitBits);
        return above + (digit << shift);
    }
    return std::nullopt;
}

/// Moves the current tick towards `target`, and moves the timers that become due to the due list. Stops in
/// the middle of a slot after `moves` timers. No timer is placed into that slot meanwhile, because it begins
/// at the current tick.
void TimerWheel::collect(std::uint64_t target, int moves) noexcept {
    while (true) {
        if (moving_ == nullptr) {
            unsigned level = 0;
            const auto tick = next_slot_tick(level);
            if (!tick || *tick > target) break;
            current_ = *tick;
            moving_ = &slots_[std::size_t{level} * kSlots + (current_ >> (level * kDigitBits)) % kSlots];
        }
        for (; !moving_->alone(); --moves) {
            if (moves <= 0) return;
            auto& timer = static_cast<Timer&>(*moving_->next);
            unlink(timer);
            place(timer);
        }
        moving_ = nullptr;
    }
    current_ = std::max(current_, target);
}

int TimerWheel::advance_slow(TimePoint now, int limit, int moves) {
    if (now >= start_) collect(std::min(static_cast<std::uint64_t>((now - start_) / tick_), kMaxTick), moves);
    auto& due = slots_[kDue];
    // Timers that the callbacks add to the due list wait for the next call.
    std::uint64_t left = 0;
    for (auto* link = due.next; link != &due && left < static_cast<std::uint64_t>(std::max(limit, 0));
         link = link->next)
        ++left;
    const struct UpdateWake {
        TimerWheel& wheel;
        ~UpdateWake() { wheel.update_wake(); }
    } update{*this};
    int fired = 0;
    for (; left > 0 && !due.alone(); --left, ++fired) {
        auto& timer = static_cast<Timer&>(*due.next);
        const auto callback = timer.callback_;
        cancel(timer);
        callback(now);
    }
    return fired;
}

void TimerWheel::update_wake() noexcept {
    wake_ = next_deadline().value_or(TimePoint::max());
}

std::optional<TimePoint> TimerWheel::next_deadline() const noexcept {
    if (!slots_[kDue].alone() || moving_ != nullptr) return TimePoint::min();
    unsigned level = 0;
    const auto tick = next_slot_tick(level);
    if (!tick) return std::nullopt;
    return time_of(*tick);
}

/// The start of the timer's slot: the time at which it fires or moves down.
TimePoint TimerWheel::wake_of(const Timer& timer) const noexcept {
    if (timer.slot_ == kDue) return TimePoint::min();
    const unsigned shift = timer.slot_ / kSlots * kDigitBits;
    return time_of(timer.tick_ >> shift << shift);
}

std::uint64_t TimerWheel::tick_at_or_after(TimePoint time) const noexcept {
    if (time <= start_) return 0;
    const auto elapsed = static_cast<std::uint64_t>((time - start_).count());
    const auto tick = static_cast<std::uint64_t>(tick_.count());
    return std::min(elapsed / tick + (elapsed % tick != 0 ? 1 : 0), kMaxTick);
}

TimePoint TimerWheel::time_of(std::uint64_t tick) const noexcept {
    const auto ticks_left = static_cast<std::uint64_t>((TimePoint::max() - start_) / tick_);
    return tick >= ticks_left ? TimePoint::max() : start_ + tick_ * static_cast<std::int64_t>(tick);
}

}  // namespace pinwheel
