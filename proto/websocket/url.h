#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../../core/result.h"

namespace pinwheel {

/// A ws or wss URL (RFC 6455 section 3).
class Url {
  public:
    /// Scheme and host in any case, default ports 80 and 443, IPv6 literals in brackets, path and query. The
    /// error says what is wrong and where; it never holds the query.
    [[nodiscard]] static Result<Url> parse(std::string_view text);

    /// True for wss.
    [[nodiscard]] bool tls() const noexcept { return tls_; }
    /// In lower case; an IPv6 literal without its brackets.
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    /// As given, or 80 and 443.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Path and query, at least `/`: the request target.
    [[nodiscard]] const std::string& target() const noexcept { return target_; }
    /// For the Host header: with the port unless it is the scheme's default.
    [[nodiscard]] std::string authority() const;
    /// For messages: without the query, which may hold a key.
    [[nodiscard]] std::string without_query() const;

  private:
    Url() = default;

    bool tls_ = false;
    std::uint16_t port_ = 0;
    std::string host_;
    std::string target_;
};

}  // namespace pinwheel
