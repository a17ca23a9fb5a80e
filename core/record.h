#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

namespace pinwheel {

/// The kind of a record in a ring.
enum class RecordKind : std::uint8_t {
    message,
    connected,     ///< a connection of this generation is up
    disconnected,  ///< the connection ended, with this code and reason; the payload is the peer's close
                   ///< reason
    dropped,       ///< `count` messages did not fit and are lost at this place
    // Only in a feed's ring, whose payloads begin with a FeedHead:
    gap,            ///< numbers of a channel are missing at this place
    channel_state,  ///< a channel changed its state
    leg_state,      ///< a session of the feed changed its state
};

/// The number of readable bytes after every payload, of undefined content. A vectorised parser reads past the
/// end.
inline constexpr std::size_t kPayloadPadding = 64;

/// The largest payload that a header can describe.
inline constexpr std::size_t kMaxPayload = std::numeric_limits<std::uint32_t>::max();

/// The head of a record; the payload follows at once. A record takes whole units of 64 bytes:
///
///      0        4      5       6               8               16
///     +--------+------+-------+---------------+---------------+
///     |  size  | kind | flags |     code      |   sequence    |
///     +--------+------+-------+---------------+---------------+
///     16               24         28       29                 32
///     +---------------+----------+--------+-------------------+
///     |     count     |generation| reason |     reserved      |
///     +---------------+----------+--------+-------------------+
///     32               40                  48
///     +---------------+--------------------+------------------
///     |   received    |  kernel received   | payload, `size` bytes, then at least 64 bytes of padding
///     +---------------+--------------------+------------------
///
/// The padding is part of the record: a parser that reads past the payload never reaches the next write.
struct RecordHeader {
    static constexpr std::uint8_t kText = 1;         ///< set for text, clear for binary
    static constexpr std::uint8_t kLastInBatch = 2;  ///< the same read brought nothing more

    std::uint32_t size = 0;                 ///< of the payload, in bytes
    RecordKind kind = RecordKind::message;  ///< the kind of record
    std::uint8_t flags = 0;                 ///< kText and kLastInBatch
    std::uint16_t code = 0;                 ///< disconnected: the close code
    std::uint64_t sequence = 0;             ///< of messages, from 1; has gaps where messages were dropped
    std::uint64_t count = 0;                ///< dropped: the number of messages
    std::uint32_t generation = 0;           ///< of the connection, from 1
    std::uint8_t reason = 0;                ///< disconnected: the DisconnectReason's number
    /// Zero.
    std::uint8_t reserved[3] = {};     // NOLINT(modernize-avoid-c-arrays): part of the layout
    std::int64_t received = 0;         ///< monotonic time of the read, in ns
    std::int64_t kernel_received = 0;  ///< Unix time of arrival in the kernel, in ns; 0 if not known

    /// The payload, inside the ring.
    [[nodiscard]] std::span<const std::byte> payload() const noexcept {
        return {reinterpret_cast<const std::byte*>(this + 1), size};
    }
    /// True for text, false for binary.
    [[nodiscard]] bool is_text() const noexcept { return (flags & kText) != 0; }
    /// True if the same read brought nothing more.
    [[nodiscard]] bool is_last_in_batch() const noexcept { return (flags & kLastInBatch) != 0; }
};

static_assert(sizeof(RecordHeader) == 48 && sizeof(RecordHeader) % 16 == 0 &&
              std::is_trivially_copyable_v<RecordHeader>);
static_assert(offsetof(RecordHeader, kind) == 4 && offsetof(RecordHeader, flags) == 5 &&
              offsetof(RecordHeader, code) == 6 && offsetof(RecordHeader, sequence) == 8 &&
              offsetof(RecordHeader, count) == 16 && offsetof(RecordHeader, generation) == 24 &&
              offsetof(RecordHeader, reason) == 28 && offsetof(RecordHeader, received) == 32 &&
              offsetof(RecordHeader, kernel_received) == 40);

}  // namespace pinwheel
