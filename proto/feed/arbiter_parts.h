#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "../../core/clock.h"
#include "../venue/sequence_rule.h"
#include "feed_message.h"

// The arbiter's data in bounded memory.
namespace pinwheel::detail {

/// A message's numbers, relative to those that its leg showed before.
struct ArbiterEntry {
    std::int64_t first = 0, last = 0;
    /// Nothing of the channel lies between this number and the message. Valid if has_after.
    std::int64_t after = 0;
    std::int64_t previous = 0;  ///< the leg's number before it; 0 if is_first
    std::uint64_t hash = 0;     ///< of the content, on channels that compare contents
    bool is_numbered = false;
    bool has_after = false;
    bool is_first = false;      ///< the first on its connection
    bool is_partial = false;    ///< its leg joined at this number, and may have missed some messages with it
    bool is_restart = false;    ///< a snapshot, a reset number, or a chain without predecessor
    bool went_back = false;     ///< the leg's own numbers restarted
    bool is_broken = false;     ///< chain: it names a predecessor that the leg has passed
    bool repeats_last = false;  ///< chain: it names itself as predecessor
};

/// Held messages of all channels, each with 64 readable bytes behind it. Freed room is reused in the order of
/// arrival. Threading: one thread. Invariant: messages() and bytes are bounded. Allocates: at construction.
class HoldBuffer {
  public:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    struct Held {
        FeedMessage message;
        ArbiterEntry entry;
        TimePoint since{};
        std::uint32_t next = kNone;
        bool is_free = true;
        std::uint64_t begin = 0;
    };

    HoldBuffer(std::size_t messages, std::size_t bytes);

    /// A copy of the message, or kNone if there is no room.
    [[nodiscard]] std::uint32_t put(const FeedMessage& message, const ArbiterEntry& entry,
                                    TimePoint now) noexcept;
    void free(std::uint32_t index) noexcept;
    [[nodiscard]] Held& operator[](std::uint32_t index) noexcept { return held_[index]; }
    [[nodiscard]] const Held& operator[](std::uint32_t index) const noexcept { return held_[index]; }
    /// Places in use.
    [[nodiscard]] std::size_t used() const noexcept { return static_cast<std::size_t>(end_ - begin_); }

  private:
    std::vector<Held> held_;
    std::vector<std::byte> bytes_;
    std::uint64_t begin_ = 0, end_ = 0;              // of the messages
    std::uint64_t bytes_begin_ = 0, bytes_end_ = 0;  // of their bytes
};

/// The contents of the last messages. Identifies the k-th occurrence of a content on one leg with the k-th on
/// another. Threading: one thread. Allocates: at construction.
class ContentRing {
  public:
    /// An occurrence is compared for the time `within`.
    ContentRing(std::size_t size, Duration within) : ring_(size), within_(within) {}

    /// True if another leg has shown this occurrence.
    [[nodiscard]] bool is_shown(std::uint64_t hash, std::size_t leg, TimePoint now) noexcept;
    /// The same. An occurrence that no other leg has shown is noted as the first.
    [[nodiscard]] bool was_shown(std::uint64_t hash, std::size_t leg, TimePoint now) noexcept;
    /// True if any leg has shown this content.
    [[nodiscard]] bool knows(std::uint64_t hash) const noexcept;
    /// The leg's connection ended. Its next one may show all contents again.
    void forget_leg(std::size_t leg) noexcept;
    void clear() noexcept { used_ = 0; }

  private:
    struct Shown {
        std::uint64_t hash = 0;
        TimePoint at{};
        std::uint8_t legs = 0;
    };
    std::vector<Shown> ring_;
    Duration within_;
    std::uint64_t used_ = 0;
    std::array<std::uint64_t, 8> next_{};  // by leg: the expected place of its next occurrence
};

/// Records which of the last 1,024 numbers were delivered. Threading: one thread. Allocates: nothing.
class NumberBitmap {
  public:
    static constexpr std::uint64_t kReach = 1024;

    /// An epoch begins with this message.
    void begin(std::int64_t first, std::int64_t last) noexcept;
    /// The mark moves from `mark` to `last` by a message with these numbers.
    void advance(std::int64_t mark, std::int64_t first, std::int64_t last) noexcept;
    void set(std::int64_t first, std::int64_t last) noexcept;
    /// True for a number at or below the mark that was skipped in this epoch.
    [[nodiscard]] bool was_passed_over(std::int64_t mark, std::int64_t number) const noexcept;

  private:
    /// From a lower number to a higher one, also where the difference exceeds a signed number.
    [[nodiscard]] static std::uint64_t distance(std::int64_t from, std::int64_t to) noexcept {
        return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
    }
    [[nodiscard]] static std::size_t place(std::int64_t number, std::uint64_t back = 0) noexcept {
        return static_cast<std::size_t>((static_cast<std::uint64_t>(number) - back) % kReach);
    }
    std::bitset<kReach> seen_;
    std::int64_t floor_ = 0;
};

/// A hash of a message's content; not secure against an adversary.
[[nodiscard]] std::uint64_t content_hash(std::span<const std::byte> content) noexcept;

}  // namespace pinwheel::detail
