#pragma once

#include <memory>
#include <optional>

#include "dialer.h"
#include "reactor.h"
#include "resolver.h"
#include "socket_dialer.h"
#include "tls_context.h"

namespace pinwheel {

/// Options for name resolution, TLS and sockets.
struct NetworkOptions {
    ResolverOptions resolver{};     ///< of name resolution
    TlsOptions tls{};               ///< of TLS
    SocketDialerOptions sockets{};  ///< of TCP
};

/// Name resolution, sockets and TLS for dials over the network. TLS sessions are resumed. One network serves
/// any number of connections on its reactor, and must not outlive the reactor. Threading: the reactor's
/// thread.
class Network final : public Dialer {
  public:
    /// Without `with_tls` it reads no certificates, and targets with TLS fail. Throws std::system_error; the
    /// text names the option or the fault of the machine.
    Network(Reactor& reactor, const NetworkOptions& options, bool with_tls = true)
        : resolver_(reactor, options.resolver) {
        if (with_tls) tls_.emplace(options.tls);
        dialer_.emplace(reactor, resolver_, tls_ ? &*tls_ : nullptr, options.sockets);
    }

    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override {
        return dialer_->dial(target, handler);
    }

  private:
    Resolver resolver_;
    std::optional<TlsContext> tls_;
    std::optional<SocketDialer> dialer_;
};

}  // namespace pinwheel
