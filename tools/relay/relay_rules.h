#pragma once

#include <cstdint>

#include "../../core/clock.h"
#include "relay_channels.h"
#include "relay_window.h"

namespace pinwheel {

/// What becomes of the next message.
enum class RelayStep : std::uint8_t {
    live,  ///< to live subscribers, and to the stream if there is one
    late,  ///< to the stream alone
    ask,   ///< first the stream must tell which number it is at
    skip,  ///< the stream has it, or a later one
    lose,  ///< told, not sent
};

/// How old a message may be. With a stream another relay may have stored a message, and the stream recognises
/// its id only within a window. `trusted` is half of that: until this age, and for this time after the stream
/// has told its number, an id is sure to be recognised.
struct RelayRules {
    Duration max_age{};
    Duration trusted{};
    bool has_stream = false;

    [[nodiscard]] RelayStep step(const RelayEntry& entry, const RelayChannel& channel,
                                 TimePoint now) const noexcept;
};

}  // namespace pinwheel
