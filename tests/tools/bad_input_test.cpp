#include <string>
#include <utility>
#include <vector>

#include "../../proto/websocket/accept_key.h"
#include "../../tools/feed/cert_authority.h"
#include "../net/dial_support.h"
#include "../support/raw_server.h"
#include "../support/temp_dir.h"
#include "command.h"

namespace pinwheel::test {
namespace {

using Words = std::vector<std::string>;

/// Each command that connects.
class ConnectingCommand : public testing::TestWithParam<const char*> {
  protected:
    static Subprocess::Outcome call(const std::string& url, const Words& options = {}) {
        Words words{GetParam(), url};
        words.insert(words.end(), options.begin(), options.end());
        return run(words);
    }
};

INSTANTIATE_TEST_SUITE_P(All, ConnectingCommand, testing::Values("tail", "latency", "echo", "rtt"),
                         [](const auto& test) { return test.param; });

TEST_P(ConnectingCommand, RefusesAMalformedUrl) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"http://feed.example/", "'http' is neither ws nor wss"},
        {"feed.example", "no scheme"},
        {"ws:///path", "the host is empty"},
        {"ws://feed.example:0/", "'0' is not within 1 to 65535"},
        {"ws://feed.example:70000/", "'70000' is not within 1 to 65535"},
        {"ws://feed.example/a\nb", "position 19"},
        {"ws://feed.example/\r\nX-Evil: 1", "position 18"},
        {"ws://me:secret@feed.example/", "user information"},
    };
    for (const auto& [url, why] : cases) {
        const auto outcome = call(url);
        expect_refusal(outcome, 2, {"URL is not valid", why, "write it as ws://host[:port]/path"});
        EXPECT_EQ(outcome.errors.find("secret"), std::string::npos);
    }
}

TEST_P(ConnectingCommand, RefusesAMalformedAuthorityFile) {
    const TempDir folder;
    const std::string garbage = folder.write("garbage.pem", "no certificate at all\n");
    const std::string cut = folder.write("cut.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    for (const std::string& file : {folder.path("missing.pem"), folder.path(""), garbage, cut}) {
        const auto outcome = call("wss://127.0.0.1:1/", {"--ca", file});
        expect_refusal(outcome, 2, {"--ca '" + file + "' cannot be used", "PEM file"});
        EXPECT_EQ(outcome.errors.find("TLS could not be set up"), std::string::npos) << "says it twice";
    }
}

TEST_P(ConnectingCommand, RefusesHeadersThatCannotBeSent) {
    expect_refusal(call("ws://127.0.0.1:1/", {"--header", "no colon"}), 2, {"--header", "'Name: value'"});
    expect_refusal(call("ws://127.0.0.1:1/", {"--header", "Host: other"}), 2, {"'Host'", "cannot be set"});
    const auto outcome = call("ws://127.0.0.1:1/", {"--header", "X-Key: secret\r\nX-Evil: 1"});
    expect_refusal(outcome, 2, {"'X-Key'", "line break"});
    EXPECT_EQ(outcome.errors.find("secret"), std::string::npos);
}

TEST_P(ConnectingCommand, NamesTheFaultOfAProxy) {
    const std::string dead = "127.0.0.1:" + std::to_string(refused_port());
    expect_refusal(call("ws://127.0.0.1:1/", {"--proxy", "https://a"}), 2, {"--proxy", "neither", "socks5h"});
    expect_refusal(call("ws://127.0.0.1:1/", {"--proxy", dead, "--timeout", "5"}), 1,
                   {"cannot connect to the proxy " + dead, "Connection refused"});
    const auto direct = call("ws://" + dead + "/", {"--proxy", "none", "--timeout", "5"});
    EXPECT_EQ(direct.errors.find("proxy"), std::string::npos) << direct.errors;
}

TEST_P(ConnectingCommand, RefusesNumbersThatAreNone) {
    for (const std::string text : {"0", "-1", "nan", "inf", "1e300", "soon", ""})
        expect_refusal(call("ws://127.0.0.1:1/", {"--timeout", text}), 2, {"--timeout", "above 0"});
    expect_refusal(call("ws://127.0.0.1:1/", {"--cpu", "9999"}), 2, {"no core 9999"});
}

TEST_P(ConnectingCommand, NamesAHostThatDoesNotResolve) {
    // The machine decides whether a name server refuses, is unreachable, or is silent until the timeout.
    expect_refusal(call("ws://feed.invalid/", {"--timeout", "2"}), 1, {"feed.invalid"});
}

TEST_P(ConnectingCommand, NamesAPortThatRefuses) {
    const std::string at = "127.0.0.1:" + std::to_string(refused_port());
    expect_refusal(call("ws://" + at + "/"), 1, {at, "Connection refused", "is the server up"});
}

TEST_P(ConnectingCommand, ReportsTheHttpAnswerInPlaceOfAnUpgrade) {
    const std::string not_found = "HTTP/1.1 404 Not Found\r\nContent-Length: 13\r\n\r\nno such place";
    const RawServer missing([&](const auto&) { return not_found; });
    const auto outcome = call("ws://" + missing.authority() + "/?key=secret");
    expect_refusal(outcome, 1, {missing.authority(), "HTTP 404", "path in the URL", "no such place"});
    EXPECT_EQ(outcome.errors.find("secret"), std::string::npos);

    const RawServer plain([](const auto&) { return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"; });
    expect_refusal(call("ws://" + plain.authority() + "/"), 1, {plain.authority(), "HTTP 200", "WebSocket?"});

    const RawServer endless(
        [](const auto&) { return "HTTP/1.1 500 Oops\r\n\r\n" + std::string(200'000, 'x'); });
    expect_refusal(call("ws://" + endless.authority() + "/"), 1, {endless.authority(), "HTTP 500", "later"});
}

TEST_P(ConnectingCommand, ReportsGarbageInPlaceOfAnAnswer) {
    for (const std::string& answer :
         {std::string("SSH-2.0-OpenSSH_9.2\r\n"), std::string("\0\1\2\3\r\n\r\n", 8),
          std::string("HTTP/1.1 abc\r\n\r\n")}) {
        const RawServer server([&](const auto&) { return answer; });
        expect_refusal(call("ws://" + server.authority() + "/"), 1,
                       {server.authority(), "is this a WebSocket server"});
    }
    const RawServer silent([](const auto&) { return ""; });
    expect_refusal(call("ws://" + silent.authority() + "/"), 1,
                   {silent.authority(), "ended the connection", "is this a WebSocket server"});
}

TEST_P(ConnectingCommand, ReportsAWrongAcceptKey) {
    const RawServer server([](const auto&) {
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Accept: " +
               accept_for_key("of another request") + "\r\n\r\n";
    });
    expect_refusal(call("ws://" + server.authority() + "/"), 1,
                   {server.authority(), "Sec-WebSocket-Accept", "in between"});
}

TEST_P(ConnectingCommand, EndsAtTheTimeoutIfNoAnswerComes) {
    const RawServer silent([](const auto&) { return ""; }, RawServer::Then::hold);
    expect_refusal(call("ws://" + silent.authority() + "/", {"--timeout", "0.2"}), 1,
                   {silent.authority(), "timeout", "WebSocket server?"});
    expect_refusal(call("wss://" + silent.authority() + "/", {"--timeout", "0.2"}), 1,
                   {silent.authority(), "timeout", "host and port"});
    const RawServer half([](const auto&) { return "HTTP/1.1 101 Switch"; }, RawServer::Then::hold);
    expect_refusal(call("ws://" + half.authority() + "/", {"--timeout", "0.2", "--epoll"}), 1,
                   {half.authority(), "timeout"});
}

TEST_P(ConnectingCommand, ReportsThatThePortDoesNotSpeakTls) {
    const RawServer plain([](const auto&) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; });
    const FeedCommand feed;
    expect_refusal(call(feed.tls_url()), 1, {"127.0.0.1", "TLS handshake", "does this port speak TLS?"});
}

/// A server whose certificate no client should accept.
struct BadCertificate {
    const char* name;
    Identity (*make)(const CertAuthority& trusted);
    const char* says;
    const char* advice;
};

Identity expired(const CertAuthority& trusted) {
    return trusted.issue({.common_name = "old",
                          .addresses = {"127.0.0.1"},
                          .valid_from = std::chrono::hours{-48},
                          .valid_until = std::chrono::hours{-24}});
}
Identity self_signed(const CertAuthority&) {
    return CertAuthority::self_signed({.common_name = "alone", .addresses = {"127.0.0.1"}});
}
Identity wrong_host(const CertAuthority& trusted) {
    return trusted.issue({.common_name = "other", .dns_names = {"other.example"}});
}
Identity wrong_authority(const CertAuthority&) {
    return CertAuthority("another").issue({.common_name = "theirs", .addresses = {"127.0.0.1"}});
}

class RefusedCertificate : public testing::TestWithParam<BadCertificate> {};

INSTANTIATE_TEST_SUITE_P(
    All, RefusedCertificate,
    testing::Values(BadCertificate{"Expired", &expired, "expired", "renew"},
                    BadCertificate{"SelfSigned", &self_signed, "self-signed", "--ca"},
                    BadCertificate{"WrongHost", &wrong_host, "mismatch", "is the host in the URL right?"},
                    BadCertificate{"WrongAuthority", &wrong_authority, "issuer", "--ca"}),
    [](const auto& test) { return test.param.name; });

TEST_P(RefusedCertificate, NamesTheHostTheReasonAndTheRemedy) {
    const TempDir folder;
    const CertAuthority authority("trusted");
    const Identity identity = GetParam().make(authority);
    const FeedCommand feed({"--cert", folder.write("cert.pem", identity.certificate), "--key",
                            folder.write("key.pem", identity.key)});
    const std::string trusted = folder.write("ca.pem", authority.certificate());
    for (const std::string command : {"tail", "echo", "rtt"})
        expect_refusal(run({command, feed.tls_url(), "--ca", trusted}), 1,
                       {"certificate of '127.0.0.1' was refused", GetParam().says, GetParam().advice});
}

}  // namespace
}  // namespace pinwheel::test
