#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../../core/message_queue.h"
#include "counting_sink.h"
#include "parts_buffer.h"

namespace pinwheel {

/// The treatment of a message that does not fit the queue.
enum class OverflowPolicy : std::uint8_t {
    drop_newest,   ///< counts and drops it; a `dropped` record shows the consumer the place
    backpressure,  ///< stops reading until there is room; TCP slows the peer down
};

/// Puts messages into a queue, for one consumer on any thread. Passes each message to the callback as well,
/// if there is one, including those that do not fit the queue. Threading: the queue's producer. Allocates:
/// like the queue; with a callback also detail::PartsBuffer.
class QueueSink final : public CountingSink {
  public:
    /// The queue must outlive it. Messages have generation 0 until connected().
    QueueSink(MessageQueue& queue, OverflowPolicy policy, Callback on_message = {}, Overflow on_overflow = {},
              Batch on_batch = {}) noexcept
        : CountingSink(on_overflow, on_batch), queue_(queue), policy_(policy), on_message_(on_message) {}

    /// Puts a `connected` record. Later messages have its generation.
    void connected(std::uint32_t generation, const MessageStamp& stamp) noexcept;
    /// Puts a `disconnected` record. `close_reason` is the peer's.
    void disconnected(std::uint8_t reason, std::uint16_t code, const MessageStamp& stamp,
                      std::string_view close_reason = {}) noexcept;

    [[nodiscard]] Verdict take(std::span<const std::byte> payload, bool is_text,
                               const MessageStamp& stamp) override;
    [[nodiscard]] Claim claim(std::size_t size) noexcept override;
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept override;
    void commit(std::size_t size, bool is_text, const MessageStamp& stamp) override;
    void batch_end() noexcept override {
        queue_.publish();
        CountingSink::batch_end();
    }

    /// True if the queue has room for a message.
    [[nodiscard]] bool has_room() noexcept { return !queue_.full(); }

  private:
    [[nodiscard]] Verdict pause() noexcept;
    /// Room in the queue. Null if it cannot take a message of this size now.
    [[nodiscard]] inline std::byte* queue_room(std::size_t size, bool is_full) noexcept;
    inline void commit_to_queue(const Message& message) noexcept;
    /// The size of the `dropped` record, if one is due, in bytes.
    [[nodiscard]] std::size_t gap_size() const noexcept {
        return unreported_ > 0 ? SpscRing::record_size(0) : 0;
    }
    void drop_from_queue() noexcept;
    [[nodiscard]] Claim drop() noexcept;
    /// Puts a `dropped` record for the messages dropped since the last one (more than 0). False: no memory.
    [[nodiscard]] bool report_gap() noexcept;

    MessageQueue& queue_;
    const OverflowPolicy policy_;
    const Callback on_message_;
    std::byte* room_ = nullptr;     // of the open claim
    bool for_callback_ = false;     // the open claim is in parts_, because the queue has no room
    std::uint64_t unreported_ = 0;  // dropped messages
    detail::PartsBuffer parts_;
};

}  // namespace pinwheel
