#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pinwheel {

/// A channel's number in a feed, from 0; constant for the feed's life.
using ChannelId = std::uint32_t;
/// No channel.
inline constexpr ChannelId kNoChannel = UINT32_MAX;

/// A channel as requested.
struct ChannelName {
    std::string name{};    ///< a kind's name, or the venue's own text
    std::string symbol{};  ///< may be empty
};

/// The state of a channel on one connection.
enum class ChannelState : std::uint8_t {
    wanted,     ///< no connection
    queued,     ///< waits to be sent
    requested,  ///< sent, not yet acknowledged
    live,       ///< acknowledged by the venue
    refused,    ///< by the venue, or by its silence; not retried on this connection
    leaving,    ///< waits to be unsubscribed
    gone,       ///< not wanted
};

/// The state's name. Static storage.
[[nodiscard]] std::string_view to_string(ChannelState value) noexcept;

}  // namespace pinwheel
