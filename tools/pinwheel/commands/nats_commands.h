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

/// Which NATS server, and who asks.
struct NatsServerOptions {
    std::string url{};
    std::string stream{};
    std::string prefix = "md";
    std::string credentials_file{};
    std::string ca_file{};
    std::string certificate_file{};
    std::string key_file{};
};

/// What `tail` reads from NATS.
struct NatsTailOptions {
    NatsServerOptions server{};
    std::string since{};
    std::optional<std::uint64_t> last{};

    /// True if an option is given that only such a URL has a use for.
    [[nodiscard]] bool is_given() const noexcept {
        return !since.empty() || last || !server.stream.empty() || !server.credentials_file.empty();
    }
};

[[nodiscard]] bool is_nats_url(const std::string& url) noexcept;

/// --stream, --prefix, --nats-creds, --nats-ca, --nats-cert, --nats-key.
void add_nats_options(CLI::App& command, NatsServerOptions& options);

/// Reads `nats://HOST:PORT/SUBJECT` as if it were a WebSocket. `tell` hears control messages and outages.
/// Throws UsageError.
[[nodiscard]] std::unique_ptr<Dialer> make_nats_source(Reactor& reactor, const NatsTailOptions& options,
                                                       std::function<void(const std::string&)> tell);

}  // namespace pinwheel::tool
