#include "../../net/endpoint.h"

#include <gtest/gtest.h>
#include <net/if.h>

#include <string>

namespace pinwheel {
namespace {

TEST(Endpoint, ParsesLiteralsOfBothFamilies) {
    EXPECT_EQ(Endpoint::parse("127.0.0.1", 80)->to_string(), "127.0.0.1:80");
    EXPECT_EQ(Endpoint::parse("::1", 443)->to_string(), "[::1]:443");
    EXPECT_EQ(Endpoint::parse("fe80::1%lo", 1)->family(), AF_INET6);
}

/// H5: a zone is an interface of this machine, by name or number.
TEST(Endpoint, H5AZoneBecomesTheScopeOfTheAddress) {
    const unsigned loopback = ::if_nametoindex("lo");
    for (const std::string& zone : {std::string("lo"), std::to_string(loopback)}) {
        const auto endpoint = Endpoint::parse("fe80::1%" + zone, 80);
        ASSERT_TRUE(endpoint) << zone;
        EXPECT_EQ(reinterpret_cast<const sockaddr_in6*>(endpoint->data())->sin6_scope_id, loopback) << zone;
    }
    EXPECT_FALSE(*Endpoint::parse("fe80::1%lo", 80) == *Endpoint::parse("fe80::1", 80));
    for (const std::string none : {"nosuch", "0", "4294967295", "4294967296", "1x", "-1", "+1", "", " 1"})
        EXPECT_FALSE(Endpoint::parse("fe80::1%" + none, 80)) << none;
}

TEST(Endpoint, RefusesTextOtherThanLiterals) {
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

}  // namespace
}  // namespace pinwheel
