#pragma once

#include <string>
#include <vector>

#include "../../../net/unique_fd.h"

namespace pinwheel::test {

/// Two hosts on a cable: network namespaces joined by a veth pair, without a route to anywhere else. The
/// calling thread is on the client from the construction to the destruction. The object removes both hosts,
/// and those of processes that have died. Needs root, `ip` and `nft`. Throws std::runtime_error if one is
/// missing, and for every command that fails.
class TwoHosts {
  public:
    static constexpr const char* kClient = "10.77.0.1";
    static constexpr const char* kServer = "10.77.0.2";
    static constexpr const char* kServerLinkLocal = "fe80::77";  ///< after add_link_local()
    static constexpr const char* kSecondServer = "10.77.0.3";    ///< also on the server's host
    /// Unused addresses: 10.77.0.100 and above.
    [[nodiscard]] static std::string nobody(int number) { return "10.77.0." + std::to_string(100 + number); }

    TwoHosts();
    ~TwoHosts();
    TwoHosts(const TwoHosts&) = delete;
    TwoHosts& operator=(const TwoHosts&) = delete;

    /// The same command, run on the server.
    [[nodiscard]] std::vector<std::string> on_server(std::vector<std::string> command) const;

    /// Link-local addresses of IPv6 on both ends of the cable.
    void add_link_local();

    /// Pulls the server's end of the cable. The client still sends, without effect.
    void pull_cable();
    void plug_in();
    /// The server's host drops all packets silently.
    void drop_packets();
    /// The same for one address of the server's host.
    void cut_off(const std::string& address);
    void let_packets_through();
    /// Routes of this kind from the client to the server: `prohibit`, `blackhole` or `unreachable`.
    void add_route(const std::string& kind);
    void remove_route(const std::string& kind);
    /// The client's own firewall refuses packets to the server, with a verdict of nft: `drop`, `reject with
    /// ...`.
    void add_firewall(const std::string& verdict);
    void remove_firewall();
    /// Removes the server's host, silently and permanently.
    void remove_server();

    /// The number of retransmission timeouts in the client's kernel, from its counters.
    [[nodiscard]] static long retransmission_timeouts();

  private:
    void clean_up() noexcept;

    std::string client_;
    std::string server_;
    UniqueFd home_;
};

}  // namespace pinwheel::test
