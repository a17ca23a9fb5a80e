#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "../../core/function_ref.h"
#include "../websocket/message_sink.h"
#include "message.h"

namespace pinwheel {

/// Hands each message to a callback, from one buffer that all messages share. Threading: the reactor's
/// thread. Allocates: 4 KiB when made, and when a message is larger than the buffer; one beyond 64 KiB is
/// given back after 1024 messages in a row that were smaller.
class CallbackSink final : public MessageSink {
  public:
    /// Takes each message; the view is gone after the call.
    using Callback = FunctionRef<void(const Message& message)>;

    /// Hears of each message for which there was no memory. Must not throw.
    using Overflow = FunctionRef<void(Verdict)>;

    /// Messages are of generation 0 until set_generation().
    explicit CallbackSink(Callback callback, Overflow on_overflow = {}) noexcept;

    /// Counted in each message from now on.
    void set_generation(std::uint32_t generation) noexcept { generation_ = generation; }

    [[nodiscard]] Claim claim(std::size_t size) noexcept override;
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept override;
    void commit(std::size_t size, bool is_text, const MessageStamp& stamp) override;

    /// Messages for which there was no memory, in all.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    /// Bytes held for messages now.
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  private:
    struct Free {
        void operator()(std::byte* memory) const noexcept { std::free(memory); }
    };
    using Buffer = std::unique_ptr<std::byte, Free>;

    [[nodiscard]] bool reserve(std::size_t size, std::size_t used) noexcept;
    [[nodiscard]] bool reallocate(std::size_t capacity, std::size_t used) noexcept;

    Callback callback_;
    Overflow on_overflow_;
    std::uint32_t generation_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t dropped_ = 0;
    Buffer buffer_;
    std::size_t capacity_ = 0;
    std::size_t smaller_in_a_row_ = 0;  // messages, while the buffer is larger than what is kept
};

}  // namespace pinwheel
