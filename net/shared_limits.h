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

/// Limits that all connections of one dialer share: connects, and messages that a peer counts over several
/// connections. Each belongs to a group, whose hosts count together; a host alone is a group of its own name.
/// Threading: one thread. Invariant: a window lives as long as the table. Allocates: where a limit is named
/// for the first time.
class SharedLimits {
  public:
    /// Connects to `host` count in the group's window from now on. Two limits of one group are both kept.
    void limit_connects(std::string_view host, std::string_view group, const RateLimit& limit);
    /// The group's window of messages, to share between connections.
    [[nodiscard]] std::shared_ptr<SlidingWindow> messages(std::string_view host, std::string_view group,
                                                          const RateLimit& limit);

    /// When a connect to `host` fits all its limits: `now` or later.
    [[nodiscard]] TimePoint earliest_connect(std::string_view host, TimePoint now) const noexcept;
    /// A connect to `host` begins: it takes its place in the windows.
    void record_connect(std::string_view host, TimePoint now) noexcept;
    /// The host complained about the rate: half the pace in all windows that it counts in, until a quiet
    /// minute has passed.
    void slow_down(std::string_view host, TimePoint now);
    /// The host's last complaint, whether a minute has passed since or not.
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
