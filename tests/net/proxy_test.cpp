// Proxies: their URLs, their targets, and the handshake (RFC 9110 section 9.3.6, RFC 1928, RFC 1929).
#include "../../net/proxy.h"

#include <gtest/gtest.h>

#include <map>

#include "../../net/proxy_handshake_impl.h"

namespace pinwheel {
namespace {

using detail::ProxyHandshake;
using Status = ProxyHandshake::Status;

Proxy proxy_of(const std::string& url, const std::string& bypass = {}) {
    auto proxy = Proxy::parse(url, bypass);
    if (!proxy) throw std::invalid_argument(proxy.error().message());
    return *proxy;
}

std::string refusal_of(const std::string& url) {
    const auto proxy = Proxy::parse(url);
    return proxy ? "taken" : proxy.error().message();
}

TEST(ProxyUrl, HasASchemeAHostAndAPort) {
    const Proxy http = proxy_of("http://proxy.test:3128/");
    EXPECT_EQ(http.protocol(), Proxy::Protocol::http_connect);
    EXPECT_EQ(http.host(), "proxy.test");
    EXPECT_EQ(http.port(), 3128);
    EXPECT_EQ(http.user(), "");
    EXPECT_EQ(proxy_of("proxy.test").to_string(), "http://proxy.test:8080");
    EXPECT_EQ(proxy_of("SOCKS5://10.0.0.1").to_string(), "socks5h://10.0.0.1:1080");
    EXPECT_EQ(proxy_of("socks5h://[::1]:9").to_string(), "socks5h://[::1]:9");
    EXPECT_EQ(proxy_of("socks5h://[::1]").host(), "::1");
}

TEST(ProxyUrl, ItsUserAndPasswordArePercentEncodedAndNeverShown) {
    const Proxy proxy = proxy_of("http://us%40er:p%3Aa:ss@w@proxy.test:1");
    EXPECT_EQ(proxy.user(), "us@er");
    EXPECT_EQ(proxy.password(), "p:a:ss@w");
    EXPECT_EQ(proxy.to_string(), "http://proxy.test:1");
    EXPECT_EQ(proxy_of("http://user@proxy.test").password(), "");
}

TEST(ProxyUrl, ThatIsMalformedNamesThePlaceWithoutThePassword) {
    for (const auto& [url, what] : std::map<std::string, std::string>{
             {"", "the host is empty"},
             {"http://", "the host is empty"},
             {"http://u:secret@:1", "the host is empty"},
             {"https://u:secret@proxy.test", "the scheme is neither http nor socks5 nor socks5h"},
             {"socks4://u:secret@proxy.test", "the scheme is neither"},
             {"http://u:secret@proxy.test:0", "the port is not within 1 to 65535"},
             {"http://u:secret@proxy.test:65536", "the port is not within"},
             {"http://u:secret@proxy.test:", "the port is not within"},
             {"http://u:secret@proxy.test:1x", "the port is not within"},
             {"http://u:secret@proxy.test/path", "it has a path"},
             {"http://u:secret@proxy.test?q", "it has a path, a query"},
             {"http://u:secret@[::1", "the host is empty or its bracket is not closed"},
             {"http://u:secret@[host]", "the host is not an IPv6 address"},
             {"http://u:secret@::1", "the host is not an IPv6 address in brackets"},
             {"http://u:secret%4@proxy.test", "two hexadecimal digits"},
             {"http://u:secret%zz@proxy.test", "two hexadecimal digits"},
             {"http://:secret@proxy.test", "the user before '@' is empty"},
             {"http://a%3Ab:secret@proxy.test", "the user has a colon"},
             {"socks5://user@proxy.test", "1 to 255 bytes each"},
             {"socks5://" + std::string(256, 'u') + ":secret@proxy.test", "1 to 255 bytes each"},
             {"socks5://u:" + std::string(256, 's') + "@proxy.test", "1 to 255 bytes each"},
             {"http://u:secret@pro xy.test", "it has a space"},
             {"http://proxy.test\r\nX: y", "a control character"},
             {"http://" + std::string(5000, 'a'), "it is longer than 4096 bytes"}}) {
        EXPECT_NE(refusal_of(url).find(what), std::string::npos) << url << ": " << refusal_of(url);
        EXPECT_EQ(refusal_of(url).find("secret"), std::string::npos) << url;
    }
}

TEST(ProxyBypass, NamesHostsDomainsAddressesNetworksAndPorts) {
    const Proxy proxy = proxy_of(
        "http://p", "localhost, example.com,.test:8443 10.0.0.0/9,192.0.2.7,[::1],2001:db8::/33,a.test.");
    for (const auto& [host, port] :
         std::vector<std::pair<std::string, std::uint16_t>>{{"localhost", 1},
                                                            {"LOCALHOST", 1},
                                                            {"example.com", 443},
                                                            {"example.com.", 443},
                                                            {"deep.sub.Example.COM", 443},
                                                            {"x.test", 8443},
                                                            {"test", 8443},
                                                            {"10.127.255.255", 1},
                                                            {"192.0.2.7", 9},
                                                            {"::1", 80},
                                                            {"2001:db8:7fff::1", 80},
                                                            {"a.test", 80}})
        EXPECT_TRUE(proxy.bypasses(host, port)) << host;
    for (const auto& [host, port] :
         std::vector<std::pair<std::string, std::uint16_t>>{{"notexample.com", 443},
                                                            {"example.com.evil", 443},
                                                            {"x.test", 443},
                                                            {"10.128.0.0", 1},
                                                            {"192.0.2.70", 9},
                                                            {"::2", 80},
                                                            {"2001:db8:8000::1", 80},
                                                            {"localhost.test", 1}})
        EXPECT_FALSE(proxy.bypasses(host, port)) << host;
    EXPECT_TRUE(proxy_of("p", "*").bypasses("any", 1));
    EXPECT_FALSE(proxy_of("p", ", ,").bypasses("any", 1));
    for (const char* const odd :
         {"/", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/x", "[", "[]x", ":", "."})
        EXPECT_FALSE(proxy_of("p", odd).bypasses("10.0.0.1", 1)) << odd;
}

TEST(ProxyEnvironment, NamesTheProxyByTheNamesThatCurlReads) {
    std::map<std::string, std::string> environment;
    const auto variable = [&](const char* name) -> const char* {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second.c_str();
    };
    const auto named = [&] { return (*Proxy::from_environment(variable))->to_string(); };
    EXPECT_EQ(*Proxy::from_environment(variable), std::nullopt);
    environment = {{"HTTPS_PROXY", ""}};
    EXPECT_EQ(*Proxy::from_environment(variable), std::nullopt) << "an empty one is none";
    environment = {{"ALL_PROXY", "socks5://a"}};
    EXPECT_EQ(named(), "socks5h://a:1080");
    environment["HTTPS_PROXY"] = "b";
    EXPECT_EQ(named(), "http://b:8080");
    environment["https_proxy"] = "c:1";
    environment["NO_PROXY"] = "direct.test";
    EXPECT_EQ(named(), "http://c:1");
    EXPECT_TRUE((*Proxy::from_environment(variable))->bypasses("direct.test", 1));
    environment["no_proxy"] = "other.test";
    EXPECT_FALSE((*Proxy::from_environment(variable))->bypasses("direct.test", 1));
    environment["https_proxy"] = "ftp://u:secret@c";
    const auto wrong = Proxy::from_environment(variable);
    ASSERT_FALSE(wrong);
    EXPECT_TRUE(wrong.error().message().starts_with("the environment's https_proxy: "))
        << wrong.error().message();
    EXPECT_EQ(wrong.error().message().find("secret"), std::string::npos);
}

/// A handshake with a proxy that answers from a script, in pieces of `piece` bytes.
struct Talk {
    Talk(const std::string& url, const DialTarget& target, std::size_t its_piece = 1 << 20)
        : handshake(*detail::ask(proxy_of(url), target)), piece(its_piece) {}

    /// The client's bytes, a few at a time as the socket takes them.
    std::string said() {
        std::string all;
        while (!handshake->output().empty()) {
            const auto part = handshake->output().first(std::min(piece, handshake->output().size()));
            all.append(reinterpret_cast<const char*>(part.data()), part.size());
            handshake->sent(part.size());
        }
        return all;
    }
    Status answer(std::string_view bytes) {
        Status status = Status::need_more;
        while (!bytes.empty() && status == Status::need_more) {
            const auto part = bytes.substr(0, piece);
            status = handshake->feed(std::as_bytes(std::span(part)));
            bytes.remove_prefix(part.size());
        }
        return status;
    }
    std::unique_ptr<ProxyHandshake> handshake;
    std::size_t piece;
};

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

const DialTarget kTarget{.host = "feed.test", .port = 443, .tls = true};

TEST(HttpConnect, AsksForATunnelAndTakesAny2xx) {
    for (const std::size_t piece : {1U, 3U, 1000U}) {
        Talk talk("http://p", kTarget, piece);
        EXPECT_EQ(talk.said(), "CONNECT feed.test:443 HTTP/1.1\r\nHost: feed.test:443\r\n\r\n");
        EXPECT_EQ(talk.answer("HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n"),
                  Status::done);
        EXPECT_EQ(Talk("p", kTarget, piece).answer("HTTP/1.0 204\r\n\r\n"), Status::done);
    }
    EXPECT_EQ(Talk("p", {.host = "::1", .port = 80}).said(),
              "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
}

TEST(HttpConnect, SendsUserAndPasswordByTheBasicScheme) {
    Talk talk("http://Aladdin:open%20sesame@p", kTarget);  // RFC 7617 section 2
    EXPECT_NE(talk.said().find("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"),
              std::string::npos);
}

TEST(HttpConnect, ARefusalHasItsReasonAndWhetherItIsRetryable) {
    for (const auto& [answer, code, what] : std::vector<std::tuple<std::string, Errc, std::string>>{
             {"HTTP/1.1 407 Proxy Authentication Required\r\nA: b\r\n\r\n<html>", Errc::proxy_refused,
              "it answered CONNECT with 407 Proxy Authentication Required; check the user and the password"},
             {"HTTP/1.1 401 Unauthorized\r\n\r\n", Errc::proxy_refused,
              "401 Unauthorized; check the user and the password"},
             {"HTTP/1.1 403 Forbidden\r\n\r\n", Errc::proxy_refused,
              "it answered CONNECT with 403 Forbidden"},
             {"HTTP/1.1 502 Bad Gateway\r\n\r\n", Errc::proxy_failed, "502 Bad Gateway"},
             {"HTTP/1.1 429 Slow down\r\n\r\n", Errc::proxy_failed, "429 Slow down"},
             {"HTTP/1.1 101 Switching Protocols\r\n\r\n", Errc::proxy_refused, "101 Switching"},
             {"<html><body>no\r\n\r\n", Errc::proxy_failed, "no HTTP answer; is it an HTTP proxy?"},
             {"<html>\n", Errc::proxy_failed, "no HTTP answer; is it an HTTP proxy?"},
             {"HTTP/1.1 2x0 OK\r\n\r\n", Errc::proxy_failed, "no HTTP answer"},
             {"HTTP/1.1 200 OK\r\nbad\r\n\r\n", Errc::proxy_failed, "its answer is malformed: "},
             {"HTTP/1.1 200 OK\r\n" + std::string(20'000, 'a'), Errc::proxy_failed, "larger than 16 KiB"},
             {"HTTP/1.1 200 OK\r\n\r\nearly", Errc::proxy_failed, "bytes behind its answer"}}) {
        Talk talk("p", kTarget);
        EXPECT_EQ(talk.answer(answer), Status::failed) << answer;
        EXPECT_EQ(talk.handshake->error().code, code) << answer;
        EXPECT_NE(talk.handshake->error().message().find(what), std::string::npos)
            << talk.handshake->error().message();
    }
}

TEST(Socks5, AsksWithoutAuthenticationForANameAnAddressOfEachFamily) {
    for (const std::size_t piece : {1U, 2U, 1000U}) {
        Talk talk("socks5h://p", kTarget, piece);
        EXPECT_EQ(talk.said(), bytes({5, 1, 0}));
        EXPECT_EQ(talk.answer(bytes({5, 0})), Status::need_more);
        EXPECT_EQ(talk.said(), bytes({5, 1, 0, 3, 9}) + "feed.test" + bytes({1, 0xbb}));
        EXPECT_EQ(talk.answer(bytes({5, 0, 0, 1, 1, 2, 3, 4, 0, 80})), Status::done);
    }
    Talk v4("socks5://p", {.host = "192.0.2.1", .port = 80});
    EXPECT_EQ(v4.said(), bytes({5, 1, 0}));
    EXPECT_EQ(v4.answer(bytes({5, 0})), Status::need_more);
    EXPECT_EQ(v4.said(), bytes({5, 1, 0, 1, 192, 0, 2, 1, 0, 80}));
    EXPECT_EQ(v4.answer(bytes({5, 0, 0, 3, 2}) + "hi" + bytes({0, 1})), Status::done);
    Talk v6("socks5://p", {.host = "::1", .port = 1});
    EXPECT_EQ(v6.said(), bytes({5, 1, 0}));
    EXPECT_EQ(v6.answer(bytes({5, 0})), Status::need_more);
    EXPECT_EQ(v6.said(), bytes({5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1}));
    EXPECT_EQ(v6.answer(bytes({5, 0, 0, 4}) + std::string(18, '\0')), Status::done);
}

TEST(Socks5, SendsUserAndPasswordIfTheProxyAsks) {
    for (const std::size_t piece : {1U, 1000U}) {
        Talk talk("socks5://user:pass@p", kTarget, piece);
        EXPECT_EQ(talk.said(), bytes({5, 2, 0, 2}));
        EXPECT_EQ(talk.answer(bytes({5, 2})), Status::need_more);
        EXPECT_EQ(talk.said(), bytes({1, 4}) + "user" + bytes({4}) + "pass");
        EXPECT_EQ(talk.answer(bytes({1, 0})), Status::need_more);
        EXPECT_EQ(talk.said().substr(0, 5), bytes({5, 1, 0, 3, 9}));
        EXPECT_EQ(talk.answer(bytes({5, 0, 0, 1, 0, 0, 0, 0, 0, 0})), Status::done);
    }
    Talk unasked("socks5://user:pass@p", kTarget);
    EXPECT_EQ(unasked.said(), bytes({5, 2, 0, 2}));
    EXPECT_EQ(unasked.answer(bytes({5, 0})), Status::need_more);
    EXPECT_EQ(unasked.said()[0], 5) << "a proxy that asks for no password gets none";
}

TEST(Socks5, ARefusalHasItsReasonAndWhetherItIsRetryable) {
    struct Case {
        std::string url;
        std::vector<std::string> answers;
        Errc code;
        std::string what;
    };
    for (const Case& one : std::vector<Case>{
             {"socks5://p", {"HTTP/1.1 400"}, Errc::proxy_failed, "is it a SOCKS5 proxy?"},
             {"socks5://p", {bytes({4})}, Errc::proxy_failed, "is it a SOCKS5 proxy?"},
             {"socks5://p", {bytes({5, 255})}, Errc::proxy_refused, "it demands a user and a password"},
             {"socks5://p", {bytes({5, 2})}, Errc::proxy_refused, "it demands a user and a password"},
             {"socks5://u:p@p", {bytes({5, 255})}, Errc::proxy_refused, "no authentication by user and"},
             {"socks5://u:p@p", {bytes({5, 2}), bytes({1, 1})}, Errc::proxy_refused, "refused the user or"},
             {"socks5://p", {bytes({5, 0}), bytes({4, 0})}, Errc::proxy_failed, "not a SOCKS5 answer"},
             {"socks5://p", {bytes({5, 0}), bytes({5, 1})}, Errc::proxy_failed, "general failure"},
             {"socks5://p", {bytes({5, 0}), bytes({5, 2})}, Errc::proxy_refused, "not allowed by its rules"},
             {"socks5://p", {bytes({5, 0}), bytes({5, 3})}, Errc::proxy_failed, "network unreachable"},
             {"socks5://p", {bytes({5, 0}), bytes({5, 4})}, Errc::proxy_failed, "host unreachable"},
             {"socks5://p", {bytes({5, 0}), bytes({5, 5})}, Errc::proxy_failed, "connection refused"},
             {"socks5://p", {bytes({5, 0}), bytes({5, 8})}, Errc::proxy_refused, "address type not"},
             {"socks5://p", {bytes({5, 0}), bytes({5, 99})}, Errc::proxy_failed, "code 99"},
             {"socks5://p", {bytes({5, 0}), bytes({5, 0, 0, 2, 0})}, Errc::proxy_failed, "unknown type"},
             {"socks5://p",
              {bytes({5, 0}), bytes({5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7})},
              Errc::proxy_failed,
              "bytes behind its answer"}}) {
        Talk talk(one.url, kTarget);
        Status status = Status::need_more;
        for (const auto& answer : one.answers) {
            ASSERT_EQ(status, Status::need_more);
            status = talk.answer(answer);
        }
        EXPECT_EQ(status, Status::failed) << one.what;
        EXPECT_EQ(talk.handshake->error().code, one.code) << one.what;
        EXPECT_NE(talk.handshake->error().message().find(one.what), std::string::npos)
            << talk.handshake->error().message();
    }
}

TEST(ProxyHandshake, ATargetThatCannotBeNamedIsRefusedAtOnce) {
    for (const char* const url : {"socks5://p", "http://p"}) {
        const auto zone = detail::ask(proxy_of(url), {.host = "fe80::1%eth0", .port = 1});
        ASSERT_FALSE(zone) << url;
        EXPECT_NE(zone.error().message().find("zone"), std::string::npos);
    }
    EXPECT_FALSE(detail::ask(proxy_of("socks5://p"), {.host = std::string(256, 'h'), .port = 1}));
}

}  // namespace
}  // namespace pinwheel
