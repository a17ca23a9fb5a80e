#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "../delivery/message.h"
#include "../venue/channel.h"

namespace pinwheel {

/// The state of a feed's session, condensed.
enum class LegState : std::uint8_t {
    down,        ///< nothing is open, and no attempt is made
    held,        ///< an attempt waits for the venue's limit of connects
    connecting,  ///< an attempt is under way, or waits for its delay
    up,          ///< the connection is up
};

/// The state's name. Static storage.
[[nodiscard]] std::string_view to_string(LegState value) noexcept;

/// The head of each payload in a feed's ring. The text follows it:
///
///     message         the venue's text
///     gap             none; `begin` and `end` are FeedGap's `from` and `to`
///     channel_state   why it was refused; `state` is the ChannelState's number
///     leg_state       none; `state` is the LegState's number; a leg that went down has `code` and `reason`
///                     in the record's header, as a `disconnected` record of a session
struct FeedHead {
    static constexpr std::uint8_t kNumbered = 1;   ///< `begin` and `end` are set
    static constexpr std::uint8_t kSnapshot = 2;   ///< as in FeedMessage
    static constexpr std::uint8_t kAfterGap = 4;   ///< as in FeedMessage
    static constexpr std::uint8_t kOverlap = 8;    ///< as in FeedMessage
    static constexpr std::uint8_t kLate = 16;      ///< as in FeedMessage
    static constexpr std::uint8_t kDoubtful = 32;  ///< gap: as in FeedGap

    std::int64_t begin = 0;          ///< the venue's first number
    std::int64_t end = 0;            ///< the venue's last number
    std::int64_t venue_time = 0;     ///< Unix time in ns; 0: not given
    ChannelId channel = kNoChannel;  ///< none for control messages
    std::uint8_t leg = 0;            ///< the session of the feed, from 0
    std::uint8_t flags = 0;          ///< a combination of the constants above
    std::uint8_t state = 0;          ///< channel_state, leg_state
    std::uint8_t reserved = 0;       ///< zero

    /// The head of a record in a feed's ring, of a kind that has one.
    [[nodiscard]] static FeedHead of(const RecordHeader& record) noexcept;
    /// The text behind the head.
    [[nodiscard]] static std::string_view text_of(const RecordHeader& record) noexcept;
};
static_assert(sizeof(FeedHead) == 32);

/// A message of a channel: like the manager's, with the text inflated where the venue compresses. A view,
/// valid during the call, or until the next record of the ring is read. 64 readable bytes follow the payload.
/// `sequence` counts the feed's delivered messages, from 1. A gap in it is a message that did not fit the
/// ring. `generation` is the leg's.
struct FeedMessage : Message {
    ChannelId channel = kNoChannel;  ///< none for control messages
    std::uint8_t leg = 0;            ///< the session that brought it, from 0
    /// The venue's first number. Nothing if the message has no number.
    std::optional<std::int64_t> sequence_begin{};
    /// The venue's last number. Equal to sequence_begin if the message has one number.
    std::optional<std::int64_t> sequence_end{};
    bool is_snapshot = false;     ///< replaces all earlier data of the channel
    bool is_after_gap = false;    ///< numbers are missing before it
    bool is_late = false;         ///< its number was skipped before, reported as missing or not; trades only
    bool is_overlap = false;      ///< another session brings it as well, and the two cannot be identified
    std::int64_t venue_time = 0;  ///< Unix time in ns; 0: not given

    /// The message of a record of a feed's ring.
    [[nodiscard]] static FeedMessage from(const RecordHeader& record) noexcept;
};

/// Missing numbers. For a chain `from` is the last number that came, and `to` is the predecessor that the
/// next message names. Otherwise they are the first and the last missing number. Channel kNoChannel: a number
/// of the connection.
struct FeedGap {
    ChannelId channel = kNoChannel;  ///< none: a number of the connection
    std::int64_t from = 0;           ///< see above
    std::int64_t to = 0;             ///< see above
    /// Messages may be missing between these numbers, or none. Both are 0 if the channel has no numbers. Only
    /// for a feed with several legs, and in a rotation.
    bool is_doubtful = false;
};

}  // namespace pinwheel
