#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../../proto/feed/feed_message.h"
#include "../../../proto/policy/connection_state.h"
#include "../../../proto/policy/keepalive.h"

namespace pinwheel::tool {

struct ScreenSize {
    std::size_t columns = 0;
    std::size_t rows = 0;
    friend bool operator==(const ScreenSize&, const ScreenSize&) = default;
};
inline constexpr ScreenSize kLeastScreen{60, 15};

/// Everything that the live view shows.
struct LiveState {
    struct Latency {
        std::uint64_t count = 0;
        std::uint64_t p50 = 0;  // ns
        std::uint64_t p99 = 0;
        std::uint64_t max = 0;
    };

    /// One session of several that bring the same.
    struct Leg {
        std::size_t number = 0;
        LegState state = LegState::down;
        std::uint64_t firsts = 0;  // messages that it was the first to bring
        std::uint64_t leads = 0;   // samples of its lead
        std::uint64_t lead_p50 = 0;
        std::uint64_t lead_p99 = 0;
    };

    std::string url{};
    Duration running{};
    ConnectionState state = ConnectionState::disconnected;
    std::uint32_t generation = 0;
    Duration up{};
    double messages_per_second = 0;
    double bytes_per_second = 0;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::vector<std::uint64_t> rates{};  // of each second, oldest first
    Latency last_second{};               // from the kernel's arrival to the handler
    Latency overall{};
    std::vector<std::uint64_t> p99s{};  // of each second, oldest first
    std::uint64_t dropped = 0;
    std::uint64_t disconnects = 0;
    RoundTrip ping{};
    std::uint64_t queued = 0;
    std::uint64_t queued_high_water = 0;
    std::uint64_t queue_size = 0;  // 0: no limit
    std::vector<Leg> legs{};       // empty: one session
    std::string last_message{};    // may have many lines
    std::string notice{};
    bool unicode = true;
};

/// The complete view: lines without control characters, within the width and height of the screen. The size
/// must be kLeastScreen at least.
[[nodiscard]] std::vector<std::string> render_live(const LiveState& state, ScreenSize size);
/// The same in one line.
[[nodiscard]] std::string render_status(const LiveState& state, std::size_t columns);

/// Bars of these heights, the last `columns` of them. The largest has the full height.
[[nodiscard]] std::string sparkline(const std::vector<std::uint64_t>& values, std::size_t columns,
                                    bool unicode);
/// A time with about three digits: `12.3 us`.
[[nodiscard]] std::string short_time(std::uint64_t nanoseconds);
/// `12,345`
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace pinwheel::tool
