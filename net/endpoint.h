#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pinwheel {

/// An IPv4 or IPv6 address with a port.
class Endpoint {
  public:
    /// The IPv4 address 0.0.0.0, port 0.
    Endpoint() noexcept;
    /// From a system call's result. Nothing for another address family.
    [[nodiscard]] static std::optional<Endpoint> from(const sockaddr* address) noexcept;
    /// From a literal without brackets: `127.0.0.1`, `::1`, `fe80::1%eth0`, `fe80::1%2`. Nothing if the text
    /// is not a literal, or if this machine has no such interface.
    [[nodiscard]] static std::optional<Endpoint> parse(std::string_view address, std::uint16_t port);

    /// AF_INET or AF_INET6.
    [[nodiscard]] int family() const noexcept { return storage_.any.sa_family; }
    /// In host byte order.
    [[nodiscard]] std::uint16_t port() const noexcept;
    /// In host byte order.
    void set_port(std::uint16_t port) noexcept;
    /// For system calls. Valid as long as this object.
    [[nodiscard]] const sockaddr* data() const noexcept { return &storage_.any; }
    /// The size of data(), in bytes.
    [[nodiscard]] socklen_t size() const noexcept;
    /// `127.0.0.1`, `::1`
    [[nodiscard]] std::string address() const;
    /// `127.0.0.1:443`, `[::1]:443`
    [[nodiscard]] std::string to_string() const;
    /// Same family, address and port.
    friend bool operator==(const Endpoint& a, const Endpoint& b) noexcept;

  private:
    union {
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
    } storage_{};
};

}  // namespace pinwheel
