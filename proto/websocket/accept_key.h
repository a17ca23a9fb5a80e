#pragma once

#include <string>
#include <string_view>

#include "../../core/random.h"

namespace pinwheel {

/// A Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455 section 4.1).
[[nodiscard]] std::string make_upgrade_key(SecureRandom& random);

/// The Sec-WebSocket-Accept that answers `key` (RFC 6455 section 4.2.2).
[[nodiscard]] std::string accept_for_key(std::string_view key);

}  // namespace pinwheel
