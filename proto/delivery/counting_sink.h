#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "../../core/clock.h"
#include "../../core/function_ref.h"
#include "../websocket/message_sink.h"
#include "message.h"

namespace pinwheel {

/// What both sinks of a session count: the connection's generation, sequence numbers, dropped messages, and
/// what each read brought. Threading: the reactor's thread. Allocates: nothing.
class CountingSink : public MessageSink {
  public:
    /// Called with each message; the view is gone after the call. An exception passes through.
    using Callback = FunctionRef<void(const Message& message)>;
    /// Called with drop for each message that is dropped, with pause when reading has to pause. Must not
    /// throw.
    using Overflow = FunctionRef<void(Verdict)>;
    /// Called after each read with the number and bytes of the messages that it brought. Must not throw.
    using Batch = FunctionRef<void(std::uint64_t messages, std::uint64_t bytes, TimePoint received)>;

    void batch_end() noexcept override {
        if (batch_messages_ == 0) return;
        if (on_batch_)
            on_batch_(std::exchange(batch_messages_, 0), std::exchange(batch_bytes_, 0), batch_received_);
    }

    /// Messages that were dropped, in all.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  protected:
    CountingSink(Overflow on_overflow, Batch on_batch) noexcept
        : on_overflow_(on_overflow), on_batch_(on_batch) {}

    [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }
    void begin_generation(std::uint32_t generation) noexcept { generation_ = generation; }
    /// Of the last message.
    [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }
    void skip_sequence() noexcept { ++sequence_; }

    /// The next message, counted as delivered.
    [[nodiscard]] Message next_message(std::span<const std::byte> payload, bool is_text,
                                       const MessageStamp& stamp) noexcept {
        ++batch_messages_;
        batch_bytes_ += payload.size();
        batch_received_ = stamp.received;
        return {.payload = payload,
                .is_text = is_text,
                .generation = generation_,
                .sequence = ++sequence_,
                .received = stamp.received,
                .kernel_received = stamp.kernel_received};
    }
    void count_dropped() noexcept {
        ++dropped_;
        if (on_overflow_) on_overflow_(Verdict::drop);
    }
    void ask_to_pause() noexcept {
        if (on_overflow_) on_overflow_(Verdict::pause);
    }

  private:
    const Overflow on_overflow_;
    const Batch on_batch_;
    std::uint32_t generation_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t batch_messages_ = 0;
    std::uint64_t batch_bytes_ = 0;
    TimePoint batch_received_{};
};

}  // namespace pinwheel
