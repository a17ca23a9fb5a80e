#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../../../core/random.h"
#include "../../../net/listener.h"
#include "../../../net/tls_context.h"
#include "../../../tools/feed/server_session.h"
#include "ledger.h"

namespace pinwheel::test {

/// The possible end of a connection.
enum class Fate : std::uint8_t {
    close,
    cut,
    cut_in_frame,
    reset,
    stall,
    garbage,
    broken_frame,
    bad_utf8,
    huge
};
inline constexpr std::size_t kFates = 9;
inline constexpr std::array<const char*, kFates> kFateNames{
    "close", "cut", "cut in a frame", "reset", "stall", "garbage", "broken frame", "bad UTF-8", "huge frame"};

/// A hostile server: it streams, floods, then cuts, stalls, or sends bytes that are not WebSocket frames. It
/// refuses clients, and is unreachable for a while. The same seed makes the same choices; their times depend
/// on the client. It logs all that it sent.
class ChaosServer final : private SessionHandler {
  public:
    /// `tls` null: ws.
    ChaosServer(Reactor& reactor, TlsContext* tls, std::uint64_t seed);
    ~ChaosServer() override;
    ChaosServer(const ChaosServer&) = delete;
    ChaosServer& operator=(const ChaosServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return endpoint_.port(); }
    /// Of all connections so far.
    [[nodiscard]] const std::vector<ServedConnection>& served() const noexcept { return served_; }
    [[nodiscard]] std::string describe() const;

  private:
    struct Client;
    struct Rebuff;

    void listen();
    void on_accepted(UniqueFd socket);
    void on_session_open(ServerSession& session) override;
    void on_session_message(ServerSession&, const Message&) override {}
    void on_session_drained(ServerSession& session) override;
    void on_session_gone(ServerSession& session) override;
    void on_tick(TimePoint now);
    void on_listen_timer(TimePoint now);
    void stream(Client& client, std::size_t messages);
    void meet_fate(Client& client);
    [[nodiscard]] Duration between(Duration low, Duration high) noexcept;
    [[nodiscard]] std::size_t size_of_next() noexcept;

    Reactor& reactor_;
    TlsContext* const tls_;
    SeededRandom random_;
    std::map<ServerSession*, std::shared_ptr<Client>> clients_;
    std::map<Rebuff*, std::shared_ptr<Rebuff>> rebuffs_;
    std::vector<ServedConnection> served_;
    std::array<std::uint64_t, kFates> fates_{};
    std::uint64_t floods_ = 0;
    std::uint64_t rebuffed_ = 0;
    std::uint64_t absences_ = 0;
    Endpoint endpoint_;
    std::optional<Listener> listener_;
    Timer tick_{Timer::Callback::member<&ChaosServer::on_tick>(*this)};
    Timer listen_timer_{Timer::Callback::member<&ChaosServer::on_listen_timer>(*this)};
};

}  // namespace pinwheel::test
