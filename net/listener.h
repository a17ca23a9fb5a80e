#pragma once

#include "../core/function_ref.h"
#include "endpoint.h"
#include "reactor.h"
#include "unique_fd.h"

namespace pinwheel {

/// Accepts TCP connections on the reactor: for servers in tests, tools and benchmarks. While this machine has
/// no descriptor or memory for another one, it looks again each kAcceptPause. Threading: the reactor's
/// thread.
class Listener {
  public:
    using Accepted = FunctionRef<void(UniqueFd socket)>;

    /// Listens at once; port 0 lets the kernel choose. Throws std::system_error with the address in its text.
    Listener(Reactor& reactor, const Endpoint& endpoint, Accepted accepted, int backlog = 1024);

    /// Where it listens, with the port that was chosen.
    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

    /// A socket that waits to be accepted keeps the listener readable: without a pause the reactor would
    /// spin.
    static constexpr Duration kAcceptPause = std::chrono::milliseconds{100};

  private:
    int on_ready(Interest ready, TimePoint now);
    void on_pause_over(TimePoint now);

    Reactor& reactor_;
    Accepted accepted_;
    UniqueFd fd_;
    Endpoint endpoint_;
    IoWatch watch_;
    Timer pause_{Timer::Callback::member<&Listener::on_pause_over>(*this)};
};

}  // namespace pinwheel
