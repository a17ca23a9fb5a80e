#include "clock.h"

namespace pinwheel {

TimePoint SteadyClock::now() noexcept {
    return std::chrono::steady_clock::now();
}

SystemTime SteadyClock::system_now() noexcept {
    return std::chrono::system_clock::now();
}

}  // namespace pinwheel
