#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../core/clock.h"
#include "endpoint.h"

namespace pinwheel {

/// The delay before the next address is tried in parallel (RFC 8305 section 5).
inline constexpr Duration kConnectionAttemptDelay = std::chrono::milliseconds{250};

/// The number of addresses of a name that one attempt tries, half of each family if there are enough. At an
/// attempt delay of 250 ms they take 16 s, half of the default connection timeout. A name may have thousands.
inline constexpr std::size_t kMaxAddressesTried = 64;
/// The number of connections under way in parallel. The oldest one is dropped for the next. It has then had 4
/// s, enough for the first packet and two retransmissions.
inline constexpr std::size_t kMaxAddressesInFlight = 16;
/// The number of addresses that the error of a failed attempt names. The rest are counted.
inline constexpr std::size_t kMaxAddressesNamed = 8;

/// The order in which to try addresses (RFC 8305 section 4): families alternate, `first_family` (AF_INET6 or
/// AF_INET) begins, the order within a family is kept, duplicates are dropped. Of each family the first
/// kMaxAddressesTried count.
[[nodiscard]] std::vector<Endpoint> interleave_families(std::span<const Endpoint> addresses,
                                                        int first_family);

}  // namespace pinwheel
