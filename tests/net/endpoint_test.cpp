#include "../../net/endpoint.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace pinwheel
