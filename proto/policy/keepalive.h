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
    /// Between two pings; 0 for no pings at all.
    Duration interval = kDefaultLimits.ping_interval;
    /// A ping's pong must come within it.
    Duration timeout = kDefaultLimits.ping_timeout;
};

/// Round trips of pings; all zero until the first pong.
struct RoundTrip {
    std::uint64_t count = 0;  ///< pongs
    Duration last{};          ///< the newest
    Duration min{};           ///< the shortest
    Duration max{};           ///< the longest
    /// Moves by an eighth of each difference, as TCP's does (RFC 6298 section 2).
    Duration smoothed{};
};

/// When to ping, and when to give a connection up for dead (RFC 6455 sections 5.5.2 and 5.5.3). Each ping
/// carries a number that is never used again, so that a late pong of an earlier connection matches nothing.
/// Threading: one thread. Invariant: the pings in flight carry consecutive numbers, the newest `last_`.
/// Allocates: nothing.
class Keepalive {
  public:
    using Payload = std::array<std::byte, 8>;
    enum class Step : std::uint8_t { none, send_ping, timed_out };

    /// As many pings may be unanswered; while they are, no further one is sent.
    static constexpr std::size_t kMaxInFlight = 16;

    explicit Keepalive(const KeepaliveOptions& options) noexcept : options_(options) {}

    /// A connection is up: the first ping is due after one interval, and no earlier one's pong matches.
    void start(TimePoint now) noexcept;

    /// When due() has something to say; nothing before start(), or if pings are off.
    [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;
    /// What is due at `now`: after send_ping the ping with payload() is to be sent. An interval that was
    /// slept through is not made up for.
    [[nodiscard]] Step due(TimePoint now) noexcept;
    /// The newest ping's payload: its number, big-endian.
    [[nodiscard]] Payload payload() const noexcept;

    /// A pong answers its ping and all before it (RFC 6455 section 5.5.3). False: nobody asked for it.
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
    std::uint64_t in_flight_ = 0;  // how many, counted back from the newest, are unanswered
    std::array<TimePoint, kMaxInFlight> sent_{};
    RoundTrip round_trip_;
};

}  // namespace pinwheel
