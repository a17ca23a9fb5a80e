#include "../../net/socket_options.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <array>

#include <string>

#include "../../net/unique_fd.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

UniqueFd tcp_socket() {
    return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

int value_of(const UniqueFd& socket, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(socket.get(), level, option, &value, &size), 0);
    return value;
}

const SocketOptions kNothing{.no_delay = false, .receive_timestamps = false};

TEST(SocketOptions, EachIsReadableOnTheSocket) {
    struct Row {
        SocketOptions options;
        int level;
        int option;
        int expected;
    };
    const auto with = [](auto change) {
        SocketOptions options = kNothing;
        change(options);
        return options;
    };
    const Row rows[] = {
        {with([](auto& o) { o.no_delay = true; }), IPPROTO_TCP, TCP_NODELAY, 1},
        {with([](auto& o) { o.receive_timestamps = true; }), SOL_SOCKET, SO_TIMESTAMPNS, 1},
        {with([](auto& o) { o.keep_alive = true; }), SOL_SOCKET, SO_KEEPALIVE, 1},
        {with([](auto& o) { o.busy_poll_us = 50; }), SOL_SOCKET, SO_BUSY_POLL, 50},
        {with([](auto& o) { o.user_timeout = 3s; }), IPPROTO_TCP, TCP_USER_TIMEOUT, 3000},
        {with([](auto& o) { o.user_timeout = 1ns; }), IPPROTO_TCP, TCP_USER_TIMEOUT, 1},
        {with([](auto& o) { o.receive_buffer = 50'000; }), SOL_SOCKET, SO_RCVBUF,
         100'000},  // the kernel doubles it
        {with([](auto& o) { o.send_buffer = 60'000; }), SOL_SOCKET, SO_SNDBUF, 120'000},
    };
    for (const auto& row : rows) {
        const UniqueFd socket = tcp_socket();
        ASSERT_NE(value_of(socket, row.level, row.option), row.expected) << "it is so by itself";
        EXPECT_TRUE(apply(row.options, socket.get()).empty()) << row.option;
        EXPECT_EQ(value_of(socket, row.level, row.option), row.expected) << row.option;
    }
}

TEST(SocketOptions, QuickAckIsSetOnAConnection) {
    // Before the connection the kernel does not distinguish it from its default.
    const UniqueFd socket = tcp_socket();
    const int off = 0;
    ASSERT_EQ(::setsockopt(socket.get(), IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off), 0);
    ASSERT_EQ(value_of(socket, IPPROTO_TCP, TCP_QUICKACK), 0);
    SocketOptions options = kNothing;
    options.quick_ack = true;
    EXPECT_TRUE(apply(options, socket.get()).empty());
    EXPECT_EQ(value_of(socket, IPPROTO_TCP, TCP_QUICKACK), 1);
}

TEST(SocketOptions, UnsetOptionsAreNotChanged) {
    const UniqueFd untouched = tcp_socket();
    const UniqueFd socket = tcp_socket();
    EXPECT_TRUE(apply(kNothing, socket.get()).empty());
    for (const auto& [level, option] : {std::pair<int, int>{IPPROTO_TCP, TCP_NODELAY},
                                        {SOL_SOCKET, SO_TIMESTAMPNS},
                                        {SOL_SOCKET, SO_KEEPALIVE},
                                        {SOL_SOCKET, SO_RCVBUF},
                                        {SOL_SOCKET, SO_SNDBUF},
                                        {SOL_SOCKET, SO_BUSY_POLL},
                                        {IPPROTO_TCP, TCP_USER_TIMEOUT}})
        EXPECT_EQ(value_of(socket, level, option), value_of(untouched, level, option)) << option;
}

TEST(SocketOptions, EachRefusalNamesItsOptionAndTheRestAreApplied) {
    // A socket of another kind has no TCP options but accepts the general ones.
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto refused =
        apply({.no_delay = true, .quick_ack = true, .keep_alive = true, .user_timeout = 2s}, socket.get());
    ASSERT_EQ(refused.size(), 3U);
    EXPECT_EQ(refused[0].message(), "socket option TCP_NODELAY=1 was refused: Operation not supported");
    EXPECT_EQ(refused[1].message(), "socket option TCP_QUICKACK=1 was refused: Operation not supported");
    EXPECT_EQ(refused[2].message(),
              "socket option TCP_USER_TIMEOUT=2000 was refused: Operation not supported");
    EXPECT_EQ(value_of(socket, SOL_SOCKET, SO_KEEPALIVE), 1);

    const auto all = apply({.no_delay = true,
                            .quick_ack = true,
                            .receive_timestamps = true,
                            .keep_alive = true,
                            .receive_buffer = 1,
                            .send_buffer = 2,
                            .busy_poll_us = 3,
                            .prefer_busy_poll = true,
                            .busy_poll_budget = 5,
                            .user_timeout = 4ms},
                           -1);
    std::string names;
    for (const auto& error : all)
        names += error.message().substr(14, error.message().find(" was") - 14) + " ";
    EXPECT_EQ(names,
              "TCP_NODELAY=1 TCP_QUICKACK=1 SO_TIMESTAMPNS=1 SO_KEEPALIVE=1 SO_RCVBUF=1 SO_SNDBUF=2 "
              "SO_BUSY_POLL=3 SO_PREFER_BUSY_POLL=1 SO_BUSY_POLL_BUDGET=5 TCP_USER_TIMEOUT=4 ");
}

TEST(SocketOptions, BindsToTheSourceAddress) {
    const UniqueFd socket = tcp_socket();
    EXPECT_FALSE(bind_source({.source_address = "127.0.0.5"}, socket.get(), AF_INET).failed());
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size), 0);
    EXPECT_EQ(ntohl(bound.sin_addr.s_addr), 0x7f000005U);
    const UniqueFd other = tcp_socket();
    EXPECT_FALSE(bind_source({}, other.get(), AF_INET).failed());
}

TEST(SocketOptions, BindsToTheInterface) {
    const UniqueFd socket = tcp_socket();
    ASSERT_FALSE(bind_source({.interface = "lo"}, socket.get(), AF_INET).failed());
    std::array<char, 16> bound{};
    socklen_t size = bound.size();
    ASSERT_EQ(::getsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, bound.data(), &size), 0);
    EXPECT_STREQ(bound.data(), "lo");
    const Error unknown = bind_source({.interface = "no-such-if"}, socket.get(), AF_INET);
    EXPECT_EQ(unknown.code, Errc::address_not_available);
    EXPECT_NE(unknown.message().find("'no-such-if'"), std::string::npos) << unknown.message();
}

TEST(SocketOptions, ASourceAddressThatIsNotOursIsAnErrorThatNamesIt) {
    const UniqueFd socket = tcp_socket();
    const Error foreign = bind_source({.source_address = "192.0.2.1"}, socket.get(), AF_INET);
    EXPECT_EQ(foreign.code, Errc::address_not_available);
    EXPECT_NE(foreign.message().find("'192.0.2.1'"), std::string::npos);
    const Error no_address = bind_source({.source_address = "lo"}, socket.get(), AF_INET);
    EXPECT_EQ(no_address.code, Errc::invalid_argument);
    EXPECT_NE(no_address.message().find("'lo'"), std::string::npos);
    const Error other_family = bind_source({.source_address = "::1"}, socket.get(), AF_INET);
    EXPECT_EQ(other_family.code, Errc::address_not_available);
    EXPECT_NE(other_family.message().find("'::1'"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel
