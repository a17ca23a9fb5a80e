#include "../../../tools/feed/feed_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <string_view>

#include "../../../net/unique_fd.h"
#include "../../../tools/feed/capture.h"

namespace pinwheel::test {
namespace {

constexpr std::string_view kRequest =
    "GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

TEST(FeedServerTest, SurvivesAClientThatDisconnectsBeforeItsUpgradeIsAnswered) {
    Reactor reactor;
    FeedServer server(reactor, {.listen = *Endpoint::parse("127.0.0.1", 0)});
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(client.get(), server.endpoint().data(), server.endpoint().size()), 0);
    while (server.clients() == 0) reactor.poll_for(std::chrono::seconds{1});
    ASSERT_EQ(::send(client.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(kRequest.size()));
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    client.reset();
    while (server.clients() > 0) reactor.poll_for(std::chrono::seconds{1});
}

TEST(FeedServerTest, N4APlaybackAtAnySpeedDoesNotOverflow) {
    using namespace std::chrono_literals;
    Capture capture;
    capture.received = {{.at = 0s, .payload = "one", .line = 1}, {.at = 1s, .payload = "two", .line = 2}};
    for (const double speed : {1e-300, 1.0, 1e300}) {
        ManualClock clock;
        Reactor reactor({.clock = &clock});
        FeedServer server(reactor, {.listen = *Endpoint::parse("127.0.0.1", 0),
                                    .playback = [&capture] { return play(capture); },
                                    .speed = speed});
        const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::connect(client.get(), server.endpoint().data(), server.endpoint().size()), 0);
        std::string request(kRequest);
        request.replace(request.find("/echo"), 5, "/");
        ASSERT_GT(::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL), 0);
        std::string got;
        const auto pass = [&](Duration time) {
            clock.advance(time);
            for (int turns = 0; turns < 10; ++turns) reactor.poll();
            std::array<char, 4096> buffer{};
            const auto size = ::recv(client.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size > 0) got.append(buffer.data(), static_cast<std::size_t>(size));
        };
        for (int i = 0; i < 1000 && got.find("one") == std::string::npos; ++i) pass(1ms);
        EXPECT_NE(got.find("one"), std::string::npos) << speed;
        for (int i = 0; i < 100; ++i) pass(10ms);
        EXPECT_EQ(got.find("two") != std::string::npos, speed >= 1) << speed;
    }
}

}  // namespace
}  // namespace pinwheel::test
