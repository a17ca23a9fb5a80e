#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "../core/error.h"
#include "byte_stream.h"
#include "disposable.h"
#include "shared_limits.h"

namespace pinwheel {

/// Whom to connect to. A dialer that connects elsewhere changes `host` and `port`, and leaves `server_name`.
struct DialTarget {
    std::string host{};      ///< a name, an IPv4 literal, or an IPv6 literal without brackets
    std::uint16_t port = 0;  ///< of TCP
    bool tls = false;        ///< TLS over it
    /// Whom the peer's certificate must be for, and whom TLS asks for (SNI): the URL's host. Empty: `host`.
    std::string server_name{};

    /// Never empty unless both are.
    [[nodiscard]] const std::string& tls_name() const noexcept {
        return server_name.empty() ? host : server_name;
    }

    /// For messages: `example.com:443`, `[::1]:80`.
    [[nodiscard]] std::string to_string() const {
        const bool literal6 = host.find(':') != std::string::npos;
        return (literal6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
    }
};

/// Hears the end of a dial: exactly one of the first two, never from inside dial().
class DialHandler {
  public:
    virtual ~DialHandler() = default;
    /// A stream that is connected and, for TLS, verified.
    virtual void on_dialed(std::unique_ptr<ByteStream> stream) = 0;
    /// The last attempt failed; the error names the host.
    virtual void on_dial_failed(const Error& error) = 0;
    /// Something was refused that the connection can do without, such as a socket option.
    virtual void on_dial_warning(const Error& warning) = 0;
};

/// A dial under way. Destroying it drops the attempt without a word to the handler. It must not be destroyed
/// inside a call to the handler: give it to Reactor::dispose() there.
class Dial : public Disposable {
  public:
    /// For the error of a timeout that ends the dial: what it waits for (resolve_timeout: the name), and in
    /// `detail` how far it has come, if there is something to say.
    [[nodiscard]] virtual Error waiting_for() const { return {Errc::connect_timeout, {}}; }
};

/// Makes connected streams. The network's is SocketDialer; tests script their own.
class Dialer {
  public:
    virtual ~Dialer() = default;
    /// `handler` must outlive the returned object. There is no timeout here: the caller bounds the whole
    /// attempt.
    [[nodiscard]] virtual std::unique_ptr<Dial> dial(const DialTarget& target, DialHandler& handler) = 0;

    /// Limits that all connections made here share. A session waits with an attempt that would break one.
    [[nodiscard]] SharedLimits& limits() noexcept { return limits_; }

  private:
    SharedLimits limits_;
};

}  // namespace pinwheel
