#include "idle_strategy.h"

#include <sched.h>
#include <time.h>

#include "cpu.h"

namespace pinwheel {

void BusySpinIdle::idle(int work) noexcept {
    if (work == 0) relax();
}

void BackoffIdle::idle(int work) noexcept {
    const Step step = next(work);
    switch (step.action) {
        case Action::none:
            return;
        case Action::spin:
            return relax();
        case Action::yield:
            ::sched_yield();
            return;
        case Action::park: {
            const timespec length{step.park.count() / 1'000'000'000, step.park.count() % 1'000'000'000};
            ::nanosleep(&length, nullptr);  // a signal that interrupts it costs one extra turn
            return;
        }
    }
}

}  // namespace pinwheel
