#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "counting_sink.h"
#include "parts_buffer.h"

namespace pinwheel {

/// Hands each message to a callback: a whole one where it lies in the reader's buffer, one that came in parts
/// from a buffer of its own. Threading: the reactor's thread. Allocates: 4 KiB when made, and for larger
/// messages in parts; see detail::PartsBuffer.
class CallbackSink final : public CountingSink {
  public:
    /// Messages are of generation 0 until set_generation().
    explicit CallbackSink(Callback callback, Overflow on_overflow = {}, Batch on_batch = {}) noexcept
        : CountingSink(on_overflow, on_batch), callback_(callback) {}

    /// Counted in each message from now on.
    void set_generation(std::uint32_t generation) noexcept { begin_generation(generation); }

    [[nodiscard]] Verdict take(std::span<const std::byte> payload, bool is_text,
                               const MessageStamp& stamp) override;
    [[nodiscard]] Claim claim(std::size_t size) noexcept override;
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept override;
    void commit(std::size_t size, bool is_text, const MessageStamp& stamp) override;

    /// Bytes held for messages in parts now.
    [[nodiscard]] std::size_t capacity() const noexcept { return parts_.capacity(); }

  private:
    const Callback callback_;
    detail::PartsBuffer parts_;
};

}  // namespace pinwheel
