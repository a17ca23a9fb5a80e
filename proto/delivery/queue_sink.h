#pragma once

#include <cstddef>
#include <cstdint>

#include "../../core/function_ref.h"
#include "../../core/message_queue.h"
#include "../websocket/message_sink.h"
#include "message.h"

namespace pinwheel {

/// What to do with a message for which the queue has no room.
enum class OverflowPolicy : std::uint8_t {
    drop_newest,   ///< it is counted and skipped; a `dropped` record tells the consumer where
    backpressure,  ///< reading stops until there is room, and TCP holds the peer back
};

/// Puts messages into a queue, for a consumer on any one thread.
/// Threading: the queue's producer. Allocates: what the queue does.
class QueueSink final : public MessageSink {
  public:
    /// Sees each message that is stored, before the consumer can.
    using Callback = FunctionRef<void(const Message& message)>;
    /// Hears of each message that did not fit: drop or pause. Must not throw.
    using Overflow = FunctionRef<void(Verdict)>;

    /// The queue must outlive it. Messages are of generation 0 until connected().
    QueueSink(MessageQueue& queue, OverflowPolicy policy, Callback on_message = {},
              Overflow on_overflow = {}) noexcept
        : queue_(queue), policy_(policy), on_message_(on_message), on_overflow_(on_overflow) {}

    /// Tells the consumer that a connection is up; messages carry its generation from now on.
    void connected(std::uint32_t generation, const MessageStamp& stamp) noexcept;
    /// Tells the consumer that it ended.
    void disconnected(std::uint8_t reason, std::uint16_t code, const MessageStamp& stamp) noexcept;

    [[nodiscard]] Claim claim(std::size_t size) noexcept override;
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept override;
    void commit(std::size_t size, bool is_text, const MessageStamp& stamp) override;
    void batch_end() noexcept override { queue_.publish(); }

    /// Messages that did not fit, in all.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    /// True if the queue takes a message now.
    [[nodiscard]] bool has_room() noexcept { return !queue_.full(); }

  private:
    [[nodiscard]] Claim drop() noexcept;
    /// Puts what was dropped since the last record into the queue, before anything else goes there. False: no
    /// memory.
    [[nodiscard]] bool report_gap() noexcept;

    MessageQueue& queue_;
    const OverflowPolicy policy_;
    const Callback on_message_;
    const Overflow on_overflow_;
    const std::byte* room_ = nullptr;  // of the open claim
    std::uint32_t generation_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t unreported_ = 0;
};

}  // namespace pinwheel
