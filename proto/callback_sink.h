#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../core/function_ref.h"
#include "message.h"
#include "message_sink.h"

namespace pinwheel {

/// Hands each message to a callback, from one buffer that all messages share.
/// Allocates: when a message is larger than any before; memory beyond 64 KiB is given back after the message.
class CallbackSink final : public MessageSink {
  public:
    using Callback = FunctionRef<void(const Message& message)>;

    explicit CallbackSink(Callback callback) noexcept : callback_(callback) {}

    /// Counted in each message from now on.
    void set_generation(std::uint32_t generation) noexcept { generation_ = generation; }

    [[nodiscard]] Claim claim(std::size_t size) noexcept override;
    [[nodiscard]] std::byte* grow(std::size_t used, std::size_t size) noexcept override;
    void commit(std::size_t size, bool is_text, const MessageStamp& stamp) override;

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  private:
    [[nodiscard]] bool reserve(std::size_t size) noexcept;

    Callback callback_;
    std::uint32_t generation_ = 0;
    std::uint64_t sequence_ = 0;
    std::uint64_t dropped_ = 0;
    std::vector<std::byte> buffer_;
};

}  // namespace pinwheel
