#pragma once

#include <cstdint>
#include <string_view>

#include "../../core/message_queue.h"
#include "feed_message.h"

namespace pinwheel {

/// The producer's end of a feed's ring. A message without room is dropped and reported by a `dropped` record.
/// Records of gaps and states are dropped only if there is no memory. Threading: the reactor's thread. The
/// consumer's end of the queue belongs to any one thread. Allocates: like the queue.
class FeedRing {
  public:
    /// 0: no limit.
    FeedRing(std::uint32_t max_messages, std::size_t max_bytes)
        : queue_(max_messages, MessageQueue::kCapacity, max_bytes) {}

    /// False: it was dropped.
    [[nodiscard]] bool push(const FeedMessage& message) noexcept;
    void push_gap(const FeedGap& gap, std::uint8_t leg, TimePoint now) noexcept;
    void push_channel(ChannelId channel, ChannelState state, std::uint8_t leg, std::string_view why,
                      TimePoint now) noexcept;
    /// `code` and `reason` of the connection that ended.
    void push_leg(LegState state, std::uint8_t leg, std::uint32_t generation, std::uint16_t code,
                  std::uint8_t reason, TimePoint now) noexcept;

    [[nodiscard]] MessageQueue& queue() noexcept { return queue_; }
    /// The number of messages.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

    // For a consumer on the reactor's thread.

    /// The next message record or, if asked for, `dropped` record; null if there is none now. It stays valid
    /// until the next call.
    [[nodiscard]] const RecordHeader* next(bool with_dropped) noexcept;

  private:
    void push_control(RecordHeader header, const FeedHead& head, std::string_view text) noexcept;
    [[nodiscard]] bool tell_dropped(const FeedMessage& message) noexcept;

    MessageQueue queue_;
    std::uint64_t dropped_ = 0;
    std::uint64_t untold_ = 0;  // dropped messages that are not reported yet
    bool is_shown_ = false;     // the consumer on this thread holds the oldest record
};

}  // namespace pinwheel
