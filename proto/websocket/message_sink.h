#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../../core/clock.h"

namespace pinwheel {

/// When the bytes that ended a message were read.
struct MessageStamp {
    TimePoint received{};          ///< when the reactor's turn began
    SystemTime kernel_received{};  ///< the epoch if the kernel does not say
};

/// Where messages go: a callback, a ring, or a script in a test. Two calls a message.
/// Threading: the reactor's thread.
class MessageSink {
  public:
    /// What becomes of a message.
    enum class Verdict : std::uint8_t {
        take,   ///< `room` is the payload's final place
        drop,   ///< skip this message; the sink has counted it
        pause,  ///< no room now: stop reading, and ask again
    };
    /// The answer to claim().
    struct Claim {
        Verdict verdict = Verdict::drop;  ///< what becomes of it
        std::byte* room = nullptr;        ///< with take only
    };

    virtual ~MessageSink() = default;

    /// A whole message that has been checked and lies in the reader's buffer: `payload` has 64 readable bytes
    /// behind it and is gone after the call. drop: the sink has counted it. pause: the sink has no room now
    /// and is asked again. By default a claim that is filled and committed. May run a user's handler, whose
    /// exceptions pass through.
    [[nodiscard]] virtual Verdict take(std::span<const std::byte> payload, bool is_text,
                                       const MessageStamp& stamp);
    /// Room for a message of `size` bytes, with 64 readable bytes behind. At most one claim is open.
    [[nodiscard]] virtual Claim claim(std::size_t size) noexcept = 0;
    /// Room for `size` bytes for the open claim, its first `used` bytes kept. Null: no memory, and
    /// the claim is gone, counted as dropped.
    [[nodiscard]] virtual std::byte* grow(std::size_t used, std::size_t size) noexcept = 0;
    /// Ends the claim: the message has `size` bytes. May run a user's handler, whose exceptions pass through.
    virtual void commit(std::size_t size, bool is_text, const MessageStamp& stamp) = 0;
    /// All that one read brought has been committed.
    virtual void batch_end() noexcept {}
};

}  // namespace pinwheel
