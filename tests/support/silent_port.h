#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "../../net/endpoint.h"
#include "../../net/unique_fd.h"

namespace pinwheel::test {

/// An address of this machine that neither accepts nor refuses: a listener with a full backlog, so the kernel
/// drops further attempts.
class SilentPort {
  public:
    /// Throws std::system_error if the port is not available.
    SilentPort(const std::string& address, std::uint16_t port) {
        const auto endpoint = Endpoint::parse(address, port).value();
        listener_.reset(::socket(endpoint.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        filler_.reset(::socket(endpoint.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::bind(listener_.get(), endpoint.data(), endpoint.size()) != 0 ||
            ::listen(listener_.get(), 0) != 0 ||
            ::connect(filler_.get(), endpoint.data(), endpoint.size()) != 0)
            throw std::system_error(errno, std::system_category(),
                                    "a silent port at " + endpoint.to_string());
    }

  private:
    UniqueFd listener_;
    UniqueFd filler_;
};

}  // namespace pinwheel::test
