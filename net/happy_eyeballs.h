#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../core/clock.h"
#include "endpoint.h"

namespace pinwheel {

/// The delay before the next address is tried beside those under way (RFC 8305 section 5).
inline constexpr Duration kConnectionAttemptDelay = std::chrono::milliseconds{250};

/// The order in which to try addresses (RFC 8305 section 4): families take turns, `first_family` (AF_INET6 or
/// AF_INET) begins, the order within a family is kept, doubles are dropped.
[[nodiscard]] std::vector<Endpoint> interleave_families(std::span<const Endpoint> addresses,
                                                        int first_family);

}  // namespace pinwheel
