// M2: the limits of one client of the built-in exchange, in bytes and in time. The clock is moved by hand.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "../../../net/tcp_stream.h"
#include "../../../tools/feed/feed_server.h"
#include "../../net/tcp_pair.h"
#include "../../support/frames.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

std::string upgrade_of(const std::string& target) {
    return "GET " + target +
           " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

std::string from_client(unsigned opcode, std::string_view payload) {
    return raw_frame({.opcode = opcode, .masked = true}, payload);
}

/// The allocator's bytes in use. 0 under a sanitizer, which has its own allocator.
std::size_t heap_bytes() {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
}

class HostileClients : public testing::Test {
  protected:
    void serve(FeedServerOptions options = {}) {
        options.listen = *Endpoint::parse("127.0.0.1", 0);
        server.emplace(reactor, options);
    }
    /// A client that has sent this. Its receive buffer is small.
    UniqueFd client(const std::string& bytes) {
        UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const int small = 4096;
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        EXPECT_EQ(::connect(fd.get(), server->endpoint().data(), server->endpoint().size()), 0);
        send_all(fd, bytes);
        turn();
        return fd;
    }
    static void send_all(const UniqueFd& fd, const std::string& bytes) {
        EXPECT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(bytes.size()));
    }
    /// Turns until no work is left. Loopback delivers at once.
    void turn() {
        while (reactor.poll() > 0) {
        }
    }
    void pass(Duration time) {
        clock.advance(time);
        turn();
    }
    /// The bytes waiting for the client, up to `limit`.
    std::string read_some(const UniqueFd& fd, std::size_t limit = kMegabyte) {
        std::string all;
        for (std::array<char, 65536> bytes{}; all.size() < limit; turn()) {
            const auto got =
                ::recv(fd.get(), bytes.data(), std::min(bytes.size(), limit - all.size()), MSG_DONTWAIT);
            if (got <= 0) break;
            all.append(bytes.data(), static_cast<std::size_t>(got));
        }
        return all;
    }
    /// True once the server has ended the connection. Earlier bytes are ignored.
    bool is_cut(const UniqueFd& fd) {
        std::ignore = read_some(fd, std::numeric_limits<std::size_t>::max());
        char byte = 0;
        const auto got = ::recv(fd.get(), &byte, 1, MSG_DONTWAIT);
        return got == 0 || (got < 0 && errno != EAGAIN);
    }

    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    std::optional<FeedServer> server;
};

TEST_F(HostileClients, M2ABurstIsMadeAsTheClientTakesIt) {
    serve();
    const std::size_t before = heap_bytes();
    const UniqueFd greedy = client(upgrade_of("/burst/1000000000/1000000000"));
    for (int i = 0; i < 100; ++i) send_all(greedy, from_client(1, "more"));
    for (int ticks = 0; ticks < 200; ++ticks) pass(1ms);
    EXPECT_LT(heap_bytes(), before + 16 * kMegabyte);
    const std::string got = read_some(greedy, 8 * kMegabyte);
    const auto head = got.find("\r\n\r\n") + 4;
    EXPECT_EQ(got.substr(head, 11), std::string("\x82\x7f\0\0\0\0\x3b\x9a\xca\0b", 11));
    EXPECT_EQ(got.find_first_not_of('b', head + 10), std::string::npos);
    EXPECT_LT(heap_bytes(), before + 32 * kMegabyte);
    const UniqueFd other = client(upgrade_of("/echo") + from_client(1, "there?"));
    EXPECT_TRUE(read_some(other).ends_with(text_frame("there?")));
}

TEST_F(HostileClients, M2ABurstOfAnySizeIsComplete) {
    serve();
    for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 300'000U}) {
        const UniqueFd fd = client(upgrade_of("/burst/7/" + std::to_string(size)) + from_client(1, "go") +
                                   from_client(1, "on"));
        std::string expected;
        for (int i = 0; i < 14; ++i) expected += binary_frame(std::string(size, 'b'));
        std::string got;
        for (int ticks = 0; ticks < 1000 && !got.ends_with(expected); ++ticks) {
            pass(1ms);
            got += read_some(fd, 2 * expected.size() + 1000);
        }
        EXPECT_EQ(got.substr(got.find("\r\n\r\n") + 4) == expected, true) << size;
    }
}

TEST_F(HostileClients, M2ABurstOutOfRangeIsRefused) {
    serve();
    for (const char* const target : {"/burst/4294967296/1", "/burst/1/99999999999", "/burst/-1/1", "/burst/x",
                                     "/burst/1", "/burst/1/1x", "/burst//"}) {
        const UniqueFd fd = client(upgrade_of(target));
        const std::string got = read_some(fd);
        EXPECT_EQ(got.substr(got.find("\r\n\r\n") + 4), std::string("\x88\x02\x03\xf0")) << target;
        pass(5s);  // the client does not close its side
        EXPECT_EQ(server->clients(), 0U) << target;
    }
}

TEST_F(HostileClients, M2AHandshakeHasItsTime) {
    serve();
    const UniqueFd silent = client("");
    const UniqueFd slow = client("GET / HTTP/1.1\r\n");
    EXPECT_EQ(server->clients(), 2U);
    for (int seconds = 1; seconds < 10; ++seconds) {
        pass(1s);
        send_all(slow, "a: b\r\n");
        turn();
        EXPECT_EQ(server->clients(), 2U);
    }
    pass(1s);
    EXPECT_EQ(server->clients(), 0U);
}

TEST_F(HostileClients, M2AHeadWithoutAnEndIsRefused) {
    serve();
    const UniqueFd fd = client("GET / HTTP/1.1\r\na: " + std::string(40'000, 'x'));
    EXPECT_TRUE(read_some(fd).starts_with("HTTP/1.1 431 "));
    EXPECT_EQ(server->clients(), 0U);
}

TEST_F(HostileClients, M2ASilentClientIsPingedAndThenCutOff) {
    serve();
    const UniqueFd dead = client(upgrade_of("/echo"));
    const UniqueFd alive = client(upgrade_of("/echo"));
    for (int i = 0; i < 3; ++i) {
        pass(30s);
        EXPECT_EQ(server->clients(), i == 0 ? 2U : 1U) << i;
        EXPECT_TRUE(read_some(alive).ends_with(ping_frame(""))) << i;
        send_all(alive, from_client(10, ""));
        turn();
    }
    EXPECT_TRUE(is_cut(dead));
    EXPECT_EQ(server->clients(), 1U);
}

TEST_F(HostileClients, M2AClientOfTheMarketThatDoesNotReadIsCutOff) {
    serve({.rate = 2e6});
    const std::size_t before = heap_bytes();
    const UniqueFd fd = client(upgrade_of("/") + from_client(1, R"({"type":"subscribe","channel":"*"})"));
    EXPECT_EQ(server->clients(), 1U);
    int ticks = 0;
    for (; server->clients() > 0 && ticks < 100; ++ticks) pass(1ms);
    EXPECT_EQ(server->clients(), 0U);
    EXPECT_LT(heap_bytes(), before + 24 * kMegabyte);
    pass(10min);  // after a pause the market catches up in bounded turns
    EXPECT_LE(server->published(), 2'000U * static_cast<unsigned>(ticks) + 11'000U);
}

TEST_F(HostileClients, M2EchoesWaitForTheClientAndNoneIsLost) {
    serve();
    const std::size_t before = heap_bytes();
    const UniqueFd fd = client(upgrade_of("/echo"));
    EXPECT_NE(read_some(fd), "");
    const std::string frame = from_client(2, std::string(50'000, 'e'));
    std::string rest;
    std::size_t sent = 0;
    for (int stuck = 0; stuck < 3;) {  // until the server has stopped reading
        if (rest.empty()) rest = frame;
        const auto took = ::send(fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (took > 0) rest.erase(0, static_cast<std::size_t>(took));
        if (took > 0 && rest.empty()) ++sent;
        stuck = took > 0 ? 0 : stuck + 1;
        turn();
    }
    EXPECT_EQ(server->clients(), 1U);
    EXPECT_LT(heap_bytes(), before + 16 * kMegabyte);
    EXPECT_GT(sent, 2 * kMegabyte / frame.size());
    const std::string echo = binary_frame(std::string(50'000, 'e'));
    std::string got;
    for (int turns = 0; turns < 100'000 && got.size() < sent * echo.size(); ++turns) {
        got += read_some(fd, sent * echo.size() - got.size());
        turn();
    }
    for (std::size_t i = 0; i < sent; ++i) ASSERT_EQ(got.compare(i * echo.size(), echo.size(), echo), 0) << i;
}

TEST_F(HostileClients, M2TheNumberOfClientsIsBounded) {
    serve({.max_clients = 2});
    const UniqueFd first = client(upgrade_of("/echo"));
    const UniqueFd second = client("");
    const UniqueFd third = client("");
    EXPECT_EQ(server->clients(), 2U);
    EXPECT_TRUE(is_cut(third));
    pass(10s);  // the second client never upgrades
    const UniqueFd fourth = client(upgrade_of("/echo"));
    EXPECT_NE(read_some(fourth), "");
}

/// Refuses the allocations that `fails` selects.
struct Starved final : SessionHandler {
    enum class At { none, open, message } fails = At::none;
    void on_session_open(ServerSession&) override {
        if (fails == At::open) throw std::bad_alloc();
    }
    void on_session_message(ServerSession& session, const Message& message) override {
        if (fails == At::message) throw std::bad_alloc();
        session.send(Opcode::text, message.payload);
    }
    void on_session_drained(ServerSession&) override {}
    void on_session_gone(ServerSession&) override { ++gone; }
    int gone = 0;
};

TEST_F(HostileClients, M2BadAllocEndsOneClientAlone) {
    for (const Starved::At fails : {Starved::At::open, Starved::At::message}) {
        TcpPair starved_pair;
        TcpPair other_pair;
        Starved starved;
        Starved other;
        const ServerSession its(reactor, std::make_unique<TcpStream>(std::move(starved_pair.far)), nullptr,
                                starved);
        const ServerSession session(reactor, std::make_unique<TcpStream>(std::move(other_pair.far)), nullptr,
                                    other);
        starved.fails = fails;
        for (const auto* pair : {&starved_pair, &other_pair})
            send_all(pair->near, upgrade_of("/") + from_client(1, "one"));
        EXPECT_NO_THROW(turn());
        EXPECT_EQ(starved.gone, 1);
        EXPECT_TRUE(is_cut(starved_pair.near));
        EXPECT_EQ(other.gone, 0);
        EXPECT_TRUE(read_some(other_pair.near).ends_with(text_frame("one")));
    }
}

}  // namespace
}  // namespace pinwheel::test
