#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../core/error.h"
#include "byte_stream.h"
#include "disposable.h"
#include "endpoint.h"
#include "shared_limits.h"

namespace pinwheel {

/// The peer to connect to. A dialer that redirects changes `host` and `port`, and keeps `server_name`.
struct DialTarget {
    std::string host{};      ///< a name, an IPv4 literal, or an IPv6 literal without brackets
    std::uint16_t port = 0;  ///< the TCP port
    bool tls = false;        ///< TLS over TCP
    /// The name in SNI and in the peer's certificate: the URL's host. Empty: `host`.
    std::string server_name{};
    /// Of a host with several addresses: 0 takes them as RFC 8305 orders them, 1 begins with the one that
    /// connected fastest so far, 2 with the second, and so on in a circle. So parallel connections to a host
    /// spread over its addresses.
    std::size_t rank = 0;
    /// Addresses to connect to in place of those of `host`, in this order. A port of 0 stands for `port`.
    std::vector<Endpoint> addresses{};

    /// `server_name`, or `host` if that is empty.
    [[nodiscard]] const std::string& tls_name() const noexcept {
        return server_name.empty() ? host : server_name;
    }

    /// For messages: `example.com:443`, `[::1]:80`.
    [[nodiscard]] std::string to_string() const {
        const bool literal6 = host.find(':') != std::string::npos;
        return (literal6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
    }
};

/// Receives the end of a dial: exactly one of the first two calls, never inside dial().
class DialHandler {
  public:
    virtual ~DialHandler() = default;
    /// A connected stream. With TLS, its peer is verified.
    virtual void on_dialed(std::unique_ptr<ByteStream> stream) = 0;
    /// The last attempt failed; the error names the host.
    virtual void on_dial_failed(const Error& error) = 0;
    /// The system refused an optional setting, such as a socket option.
    virtual void on_dial_warning(const Error& warning) = 0;
};

/// A dial in progress. Its destructor cancels the attempt and calls no handler. Inside a call to the handler
/// give it to Reactor::dispose(): it must not be destroyed there.
class Dial : public Disposable {
  public:
    /// The error for a timeout that ends the dial. It names the step that was waited for (resolve_timeout:
    /// the name). `detail` gives the progress, if any.
    [[nodiscard]] virtual Error waiting_for() const { return {Errc::connect_timeout, {}}; }
};

/// Makes connected streams. SocketDialer uses the network; tests script their own.
class Dialer {
  public:
    virtual ~Dialer() = default;
    /// `handler` must outlive the returned object. There is no timeout: the caller bounds the whole attempt.
    [[nodiscard]] virtual std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) = 0;

    /// Limits that all connections of this dialer share. A session delays an attempt that would exceed one. A
    /// dialer that wraps another one returns that one's limits.
    [[nodiscard]] virtual SharedLimits& limits() noexcept { return limits_; }

  private:
    SharedLimits limits_;
};

}  // namespace pinwheel
