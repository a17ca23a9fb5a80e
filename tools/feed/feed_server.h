#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "../../net/listener.h"
#include "../../net/tls_context.h"
#include "market.h"
#include "playback.h"
#include "server_session.h"

namespace pinwheel {

struct FeedServerOptions {
    Endpoint listen{};
    /// Serve wss with this identity; null: ws.
    TlsContext* tls = nullptr;
    /// Messages a second, over all channels.
    double rate = 10'000;
    std::uint64_t seed = 1;
    /// Makes the playback that replaces the market, for each client from its beginning. If a recorded
    /// connection ends with more behind it, the next client gets the rest.
    std::function<std::unique_ptr<Playback>()> playback{};
    /// A factor of the recorded pace; 0: as fast as the client takes it.
    double speed = 1;
    /// Further clients are cut off when they connect.
    std::size_t max_clients = 2000;
    /// The limits of one client.
    ServerLimits limits{};
    /// Called once, if this machine has no descriptor or memory for another client.
    Listener::Exhausted exhausted{};
};

/// The built-in exchange: a WebSocket server for demos, tests and benchmarks. The path selects the
/// service:
///   /echo        each message back, of the same type
///   /burst/N/S   for each message, N binary frames of S bytes (each below 2^32), made as the client takes
///                them
///   any other    the market, or the playback if there is one: subscribe and unsubscribe as in
///                {"type":"subscribe","channel":"trades.BTC-USD"}, answered by an ack; channel "*" means all
/// A client that does not read is cut off once it costs a few megabytes (an echo of 16 MB: twice that).
class FeedServer final : private SessionHandler {
  public:
    /// Throws std::system_error if it cannot listen.
    FeedServer(Reactor& reactor, FeedServerOptions options);
    ~FeedServer() override;
    FeedServer(const FeedServer&) = delete;
    FeedServer& operator=(const FeedServer&) = delete;

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return listener_.endpoint(); }
    [[nodiscard]] std::size_t clients() const noexcept { return clients_.size(); }
    /// The number of market messages so far.
    [[nodiscard]] std::uint64_t published() const noexcept { return published_; }
    /// Cuts every client off, without a close frame.
    void drop_clients();

  private:
    struct Client;

    void on_accepted(UniqueFd socket);
    void on_session_open(ServerSession& session) override;
    void on_session_message(ServerSession& session, const Message& message) override;
    void on_session_drained(ServerSession& session) override;
    void on_session_gone(ServerSession& session) override;
    void on_tick(TimePoint now);
    void publish(std::span<const std::shared_ptr<Client>> subscribers, TimePoint now);
    void handle_request(Client& client, const Message& message);
    void begin_playback(Client& client, TimePoint now);
    void play(Client& client, TimePoint now);
    void go_on(Client& client, TimePoint now);

    Reactor& reactor_;
    const FeedServerOptions options_;
    Market market_;
    std::map<ServerSession*, std::shared_ptr<Client>> clients_;
    std::deque<std::unique_ptr<Playback>> parked_;    // clients between two connections
    std::vector<std::shared_ptr<Client>> receivers_;  // of one tick; has room for max_clients
    TimePoint began_;
    std::uint64_t published_ = 0;
    Timer tick_;
    Listener listener_;
};

}  // namespace pinwheel
