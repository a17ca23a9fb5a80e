#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../../net/endpoint.h"
#include "../../net/listener.h"
#include "../../net/reactor.h"
#include "../../net/unique_fd.h"

namespace pinwheel::test {

/// A name server's answer to a query (RFC 1035).
struct DnsReply {
    enum class Kind : std::uint8_t { answer, no_such_name, server_failure, refusal, silence };

    Kind kind = Kind::answer;
    /// Literals of the queried family, in order. Empty: the name has no such record.
    std::vector<std::string> addresses{};
    /// Truncated over UDP: the client repeats the query over TCP.
    bool truncated = false;
};

/// A name server on the test's reactor, over UDP and TCP, with scripted answers. A name without a script does
/// not exist.
class DnsServer {
  public:
    /// Port 0: any free port.
    explicit DnsServer(Reactor& reactor, const std::string& address = "127.0.0.1", std::uint16_t port = 0);

    /// For ResolverOptions::servers.
    [[nodiscard]] std::string servers() const { return endpoint_.to_string(); }

    /// Sets the addresses of `name`, both families mixed.
    void set(const std::string& name, const std::vector<std::string>& addresses);
    /// Both families, or one (AF_INET, AF_INET6).
    void set(const std::string& name, const DnsReply& reply) {
        set(name, AF_INET, reply);
        set(name, AF_INET6, reply);
    }
    void set(const std::string& name, int family, DnsReply reply) {
        script_[{name, family}] = std::move(reply);
    }

    /// The queries received, as `A feed.test` or `AAAA feed.test tcp`.
    [[nodiscard]] const std::vector<std::string>& questions() const noexcept { return questions_; }
    /// The queries answered.
    [[nodiscard]] std::size_t answers() const noexcept { return answers_; }

  private:
    struct TcpClient {
        TcpClient(DnsServer& its_server, UniqueFd its_fd) : server(its_server), fd(std::move(its_fd)) {}
        int on_ready(Interest, TimePoint) { return server.on_tcp(*this); }
        DnsServer& server;
        UniqueFd fd;
        std::string input{};
        IoWatch watch{IoWatch::Callback::member<&TcpClient::on_ready>(*this)};
    };

    void bind_both(Reactor& reactor, const std::string& address, std::uint16_t port);
    void on_accepted(UniqueFd socket);
    int on_udp(Interest ready, TimePoint now);
    int on_tcp(TcpClient& client);
    /// Empty: no answer.
    [[nodiscard]] std::string answer_to(const std::string& question, bool over_tcp);

    Reactor& reactor_;
    Endpoint endpoint_;
    UniqueFd udp_;
    std::unique_ptr<Listener> listener_;
    std::list<std::shared_ptr<TcpClient>> clients_;
    std::map<std::pair<std::string, int>, DnsReply> script_;
    std::vector<std::string> questions_;
    std::size_t answers_ = 0;
    IoWatch watch_{IoWatch::Callback::member<&DnsServer::on_udp>(*this)};
};

}  // namespace pinwheel::test
