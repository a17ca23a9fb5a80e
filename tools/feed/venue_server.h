#pragma once

#include <cstddef>
#include <map>
#include <memory>

#include "../../net/listener.h"
#include "../../net/tls_context.h"
#include "server_session.h"
#include "venue_simulator.h"

namespace pinwheel {

struct VenueServerOptions {
    Endpoint listen{};
    /// Serve wss with this identity; null: ws.
    TlsContext* tls = nullptr;
    SimulationOptions simulation{};
    VenueSimulator::OnViolation on_violation{};
    /// Further clients are cut off when they connect.
    std::size_t max_clients = 2000;
    /// Called once, if this machine has no descriptor or memory for another client.
    Listener::Exhausted exhausted{};
};

/// A VenueSimulator behind a socket. Threading: the reactor's thread.
class VenueServer final : private SessionHandler {
  public:
    /// Throws std::system_error if it cannot listen, std::invalid_argument for a venue without shapes.
    VenueServer(Reactor& reactor, const VenueProfile& profile, const VenueServerOptions& options);
    ~VenueServer() override;
    VenueServer(const VenueServer&) = delete;
    VenueServer& operator=(const VenueServer&) = delete;

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return listener_.endpoint(); }
    [[nodiscard]] const VenueSimulator& venue() const noexcept { return venue_; }

  private:
    struct Client;

    void on_accepted(UniqueFd socket);
    [[nodiscard]] int on_session_request(ServerSession& session) override;
    void on_session_open(ServerSession& session) override;
    void on_session_message(ServerSession& session, const Message& message) override;
    void on_session_ping(ServerSession& session) override;
    void on_session_pong(ServerSession& session) override;
    void on_session_drained(ServerSession&) override {}
    void on_session_gone(ServerSession& session) override;
    void on_time(TimePoint now);
    void serve(const std::shared_ptr<Client>& client, TimePoint now);
    void arm(TimePoint now);

    Reactor& reactor_;
    const VenueServerOptions options_;
    VenueSimulator venue_;
    std::map<ServerSession*, std::shared_ptr<Client>> clients_;
    Timer timer_;
    Listener listener_;
};

}  // namespace pinwheel
