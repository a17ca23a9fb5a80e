#pragma once

#include "../core/error.h"
#include "../core/function_ref.h"
#include "endpoint.h"
#include "reactor.h"
#include "unique_fd.h"

namespace pinwheel {

/// Accepts TCP connections on the reactor, one a turn: a flood of connections does not starve other work. For
/// servers in tests, tools and benchmarks. If this machine has no descriptor or memory for another
/// connection, it tries again each kAcceptPause (accept(2): EMFILE, ENFILE, ENOBUFS, ENOMEM; std::bad_alloc
/// of the callback, which ends that connection). Threading: the reactor's thread.
class Listener {
  public:
    using Accepted = FunctionRef<void(UniqueFd socket)>;
    /// Called once in the listener's life, if this machine has no descriptor or memory for a connection.
    using Exhausted = FunctionRef<void(Errc reason)>;

    /// Listens at once; port 0 lets the kernel choose. Throws std::system_error with the address in its text.
    Listener(Reactor& reactor, const Endpoint& endpoint, Accepted accepted, int backlog = 1024,
             Exhausted exhausted = {});

    /// The address, with the port that the kernel chose.
    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

    /// A connection that waits to be accepted keeps the listener readable: without a pause the reactor would
    /// spin.
    static constexpr Duration kAcceptPause = std::chrono::milliseconds{100};

  private:
    int on_ready(Interest ready, TimePoint now);
    void on_pause_over(TimePoint now);
    void pause(Errc reason) noexcept;

    Reactor& reactor_;
    Accepted accepted_;
    Exhausted exhausted_;
    bool told_ = false;
    UniqueFd fd_;
    Endpoint endpoint_;
    IoWatch watch_;
    Timer pause_{Timer::Callback::member<&Listener::on_pause_over>(*this)};
};

}  // namespace pinwheel
