#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../core/clock.h"
#include "endpoint.h"

namespace pinwheel {

/// The delay before the next address is tried beside those under way (RFC 8305 section 5).
inline constexpr Duration kConnectionAttemptDelay = std::chrono::milliseconds{250};

/// As many addresses of a name are tried in one attempt, half of each family if it has so many. At an attempt
/// delay of 250 ms they take 16 s, half of the default connection timeout. A name may have thousands.
inline constexpr std::size_t kMaxAddressesTried = 64;
/// As many are under way at once. The oldest gives way: it has then had 4 s, for the first packet and two
/// retransmissions.
inline constexpr std::size_t kMaxAddressesInFlight = 16;
/// As many are named in the error of a failed attempt, and the others are counted.
inline constexpr std::size_t kMaxAddressesNamed = 8;

/// The order in which to try addresses (RFC 8305 section 4): families take turns, `first_family` (AF_INET6 or
/// AF_INET) begins, the order within a family is kept, doubles are dropped. Of each family the first
/// kMaxAddressesTried count.
[[nodiscard]] std::vector<Endpoint> interleave_families(std::span<const Endpoint> addresses,
                                                        int first_family);

}  // namespace pinwheel
