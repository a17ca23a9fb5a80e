#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pinwheel {

/// The numbering scheme of a channel's messages.
enum class SequenceKind : std::uint8_t {
    none,        ///< no number
    contiguous,  ///< the first number follows the last one of the message before; ranges may overlap
    chain,       ///< each message names its predecessor's number
    increasing,  ///< larger is newer; a hole is no proof of a loss
    connection,  ///< one series over all messages of a connection
    checksum,    ///< a checksum over the book, which is not verified here
};

/// The rule's name in profiles. Static storage.
[[nodiscard]] std::string_view to_string(SequenceKind value) noexcept;

/// The numbers that a message has.
struct SequenceNumbers {
    std::optional<std::int64_t> first{};     ///< of a range; nothing if the message has one number
    std::optional<std::int64_t> last{};      ///< the message's number, or its range's end
    std::optional<std::int64_t> previous{};  ///< chain: the predecessor's number
    bool is_snapshot = false;                ///< begins a new epoch
};

/// The result of comparing a message's numbers with earlier ones.
enum class SequenceVerdict : std::uint8_t {
    unknown,    ///< no number, or a rule without proof: neither losses nor duplicates are detectable
    next,       ///< it follows
    new_epoch,  ///< a snapshot, a reset, or the first message: earlier ones no longer matter
    duplicate,  ///< its number came before
    gap,        ///< numbers are missing before it
};

/// A verdict, and the missing numbers.
struct SequenceStep {
    SequenceVerdict verdict = SequenceVerdict::unknown;
    /// gap: the first and last missing number. For a chain: the last number that came (`from`) and the
    /// predecessor that the message names (`to`).
    std::int64_t from = 0;
    std::int64_t to = 0;
};

/// A profile's statements about a channel's numbers.
struct SequenceOptions {
    SequenceKind kind = SequenceKind::none;
    /// A repeated number is news, not a duplicate: the venue repeats a state, or gives several messages one
    /// number.
    bool repeats = false;
    /// A message with this number begins a new epoch.
    std::optional<std::int64_t> reset_number{};
};

/// Checks the numbers of one channel on one connection. After a gap it continues at the message behind the
/// gap. A message without the numbers that its rule needs is `unknown` and changes nothing. Threading: one
/// thread. Allocates: nothing.
class SequenceRule {
  public:
    explicit SequenceRule(const SequenceOptions& options = {}) noexcept : options_(options) {}

    [[nodiscard]] SequenceStep next(const SequenceNumbers& numbers) noexcept;
    /// A new connection or subscription: the next message begins an epoch.
    void reset() noexcept { last_.reset(); }
    /// The number at which a connection begins, so that a loss before the first message is detected.
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
