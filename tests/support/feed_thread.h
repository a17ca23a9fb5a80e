#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "../../net/reactor.h"
#include "../../tools/feed/feed_server.h"
#include "../../tools/feed/temporary_identity.h"

namespace pinwheel::test {

/// The built-in exchange on its own thread, on 127.0.0.1.
class FeedThread {
  public:
    /// With `tls` it serves wss under its own authority.
    explicit FeedThread(bool tls, FeedServerOptions options = {}) {
        options.listen = *Endpoint::parse("127.0.0.1", 0);
        if (tls) {
            identity_.emplace();
            tls_.emplace(TlsContext::server(
                {.certificate_file = identity_->certificate_file(), .key_file = identity_->key_file()}));
            options.tls = &*tls_;
        }
        server_.emplace(reactor_, options);
        thread_ = std::thread([this] { reactor_.run(); });
    }
    ~FeedThread() {
        reactor_.stop();
        thread_.join();
    }
    FeedThread(const FeedThread&) = delete;
    FeedThread& operator=(const FeedThread&) = delete;

    [[nodiscard]] std::string url(const std::string& path) const {
        return (tls_ ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string(server_->endpoint().port()) +
               path;
    }
    /// The authority's file for clients; empty for ws.
    [[nodiscard]] std::string authority_file() const {
        return identity_ ? identity_->authority_file() : std::string();
    }

  private:
    std::optional<TemporaryIdentity> identity_;
    std::optional<TlsContext> tls_;
    Reactor reactor_;
    std::optional<FeedServer> server_;
    std::thread thread_;
};

}  // namespace pinwheel::test
