#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "../../net/endpoint.h"
#include "../../net/unique_fd.h"

namespace pinwheel::test {

/// Two ends of one TCP connection over loopback, non-blocking.
struct TcpPair {
    TcpPair() {
        const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const auto any = Endpoint::parse("127.0.0.1", 0).value();
        sockaddr_in address{};
        socklen_t size = sizeof address;
        near.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::bind(listener.get(), any.data(), any.size()) != 0 || ::listen(listener.get(), 1) != 0 ||
            ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
            ::connect(near.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
            throw std::system_error(errno, std::system_category(), "a TCP connection over loopback");
        far.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        // Only now, because connect() above blocks.
        if (::fcntl(near.get(), F_SETFL, O_NONBLOCK) != 0)
            throw std::system_error(errno, std::system_category(), "fcntl");
    }
    UniqueFd near;
    UniqueFd far;
};

}  // namespace pinwheel::test
