#include "../../../proto/websocket/url.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

Url good(std::string_view text) {
    auto url = Url::parse(text);
    EXPECT_TRUE(url) << text << ": " << url.error().message();
    return *url;
}

std::string refusal(std::string_view text) {
    const auto url = Url::parse(text);
    EXPECT_FALSE(url) << text;
    return url ? "" : url.error().message();
}

TEST(Url, TakesBothSchemesWithTheirDefaultPorts) {
    EXPECT_FALSE(good("ws://example.com").tls());
    EXPECT_EQ(good("ws://example.com").port(), 80);
    EXPECT_TRUE(good("WSS://Example.COM").tls());
    EXPECT_EQ(good("WSS://Example.COM").port(), 443);
    EXPECT_EQ(good("WSS://Example.COM").host(), "example.com");
}

TEST(Url, TheTargetIsPathAndQueryAndNeverEmpty) {
    EXPECT_EQ(good("ws://h").target(), "/");
    EXPECT_EQ(good("ws://h?x=1").target(), "/?x=1");
    EXPECT_EQ(good("ws://h/a%20b/c?x=/y").target(), "/a%20b/c?x=/y");
}

TEST(Url, TheAuthorityLeavesOutTheDefaultPortAndKeepsBrackets) {
    EXPECT_EQ(good("ws://h:80/").authority(), "h");
    EXPECT_EQ(good("ws://h:443/").authority(), "h:443");
    EXPECT_EQ(good("wss://[::1]:8443/").authority(), "[::1]:8443");
    EXPECT_EQ(good("wss://[::1]").host(), "::1");
}

TEST(Url, ForMessagesTheQueryIsLeftOut) {
    EXPECT_EQ(good("wss://h/p?token=secret").without_query(), "wss://h/p");
    EXPECT_EQ(refusal("wss://h:0/p?token=secret").find("secret"), std::string::npos);
    EXPECT_EQ(refusal("wss://h/p?token=sec\nret").find("ret\""), std::string::npos);
}

// M8
TEST(Url, ForMessagesKeysInThePathAreHidden) {
    const std::string key = "pqia91ma19a5s61cv6a81va6";  // 24
    EXPECT_EQ(good("wss://h/ws/" + key).without_query(), "wss://h/ws/[hidden]");
    EXPECT_EQ(good("wss://h/" + key + "/trades?x=1").without_query(), "wss://h/[hidden]/trades");
    EXPECT_EQ(good("wss://h/" + key + "/" + key).without_query(), "wss://h/[hidden]/[hidden]");
    EXPECT_EQ(good("wss://h/0f8fad5b-d9cb-469f-a165-70867728950e/").without_query(), "wss://h/[hidden]/");
    EXPECT_EQ(good("wss://h/" + key.substr(1)).without_query(), "wss://h/" + key.substr(1));
    EXPECT_EQ(good("wss://h.a-name-of-more-than-24-letters.example/").without_query(),
              "wss://h.a-name-of-more-than-24-letters.example/");
    const std::vector<std::string> hidden{"", "k33p"};
    EXPECT_EQ(good("wss://h/k33p/k33px/y").without_query(hidden), "wss://h/[hidden]/[hidden]x/y");
}

// H5
TEST(Url, AnEmptyPortIsTheDefault) {
    EXPECT_EQ(good("wss://host:/p").port(), 443);
    EXPECT_EQ(good("ws://host:").port(), 80);
    EXPECT_EQ(good("wss://[::1]:/p").port(), 443);
    EXPECT_EQ(good("wss://host:/p").authority(), "host");
}

// H5
TEST(Url, AZoneKeepsItsCaseAndStaysOnThisMachine) {
    const Url url = good("ws://[FE80::1%25Veth0]:81/p");
    EXPECT_EQ(url.host(), "fe80::1%Veth0");
    EXPECT_EQ(url.name(), "fe80::1");
    EXPECT_EQ(url.authority(), "[fe80::1]:81");
}

TEST(Url, RefusesWithTheReason) {
    const struct {
        const char* url;
        const char* reason;
    } cases[] = {{"", "no scheme"},
                 {"example.com", "no scheme"},
                 {"http://example.com", "'http' is neither ws nor wss"},
                 {"ws://", "host is empty"},
                 {"ws:///path", "host is empty"},
                 {"ws://:80/", "host is empty"},
                 {"ws://h:0/", "'0' is not within"},
                 {"ws://h:70000/", "'70000' is not within"},
                 {"ws://h:8x/", "'8x' is not within"},
                 {"ws://h/#top", "fragment"},
                 {"ws://user:pw@h/", "user information"},
                 {"ws://h/a b", "position 8"},
                 {"ws://h/a\r\nX: y", "position 8"},
                 {"ws://h/\x7f", "position 7"},
                 {"ws://h/\xc3\xa9", "position 7"},
                 {"ws://b\xc3\xbc.example/", "punycode"},
                 {"ws://b%C3%BC.example/", "punycode"},
                 {"ws://[fe80::1%25]/", "not the name of an interface"},
                 {"ws://[fe80::1%25a%20b]/", "not the name of an interface"},
                 {"ws://[::1/", "not closed"},
                 {"ws://[::1]x/", "between ']' and the port"},
                 {"ws://[127.0.0.1]/", "not an IPv6 address"},
                 {"ws://[::g]/", "not an IPv6 address"},
                 {"ws://h!/", "character that no host name has"}};
    for (const auto& bad : cases)
        EXPECT_NE(refusal(bad.url).find(bad.reason), std::string::npos)
            << bad.url << ": " << refusal(bad.url);
    EXPECT_NE(refusal("ws://" + std::string(9000, 'h')).find("longer than"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel
