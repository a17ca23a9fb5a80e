#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/function_ref.h"
#include "../../core/random.h"
#include "../../proto/venue/channel_table.h"
#include "venue_book.h"
#include "venue_shapes.h"

namespace pinwheel {

class ProfileShapes;
class VenueConnection;

struct SimulationOptions {
    /// Data messages a second, over all subscribed channels.
    double rate = 100;
    std::uint64_t seed = 1;
    /// Loses requests, acknowledgements and data, refuses channels, cuts, announces cuts, and delays
    /// messages.
    bool faults = false;
    /// With faults: the mean time between two cuts, notices or delays of a connection.
    Duration trouble_interval = std::chrono::minutes{1};
    /// Numbers, times and contents follow from Unix time, and `rate` is each channel's: simulators of one
    /// seed and rate send the same messages at the same time, as the legs of a venue do. At most 1e6 a
    /// second.
    bool by_clock = false;
    Duration heartbeat = std::chrono::seconds{1};
    /// Unix time minus the time in the calls.
    Duration unix_offset{};
};

/// The next actions of a connection, in order.
struct VenueAction {
    enum class Kind : std::uint8_t {
        text,
        ping,
        close,  ///< with `code` and `text` as its reason
        drop,   ///< without a close frame
    };
    Kind kind = Kind::text;
    std::string text{};
    std::uint16_t code = 0;
};

/// A limit of the venue that a client broke.
struct VenueViolation {
    TimePoint at{};
    std::string what{};
};

/// Counts since the construction of the simulator.
struct VenueCounts {
    std::uint64_t connects = 0, refused_connects = 0;
    std::uint64_t requests = 0;  ///< of clients
    std::uint64_t data = 0;      ///< messages sent
    std::uint64_t lost_requests = 0, lost_acks = 0, lost_data = 0, refused_channels = 0;
    std::uint64_t cuts = 0, delays = 0, notices = 0;
    std::uint64_t unheeded_notices = 0;  ///< cuts that were announced and found the client still connected
};

/// At most `count` events in any `window`, counted like a venue: without tolerance.
class ArrivalWindow {
  public:
    ArrivalWindow(std::size_t count, Duration window) : count_(count), window_(window) {}
    /// Counts an event. False if it breaks the limit.
    [[nodiscard]] bool arrive(TimePoint now);

  private:
    std::size_t count_;
    Duration window_;
    std::deque<TimePoint> times_;
};

/// A venue's side of the connection: it acknowledges, refuses, numbers, snapshots, pings, asks, sends
/// notices, and enforces its limits. It cuts a client that breaks one, and counts that. Limits are the
/// profile's, shapes are VenueShapes'. All clients count as one IP address. Time is an argument; no I/O.
/// Threading: one thread. Invariant: the same seed and the same calls give the same messages.
class VenueSimulator {
  public:
    /// Called with each violation.
    using OnViolation = FunctionRef<void(const VenueViolation&)>;

    /// A venue without shapes of its own gets ProfileShapes. Throws std::invalid_argument if it cannot.
    VenueSimulator(const VenueProfile& profile, const SimulationOptions& options, OnViolation hear = {});
    ~VenueSimulator();
    VenueSimulator(const VenueSimulator&) = delete;
    VenueSimulator& operator=(const VenueSimulator&) = delete;

    /// An upgrade request: returns 101, or the HTTP status that refuses it.
    [[nodiscard]] int admit(TimePoint now);
    /// The upgrade is done. The simulator must outlive the connection.
    [[nodiscard]] std::unique_ptr<VenueConnection> open(TimePoint now);
    /// The due data, pings and deadlines.
    void on_time(TimePoint now);
    /// The time at which on_time() has work.
    [[nodiscard]] TimePoint deadline() const noexcept;

    [[nodiscard]] const std::vector<VenueViolation>& violations() const noexcept { return violations_; }
    [[nodiscard]] const VenueCounts& counts() const noexcept { return counts_; }

  private:
    friend class VenueConnection;
    struct Number {
        std::int64_t first = 0, last = 0, previous = 0;
        std::int64_t tick = 0;  ///< messages of the channel so far, or of Unix time
    };

    void violate(std::string what, TimePoint now);
    /// kNoChannel for an unknown channel.
    [[nodiscard]] ChannelId find(std::string_view channel, std::string_view symbol);
    [[nodiscard]] const ChannelShape* shape_of(ChannelId channel) const noexcept;
    [[nodiscard]] ShapeValues values_of(ChannelId channel, bool is_snapshot, TimePoint now) const;
    [[nodiscard]] ShapeValues time_values(TimePoint now) const;
    [[nodiscard]] std::int64_t unix_us(TimePoint now) const noexcept;
    void advance(ChannelId channel, TimePoint now);
    void publish(TimePoint now);
    void publish_by_clock(TimePoint now);
    void send(ChannelId channel, TimePoint now);
    /// Unix time in messages of a channel.
    [[nodiscard]] std::int64_t tick_at(TimePoint now) const noexcept;
    [[nodiscard]] TimePoint time_of(std::int64_t tick) const noexcept;
    [[nodiscard]] Number number_at(ChannelId channel, std::int64_t tick) const;
    /// The channel stands where the others do, before somebody subscribes it.
    void join_clock(ChannelId channel, TimePoint now);
    void count_channels();
    void forget(VenueConnection& connection) noexcept;

    VenueProfile profile_;
    const detail::ProfileData& data_;
    const std::unique_ptr<const ProfileShapes> derived_;  // of a venue without shapes of its own
    const VenueShapes& shapes_;
    const SimulationOptions options_;
    OnViolation hear_;
    SeededRandom random_;
    ChannelTable channels_;
    std::vector<Number> numbers_;  // by channel
    std::vector<VenueConnection*> connections_;
    std::vector<ChannelId> active_;  // subscribed, with data
    bool active_changed_ = false;
    TimePoint next_data_ = TimePoint::max();
    const Duration interval_;  // of data
    const VenueBook book_;
    std::int64_t tick_ = 0;  // of what was sent last, by the clock
    std::vector<ArrivalWindow> connects_;
    std::vector<ArrivalWindow> shared_messages_;  // by message limit
    TimePoint banned_until_{};
    std::vector<VenueViolation> violations_;
    VenueCounts counts_;
};

}  // namespace pinwheel
