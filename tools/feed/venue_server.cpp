#include "venue_server.h"

#include <vector>

#include "../../core/bytes.h"
#include "../../net/socket_options.h"
#include "../../net/tcp_stream.h"
#include "venue_connection.h"

namespace pinwheel {
namespace {

/// A slower client is cut off.
constexpr std::size_t kMostBehind = std::size_t{4} << 20;

SimulationOptions with_unix_time(SimulationOptions options, Reactor& reactor) {
    options.unix_offset = reactor.system_now().time_since_epoch() - reactor.now().time_since_epoch();
    return options;
}

/// The venue pings, not the server.
constexpr ServerLimits kLimits{.message_bytes = std::size_t{1} << 20, .idle = std::chrono::hours{24 * 365}};

}  // namespace

struct VenueServer::Client {
    Client(Reactor& reactor, std::unique_ptr<ByteStream> stream, TlsContext* tls, SessionHandler& handler)
        : session(reactor, std::move(stream), tls, handler, kLimits) {}

    std::unique_ptr<VenueConnection> connection;
    ServerSession session;
};

VenueServer::VenueServer(Reactor& reactor, const VenueProfile& profile, const VenueServerOptions& options)
    : reactor_(reactor),
      options_(options),
      venue_(profile, with_unix_time(options.simulation, reactor), options.on_violation),
      timer_(Timer::Callback::member<&VenueServer::on_time>(*this)),
      listener_(reactor, options.listen, Listener::Accepted::member<&VenueServer::on_accepted>(*this), 1024,
                options.exhausted) {}

VenueServer::~VenueServer() = default;

void VenueServer::on_accepted(UniqueFd socket) {
    if (clients_.size() >= options_.max_clients) return;
    for ([[maybe_unused]] const auto& refused : apply({.receive_timestamps = false}, socket.get())) {
    }
    SessionHandler& handler = *this;
    auto client = std::make_shared<Client>(reactor_, std::make_unique<TcpStream>(std::move(socket)),
                                           options_.tls, handler);
    auto* const session = &client->session;
    clients_.emplace(session, std::move(client));
}

int VenueServer::on_session_request(ServerSession&) {
    return venue_.admit(reactor_.now());
}

void VenueServer::on_session_open(ServerSession& session) {
    const auto client = clients_.at(&session);
    client->connection = venue_.open(reactor_.now());
    serve(client, reactor_.now());
}

void VenueServer::on_session_message(ServerSession& session, const Message& message) {
    const auto client = clients_.at(&session);
    client->connection->on_text(message.text(), reactor_.now());
    serve(client, reactor_.now());
}

void VenueServer::on_session_ping(ServerSession& session) {
    const auto client = clients_.at(&session);
    client->connection->on_ping(reactor_.now());
    serve(client, reactor_.now());
}

void VenueServer::on_session_pong(ServerSession& session) {
    const auto client = clients_.at(&session);
    client->connection->on_pong(reactor_.now());
    serve(client, reactor_.now());
}

void VenueServer::on_session_gone(ServerSession& session) {
    const auto at = clients_.find(&session);
    if (at == clients_.end()) return;
    at->second->connection.reset();
    reactor_.dispose(std::move(at->second));
    clients_.erase(at);
}

void VenueServer::on_time(TimePoint now) {
    venue_.on_time(now);
    // Held here, because sending to a client may end it.
    std::vector<std::shared_ptr<Client>> clients;
    for (const auto& [session, client] : clients_)
        if (client->connection) clients.push_back(client);
    for (const auto& client : clients) serve(client, now);
    arm(now);
}

void VenueServer::serve(const std::shared_ptr<Client>& client, TimePoint now) {
    ServerSession& session = client->session;
    for (const VenueAction& action : client->connection->take(now)) {
        const auto payload = bytes_of(action.text);
        switch (action.kind) {
            case VenueAction::Kind::text:
                session.queue(Opcode::text, payload);
                break;
            case VenueAction::Kind::ping:
                session.queue(Opcode::ping, payload);
                break;
            case VenueAction::Kind::close:
                session.close(action.code, action.text);
                break;
            case VenueAction::Kind::drop:
                session.flush();
                session.drop();
                break;
        }
        if (client->connection == nullptr) return;
    }
    session.flush();
    if (session.bytes_to_send() > kMostBehind) session.drop();
    arm(now);
}

void VenueServer::arm(TimePoint now) {
    if (const TimePoint next = venue_.deadline(); next != TimePoint::max())
        reactor_.schedule(timer_, std::max(next, now));
}

}  // namespace pinwheel
