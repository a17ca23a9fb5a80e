#include "../../../tools/feed/feed_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string_view>

#include "../../../net/unique_fd.h"

namespace pinwheel::test {
namespace {

TEST(FeedServerTest, SurvivesAClientThatDisconnectsBeforeItsUpgradeIsAnswered) {
    Reactor reactor;
    FeedServer server(reactor, {.listen = *Endpoint::parse("127.0.0.1", 0)});
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(client.get(), server.endpoint().data(), server.endpoint().size()), 0);
    while (server.clients() == 0) reactor.poll_for(std::chrono::seconds{1});
    constexpr std::string_view kRequest =
        "GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    ASSERT_EQ(::send(client.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(kRequest.size()));
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    client.reset();
    while (server.clients() > 0) reactor.poll_for(std::chrono::seconds{1});
}

}  // namespace
}  // namespace pinwheel::test
