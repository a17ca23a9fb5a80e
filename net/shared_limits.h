#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "sliding_window.h"

namespace pinwheel {

/// Limits that all connections of a dialer share: connects, and messages that a peer counts over several
/// connections. Each limit belongs to a group, whose hosts count together. A host alone is a group with the
/// host's name. Threading: one thread. Invariant: a window lives as long as the table. Allocates: where a
/// limit is named for the first time.
class SharedLimits {
  public:
    /// Connects to `host` count in the group's window from now on. If a group has two limits, both apply.
    void limit_connects(std::string_view host, std::string_view group, const RateLimit& limit);
    /// The group's window of messages, to share between connections.
    [[nodiscard]] std::shared_ptr<SlidingWindow> messages(std::string_view host, std::string_view group,
                                                          const RateLimit& limit);

    /// The time at which a connect to `host` fits all its limits: `now` or later.
    [[nodiscard]] TimePoint earliest_connect(std::string_view host, TimePoint now) const noexcept;
    /// Counts a connect to `host` in its windows.
    void record_connect(std::string_view host, TimePoint now) noexcept;
    /// The host reported an excessive rate: halves the pace in all windows of the host until a minute without
    /// report has passed.
    void slow_down(std::string_view host, TimePoint now);
    /// The time of the host's last report, however old.
    [[nodiscard]] std::optional<TimePoint> slowed_at(std::string_view host) const noexcept;

  private:
    enum class Purpose : std::uint8_t { connects, messages };
    using Key = std::tuple<std::string, Purpose, std::size_t, Duration>;  // group, count and window
    struct Counted {
        Purpose purpose;
        std::shared_ptr<SlidingWindow> window;
    };
    struct Host {
        std::vector<Counted> windows;
        std::optional<TimePoint> slowed_at;
    };

    const std::shared_ptr<SlidingWindow>& add(std::string_view host, std::string_view group, Purpose purpose,
                                              const RateLimit& limit);

    std::map<Key, std::shared_ptr<SlidingWindow>> windows_;
    std::map<std::string, Host, std::less<>> hosts_;
};

}  // namespace pinwheel
