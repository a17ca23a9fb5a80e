#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "../../core/clock.h"
#include "../../core/function_ref.h"
#include "../../proto/venue/channel.h"

namespace pinwheel {

/// A message between the ring and the server's acknowledgement.
struct RelayEntry {
    enum class State : std::uint8_t {
        waiting,  ///< to be sent
        sent,     ///< not acknowledged yet
        failed,   ///< the server refused it
        stored,   ///< acknowledged
        dropped,  ///< given up, or not to be sent
    };

    ChannelId channel = kNoChannel;  ///< none: a control message
    State state = State::waiting;
    std::uint8_t leg = 0;
    bool is_numbered = false;
    bool is_snapshot = false;
    /// The stream's last number decides whether it has the message.
    bool is_comparable = false;
    bool is_suspect = false;  ///< it may be older than its arrival suggests
    std::uint32_t generation = 0;
    std::int64_t begin = 0;  ///< the venue's numbers
    std::int64_t end = 0;
    std::uint64_t sequence = 0;  ///< of the feed
    std::int64_t kernel_ns = 0;
    TimePoint received{};
    TimePoint sent_at{};
    std::string id{};  ///< of a message without a number; empty: none
    std::string payload{};
};

/// Messages in the order of the ring, bounded by number and bytes: the oldest make room for the newest.
/// Threading: one thread. Invariant: no entry in front of next() waits. Time is an argument.
class RelayWindow {
  public:
    using Lost = FunctionRef<void(const RelayEntry&)>;  ///< called with one that is given up

    RelayWindow(std::size_t max_messages, std::size_t max_bytes)
        : max_messages_(max_messages), max_bytes_(max_bytes) {}

    /// Appends. `lost` is called with the oldest entries, which make room.
    void push(RelayEntry entry, Lost lost);
    /// In front of all unsent entries. Not bounded.
    void push_next(RelayEntry entry);

    /// The oldest that waits; null if there is none.
    [[nodiscard]] RelayEntry* next();
    /// next() was sent; returns the label for settle().
    std::uint64_t mark_sent(TimePoint now);
    /// The label that mark_sent() will return.
    [[nodiscard]] std::uint64_t next_label() const noexcept { return first_label_ + next_; }
    /// next() must not be sent.
    void finish_next();

    /// Shows waiting entries, at most this many.
    void look_ahead(std::size_t most, Lost show);

    /// The server's answer to a sent entry; false for a label that is not in flight.
    bool settle(std::uint64_t label, bool is_stored);
    /// All entries up to this label have arrived at the server; returns the number that were in flight.
    std::size_t settle_through(std::uint64_t label);
    /// Sent and failed entries must be sent again, in their order. `lost` is called with those behind which
    /// the stream has a later message of their channel.
    void rewind(Lost lost);
    /// The same, but all sent and failed entries are lost.
    void give_up_sent(Lost lost);

    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    /// The time at which the oldest entry in flight was sent.
    [[nodiscard]] std::optional<TimePoint> oldest_sent() const noexcept;
    /// The time at which the oldest pending entry came.
    [[nodiscard]] std::optional<TimePoint> oldest() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return pending_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] bool empty() const noexcept { return pending_ == 0; }

  private:
    void finish(RelayEntry& entry, RelayEntry::State state);
    void pop_finished();

    const std::size_t max_messages_;
    const std::size_t max_bytes_;
    std::deque<RelayEntry> entries_;
    std::uint64_t first_label_ = 1;  // of the front
    std::size_t next_ = 0;           // no entry in front of it waits
    std::size_t in_flight_ = 0;
    std::size_t pending_ = 0;  // neither stored nor dropped
    std::size_t bytes_ = 0;
};

}  // namespace pinwheel
