#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../proto/venue/channel.h"

namespace pinwheel {

/// One token of a NATS subject. Separators, wildcards and characters other than printable ASCII become %XX,
/// and so do `%`, `|` and a leading `_`. An empty text becomes `_`. Two texts never give the same token.
[[nodiscard]] std::string nats_token(std::string_view text);
/// True for one or more tokens that can begin a subject.
[[nodiscard]] bool is_nats_prefix(std::string_view text) noexcept;
/// True if `pattern` matches every subject that `subject` matches. Both may end with `>`.
[[nodiscard]] bool covers_subject(std::string_view pattern, std::string_view subject) noexcept;

/// The subjects of one venue.
///
///     PREFIX.VENUE.CHANNEL.SYMBOL        messages
///     PREFIX-late.VENUE.CHANNEL.SYMBOL   messages too old for live subscribers, for the stream alone
///     PREFIX.VENUE._control              connections, gaps, drops
class NatsNames {
  public:
    NatsNames(std::string_view prefix, std::string_view venue);

    [[nodiscard]] std::string live(const ChannelName& channel) const;
    [[nodiscard]] std::string late(const ChannelName& channel) const;
    [[nodiscard]] std::string control() const { return live_ + "_control"; }
    /// The subjects that a stream must capture.
    [[nodiscard]] std::vector<std::string> stream_subjects() const { return {live_ + ">", late_ + ">"}; }
    /// `venue|channel|symbol|`, followed by a number.
    [[nodiscard]] std::string id_prefix(const ChannelName& channel) const;

  private:
    std::string live_;
    std::string late_;
    std::string venue_;
};

/// Numbers as the end of a message id: `7`, `5..7`, and `snapshot.7` for one that replaces all before.
[[nodiscard]] std::string id_of_numbers(std::int64_t begin, std::int64_t end, bool is_snapshot);
/// The last number in a message id; nothing if it ends otherwise.
[[nodiscard]] std::optional<std::int64_t> number_of_id(std::string_view id) noexcept;
/// An id by the contents, for a message without a number.
[[nodiscard]] std::string id_of_contents(std::string_view payload);

/// The live subject of a late one; any other unchanged.
[[nodiscard]] std::string live_subject(std::string_view subject, std::string_view prefix);

}  // namespace pinwheel
