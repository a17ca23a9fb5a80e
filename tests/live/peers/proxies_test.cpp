// Sessions through independent proxies.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "../../../proto/session/manager.h"
#include "../../../proto/session/websocket_error.h"
#include "../../net/dial_support.h"
#include "../../support/feed_thread.h"
#include "peer.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 20s;  // the time limit for an answer of a peer

class Proxies : public testing::TestWithParam<const char*> {
  protected:
    [[nodiscard]] bool is_socks() const { return GetParam() == std::string("danted"); }
    [[nodiscard]] std::string url_of(const std::string& user = {}) const {
        return (is_socks() ? "socks5h://" : "http://") + (user.empty() ? "" : user + "@") +
               "127.0.0.1:" + std::to_string(proxy->port());
    }
    void make(const std::string& url, const std::string& proxy_url, const std::string& authority = {}) {
        WebSocketOptions options;
        options.reconnect_strategy = ReconnectStrategy::fixed_delay;
        options.reconnect_delay = 20ms;
        options.max_reconnect_attempts = 1000;
        options.network.tls.ca_file = authority;
        options.network.sockets.proxy = *Proxy::parse(proxy_url);
        ws.emplace(reactor, url, options);
    }
    void expect_echo(const std::string& text) {
        ws->send(text);
        EXPECT_EQ(ws->receive(kPatience).text(), text);
    }
    std::string refusal() {
        try {
            ws->connect();
            EXPECT_TRUE(ws->wait_connected(kPatience));
        } catch (const WebSocketError& error) {
            return error.what();
        }
        return "connected";
    }

    TempDir folder;
    std::unique_ptr<Peer> proxy;
    Reactor reactor;
    std::optional<WebSocketManager> ws;
};

INSTANTIATE_TEST_SUITE_P(Real, Proxies, testing::Values("tinyproxy", "danted"),
                         [](const auto& one) { return std::string(one.param); });

TEST_P(Proxies, CarryASessionPlainAndOverTls) {
    proxy = Peer::proxy(GetParam(), folder);
    for (const bool tls : {false, true}) {
        const FeedThread server(tls);
        make(server.url("/echo"), url_of(), server.authority_file());
        ws->connect();
        ASSERT_TRUE(ws->wait_connected(kPatience)) << ws->last_error().message();
        expect_echo("hello");
        expect_echo(std::string(300'000, 'x'));
    }
}

TEST_P(Proxies, ThatAskForAPasswordGetIt) {
    proxy = Peer::proxy(GetParam(), folder, "trader", "s3cret");
    const FeedThread server(false);
    make(server.url("/echo"), url_of("trader:s3cret"));
    ws->connect();
    ASSERT_TRUE(ws->wait_connected(kPatience)) << ws->last_error().message();
    expect_echo("hello");
}

TEST_P(Proxies, ThatRefuseAPasswordEndTheTriesAtOnce) {
    proxy = Peer::proxy(GetParam(), folder, "trader", "s3cret");
    const FeedThread server(false);
    make(server.url("/echo"), url_of("trader:wr0ng"));
    const std::string text = refusal();
    EXPECT_NE(text.find("the proxy " + url_of() + " did not make the connection: "), std::string::npos)
        << text;
    EXPECT_NE(text.find("password"), std::string::npos) << text;
    EXPECT_EQ(text.find("wr0ng"), std::string::npos) << text;
    EXPECT_EQ(ws->last_error().code, Errc::proxy_refused);
    EXPECT_EQ(ws->stats().reconnect_tries, 0U);
}

TEST_P(Proxies, ThatWantAPasswordSayItIsMissing) {
    proxy = Peer::proxy(GetParam(), folder, "trader", "s3cret");
    make("ws://127.0.0.1:1/", url_of());
    const std::string text = refusal();
    EXPECT_NE(text.find("password"), std::string::npos) << text;
    EXPECT_EQ(ws->last_error().code, Errc::proxy_refused);
}

TEST_P(Proxies, WhoseTargetRefusesAreTriedAgain) {
    proxy = Peer::proxy(GetParam(), folder);
    make("ws://127.0.0.1:" + std::to_string(refused_port()) + "/", url_of());
    ws->connect();
    while (ws->stats().reconnect_tries < 3) reactor.poll_for(kPatience);
    EXPECT_EQ(ws->last_error().code, Errc::proxy_failed) << ws->last_error().message();
}

TEST_P(Proxies, ThatDieAndComeBackCostAReconnect) {
    proxy = Peer::proxy(GetParam(), folder);
    const FeedThread server(false);
    make(server.url("/echo"), url_of());
    ws->connect();
    ASSERT_TRUE(ws->wait_connected(kPatience)) << ws->last_error().message();
    expect_echo("before");
    proxy->process().signal(SIGKILL);
    while (ws->is_connected()) reactor.poll_for(kPatience);
    proxy->restart();
    ASSERT_TRUE(ws->wait_connected(kPatience)) << ws->last_error().message();
    expect_echo("after");
    EXPECT_EQ(ws->generation(), 2U);
}

}  // namespace
}  // namespace pinwheel::test
