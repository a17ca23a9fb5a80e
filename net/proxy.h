#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../core/result.h"

namespace pinwheel {

/// A proxy for connections, and the hosts that bypass it. The proxy resolves the names of its targets.
/// Threading: a value. Errors never hold the password.
class Proxy {
  public:
    /// The protocol of the proxy.
    enum class Protocol : std::uint8_t {
        http_connect,  ///< CONNECT (RFC 9110 section 9.3.6), Basic authentication (RFC 7617)
        socks5         ///< RFC 1928, authentication by user and password (RFC 1929)
    };

    /// `http://[user:password@]host[:port]`, `socks5://…` or `socks5h://…`; without a scheme it is http. The
    /// default ports are 8080 and 1080. User and password are percent-encoded. `bypass` is a list as in
    /// NO_PROXY: see bypasses().
    [[nodiscard]] static Result<Proxy> parse(std::string_view url, std::string_view bypass = {});

    /// The proxy that the environment names, by HTTPS_PROXY or else ALL_PROXY, with NO_PROXY. Lower-case
    /// names take precedence. A WebSocket needs a tunnel for ws and for wss, so the same variable serves
    /// both. Nothing if neither is set. `variable` is std::getenv, or a test's function.
    [[nodiscard]] static Result<std::optional<Proxy>> from_environment(
        const std::function<const char*(const char*)>& variable);

    /// The protocol.
    [[nodiscard]] Protocol protocol() const noexcept { return protocol_; }
    /// A name, or a literal without brackets.
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    /// The TCP port.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Empty: no authentication.
    [[nodiscard]] const std::string& user() const noexcept { return user_; }
    /// Unencoded.
    [[nodiscard]] const std::string& password() const noexcept { return password_; }

    /// True if `host` bypasses the proxy. An entry of the list names the host, its domain (`example.com` and
    /// `.example.com` both mean the domain and all below it), its address, a network that contains it
    /// (`10.0.0.0/8`), or all hosts (`*`). An entry may end with a port (`example.com:8443`).
    [[nodiscard]] bool bypasses(std::string_view host, std::uint16_t port) const;

    /// For messages, without user and password: `http://proxy.example:3128`.
    [[nodiscard]] std::string to_string() const;

  private:
    Proxy() = default;

    Protocol protocol_ = Protocol::http_connect;
    std::string host_;
    std::uint16_t port_ = 0;
    std::string user_;
    std::string password_;
    std::vector<std::string> bypass_;
};

}  // namespace pinwheel
