#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channel_table.h"
#include "message_classifier.h"

namespace pinwheel {

/// The content of an acknowledgement or an error, in the feed's terms.
struct VenueReply {
    bool is_error = false;
    bool wants_retry = false;                 ///< error: too fast, or temporary
    bool is_already = false;                  ///< error: the channel was subscribed before
    std::optional<bool> is_unsubscription{};  ///< nothing if the venue does not say
    std::optional<std::uint64_t> id{};        ///< of the request
    ChannelId channel = kNoChannel;           ///< the channel that it names
    bool names_unknown = false;               ///< it names a channel that is not in the table
    std::string symbol{};                     ///< error: the symbol, if it comes without its channel
    bool has_list = false;                    ///< the accepted or refused channels
    std::vector<ChannelId> accepted{}, refused{};
    std::optional<std::int64_t> number{};  ///< the number that the channel's data carries from now on
    std::string code{}, message{};         ///< error: the venue's text
};

/// Reads a message that was classified as an acknowledgement or an error. Cold path, allocates.
[[nodiscard]] VenueReply read_reply(const VenueProfile& profile, const ChannelTable& channels,
                                    const FieldValues& values, std::string_view text, bool is_error);

}  // namespace pinwheel
