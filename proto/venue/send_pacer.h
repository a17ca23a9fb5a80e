#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../../net/sliding_window.h"

namespace pinwheel {

/// What a client message is, for limits that do not count all of them.
enum class SendKind : std::uint8_t {
    request,  ///< subscribe, unsubscribe, login, setup
    answer,   ///< to a question of the venue's
    ping,     ///< WebSocket pings and the venue's own
    pong,     ///< WebSocket pongs: never held back
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

/// Says when the next client message may go out on a connection. Windows of the connection are its own;
/// those of a host or of an IP address are shared with the pacers of other connections.
/// Threading: one thread. Allocates: in add().
class SendPacer {
  public:
    /// A limit of this connection alone.
    void add(const RateLimit& limit, SendKinds counts);
    /// A limit that other connections share.
    void add(std::shared_ptr<SlidingWindow> shared, SendKinds counts);

    /// When a message of this kind fits: `now` or later. A pong always fits.
    [[nodiscard]] TimePoint earliest(SendKind kind, TimePoint now) const noexcept;
    /// A message of this kind went out.
    void record(SendKind kind, TimePoint now) noexcept;
    /// The venue complained about the rate (close code 1008, an error of rate).
    void slow_down(TimePoint now) noexcept;

  private:
    struct Counted {
        std::shared_ptr<SlidingWindow> window;
        SendKinds counts;
    };
    std::vector<Counted> windows_;
};

}  // namespace pinwheel
