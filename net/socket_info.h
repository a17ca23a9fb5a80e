#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "../core/clock.h"
#include "endpoint.h"

namespace pinwheel {

/// The kernel's view of a connected TCP socket. Fields that the kernel does not tell keep their defaults.
struct SocketInfo {
    std::optional<Endpoint> local{};       ///< this side's address
    std::optional<Endpoint> peer{};        ///< the other side's address
    Duration round_trip{};                 ///< TCP_INFO: smoothed, by acknowledgements
    Duration round_trip_variance{};        ///< TCP_INFO
    std::uint64_t retransmits = 0;         ///< TCP_INFO: segments that were sent again, in all
    std::size_t unread_bytes = 0;          ///< SIOCINQ: received and not read yet
    std::size_t unacknowledged_bytes = 0;  ///< SIOCOUTQ: written and not acknowledged yet
    std::uint32_t napi_id = 0;  ///< SO_INCOMING_NAPI_ID: the device's queue; 0: none, as on loopback
    std::optional<int> cpu{};   ///< SO_INCOMING_CPU: the core that handles this socket's packets
};

/// Reads it by seven system calls. -1 as a descriptor gives the defaults.
[[nodiscard]] SocketInfo read_socket_info(int fd) noexcept;

}  // namespace pinwheel
