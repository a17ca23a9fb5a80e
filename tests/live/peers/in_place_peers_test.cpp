// Records in place against independent servers: key updates, tickets, resumption.

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../../../core/bytes.h"
#include "../../../net/resolver.h"
#include "../../../net/socket_dialer.h"
#include "../../../net/tls_context.h"
#include "../../../proto/session/manager.h"
#include "../../../tools/feed/temporary_identity.h"
#include "../../net/dial_support.h"
#include "peer.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

/// openssl s_server. Its input is commands and data, line by line. Runs under stdbuf, because it delays its
/// reports.
class OpensslServer : public testing::Test {
  protected:
    OpensslServer() {
        std::string line;
        while (!line.starts_with("ACCEPT ")) line = server.read_line();
        port = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
    }
    void connect() {
        DialOutcome outcome;
        const auto dial = dialer.dial({"localhost", port, true, {}}, outcome);
        turn_until(reactor, [&] { return outcome.over(); });
        ASSERT_TRUE(outcome.stream) << outcome.error->message();
        stream = std::move(outcome.stream);
        ASSERT_NE(stream->details().tls_info().records, TlsRecordsBy::openssl);
    }
    /// The bytes of the server's input return by TLS.
    void expect(std::string_view text) {
        std::string got;
        std::array<std::byte, 1000> room{};
        while (got.size() < text.size()) {
            std::span<const std::byte> bytes;
            const IoResult result = stream->read_view(room, bytes);
            ASSERT_TRUE(result.status == IoStatus::ok || result.status == IoStatus::would_block)
                << stream->details().error_detail();
            got.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            if (result.status == IoStatus::would_block) reactor.poll_for(1ms);
        }
        EXPECT_EQ(got, text);
    }
    /// Skips the server's status reports.
    void expect_output(std::string_view text) {
        while (server.read_line() != text) continue;
    }

    const TemporaryIdentity identity;
    Subprocess server{{"stdbuf", "-oL", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert",
                       identity.certificate_file(), "-cert_chain", identity.certificate_file(), "-key",
                       identity.key_file(), "-tls1_3", "-naccept", "3"}};
    std::uint16_t port = 0;
    Reactor reactor;
    Resolver resolver{reactor};
    TlsContext context{{.ca_file = identity.authority_file(), .records = TlsRecords::in_place}};
    SocketDialer dialer{reactor, resolver, &context};
    std::unique_ptr<ByteStream> stream;
};

TEST_F(OpensslServer, UpdatesItsKeysAndOursAndResumes) {
    for (int round = 0; round < 3; ++round) {
        connect();
        EXPECT_EQ(stream->details().tls_info().resumed, round > 0);
        server.write("first\n");
        expect("first\n");
        for (const std::string command : {"k", "K", "K", "k"}) {
            server.write(command + "\n");
            expect_output("SSL_do_handshake -> 1");
            server.write("after " + command + "\n");
            expect("after " + command + "\n");
            const std::string answer = "answer to " + command + "\n";
            ASSERT_EQ(stream->write_some(bytes_of(answer)).bytes, answer.size());
            expect_output("answer to " + command);
        }
        stream->shutdown_write();
        expect_output("CONNECTION CLOSED");
    }
}

enum class Server { python, node, nginx, haproxy };

std::string name_of(const testing::TestParamInfo<Server>& info) {
    static const std::array<const char*, 4> names{"Python", "Node", "Nginx", "Haproxy"};
    return names.at(static_cast<std::size_t>(info.param));
}

class InPlacePeers : public testing::TestWithParam<Server> {
  protected:
    InPlacePeers() {
        const std::string cert = identity.certificate_file(), key = identity.key_file();
        const std::vector<std::string> options{"--cert", cert, "--key", key};
        switch (GetParam()) {
            case Server::python:
                server = Peer::python(options);
                break;
            case Server::node:
                server = Peer::node(options);
                break;
            case Server::nginx:
                server = Peer::python();
                front = Peer::front("nginx", server->port(), cert, key, folder);
                break;
            case Server::haproxy:
                server = Peer::node();
                front = Peer::front("haproxy", server->port(), cert, key, folder);
                break;
        }
    }

    const TemporaryIdentity identity;
    const TempDir folder;
    std::unique_ptr<Peer> server;
    std::unique_ptr<Peer> front;
};

TEST_P(InPlacePeers, ResumeTheSessionByTicketsOfTheConnectionBefore) {
    Reactor reactor;
    WebSocketOptions options;
    options.network.tls = {.ca_file = identity.authority_file(), .records = TlsRecords::in_place};
    options.reconnect_strategy = ReconnectStrategy::immediate;
    WebSocketManager ws(reactor, "wss://127.0.0.1:" + std::to_string((front ? front : server)->port()) + "/",
                        options);
    ws.connect();
    for (std::uint64_t round = 0; round < 3; ++round) {
        ASSERT_TRUE(ws.wait_connected());
        // Node issues no ticket to a resumed session.
        EXPECT_EQ(ws.stats().resumed_handshakes, GetParam() == Server::node ? (round + 1) / 2 : round);
        EXPECT_EQ(ws.stats().tls_in_place_evp + ws.stats().tls_in_place_ipsec_mb, round + 1);
        for (const std::size_t size : {1UL, 200UL, 16'000UL, 100'000UL}) {
            const std::string text(size, 'x');
            ws.send(text);
            EXPECT_EQ(ws.receive(20s).text(), text) << size;
        }
        ws.request_disconnect(Duration::zero());
        ASSERT_TRUE(ws.wait_disconnected());
    }
}

INSTANTIATE_TEST_SUITE_P(Real, InPlacePeers,
                         testing::Values(Server::python, Server::node, Server::nginx, Server::haproxy),
                         name_of);

}  // namespace
}  // namespace pinwheel::test
