#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "../../core/clock.h"
#include "../websocket/limit_table.h"

namespace pinwheel {

struct KeepaliveOptions {
    /// Time between two pings; 0: no pings.
    Duration interval = kDefaultLimits.ping_interval;
    /// The time limit for the pong of a ping.
    Duration timeout = kDefaultLimits.ping_timeout;
    /// Any bytes of the peer count as life: they answer the pings sent before them.
    bool any_traffic = false;
};

/// Round trips of pings; all zero until the first pong.
struct RoundTrip {
    std::uint64_t count = 0;  ///< pongs
    Duration last{};          ///< the newest
    Duration min{};           ///< the shortest
    Duration max{};           ///< the longest
    /// The smoothed round trip: moves by an eighth of each difference, as in TCP (RFC 6298 section 2).
    Duration smoothed{};
};

/// Decides when to ping and when a connection is dead (RFC 6455 sections 5.5.2 and 5.5.3). Each ping carries
/// a number that is never used again, so that a late pong of an earlier connection matches nothing.
/// Threading: one thread. Invariant: the pings in flight carry consecutive numbers, the newest `last_`.
/// Allocates: nothing.
class Keepalive {
  public:
    using Payload = std::array<std::byte, 8>;
    enum class Step : std::uint8_t { none, send_ping, timed_out };

    /// The most unanswered pings. While there are as many, no ping is sent.
    static constexpr std::size_t kMaxInFlight = 16;

    explicit Keepalive(const KeepaliveOptions& options) noexcept : options_(options) {}

    /// A connection is up. The first ping is due after one interval. Pongs of earlier pings no longer match.
    void start(TimePoint now) noexcept;

    /// The time of the next call of due(). Nothing before start(), or if pings are off.
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
    /// The action due at `now`. After send_ping send a ping with payload(). Missed intervals are not made up
    /// for.
    [[nodiscard]] Step due(TimePoint now) noexcept;
    /// The newest ping's payload: its number, big-endian.
    [[nodiscard]] Payload payload() const noexcept;

    /// With any_traffic: bytes of the peer were last read at this time. They answer the pings sent before,
    /// without a round trip.
    void heard(TimePoint at) noexcept;
    /// A pong answers its ping and all earlier ones (RFC 6455 section 5.5.3). False: no ping matches it.
    bool pong(std::span<const std::byte> payload, TimePoint now) noexcept;

    /// Over all connections.
    [[nodiscard]] const RoundTrip& round_trip() const noexcept { return round_trip_; }
    /// Resets the counts.
    void reset_round_trip() noexcept { round_trip_ = {}; }

  private:
    [[nodiscard]] TimePoint& sent_at(std::uint64_t number) noexcept { return sent_[number % kMaxInFlight]; }
    [[nodiscard]] TimePoint pong_deadline() const noexcept;

    KeepaliveOptions options_;
    std::optional<TimePoint> next_ping_;
    std::uint64_t last_ = 0;       // number of the newest ping
    std::uint64_t in_flight_ = 0;  // unanswered pings, counted back from the newest
    std::array<TimePoint, kMaxInFlight> sent_{};
    RoundTrip round_trip_;
};

}  // namespace pinwheel
