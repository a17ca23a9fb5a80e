#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/function_ref.h"
#include "../../core/message_queue.h"
#include "../../net/reactor.h"
#include "../policy/alert_throttle.h"
#include "../websocket/message_sink.h"
#include "callback_sink.h"
#include "message.h"
#include "queue_sink.h"
#include "stats.h"

namespace pinwheel {

/// The cause of a dropped message.
enum class DropCause : std::uint8_t {
    queue_size,   ///< the ring's limit of messages
    queue_bytes,  ///< the ring's limit of bytes
    memory,       ///< out of memory
};

/// Calls to the owner of a delivery. Never made inside a call of a sink.
class DeliveryOwner {
  public:
    virtual ~DeliveryOwner() = default;
    /// `more` messages have been dropped since the last call, the last of them for this cause. At most once a
    /// second.
    virtual void on_dropped(std::uint64_t more, DropCause cause) = 0;
    /// Room is free again after reading paused.
    virtual void on_room() = 0;
};

/// The destination of a session's messages over all its connections: a handler, a ring, or both. Threading:
/// the reactor's thread. The consumer's end of the ring belongs to any one thread. Allocates: like its sink.
class Delivery {
  public:
    /// Called with each message. An exception passes through.
    using Handler = CountingSink::Callback;

    /// To the handler alone. `stats` counts messages: dropped ones at once, all others once a read.
    Delivery(Reactor& reactor, StatsRecorder& stats, DeliveryOwner& owner, Handler handler);
    /// To a ring of at most `queue_size` messages and `queue_bytes` bytes (0: no limit), and to the handler
    /// if there is one.
    Delivery(Reactor& reactor, StatsRecorder& stats, DeliveryOwner& owner, Handler handler,
             std::uint32_t queue_size, std::size_t queue_bytes, OverflowPolicy policy);

    [[nodiscard]] MessageSink& sink() noexcept { return *sink_; }
    /// Null if there is no ring.
    [[nodiscard]] MessageQueue* queue() noexcept { return queue_ ? &*queue_ : nullptr; }
    [[nodiscard]] const MessageQueue* queue() const noexcept { return queue_ ? &*queue_ : nullptr; }

    void connected(std::uint32_t generation, TimePoint now) noexcept;
    void disconnected(std::uint8_t reason, std::uint16_t code, std::string_view close_reason,
                      TimePoint now) noexcept;
    /// Of the last message; 0 before the first.
    [[nodiscard]] std::uint64_t sequence() const noexcept {
        return queue_sink_ ? queue_sink_->sequence() : callback_sink_->sequence();
    }
    /// True while reading is paused.
    [[nodiscard]] bool paused() const noexcept { return room_timer_.armed(); }

    // The consumer's end of the ring, for a consumer on the reactor's thread.

    /// The next message record or, if asked for, `dropped` record. Null if there is none now. It stays valid
    /// until release().
    [[nodiscard]] const RecordHeader* show_next(bool with_dropped);
    /// Releases the record that was shown, if any.
    void release();

  private:
    Delivery(Reactor& reactor, StatsRecorder& stats, DeliveryOwner& owner);
    void on_batch(std::uint64_t messages, std::uint64_t bytes, TimePoint received) {
        stats_.record_messages_received(messages, bytes, received);
    }
    void on_overflow(MessageSink::Verdict verdict);
    [[nodiscard]] DropCause drop_cause() noexcept;
    void look_for_room();
    void on_room_timer(TimePoint now);
    void on_alert_timer(TimePoint now);

    Reactor& reactor_;
    StatsRecorder& stats_;
    DeliveryOwner& owner_;
    std::optional<MessageQueue> queue_;
    std::optional<QueueSink> queue_sink_;
    std::optional<CallbackSink> callback_sink_;
    MessageSink* sink_ = nullptr;
    bool shown_ = false;    // the ring's oldest record, which the consumer on this thread holds
    AlertThrottle alerts_;  // of dropped messages
    DropCause cause_{};     // of the last dropped message
    Timer room_timer_;      // checks for room, while paused
    Timer alert_timer_;     // armed while dropped messages are unreported
};

}  // namespace pinwheel
