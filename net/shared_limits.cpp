#include "shared_limits.h"

#include <algorithm>

namespace pinwheel {

const std::shared_ptr<SlidingWindow>& SharedLimits::add(std::string_view host, std::string_view group,
                                                        Purpose purpose, const RateLimit& limit) {
    auto& window = windows_[{std::string(group), purpose, limit.count, limit.window}];
    if (!window) window = std::make_shared<SlidingWindow>(limit);
    Host& of_host = hosts_[std::string(host)];
    const bool is_known = std::any_of(of_host.windows.begin(), of_host.windows.end(),
                                      [&](const Counted& other) { return other.window == window; });
    if (is_known) return window;
    of_host.windows.push_back({purpose, window});
    if (of_host.slowed_at) window->slow_down(*of_host.slowed_at);
    return window;
}

void SharedLimits::limit_connects(std::string_view host, std::string_view group, const RateLimit& limit) {
    add(host, group, Purpose::connects, limit);
}

std::shared_ptr<SlidingWindow> SharedLimits::messages(std::string_view host, std::string_view group,
                                                      const RateLimit& limit) {
    return add(host, group, Purpose::messages, limit);
}

TimePoint SharedLimits::earliest_connect(std::string_view host, TimePoint now) const noexcept {
    TimePoint earliest = now;
    const auto found = hosts_.find(host);
    if (found == hosts_.end()) return earliest;
    for (const auto& [purpose, window] : found->second.windows)
        if (purpose == Purpose::connects) earliest = std::max(earliest, window->earliest(now));
    return earliest;
}

void SharedLimits::record_connect(std::string_view host, TimePoint now) noexcept {
    const auto found = hosts_.find(host);
    if (found == hosts_.end()) return;
    for (const auto& [purpose, window] : found->second.windows)
        if (purpose == Purpose::connects) window->record(now);
}

void SharedLimits::slow_down(std::string_view host, TimePoint now) {
    Host& of_host = hosts_[std::string(host)];
    of_host.slowed_at = now;
    for (const auto& counted : of_host.windows) counted.window->slow_down(now);
}

std::optional<TimePoint> SharedLimits::slowed_at(std::string_view host) const noexcept {
    const auto found = hosts_.find(host);
    return found == hosts_.end() ? std::nullopt : found->second.slowed_at;
}

}  // namespace pinwheel
