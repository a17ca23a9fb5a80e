#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "../../../net/listener.h"
#include "../../../net/reactor.h"
#include "../../../net/tcp_stream.h"
#include "../../../net/tx_buffer.h"

namespace pinwheel::tool {

/// Answers `GET /metrics` on 127.0.0.1 with Prometheus' text format, on its own thread.
class MetricsServer {
  public:
    /// Makes the page in the text format. Called on the server's thread.
    using Collect = std::function<std::string()>;

    /// Port 0: the system chooses. Throws std::system_error, with the address in its text, if it cannot
    /// listen.
    MetricsServer(std::uint16_t port, Collect collect);
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return listener_.endpoint().port(); }

  private:
    class Visit;

    void on_accepted(UniqueFd socket);
    void forget(Visit& visit);

    const Collect collect_;
    Reactor reactor_;
    std::map<Visit*, std::shared_ptr<Visit>> visits_;
    Listener listener_;
    std::thread thread_;
};

/// The answer to a request's head.
[[nodiscard]] std::string answer_metrics_request(std::string_view head,
                                                 const MetricsServer::Collect& collect);

}  // namespace pinwheel::tool
