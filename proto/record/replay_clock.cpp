#include "replay_clock.h"

#include <algorithm>

#include "../websocket/limit_table.h"

namespace pinwheel {

void ReplayClock::begin(SystemTime start, NextDue next_due) noexcept {
    start_ = start - (now_ - kStart);
    next_due_ = next_due;
    real_start_ = real_.now() - (now_ - kStart);
}

void ReplayClock::end() noexcept {
    next_due_ = {};
}

TimePoint ReplayClock::now() noexcept {
    if (!next_due_) return now_;
    if (speed_ > 0) {
        const std::chrono::duration<double> passed = (real_.now() - real_start_) * speed_;
        now_ = std::max(now_, time_after(kStart, detail::duration_of(passed.count())));
    } else {
        now_ = std::max(now_, next_due_(now_));
    }
    return now_;
}

}  // namespace pinwheel
