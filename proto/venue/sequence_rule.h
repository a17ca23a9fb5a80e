#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pinwheel {

/// How a venue numbers the messages of a channel.
enum class SequenceKind : std::uint8_t {
    none,        ///< no number
    contiguous,  ///< the first number follows the last one before; ranges may overlap
    chain,       ///< each message names its predecessor's number
    increasing,  ///< larger is newer; a hole proves nothing
    connection,  ///< one number over all messages of a connection
    checksum,    ///< a checksum over the book, which is not computed here
};

/// The rule's name, as profiles have it. Static storage.
[[nodiscard]] std::string_view to_string(SequenceKind value) noexcept;

/// The numbers of one message, as far as it has them.
struct SequenceNumbers {
    std::optional<std::int64_t> first{};     ///< of a range; nothing if the message has one number
    std::optional<std::int64_t> last{};      ///< the message's number, or its range's end
    std::optional<std::int64_t> previous{};  ///< chain: the predecessor's number
    bool is_snapshot = false;                ///< begins a new epoch
};

/// What a message's numbers say beside those before it.
enum class SequenceVerdict : std::uint8_t {
    unknown,    ///< no number, or a rule that proves nothing: neither lost nor twice can be told
    next,       ///< it follows
    new_epoch,  ///< a snapshot, a reset, or the first message: nothing before it counts
    duplicate,  ///< its number was there before
    gap,        ///< numbers are missing before it
};

/// A verdict, and which numbers are missing.
struct SequenceStep {
    SequenceVerdict verdict = SequenceVerdict::unknown;
    /// gap: the first and last missing number. A chain tells only where it should have gone on (`from`, the
    /// last number that came) and what the message names as its predecessor (`to`).
    std::int64_t from = 0;
    std::int64_t to = 0;
};

/// What a profile says about a channel's numbers.
struct SequenceOptions {
    SequenceKind kind = SequenceKind::none;
    /// The same number again is news, not a duplicate: venues that repeat a state, or give several messages
    /// one number.
    bool repeats = false;
    /// A message with this number begins a new epoch.
    std::optional<std::int64_t> reset_number{};
};

/// Checks the numbers of one channel on one connection. After a gap it goes on from the message that showed
/// it. A message without the numbers that its rule needs is `unknown` and changes nothing.
/// Threading: one thread. Allocates: nothing.
class SequenceRule {
  public:
    explicit SequenceRule(const SequenceOptions& options = {}) noexcept : options_(options) {}

    [[nodiscard]] SequenceStep next(const SequenceNumbers& numbers) noexcept;
    /// A new connection or subscription: the next message begins an epoch.
    void reset() noexcept { last_.reset(); }
    /// A connection's numbers begin here, so that what is missing before the first message shows.
    void expect(std::int64_t number) noexcept { last_ = number - 1; }

    /// The highest number of the epoch.
    [[nodiscard]] std::optional<std::int64_t> last() const noexcept { return last_; }
    [[nodiscard]] const SequenceOptions& options() const noexcept { return options_; }

  private:
    [[nodiscard]] SequenceStep next_contiguous(std::int64_t first, std::int64_t last) noexcept;
    [[nodiscard]] SequenceStep next_chained(std::int64_t previous, std::int64_t last) noexcept;
    [[nodiscard]] SequenceStep next_increasing(std::int64_t last) noexcept;
    [[nodiscard]] SequenceStep begin(std::int64_t last) noexcept;

    SequenceOptions options_;
    std::optional<std::int64_t> last_;
};

}  // namespace pinwheel
