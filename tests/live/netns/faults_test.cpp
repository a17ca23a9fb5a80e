#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../../../net/listener.h"
#include "../../../net/reactor.h"
#include "../../../proto/session/manager.h"
#include "../../support/dns_server.h"
#include "../../support/subprocess.h"
#include "../../support/temp_dir.h"
#include "two_hosts.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

/// The built-in exchange on the server's host.
class Server {
  public:
    Server(const TwoHosts& hosts, const std::string& address, std::uint16_t port = 0)
        : process_(hosts.on_server({PINWHEEL_COMMAND, "feed", "--address", address, "--port",
                                    std::to_string(port), "--rate", "0"})),
          port_(static_cast<std::uint16_t>(std::stoi(process_.read_line()))) {}

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    void kill() {
        process_.signal(SIGKILL);
        process_.wait();
    }

  private:
    Subprocess process_;
    std::uint16_t port_;
};

/// All objects on the client's host: the session under test and its name server.
class Faults : public testing::Test {
  protected:
    Faults() {
        options.reconnect_strategy = ReconnectStrategy::fixed_delay;
        options.reconnect_delay = 10ms;
        options.max_reconnect_attempts = 10'000;
        options.connection_timeout = 300ms;
        options.ping_interval = 0ms;
        options.network.sockets.attempt_delay = 20ms;
        options.network.resolver.servers = names.servers();
        options.on_disconnect = [this](DisconnectReason reason) { reasons.push_back(reason); };
        options.on_message = [this](const Message& message) { received.emplace_back(message.text()); };
    }

    WebSocketManager& connect(const std::string& host, const Server& its_server) {
        manager.emplace(reactor, "ws://" + host + ":" + std::to_string(its_server.port()) + "/echo", options);
        manager->connect();
        return *manager;
    }
    /// The suite's own time limit is the only clock.
    void turn_until(const std::function<bool()>& done) {
        while (!done()) reactor.poll_for(10ms);
    }
    void turn_until_connected() {
        turn_until([&] { return manager->is_connected(); });
    }
    [[nodiscard]] Errc last_error() const { return manager->last_error().code; }
    /// Sends the unsent messages and waits for all echoes, in order.
    void echo(int count) {
        for (int i = 0; i < count; ++i) send_next();
        turn_until([&] { return received.size() >= sent.size(); });
        EXPECT_EQ(received, sent);
    }
    void send_next() {
        sent.push_back("message " + std::to_string(sent.size()));
        manager->send(sent.back());
    }

    TwoHosts hosts;
    Reactor reactor;
    DnsServer names{reactor};
    WebSocketOptions options;
    std::vector<DisconnectReason> reasons;
    std::vector<std::string> sent;
    std::vector<std::string> received;
    std::optional<WebSocketManager> manager;
};

TEST_F(Faults, ACableThatIsPulledAndPluggedInAgainLosesNothing) {
    const Server server(hosts, TwoHosts::kServer);
    connect(TwoHosts::kServer, server);
    turn_until_connected();
    echo(10);
    hosts.pull_cable();
    const long before = TwoHosts::retransmission_timeouts();
    for (int i = 0; i < 100; ++i) send_next();
    turn_until([&] { return TwoHosts::retransmission_timeouts() > before; });
    EXPECT_EQ(received.size(), 10U);
    hosts.plug_in();
    echo(10);
    EXPECT_TRUE(reasons.empty());
    EXPECT_EQ(manager->stats().connects, 1U);
}

TEST_F(Faults, DroppedPacketsEndInAPingTimeoutAndAReconnectOnceTheyPass) {
    const Server server(hosts, TwoHosts::kServer);
    options.ping_interval = 30ms;
    options.ping_timeout = 500ms;
    connect(TwoHosts::kServer, server);
    turn_until_connected();
    echo(10);
    turn_until([&] { return manager->stats().ping.count > 0; });
    hosts.drop_packets();
    turn_until([&] { return !reasons.empty(); });
    EXPECT_EQ(reasons, std::vector{DisconnectReason::ping_timeout});
    EXPECT_EQ(manager->state(), ConnectionState::reconnecting);
    turn_until([&] { return manager->stats().reconnect_tries >= 3; });
    EXPECT_EQ(last_error(), Errc::connect_timeout) << manager->last_error().message();
    hosts.let_packets_through();
    turn_until_connected();
    EXPECT_EQ(manager->generation(), 2U);
    echo(10);
    EXPECT_EQ(reasons.size(), 1U);
}

TEST_F(Faults, AHostThatVanishesIsGivenUpWhenTheBudgetIsSpent) {
    const Server server(hosts, TwoHosts::kServer);
    options.ping_interval = 30ms;
    options.ping_timeout = 100ms;
    options.max_reconnect_attempts = 3;
    connect(TwoHosts::kServer, server);
    turn_until_connected();
    hosts.remove_server();
    turn_until([&] { return manager->is_dead(); });
    EXPECT_EQ(reasons, std::vector{DisconnectReason::ping_timeout});
    EXPECT_EQ(last_error(), Errc::retries_exhausted) << manager->last_error().message();
    EXPECT_EQ(manager->stats().reconnect_tries, 3U);
    EXPECT_TRUE(manager->is_recoverable());
}

TEST_F(Faults, WithoutPingsTheKernelsTimeoutOfSentDataBoundsTheWait) {
    const Server server(hosts, TwoHosts::kServer);
    options.auto_reconnect = false;
    options.network.sockets.socket.user_timeout = 200ms;
    connect(TwoHosts::kServer, server);
    turn_until_connected();
    hosts.drop_packets();
    send_next();
    turn_until([&] { return manager->is_dead(); });
    EXPECT_EQ(reasons, std::vector{DisconnectReason::network_error});
    EXPECT_EQ(last_error(), Errc::unacknowledged) << manager->last_error().message();
}

TEST_F(Faults, AServerThatIsStartedAgainIsFoundAgain) {
    std::optional<Server> server(std::in_place, hosts, TwoHosts::kServer);
    const auto port = server->port();
    connect(TwoHosts::kServer, *server);
    turn_until_connected();
    server->kill();
    turn_until([&] { return !reasons.empty(); });
    EXPECT_EQ(reasons, std::vector{DisconnectReason::network_error});
    turn_until([&] { return manager->stats().reconnect_tries >= 3; });
    EXPECT_EQ(last_error(), Errc::connection_refused) << manager->last_error().message();
    server.emplace(hosts, TwoHosts::kServer, port);
    turn_until_connected();
    echo(10);
}

TEST_F(Faults, ANameThatHasMovedIsFollowed) {
    names.set("feed.test", {TwoHosts::kServer});
    Server first(hosts, TwoHosts::kServer);
    const Server second(hosts, TwoHosts::kSecondServer, first.port());
    options.connection_timeout = 20s;
    connect("feed.test", first);
    turn_until_connected();
    names.set("feed.test", {TwoHosts::kSecondServer});
    first.kill();
    turn_until([&] { return manager->generation() == 2; });
    echo(10);
    EXPECT_EQ(reasons, std::vector{DisconnectReason::network_error});
    EXPECT_EQ(manager->stats().reconnect_tries, 1U) << "the old address was tried again";
}

TEST_F(Faults, ANameServerThatIsSilentTimesOutUntilItSpeaks) {
    const Server server(hosts, TwoHosts::kServer);
    names.set("feed.test", {.kind = DnsReply::Kind::silence});
    options.network.resolver.timeout = 50ms;
    connect("feed.test", server);
    turn_until([&] { return manager->stats().reconnect_tries >= 3; });
    EXPECT_EQ(last_error(), Errc::resolve_timeout) << manager->last_error().message();
    names.set("feed.test", {TwoHosts::kServer});
    turn_until_connected();
    echo(10);
}

TEST_F(Faults, ANameServerThatFailsOrDoesNotKnowTheNameIsQueriedAgain) {
    const Server server(hosts, TwoHosts::kServer);
    for (const auto& [kind, code] : {std::pair{DnsReply::Kind::server_failure, Errc::resolve_failed},
                                     {DnsReply::Kind::no_such_name, Errc::host_not_found}}) {
        sent.clear();
        received.clear();
        names.set("feed.test", {.kind = kind});
        connect("feed.test", server);
        turn_until([&] { return manager->stats().reconnect_tries >= 3; });
        EXPECT_EQ(last_error(), code) << manager->last_error().message();
        names.set("feed.test", {TwoHosts::kServer});
        turn_until_connected();
        echo(10);
    }
}

// N1: errors from the network may be retryable.
TEST_F(Faults, N1ARefusalByARouteIsRetriedUntilTheRouteIsRemoved) {
    const Server server(hosts, TwoHosts::kServer);
    for (const char* kind : {"prohibit", "blackhole", "unreachable"}) {
        hosts.add_route(kind);
        sent.clear();
        received.clear();
        connect(TwoHosts::kServer, server);
        turn_until([&] { return manager->stats().reconnect_tries >= 3; });
        EXPECT_EQ(last_error(), Errc::network_unreachable) << kind << manager->last_error().message();
        hosts.remove_route(kind);
        turn_until_connected();
        echo(10);
    }
}

TEST_F(Faults, N1ARefusalByAFirewallIsRetriedUntilItAccepts) {
    const Server server(hosts, TwoHosts::kServer);
    for (const char* verdict : {"drop", "reject with tcp reset", "reject with icmpx type admin-prohibited",
                                "reject with icmpx type port-unreachable"}) {
        const bool is_tcp = std::string(verdict).ends_with("tcp reset");
        hosts.add_firewall(is_tcp ? "meta l4proto tcp " + std::string(verdict) : verdict);
        sent.clear();
        received.clear();
        connect(TwoHosts::kServer, server);
        turn_until([&] { return manager->stats().reconnect_tries >= 3; });
        EXPECT_EQ(error_class(last_error()), ErrorClass::transport)
            << verdict << manager->last_error().message();
        hosts.remove_firewall();
        turn_until_connected();
        echo(10);
    }
}

TEST_F(Faults, N1AConnectionThatALocalFirewallCutsOffIsMadeAgain) {
    const Server server(hosts, TwoHosts::kServer);
    connect(TwoHosts::kServer, server);
    turn_until_connected();
    options.network.sockets.socket.user_timeout = 200ms;
    hosts.add_firewall("meta l4proto tcp reject with tcp reset");
    send_next();
    turn_until([&] { return !reasons.empty(); });
    EXPECT_EQ(reasons, std::vector{DisconnectReason::network_error}) << manager->last_error().message();
    hosts.remove_firewall();
    turn_until_connected();
}

TEST_F(Faults, N1AnAddressBehindAProhibitedRouteDoesNotAffectASecondOne) {
    const Server server(hosts, TwoHosts::kServer);
    hosts.add_route("prohibit");
    names.set("feed.test", {TwoHosts::kServer, "127.0.0.1"});  // the second address has no listener
    connect("feed.test", server);
    turn_until([&] { return manager->stats().reconnect_tries >= 3; });
    hosts.remove_route("prohibit");
    turn_until_connected();
}

// H5: the zone is part of the address and causes no DNS query. A missing interface may appear later.
TEST_F(Faults, H5AZoneNamesTheInterfaceAndIsNotPartOfAHostName) {
    hosts.add_link_local();
    const Server server(hosts, std::string(TwoHosts::kServerLinkLocal) + "%cable");
    const std::string address = TwoHosts::kServerLinkLocal;
    connect("[" + address + "%25nosuch]", server);
    turn_until([&] { return manager->stats().reconnect_tries >= 3; });
    EXPECT_EQ(last_error(), Errc::network_unreachable) << manager->last_error().message();
    EXPECT_NE(manager->last_error().message().find("no interface 'nosuch'"), std::string::npos)
        << manager->last_error().message();
    connect("[" + address + "%25cable]", server);
    turn_until_connected();
    echo(10);
    EXPECT_TRUE(names.questions().empty());
}

// N2: a timeout that ends a resolution says so.
TEST_F(Faults, N2AConnectionTimeoutDuringAResolutionNamesIt) {
    const Server server(hosts, TwoHosts::kServer);
    names.set("feed.test", {.kind = DnsReply::Kind::silence});
    options.connection_timeout = 50ms;
    connect("feed.test", server);
    turn_until([&] { return manager->stats().reconnect_tries >= 3; });
    EXPECT_EQ(last_error(), Errc::resolve_timeout);
    EXPECT_NE(manager->last_error().message().find("the name 'feed.test' was not resolved"),
              std::string::npos)
        << manager->last_error().message();
}

// N2: the name server changes during a session, in every way in which the file can be replaced.
TEST_F(Faults, N2AChangedNameServerIsFollowed) {
    const Server server(hosts, TwoHosts::kServer);
    const TempDir dir;
    const std::string path = dir.path("resolv.conf");
    DnsServer first(reactor, "127.0.0.2", 53);
    DnsServer second(reactor, "127.0.0.3", 53);
    second.set("feed.test", {TwoHosts::kServer});
    first.set("feed.test", {.kind = DnsReply::Kind::silence});
    options.network.resolver = {.timeout = 50ms, .servers = {}, .resolv_conf = path};
    connect("feed.test", server);  // before the file exists
    turn_until([&] { return manager->stats().reconnect_tries >= 2; });
    EXPECT_TRUE(first.questions().empty());
    std::ofstream(path) << "nameserver 127.0.0.2\n";
    turn_until([&] { return first.questions().size() >= 2; });
    std::ofstream(path + ".new") << "nameserver 127.0.0.3\n";
    std::filesystem::rename(path + ".new", path);
    turn_until_connected();
    echo(10);
}

// N5: the first address accepts and then stays silent, over ws and in the TLS handshake.
TEST_F(Faults, N5AnAddressThatAcceptsAndStaysSilentComesLast) {
    const Server server(hosts, TwoHosts::kServer);
    std::vector<UniqueFd> held;
    auto hold = [&](UniqueFd socket) { held.push_back(std::move(socket)); };
    const Listener silent(reactor, *Endpoint::parse("127.0.0.1", server.port()), Listener::Accepted(hold));
    names.set("feed.test", {"127.0.0.1", TwoHosts::kServer});
    connect("feed.test", server);
    turn_until_connected();
    EXPECT_EQ(manager->stats().reconnect_tries, 1U);
    EXPECT_EQ(held.size(), 1U);
    echo(10);

    options.network.tls.ca_file = {};
    manager.emplace(reactor, "wss://feed.test:" + std::to_string(server.port()) + "/echo", options);
    manager->connect();
    turn_until([&] { return manager->stats().reconnect_tries >= 1 && held.size() == 2; });
    turn_until([&] { return manager->stats().reconnect_tries >= 2; });
    EXPECT_EQ(held.size(), 2U) << "the second try goes to the other address, which speaks no TLS";
}

TEST_F(Faults, TenAddressesWhereNobodyIsBeforeALiveOneTakeOneTry) {
    const Server server(hosts, TwoHosts::kServer);
    std::vector<std::string> addresses;
    for (int i = 0; i < 10; ++i) addresses.push_back(TwoHosts::nobody(i));
    addresses.emplace_back(TwoHosts::kServer);
    names.set("feed.test", addresses);
    options.connection_timeout = 20s;
    connect("feed.test", server);
    turn_until_connected();
    EXPECT_EQ(manager->stats().reconnect_tries, 0U);
    echo(10);
}

}  // namespace
}  // namespace pinwheel::test
