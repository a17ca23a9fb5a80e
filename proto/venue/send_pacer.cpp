#include "send_pacer.h"

#include <algorithm>
#include <utility>

namespace pinwheel {

void SendPacer::add(const RateLimit& limit, SendKinds counts) {
    add(std::make_shared<SlidingWindow>(limit), counts);
}

void SendPacer::add(std::shared_ptr<SlidingWindow> shared, SendKinds counts) {
    windows_.push_back({std::move(shared), counts});
}

TimePoint SendPacer::earliest(SendKind kind, TimePoint now) const noexcept {
    if (kind == SendKind::pong) return now;
    TimePoint earliest = now;
    for (const auto& [window, counts] : windows_)
        if (counts.contains(kind)) earliest = std::max(earliest, window->earliest(now));
    return earliest;
}

void SendPacer::record(SendKind kind, TimePoint now) noexcept {
    for (const auto& [window, counts] : windows_)
        if (counts.contains(kind)) window->record(now);
}

void SendPacer::slow_down(TimePoint now) noexcept {
    for (const auto& counted : windows_) counted.window->slow_down(now);
}

}  // namespace pinwheel
