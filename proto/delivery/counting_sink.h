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

/// The counts of both sinks of a session: generation, sequence numbers, dropped messages, and the messages of
/// each read. Threading: the reactor's thread. Allocates: nothing.
class CountingSink : public MessageSink {
  public:
    /// Called with each message. The view is valid during the call. An exception passes through.
    using Callback = FunctionRef<void(const Message& message)>;
    /// Called with drop for each dropped message, and with pause when reading must pause. Must not throw.
    using Overflow = FunctionRef<void(Verdict)>;
    /// Called after each read with the number and bytes of its messages. Must not throw.
    using Batch = FunctionRef<void(std::uint64_t messages, std::uint64_t bytes, TimePoint received)>;

    void batch_end() noexcept override {
        const auto messages = std::exchange(batch_messages_, 0);
        const auto bytes = std::exchange(batch_bytes_, 0);
        if (messages > 0 && on_batch_) on_batch_(messages, bytes, message_.received);
    }

    /// The number of dropped messages.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    /// The number of the last message; 0 before the first.
    [[nodiscard]] std::uint64_t sequence() const noexcept { return message_.sequence; }

  protected:
    /// For a sink of another kind; the callbacks may be empty.
    CountingSink(Overflow on_overflow, Batch on_batch) noexcept
        : on_overflow_(on_overflow), on_batch_(on_batch) {}

    /// Of the connection, from 1; 0 before the first.
    [[nodiscard]] std::uint32_t generation() const noexcept { return message_.generation; }
    /// The generation of messages from now on.
    void begin_generation(std::uint32_t generation) noexcept { message_.generation = generation; }
    /// Assigns the next number to a dropped message.
    void skip_sequence() noexcept { ++message_.sequence; }

    /// The next message, counted as delivered; valid until the next call.
    [[nodiscard]] const Message& next_message(std::span<const std::byte> payload, bool is_text,
                                              const MessageStamp& stamp) noexcept {
        message_.payload = payload;
        message_.is_text = is_text;
        ++message_.sequence;
        message_.received = stamp.received;
        message_.kernel_received = stamp.kernel_received;
        ++batch_messages_;
        batch_bytes_ += payload.size();
        return message_;
    }
    /// Counts a dropped message and notifies the owner.
    void count_dropped() noexcept {
        ++dropped_;
        if (on_overflow_) on_overflow_(Verdict::drop);
    }
    /// Notifies the owner that reading must pause.
    void ask_to_pause() noexcept {
        if (on_overflow_) on_overflow_(Verdict::pause);
    }

  private:
    const Overflow on_overflow_;
    const Batch on_batch_;
    Message message_{};  // the last message, with the fields that the next one shares
    std::uint64_t dropped_ = 0;
    std::uint64_t batch_messages_ = 0;
    std::uint64_t batch_bytes_ = 0;
};

}  // namespace pinwheel
