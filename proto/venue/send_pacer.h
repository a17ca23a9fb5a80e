#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../../net/sliding_window.h"

namespace pinwheel {

/// The kind of a client message, for limits that do not count all of them.
enum class SendKind : std::uint8_t {
    request,  ///< subscribe, unsubscribe, login, setup
    answer,   ///< to a question of the venue
    ping,     ///< WebSocket pings and the venue's own
    pong,     ///< WebSocket pongs: never delayed
};

/// A set of SendKind.
class SendKinds {
  public:
    constexpr SendKinds() = default;
    /// All four.
    [[nodiscard]] static constexpr SendKinds all() noexcept {
        SendKinds kinds;
        kinds.bits_ = 0xf;
        return kinds;
    }
    constexpr void add(SendKind kind) noexcept { bits_ |= bit(kind); }
    [[nodiscard]] constexpr bool contains(SendKind kind) const noexcept { return (bits_ & bit(kind)) != 0; }

  private:
    [[nodiscard]] static constexpr unsigned bit(SendKind kind) noexcept {
        return 1U << static_cast<unsigned>(kind);
    }
    unsigned bits_ = 0;
};

/// Decides when the next client message may be sent on a connection. A connection has its own windows. The
/// windows of a host or an IP address are shared with the pacers of other connections. Threading: one thread.
/// Allocates: in add().
class SendPacer {
  public:
    /// A limit of this connection alone.
    void add(const RateLimit& limit, SendKinds counts);
    /// A limit shared with other connections.
    void add(std::shared_ptr<SlidingWindow> shared, SendKinds counts);

    /// The time at which a message of this kind fits: `now` or later. A pong always fits.
    [[nodiscard]] TimePoint earliest(SendKind kind, TimePoint now) const noexcept;
    /// A message of this kind was sent.
    void record(SendKind kind, TimePoint now) noexcept;
    /// The venue reported an excessive rate (close code 1008, an error about a rate).
    void slow_down(TimePoint now) noexcept;

  private:
    struct Counted {
        std::shared_ptr<SlidingWindow> window;
        SendKinds counts;
    };
    std::vector<Counted> windows_;
};

}  // namespace pinwheel
