#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "counting_sink.h"
#include "parts_buffer.h"

namespace pinwheel {

/// Passes each message to a callback: an unfragmented message as a view of the receive buffer, a fragmented
/// one from a buffer of the sink. Threading: the reactor's thread. Allocates: 4 KiB at construction, and for
/// larger messages in parts; see detail::PartsBuffer.
class CallbackSink final : public CountingSink {
  public:
    /// Messages have generation 0 until set_generation().
    explicit CallbackSink(Callback callback, Overflow on_overflow = {}, Batch on_batch = {}) noexcept
        : CountingSink(on_overflow, on_batch), callback_(callback) {}

    /// The generation of all later messages.
    void set_generation(std::uint32_t generation) noexcept { begin_generation(generation); }

    [[nodiscard]] Verdict take(std::span<const std::byte> payload, bool is_text,
                               const MessageStamp& stamp) override;
    [[nodiscard]] Claim claim(std::size_t size) noexcept override;
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept override;
    void commit(std::size_t size, bool is_text, const MessageStamp& stamp) override;

    /// The size of the buffer for fragmented messages, in bytes.
    [[nodiscard]] std::size_t capacity() const noexcept { return parts_.capacity(); }

  private:
    const Callback callback_;
    detail::PartsBuffer parts_;
};

}  // namespace pinwheel
