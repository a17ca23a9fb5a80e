#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "../../core/result.h"

namespace pinwheel {

/// A ws or wss URL (RFC 6455 section 3).
class Url {
  public:
    /// Scheme and host in any case, default ports 80 and 443, IPv6 literals in brackets with a zone
    /// (`%25eth0`, RFC 6874), path and query. The error gives the fault and its place. It never holds the
    /// query.
    [[nodiscard]] static Result<Url> parse(std::string_view text);

    /// True for wss.
    [[nodiscard]] bool tls() const noexcept { return tls_; }
    /// In lower case. An IPv6 literal is without its brackets, with its zone as given: `fe80::1%eth0`.
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    /// The host without a zone, which is valid only on this machine: for TLS and the Host header.
    [[nodiscard]] std::string name() const { return host_.substr(0, host_.find('%')); }
    /// As given; by default 80 or 443.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Path and query, at least `/`: the request target.
    [[nodiscard]] const std::string& target() const noexcept { return target_; }
    /// For the Host header: with the port unless it is the scheme's default.
    [[nodiscard]] std::string authority() const;
    /// For messages: without the query, and with a mark for each key in the path (a segment of at least 24
    /// letters and digits) and for each text of `hidden`.
    [[nodiscard]] std::string without_query(std::span<const std::string> hidden = {}) const;

  private:
    Url() = default;

    bool tls_ = false;
    std::uint16_t port_ = 0;
    std::string host_;
    std::string target_;
};

}  // namespace pinwheel
