#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../../core/clock.h"

namespace pinwheel {

/// The time at which the last bytes of a message were read.
struct MessageStamp {
    TimePoint received{};          ///< the start of the reactor's turn
    SystemTime kernel_received{};  ///< the epoch if it is not known
};

/// The destination of messages: a callback, a ring, or a script in a test. Two calls a message. Threading:
/// the reactor's thread.
class MessageSink {
  public:
    /// The treatment of a message.
    enum class Verdict : std::uint8_t {
        take,   ///< `room` is the payload's final place
        drop,   ///< skip this message; the sink has counted it
        pause,  ///< no room now: stop reading, and ask again later
    };
    /// The answer to claim().
    struct Claim {
        Verdict verdict = Verdict::drop;  ///< the treatment
        std::byte* room = nullptr;        ///< set for take only
    };

    virtual ~MessageSink() = default;

    /// A complete, checked message in the reader's buffer: `payload` has 64 readable bytes behind it and is
    /// valid during the call. drop: the sink has counted it. pause: the sink has no room now and is asked
    /// again. The default claims, fills and commits. May run a user's handler, whose exceptions pass through.
    [[nodiscard]] virtual Verdict take(std::span<const std::byte> payload, bool is_text,
                                       const MessageStamp& stamp);
    /// Room for a message of `size` bytes, with 64 readable bytes behind. At most one claim is open.
    [[nodiscard]] virtual Claim claim(std::size_t size) noexcept = 0;
    /// Enlarges the open claim to `size` bytes and keeps its first `used` bytes. Null: no memory; the claim
    /// is dropped and counted.
    [[nodiscard]] virtual std::byte* grow(std::size_t used, std::size_t size) noexcept = 0;
    /// Ends the claim: the message has `size` bytes. May run a user's handler, whose exceptions pass through.
    virtual void commit(std::size_t size, bool is_text, const MessageStamp& stamp) = 0;
    /// All messages of one read have been committed.
    virtual void batch_end() noexcept {}
};

}  // namespace pinwheel
