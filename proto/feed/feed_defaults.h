#pragma once

#include <chrono>
#include <cstddef>

#include "../../core/clock.h"

namespace pinwheel {

// The defaults of FeedOptions, which the parts of a feed share.

/// The most messages of a channel that wait behind a hole.
inline constexpr std::size_t kDefaultHoldMessages = 64;
/// The shortest time that they wait.
inline constexpr Duration kDefaultMinHold = std::chrono::milliseconds{1};
/// The longest time that they wait.
inline constexpr Duration kDefaultMaxHold = std::chrono::milliseconds{250};
/// For a new session to come up, and then to take over.
inline constexpr Duration kDefaultRotationTimeout = std::chrono::seconds{60};

}  // namespace pinwheel
