#include "../../net/endpoint.h"

#include <gtest/gtest.h>

#include <array>

#include "../../net/happy_eyeballs.h"
#include "../../net/socket_options.h"
#include "../../net/unique_fd.h"

namespace pinwheel {
namespace {

TEST(Endpoint, ParsesLiteralsOfBothFamilies) {
    EXPECT_EQ(Endpoint::parse("127.0.0.1", 80)->to_string(), "127.0.0.1:80");
    EXPECT_EQ(Endpoint::parse("::1", 443)->to_string(), "[::1]:443");
    EXPECT_EQ(Endpoint::parse("fe80::1%lo", 1)->family(), AF_INET6);
}

TEST(Endpoint, RefusesWhatIsNoLiteral) {
    for (const char* text :
         {"", "localhost", "127.0.0.256", "127.1", "[::1]", "::1%nosuchinterface", "1.2.3.4%lo", ":::"})
        EXPECT_FALSE(Endpoint::parse(text, 1)) << text;
}

TEST(Endpoint, ComparesAddressAndPort) {
    EXPECT_EQ(*Endpoint::parse("::1", 1), *Endpoint::parse("0:0::1", 1));
    EXPECT_FALSE(*Endpoint::parse("::1", 1) == *Endpoint::parse("::1", 2));
    EXPECT_FALSE(*Endpoint::parse("127.0.0.1", 1) == *Endpoint::parse("127.0.0.2", 1));
    EXPECT_FALSE(Endpoint::from(nullptr));
}

TEST(HappyEyeballs, FamiliesTakeTurnsAndDoublesAreDropped) {
    const auto at = [](const char* text) { return *Endpoint::parse(text, 1); };
    const std::array addresses{at("1.1.1.1"), at("2.2.2.2"), at("1.1.1.1"),
                               at("::1"),     at("3.3.3.3"), at("::2")};
    const auto order = interleave_families(addresses, AF_INET6);
    const std::vector expected{at("::1"), at("1.1.1.1"), at("::2"), at("2.2.2.2"), at("3.3.3.3")};
    EXPECT_EQ(order, expected);
    EXPECT_EQ(interleave_families(addresses, AF_INET).front(), at("1.1.1.1"));
}

TEST(SocketOptions, AreAppliedAndRefusalsAreNamed) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_TRUE(apply({.quick_ack = true,
                       .keep_alive = true,
                       .receive_buffer = 1 << 16,
                       .busy_poll_us = 50,
                       .user_timeout = std::chrono::seconds{3}},
                      socket.get())
                    .empty());
    const UniqueFd not_tcp(::socket(AF_UNIX, SOCK_STREAM, 0));
    const auto refused = apply({.receive_timestamps = false}, not_tcp.get());
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_NE(refused[0].message().find("TCP_NODELAY=1 was refused"), std::string::npos);
}

TEST(SocketOptions, ASourceAddressThatIsNotOursIsAnErrorThatNamesIt) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_FALSE(bind_source({.source_address = "127.0.0.1"}, socket.get(), AF_INET));
    const UniqueFd other(::socket(AF_INET, SOCK_STREAM, 0));
    const Error foreign = bind_source({.source_address = "192.0.2.1"}, other.get(), AF_INET);
    EXPECT_EQ(foreign.code, Errc::address_not_available);
    EXPECT_NE(foreign.message().find("'192.0.2.1'"), std::string::npos);
    EXPECT_EQ(bind_source({.source_address = "lo"}, other.get(), AF_INET).code, Errc::invalid_argument);
    EXPECT_EQ(bind_source({.source_address = "::1"}, other.get(), AF_INET).code, Errc::address_not_available);
}

}  // namespace
}  // namespace pinwheel
