// Dialling through a scripted proxy: the handshake, the errors, the cost of a turn.
#include <gtest/gtest.h>

#include "../../net/proxy_tunnel_impl.h"
#include "../../net/socket_dialer.h"
#include "../../net/turn_bounds.h"
#include "../support/dns_server.h"
#include "../support/scripted_stream.h"
#include "dial_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

class ProxyDialing : public testing::Test {
  protected:
    void SetUp() override { use("http://127.0.0.1:" + std::to_string(listener.endpoint().port())); }
    void use(const std::string& url, const std::string& bypass = {}) {
        dial_.reset();
        SocketDialerOptions options;
        options.proxy = *Proxy::parse(url, bypass);
        dialer.emplace(reactor, resolver, nullptr, options);
    }
    void dial(const std::string& host, std::uint16_t port, bool tls = false) {
        dial_ = dialer->dial({.host = host, .port = port, .tls = tls}, outcome);
    }
    void accept(UniqueFd socket) { proxies.push_back(std::make_unique<TcpStream>(std::move(socket))); }
    /// Waits until the proxy has received this many bytes.
    std::string heard(std::size_t size) {
        std::string all;
        test::turn_until(reactor, [&] {
            std::array<std::byte, 4096> room{};
            if (proxies.empty()) return false;
            const IoResult got = proxies.back()->read_some(room);
            all.append(reinterpret_cast<const char*>(room.data()), got.bytes);
            return all.size() >= size || got.status == IoStatus::eof;
        });
        return all;
    }
    void say(std::string_view text) {
        const IoResult sent = proxies.back()->write_some(std::as_bytes(std::span(text)));
        EXPECT_EQ(sent.bytes, text.size());
    }
    void end() {
        test::turn_until(reactor, [this] { return outcome.over(); });
    }
    const std::string kRequest = "CONNECT feed.test:9 HTTP/1.1\r\nHost: feed.test:9\r\n\r\n";

    Reactor reactor;
    test::DnsServer server{reactor};
    Resolver resolver{reactor, {.servers = server.servers()}};
    std::vector<std::unique_ptr<TcpStream>> proxies;  // the proxy's ends
    Listener listener{reactor, *Endpoint::parse("127.0.0.1", 0),
                      Listener::Accepted::member<&ProxyDialing::accept>(*this)};
    std::optional<SocketDialer> dialer;
    test::DialOutcome outcome;
    std::unique_ptr<Dial> dial_;
};

TEST_F(ProxyDialing, TheProxyIsAskedForAGivenAddress) {
    dial_ = dialer->dial({.host = "feed.test", .port = 9, .addresses = {*Endpoint::parse("192.0.2.1", 0)}},
                         outcome);
    const std::string request = "CONNECT 192.0.2.1:9 HTTP/1.1\r\nHost: 192.0.2.1:9\r\n\r\n";
    EXPECT_EQ(heard(request.size()), request);
}

TEST_F(ProxyDialing, TheStreamReachesTheTargetOnceTheProxyAccepts) {
    dial("feed.test", 9);  // a name that only the proxy can resolve
    EXPECT_EQ(heard(kRequest.size()), kRequest);
    EXPECT_FALSE(outcome.over());
    EXPECT_EQ(dial_->waiting_for().message(),
              "the proxy http://127.0.0.1:" + std::to_string(listener.endpoint().port()) +
                  " has not connected to feed.test:9");
    say("HTTP/1.1 200 ");
    reactor.poll();
    say("OK\r\n\r\n");
    end();
    ASSERT_NE(outcome.stream, nullptr) << outcome.error->message();
    say("hello");
    std::array<std::byte, 16> room{};
    test::turn_until(reactor, [&] { return outcome.stream->read_some(room).bytes == 5; });
}

TEST(ProxyTunnel, BytesThatTheProxySendsOneByOneAreBoundedInATurn) {
    test::StreamScript script;
    const std::string answer = "HTTP/1.1 200 OK\r\nA: " + std::string(1000, 'a') + "\r\n\r\n";
    for (const char c : answer) script.bytes({&c, 1});
    detail::ProxyTunnel tunnel(std::make_unique<test::ScriptedStream>(script),
                               *detail::ask(*Proxy::parse("p"), {.host = "feed.test", .port = 9}), "p");
    int calls = 0;
    auto status = detail::ProxyTunnel::Status::in_progress;
    for (; status == detail::ProxyTunnel::Status::in_progress; ++calls) {
        const int before = script.reads;
        status = tunnel.advance();
        EXPECT_LE(script.reads - before, turn_bounds::kHandshakeReads);
        EXPECT_EQ(tunnel.is_cut_short(), status == detail::ProxyTunnel::Status::in_progress);
    }
    EXPECT_EQ(status, detail::ProxyTunnel::Status::open);
    EXPECT_GT(calls, 1000 / turn_bounds::kHandshakeReads);
}

TEST(ProxyTunnel, WaitsUntilTheSocketTakesTheRequest) {
    test::StreamScript script;
    script.write_room = 10;
    detail::ProxyTunnel tunnel(std::make_unique<test::ScriptedStream>(script),
                               *detail::ask(*Proxy::parse("p"), {.host = "feed.test", .port = 9}), "p");
    EXPECT_EQ(tunnel.advance(), detail::ProxyTunnel::Status::in_progress);
    EXPECT_TRUE(tunnel.wants_write());
    EXPECT_EQ(script.written, "CONNECT fe");
    script.write_room = test::StreamScript::kUnlimited;
    EXPECT_EQ(tunnel.advance(), detail::ProxyTunnel::Status::in_progress);
    EXPECT_FALSE(tunnel.wants_write());
    EXPECT_TRUE(script.written.ends_with("\r\n\r\n"));
}

TEST_F(ProxyDialing, ARefusalNamesTheProxyAndTheCause) {
    const std::string proxy = "the proxy http://127.0.0.1:" + std::to_string(listener.endpoint().port());
    dial("feed.test", 9);
    EXPECT_EQ(heard(kRequest.size()), kRequest);
    say("HTTP/1.1 403 Forbidden\r\n\r\n<html>no</html>");
    end();
    EXPECT_EQ(outcome.error->code, Errc::proxy_refused);
    EXPECT_EQ(outcome.error->message(),
              proxy + " did not make the connection: it answered CONNECT with 403 Forbidden");
}

TEST_F(ProxyDialing, AProxyThatHangsUpIsNamed) {
    dial("feed.test", 9);
    EXPECT_EQ(heard(kRequest.size()), kRequest);
    proxies.clear();
    end();
    EXPECT_EQ(outcome.error->code, Errc::proxy_failed);
    EXPECT_TRUE(outcome.error->message().ends_with("did not make the connection: it closed the connection"))
        << outcome.error->message();
}

TEST_F(ProxyDialing, AProxyThatCannotBeReachedIsNamed) {
    const std::string port = std::to_string(test::refused_port());
    use("socks5://127.0.0.1:" + port);
    dial("feed.test", 9);
    end();
    EXPECT_EQ(outcome.error->code, Errc::connection_refused);
    EXPECT_TRUE(outcome.error->message().starts_with("cannot connect to the proxy 127.0.0.1:" + port + " ("))
        << outcome.error->message();
}

TEST_F(ProxyDialing, BypassedHostsAreDialledDirectly) {
    const auto port = listener.endpoint().port();
    use("http://127.0.0.1:" + std::to_string(test::refused_port()), "127.0.0.0/8");
    dial("127.0.0.1", port);
    end();
    EXPECT_NE(outcome.stream, nullptr) << outcome.error->message();
}

TEST_F(ProxyDialing, ATargetThatTheProxyCannotNameFails) {
    dial("fe80::1%lo", 9);
    end();
    EXPECT_EQ(outcome.error->code, Errc::invalid_argument);
}

TEST_F(ProxyDialing, TheProxysNameIsResolvedHereAndTheTargetsIsNot) {
    server.set("proxy.test", {"127.0.0.1"});
    use("socks5h://proxy.test:" + std::to_string(listener.endpoint().port()));
    dial("only-there.test", 9);
    EXPECT_EQ(heard(3), std::string("\x05\x01\x00", 3));
    say(std::string_view("\x05\x00", 2));
    EXPECT_EQ(heard(22).substr(5, 15), "only-there.test");
    say(std::string_view("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10));
    end();
    EXPECT_NE(outcome.stream, nullptr) << outcome.error->message();
}

}  // namespace
}  // namespace pinwheel
