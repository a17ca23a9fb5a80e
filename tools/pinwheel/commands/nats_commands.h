#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "../../../net/dialer.h"
#include "../../../net/reactor.h"

namespace CLI {
class App;
}

namespace pinwheel::tool {

/// The NATS server, and the credentials for it.
struct NatsServerOptions {
    std::string url{};
    std::string stream{};
    std::string prefix = "md";
    std::string credentials_file{};
    std::string ca_file{};
    std::string certificate_file{};
    std::string key_file{};
};

/// The source of `tail` on NATS.
struct NatsTailOptions {
    NatsServerOptions server{};
    std::string since{};
    std::optional<std::uint64_t> last{};

    /// True if an option is given that only such a URL uses.
    [[nodiscard]] bool is_given() const noexcept {
        return !since.empty() || last || !server.stream.empty() || !server.credentials_file.empty();
    }
};

[[nodiscard]] bool is_nats_url(const std::string& url) noexcept;
/// The URL without user and password.
[[nodiscard]] std::string without_credentials(const std::string& url);

/// --stream, --prefix, --nats-creds, --nats-ca, --nats-cert, --nats-key.
void add_nats_options(CLI::App& command, NatsServerOptions& options);

/// Reads `nats://HOST:PORT/SUBJECT` as if it were a WebSocket. `tell` is called with control messages and
/// outages. Throws UsageError.
[[nodiscard]] std::unique_ptr<Dialer> make_nats_source(Reactor& reactor, const NatsTailOptions& options,
                                                       std::function<void(const std::string&)> tell);

}  // namespace pinwheel::tool
