#pragma once

#include <span>
#include <string>
#include <vector>

#include "upgrade_client.h"

namespace pinwheel::server {

/// The server's half of the upgrade (RFC 6455 section 4.2), without I/O: for the built-in exchange and for
/// tests.
class UpgradeServer {
  public:
    /// `subprotocols`: the supported ones. The first that the client also offers is selected.
    explicit UpgradeServer(std::vector<std::string> subprotocols = {})
        : subprotocols_(std::move(subprotocols)) {}

    /// After done and failed response() is the answer to send. After failed the connection ends.
    [[nodiscard]] UpgradeClient::Outcome feed(std::span<const std::byte> bytes);
    [[nodiscard]] const std::string& response() const noexcept { return response_; }
    /// The request target: path and query.
    [[nodiscard]] const std::string& target() const noexcept { return target_; }
    [[nodiscard]] const HttpHead& head() const noexcept { return head_; }

  private:
    [[nodiscard]] UpgradeStatus answer();
    [[nodiscard]] UpgradeStatus refuse(const char* status_line);

    const std::vector<std::string> subprotocols_;
    HttpHead head_;
    std::string target_;
    std::string response_;
};

}  // namespace pinwheel::server
