#include "../../net/socket_info.h"

#include <gtest/gtest.h>

#include <array>

#include "tcp_pair.h"

namespace pinwheel {
namespace {

TEST(SocketInfo, TellsTheKernelsViewOfAConnection) {
    test::TcpPair pair;
    ASSERT_EQ(::send(pair.far.get(), "hello", 5, 0), 5);
    std::array<char, 5> seen{};
    while (::recv(pair.near.get(), seen.data(), seen.size(), MSG_PEEK) != 5) continue;
    const SocketInfo info = read_socket_info(pair.near.get());
    ASSERT_TRUE(info.local && info.peer);
    EXPECT_EQ(info.peer->address(), "127.0.0.1");
    EXPECT_EQ(read_socket_info(pair.far.get()).peer, info.local);
    EXPECT_EQ(info.unread_bytes, 5U);
    EXPECT_GT(info.round_trip, Duration::zero());
    EXPECT_EQ(info.retransmits, 0U);
}

TEST(SocketInfo, WithoutASocketItHasTheDefaults) {
    const SocketInfo info = read_socket_info(-1);
    EXPECT_FALSE(info.local || info.peer || info.cpu);
    EXPECT_EQ(info.unread_bytes + info.retransmits + info.napi_id, 0U);
}

}  // namespace
}  // namespace pinwheel
