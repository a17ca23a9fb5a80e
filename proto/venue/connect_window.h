#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "sliding_window.h"

namespace pinwheel {

/// Windows by name that everything on one Network shares: connects and messages that a venue counts per
/// host or per IP address. A name is a host, or a venue whose hosts count together.
/// Threading: one thread. Invariant: a window lives as long as the table. Allocates: on a name's first use.
class ConnectWindow {
  public:
    /// When a connect to `name` fits `limit`: `now` or later. Two limits of one name are both kept.
    [[nodiscard]] TimePoint earliest(std::string_view name, const RateLimit& limit, TimePoint now);
    /// A connect to `name` was begun: it takes its place in the window.
    void record(std::string_view name, const RateLimit& limit, TimePoint now);
    /// HTTP 429 or 418, or close code 1008 with a reason of rate: half the pace for all windows of the name.
    void slow_down(std::string_view name, TimePoint now) noexcept;

    /// The window itself, to share with a SendPacer. `purpose` keeps windows of one name apart.
    [[nodiscard]] const std::shared_ptr<SlidingWindow>& window(std::string_view name, const RateLimit& limit,
                                                               std::string_view purpose = "connects");

  private:
    struct Key {
        std::string name;
        std::string purpose;
        std::size_t count;
        Duration window;
        bool operator<(const Key& key) const {
            return std::tie(name, purpose, count, window) <
                   std::tie(key.name, key.purpose, key.count, key.window);
        }
    };
    std::map<Key, std::shared_ptr<SlidingWindow>> windows_;
};

/// True for what a venue answers to too fast a client: an HTTP status, or a close code with its reason
/// (RFC 6455 section 7.4.1). A 1008 that speaks of something else is a matter of policy, not of pace.
[[nodiscard]] bool is_rate_status(int http_status) noexcept;
/// The same for a close.
[[nodiscard]] bool is_rate_close(std::uint16_t close_code, std::string_view reason) noexcept;

}  // namespace pinwheel
