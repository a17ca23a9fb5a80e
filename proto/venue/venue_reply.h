#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channel_table.h"
#include "message_classifier.h"

namespace pinwheel {

/// What an acknowledgement or an error says, in the feed's terms.
struct VenueReply {
    bool is_error = false;
    bool wants_retry = false;                 ///< error: too fast, or for the moment
    bool is_already = false;                  ///< error: the channel was subscribed before
    std::optional<bool> is_unsubscription{};  ///< if the venue tells
    std::optional<std::uint64_t> id{};        ///< of the request
    ChannelId channel = kNoChannel;           ///< that it names
    bool names_unknown = false;               ///< it names a channel that is not in the table
    std::string symbol{};                     ///< error: it names a symbol without its channel
    bool has_list = false;                    ///< of what was accepted or refused
    std::vector<ChannelId> accepted{}, refused{};
    std::optional<std::int64_t> number{};  ///< that the channel's data carries from now on
    std::string code{}, message{};         ///< error: the venue's words
};

/// Reads a message that was classified as an acknowledgement or an error. Cold path, allocates.
[[nodiscard]] VenueReply read_reply(const VenueProfile& profile, const ChannelTable& channels,
                                    const FieldValues& values, std::string_view text, bool is_error);

}  // namespace pinwheel
