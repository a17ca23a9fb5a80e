#pragma once

#include <string>
#include <vector>

#include "../core/clock.h"
#include "../core/error.h"

namespace pinwheel {

/// Socket options. 0 or empty: the system's default.
struct SocketOptions {
    bool no_delay = true;            ///< TCP_NODELAY
    bool quick_ack = false;          ///< TCP_QUICKACK; the kernel may fall back later
    bool receive_timestamps = true;  ///< SO_TIMESTAMPNS: arrival times from the kernel
    bool keep_alive = false;         ///< SO_KEEPALIVE
    int receive_buffer = 0;          ///< SO_RCVBUF, bytes
    int send_buffer = 0;             ///< SO_SNDBUF, bytes
    int busy_poll_us = 0;            ///< SO_BUSY_POLL, microseconds
    Duration user_timeout{};         ///< TCP_USER_TIMEOUT: the limit of unacknowledged time
    std::string source_address{};    ///< an address of this machine to connect from
};

/// Applies all options but `source_address` to a TCP socket. The result names each option that the system
/// refuses. The rest are applied.
[[nodiscard]] std::vector<Error> apply(const SocketOptions& options, int fd);

/// Binds to `source_address` if it is set and of `family`; an error names the address.
[[nodiscard]] Error bind_source(const SocketOptions& options, int fd, int family);

}  // namespace pinwheel
