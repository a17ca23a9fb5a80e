#pragma once

#include <cstdint>

#include "../../core/error.h"
#include "keepalive.h"
#include "reconnect_policy.h"
#include "window_policy.h"

namespace pinwheel {

/// The options of a session's decisions; constant for its life.
struct SessionOptions {
    bool auto_reconnect = true;
    bool has_should_disconnect = false;
    bool has_should_reconnect = false;
    ReconnectOptions reconnect{};
    KeepaliveOptions keepalive{};
    WindowOptions window{};
    /// Seeds the jitter's random numbers.
    std::uint64_t jitter_seed = 0;
};

/// An error that names the field with an invalid value; ok if there is none.
[[nodiscard]] Error validate(const SessionOptions& options);

}  // namespace pinwheel
