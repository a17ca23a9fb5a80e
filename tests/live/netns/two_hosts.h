#pragma once

#include <string>
#include <vector>

#include "../../../net/unique_fd.h"

namespace pinwheel::test {

/// Two hosts on a cable: network namespaces joined by a veth pair, with no way out of them. The calling
/// thread stands on the client from construction on, and is back where it came from at the end. Both hosts go
/// with the object; those of a process that died are swept up by the next. Needs root, `ip` and `nft`: what
/// is missing is told by std::runtime_error, as is every command that fails.
class TwoHosts {
  public:
    static constexpr const char* kClient = "10.77.0.1";
    static constexpr const char* kServer = "10.77.0.2";
    static constexpr const char* kServerLinkLocal = "fe80::77";  ///< after add_link_local()
    static constexpr const char* kSecondServer = "10.77.0.3";    ///< the server's host too
    /// Nobody is there: 10.77.0.100 and what follows.
    [[nodiscard]] static std::string nobody(int number) { return "10.77.0." + std::to_string(100 + number); }

    TwoHosts();
    ~TwoHosts();
    TwoHosts(const TwoHosts&) = delete;
    TwoHosts& operator=(const TwoHosts&) = delete;

    /// The command as it runs on the server.
    [[nodiscard]] std::vector<std::string> on_server(std::vector<std::string> command) const;

    /// Link-local addresses of IPv6 on both ends of the cable.
    void add_link_local();

    /// The server's end of the cable: pulled out, the client still sends, into nowhere.
    void pull_cable();
    void plug_in();
    /// The server's host takes in no packet and says nothing about it.
    void drop_packets();
    void let_packets_through();
    /// From the client, routes to the server of that kind: `prohibit`, `blackhole` or `unreachable`.
    void add_route(const std::string& kind);
    void remove_route(const std::string& kind);
    /// The client's own firewall refuses what goes to the server, with a verdict of nft: `drop`, `reject with
    /// ...`.
    void add_firewall(const std::string& verdict);
    void remove_firewall();
    /// The server's host is gone for good, without a word to anybody.
    void remove_server();

    /// How often the client's kernel has missed an acknowledgement, from its counters.
    [[nodiscard]] static long retransmission_timeouts();

  private:
    void clean_up() noexcept;

    std::string client_;
    std::string server_;
    UniqueFd home_;
};

}  // namespace pinwheel::test
