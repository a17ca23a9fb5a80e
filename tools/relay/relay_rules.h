#pragma once

#include <cstdint>

#include "../../core/clock.h"
#include "relay_channels.h"
#include "relay_window.h"

namespace pinwheel {

/// The treatment of the next message.
enum class RelayStep : std::uint8_t {
    live,  ///< to live subscribers, and to the stream if there is one
    late,  ///< to the stream only
    ask,   ///< first ask the stream for its number
    skip,  ///< the stream has it, or a later one
    lose,  ///< reported, not sent
};

/// The treatment of messages by age. Another relay may have stored a message in the stream, which recognises
/// its id only within a window. `trusted` is half of that window: up to this age, and for this time after the
/// stream has answered with its number, an id is certainly recognised.
struct RelayRules {
    Duration max_age{};
    Duration trusted{};
    bool has_stream = false;

    [[nodiscard]] RelayStep step(const RelayEntry& entry, const RelayChannel& channel,
                                 TimePoint now) const noexcept;
};

}  // namespace pinwheel
