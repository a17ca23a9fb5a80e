#include "socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "endpoint.h"
#include "network_error_impl.h"

// Linux 5.11; older headers lack them.
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#endif
#ifndef SO_BUSY_POLL_BUDGET
#define SO_BUSY_POLL_BUDGET 70
#endif

namespace pinwheel {

std::vector<Error> apply(const SocketOptions& options, int fd) {
    std::vector<Error> refused;
    const auto set = [&](bool wanted, int level, int option, int value, const char* name) {
        if (!wanted || ::setsockopt(fd, level, option, &value, sizeof value) == 0) return;
        const int error = errno;
        refused.push_back({errc_from_errno(error), std::string("socket option ") + name + "=" +
                                                       std::to_string(value) +
                                                       " was refused: " + std::strerror(error)});
    };
    const auto timeout_ms = std::chrono::ceil<std::chrono::milliseconds>(options.user_timeout).count();
    set(options.no_delay, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    set(options.quick_ack, IPPROTO_TCP, TCP_QUICKACK, 1, "TCP_QUICKACK");
    set(options.receive_timestamps, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
    set(options.keep_alive, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE");
    set(options.receive_buffer != 0, SOL_SOCKET, SO_RCVBUF, options.receive_buffer, "SO_RCVBUF");
    set(options.send_buffer != 0, SOL_SOCKET, SO_SNDBUF, options.send_buffer, "SO_SNDBUF");
    set(options.busy_poll_us != 0, SOL_SOCKET, SO_BUSY_POLL, options.busy_poll_us, "SO_BUSY_POLL");
    set(options.prefer_busy_poll, SOL_SOCKET, SO_PREFER_BUSY_POLL, 1, "SO_PREFER_BUSY_POLL");
    set(options.busy_poll_budget != 0, SOL_SOCKET, SO_BUSY_POLL_BUDGET, options.busy_poll_budget,
        "SO_BUSY_POLL_BUDGET");
    set(timeout_ms != 0, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(timeout_ms), "TCP_USER_TIMEOUT");
    return refused;
}

namespace {

Error bind_interface(const std::string& interface, int fd) {
    if (::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.data(),
                     static_cast<socklen_t>(interface.size())) == 0)
        return {};
    const int error = errno;
    const bool is_permission = error == EPERM || error == EACCES;
    return {is_permission ? Errc::not_permitted : Errc::address_not_available,
            "cannot connect through the interface '" + interface + "': " + std::strerror(error) +
                (is_permission ? "; grant CAP_NET_RAW" : "; 'ip link' lists the interfaces")};
}

}  // namespace

Error bind_source(const SocketOptions& options, int fd, int family) {
    if (!options.interface.empty())
        if (Error refused = bind_interface(options.interface, fd); refused.failed()) return refused;
    if (options.source_address.empty()) return {};
    const auto source = Endpoint::parse(options.source_address, 0);
    if (!source)
        return {Errc::invalid_argument,
                "source address '" + options.source_address + "' is not an IPv4 or IPv6 address"};
    if (source->family() != family)
        return {Errc::address_not_available,
                "source address '" + options.source_address + "' is of the other address family"};
    const int on = 1;
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(fd, source->data(), source->size()) == 0) return {};
    const int error = errno;
    // For an IPv6 link-local address without its interface: a mistake of the caller.
    const Errc code = error == EINVAL ? Errc::invalid_argument : detail::errc_from_network(error);
    return {code, "cannot connect from '" + options.source_address + "': " + std::strerror(error) +
                      "; is it an address of this machine?"};
}

}  // namespace pinwheel
