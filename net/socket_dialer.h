#pragma once

#include <memory>
#include <optional>

#include "connect_times.h"
#include "dialer.h"
#include "failed_addresses.h"
#include "happy_eyeballs.h"
#include "proxy.h"
#include "reactor.h"
#include "resolver.h"
#include "socket_options.h"
#include "tls_context.h"

namespace pinwheel {

/// Options of TCP connections.
struct SocketDialerOptions {
    SocketOptions socket{};  ///< of each socket
    /// The address family that is tried first.
    bool prefer_ipv4 = false;
    /// The delay before the next address is tried in parallel.
    Duration attempt_delay = kConnectionAttemptDelay;
    /// The proxy of all connections, except to the hosts that bypass it. The environment is not read unless
    /// you ask: Proxy::from_environment().
    std::optional<Proxy> proxy{};
    /// Addresses of a name are tried by the time that TCP took to connect to them, the fastest first. Each is
    /// tried once before it has a time. Failed addresses come last. DialTarget::rank overrides it.
    bool rank_by_connect_time = false;
};

/// Dials over the network: resolves the name, races TCP connections (RFC 8305), then asks the proxy if there
/// is one, then makes the TLS handshake. If no address accepts TCP, the error is retryable if the error of
/// any address is. Once an address has accepted, only its error counts. An address that failed after TCP
/// comes last at the next dial. DialTarget::rank orders addresses by how fast they connected. Threading: the
/// reactor's thread. The reactor, the resolver and the TLS context must outlive it.
class SocketDialer final : public Dialer {
  public:
    /// `tls` may be null if no target asks for TLS.
    SocketDialer(Reactor& reactor, Resolver& resolver, TlsContext* tls, SocketDialerOptions options = {})
        : reactor_(reactor), resolver_(resolver), tls_(tls), options_(std::move(options)) {}

    [[nodiscard]] std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) override;

  private:
    class SocketDial;

    Reactor& reactor_;
    Resolver& resolver_;
    TlsContext* tls_;
    const SocketDialerOptions options_;
    ConnectTimes times_;
    // Streams may outlive the dialer. They report their peer's outcome.
    const std::shared_ptr<FailedAddresses> failed_ = std::make_shared<FailedAddresses>();
};

}  // namespace pinwheel
