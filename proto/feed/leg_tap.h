#pragma once

#include <cstddef>
#include <cstdint>

#include "../session/observer.h"
#include "feed_message.h"

namespace pinwheel {

/// Observes the events of a feed's legs that are not in their rings, for a recorder. Threading: the reactor's
/// thread. Must not call the feed. Generation and sequence are those of the leg's session. A gap comes before
/// the message with this sequence, a state after it.
class LegTap {
  public:
    virtual ~LegTap() = default;
    virtual void on_leg_sent(std::size_t leg, const SentMessage& message) noexcept = 0;
    virtual void on_leg_gap(std::size_t leg, const FeedGap& gap, std::uint32_t generation,
                            std::uint64_t sequence) noexcept = 0;
    virtual void on_leg_state(std::size_t leg, LegState state, std::uint32_t generation,
                              std::uint64_t sequence) noexcept = 0;
};

}  // namespace pinwheel
