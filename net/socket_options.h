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
    bool prefer_busy_poll = false;   ///< SO_PREFER_BUSY_POLL: interrupts stay off while the reactor polls
    int busy_poll_budget = 0;        ///< SO_BUSY_POLL_BUDGET, packets a poll
    Duration user_timeout{};         ///< TCP_USER_TIMEOUT: the limit of unacknowledged time
    std::string source_address{};    ///< an address of this machine to connect from
    std::string interface {};        ///< SO_BINDTODEVICE: a network interface to connect through, as `eth1`
};

/// Applies all options but `source_address` and `interface` to a TCP socket. The result names each option
/// that the system refuses. The rest are applied.
[[nodiscard]] std::vector<Error> apply(const SocketOptions& options, int fd);

/// Binds to `interface` and to `source_address` if they are set. The error names the one that failed. An
/// address of another family than `family` is an error.
[[nodiscard]] Error bind_source(const SocketOptions& options, int fd, int family);

}  // namespace pinwheel
