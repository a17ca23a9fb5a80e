#pragma once

#include "../core/function_ref.h"
#include "endpoint.h"
#include "reactor.h"
#include "unique_fd.h"

namespace pinwheel {

/// Accepts TCP connections on the reactor: for servers in tests, tools and benchmarks.
/// Threading: the reactor's thread.
class Listener {
  public:
    using Accepted = FunctionRef<void(UniqueFd socket)>;

    /// Listens at once; port 0 lets the kernel choose. Throws std::system_error with the address in its text.
    Listener(Reactor& reactor, const Endpoint& endpoint, Accepted accepted, int backlog = 1024);

    /// Where it listens, with the port that was chosen.
    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

  private:
    int on_ready(Interest ready, TimePoint now);

    Accepted accepted_;
    UniqueFd fd_;
    Endpoint endpoint_;
    IoWatch watch_;
};

}  // namespace pinwheel
