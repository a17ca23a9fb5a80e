#pragma once

#include <cstdint>

namespace pinwheel {

/// RFC 6455 section 5.2.
enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// The role of an endpoint: a client masks its frames, a server must not (RFC 6455 section 5.1).
enum class Role : std::uint8_t { client, server };

}  // namespace pinwheel
