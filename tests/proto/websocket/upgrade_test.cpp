#include "../../../proto/websocket/upgrade_client.h"

#include <gtest/gtest.h>

#include "../../../proto/websocket/accept_key.h"
#include "../../../proto/websocket/upgrade_server.h"
#include "../../support/frames.h"
#include "../../support/scripted_dialer.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

const SystemTime kNow{1'700'000'000s};

class HandshakeTest : public testing::Test {
  protected:
    UpgradeClient make(const UpgradeOptions& options = {}) {
        return {*Url::parse("ws://feed.example/stream?key=secret"), options, random};
    }
    /// An answer with the correct accept key in place of the word ACCEPT.
    static std::string fill_in(const UpgradeClient& client, std::string answer) {
        const auto at = answer.find("ACCEPT");
        if (at != std::string::npos) answer.replace(at, 6, accept_for_key(upgrade_key(client.request())));
        return answer;
    }
    /// Feeds the answer in pieces of `size` and returns the outcome of the last one.
    static UpgradeStatus feed(UpgradeClient& client, const std::string& answer, std::size_t size,
                              std::string& rest) {
        for (std::size_t at = 0; at < answer.size(); at += size) {
            const auto piece = answer.substr(at, size);
            const auto outcome = client.feed(bytes_of(piece), kNow);
            if (outcome.status != UpgradeStatus::need_more) {
                rest = piece.substr(outcome.consumed) + answer.substr(std::min(answer.size(), at + size));
                return outcome.status;
            }
            EXPECT_EQ(outcome.consumed, piece.size());
        }
        return UpgradeStatus::need_more;
    }
    /// The error of an answer, which is independent of the cuts.
    Error refusal(const std::string& answer, const UpgradeOptions& options = {}) {
        Error error;
        for (std::size_t size = 1; size <= answer.size(); size += size < 8 ? 1 : answer.size() / 7) {
            auto client = make(options);
            std::string rest;
            const auto status = feed(client, fill_in(client, answer), size, rest);
            EXPECT_EQ(status, UpgradeStatus::failed) << size;
            EXPECT_TRUE(size == 1 || client.error().code == error.code) << size;
            error = client.error();
        }
        EXPECT_EQ(error.message().find("secret"), std::string::npos);
        return error;
    }

    /// The wait for a Retry-After of `value`.
    std::optional<Duration> retry_after(const std::string& value) {
        auto client = make();
        std::string rest;
        std::ignore = feed(client, "HTTP/1.1 503 X\r\nRetry-After: " + value + "\r\n\r\n", 1000, rest);
        return client.retry_after();
    }

    SecureRandom random;
};

const std::string kGood =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Accept: ACCEPT\r\n\r\n";

TEST(AcceptKey, AnswersTheExampleOfTheRfc) {
    EXPECT_EQ(accept_for_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_F(HandshakeTest, TheRequestHasTheRequiredHeaders) {
    const auto client = make({.headers = {{"X-One", "1"}}, .subprotocols = {"v2.feed", "v1.feed"}});
    const auto& request = client.request();
    EXPECT_TRUE(request.starts_with("GET /stream?key=secret HTTP/1.1\r\nHost: feed.example\r\n"));
    for (const char* line :
         {"\r\nUpgrade: websocket\r\n", "\r\nConnection: Upgrade\r\n", "\r\nSec-WebSocket-Version: 13\r\n",
          "\r\nSec-WebSocket-Protocol: v2.feed, v1.feed\r\n", "\r\nX-One: 1\r\n"})
        EXPECT_NE(request.find(line), std::string::npos) << line;
    EXPECT_TRUE(request.ends_with("\r\n\r\n"));
    EXPECT_NE(upgrade_key(request), upgrade_key(make().request()));
}

TEST_F(HandshakeTest, TheAnswerMayBeCutAnywhereAndTheRestIsLeftForTheFrames) {
    const std::string whole_rest = "\x81\x02hi";
    for (std::size_t size = 1; size < 200; ++size) {
        auto client = make();
        std::string rest;
        ASSERT_EQ(feed(client, fill_in(client, kGood) + whole_rest, size, rest), UpgradeStatus::done) << size;
        EXPECT_EQ(rest, whole_rest);
        EXPECT_EQ(client.http_status(), 101);
    }
}

TEST_F(HandshakeTest, EverySplitPointGivesTheSame) {
    for (std::size_t split = 1; split < kGood.size(); ++split) {
        auto client = make();
        const auto answer = fill_in(client, kGood);
        EXPECT_EQ(client.feed(bytes_of(answer.substr(0, split)), kNow).status, UpgradeStatus::need_more);
        EXPECT_EQ(client.feed(bytes_of(answer.substr(split)), kNow).status, UpgradeStatus::done);
    }
}

TEST_F(HandshakeTest, InterimAnswersAreSkipped) {
    auto client = make();
    std::string rest;
    EXPECT_EQ(
        feed(client, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + fill_in(client, kGood), 7, rest),
        UpgradeStatus::done);
}

TEST_F(HandshakeTest, ASubprotocolMustBeOneOfThoseOffered) {
    auto client = make({.subprotocols = {"a", "b"}});
    std::string rest;
    auto answer = kGood;
    answer.insert(answer.size() - 2, "Sec-WebSocket-Protocol: b\r\n");
    EXPECT_EQ(feed(client, fill_in(client, answer), 1000, rest), UpgradeStatus::done);
    EXPECT_EQ(client.subprotocol(), "b");
    EXPECT_EQ(refusal(answer).code, Errc::upgrade_bad_protocol);
    answer.insert(answer.size() - 2, "Sec-WebSocket-Protocol: a\r\n");
    EXPECT_EQ(refusal(answer, {.subprotocols = {"a", "b"}}).code, Errc::upgrade_bad_protocol);
}

TEST_F(HandshakeTest, RefusesAnAnswerOtherThanAnUpgrade) {
    const auto with = [](const std::string& line) {
        auto answer = kGood;
        return answer.insert(answer.size() - 2, line + "\r\n");
    };
    const auto without = [](const std::string& name) {
        auto answer = kGood;
        const auto at = answer.find(name);
        return answer.erase(at, answer.find("\r\n", at) + 2 - at);
    };
    EXPECT_EQ(refusal(without("Upgrade:")).code, Errc::upgrade_malformed);
    EXPECT_EQ(refusal(without("Connection:")).code, Errc::upgrade_malformed);
    EXPECT_EQ(refusal(without("Sec-WebSocket-Accept:")).code, Errc::upgrade_bad_accept);
    EXPECT_EQ(refusal(with("Sec-WebSocket-Accept: ACCEPT")).code, Errc::upgrade_bad_accept);
    EXPECT_EQ(refusal(with("Sec-WebSocket-Extensions: permessage-deflate")).code, Errc::upgrade_bad_protocol);
    auto wrong = kGood;
    EXPECT_EQ(refusal(wrong.replace(wrong.find("ACCEPT"), 6, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")).code,
              Errc::upgrade_bad_accept);
}

TEST_F(HandshakeTest, RefusesTextThatIsNotStrictHttp) {
    for (const char* answer :
         {"HTTP/1.0 101 Switching\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "garbage\n", "HTTP/1.1 101 OK\n\n",
          "HTTP/1.1 101 X\r\nBad Header: x\r\n\r\n", "HTTP/1.1 101 X\r\nA : x\r\n\r\n",
          "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n folded\r\n\r\n", "HTTP/1.1 101 X\r\nNoColon\r\n\r\n",
          "HTTP/1.1 101 X\r\nA: b\rc\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n", "HTTP/1.1 1010 X\r\n\r\n",
          "HTTP/1.1101 X\r\n\r\n"}) {
        auto client = make();
        std::string rest;
        const auto status = feed(client, answer, 1000, rest);
        if (status == UpgradeStatus::need_more) client.end_of_stream();
        EXPECT_EQ(client.error().code, Errc::upgrade_malformed) << answer;
    }
    EXPECT_EQ(refusal(std::string("HTTP/1.1 101 X\r\nA: \0\r\n\r\n", 24)).code, Errc::upgrade_malformed);
}

TEST_F(HandshakeTest, AHeaderFloodIsCutAtTheCaps) {
    std::string many = "HTTP/1.1 101 X\r\n";
    for (int i = 0; i < 101; ++i) many += "A: b\r\n";
    auto client = make();
    std::string rest;
    EXPECT_EQ(feed(client, many + "\r\n", 4096, rest), UpgradeStatus::failed);
    EXPECT_EQ(client.error().code, Errc::upgrade_too_large);
    auto second = make();
    EXPECT_EQ(feed(second, "HTTP/1.1 101 X\r\nA: " + std::string(10 << 20, 'x'), 65536, rest),
              UpgradeStatus::failed);
    EXPECT_EQ(second.error().code, Errc::upgrade_too_large);
}

TEST_F(HandshakeTest, ARefusalIsReportedWithStatusAndTheBeginningOfTheBody) {
    const Error error = refusal(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 11\r\n\r\nno\x01"
        "entrance");
    EXPECT_EQ(error.code, Errc::upgrade_refused);
    EXPECT_EQ(error.message(),
              "the upgrade at ws://feed.example/stream failed: the server answers HTTP 403: no entrance; "
              "are the credentials in the headers right?");
    const Error cut =
        refusal("HTTP/1.1 404 Not Found\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x'));
    EXPECT_LE(cut.message().size(), 250U);
}

TEST_F(HandshakeTest, TemporaryRefusalsAreRetryable) {
    for (const char* status : {"408", "425", "429", "500", "502", "503"})
        EXPECT_EQ(refusal(std::string("HTTP/1.1 ") + status + " X\r\n\r\n").code, Errc::upgrade_unavailable)
            << status;
    for (const char* status : {"200", "301", "400", "401", "404"})
        EXPECT_EQ(refusal(std::string("HTTP/1.1 ") + status + " X\r\n\r\n").code, Errc::upgrade_refused)
            << status;
}

TEST_F(HandshakeTest, ARedirectIsRefusedWithItsPlaceNamedWithoutItsQuery) {
    const Error error =
        refusal("HTTP/1.1 302 Found\r\nLocation: https://other.example/login?token=secret\r\n\r\n");
    EXPECT_NE(error.message().find("'https://other.example/login'"), std::string::npos);
}

// M8: the user must know the host; the rest may be a secret.
TEST_F(HandshakeTest, M8ARedirectsHostIsShownAndItsKeysAreNot) {
    const std::string host = "stream-gateway-europe-central-2.exchange.example";
    const std::string key(64, 'k');
    const std::pair<std::string, std::string> table[] = {
        {"https://" + host + "/ws", "'https://" + host + "/ws'"},
        {"https://" + host, "'https://" + host + "'"},
        {"wss://" + host + ":8443/ws/" + key, "'wss://" + host + ":8443/ws/[hidden]'"},
        {"//" + host + "/" + key + "?a", "'//" + host + "/[hidden]'"},
        {"https://user:pass@" + host + "/x#f", "'https://" + host + "/x'"},
        {"https://[2001:db8:1111:2222:3333:4444:5555:6666]/",
         "'https://[2001:db8:1111:2222:3333:4444:5555:6666]/'"},
        {"/ws/" + key, "'/ws/[hidden]'"},
        {"/ws//" + key, "'/ws//[hidden]'"},
        {key, "'[hidden]'"},
        {"?token=" + key, "''"},
    };
    for (const auto& [location, shown] : table) {
        const std::string text =
            refusal("HTTP/1.1 302 Found\r\nLocation: " + location + "\r\n\r\n").message();
        EXPECT_NE(text.find("a redirect to " + shown), std::string::npos) << text;
    }
    std::string path;
    while (path.size() < 2000) path += "/short";
    const std::string text = refusal("HTTP/1.1 302 Found\r\nLocation: " + path + "\r\n\r\n").message();
    EXPECT_LE(text.size(), 400U);
    EXPECT_NE(text.find(" bytes more)"), std::string::npos) << text;
}

TEST_F(HandshakeTest, RetryAfterIsSecondsOrADate) {
    EXPECT_EQ(retry_after("120"), 120s);
    EXPECT_EQ(retry_after("Tue, 14 Nov 2023 22:14:20 GMT"), 60s);
    EXPECT_EQ(retry_after("Tue, 14 Nov 2023 22:00:00 GMT"), 0s);
    EXPECT_EQ(retry_after("soon"), std::nullopt);
    EXPECT_EQ(retry_after("99999999999999"), 365 * 24h);
    EXPECT_EQ(retry_after("Mon, 15 Nov 0023 00:00:00 GMT"), 0s);
    EXPECT_EQ(retry_after("Mon, 15 Nov 9999 00:00:00 GMT"), 365 * 24h);
}

// H1, H3, S7
TEST_F(HandshakeTest, ARefusalOfAnyHttp1IsReadWithItsRetryAfter) {
    for (const char* version : {"1.0", "1.1", "1.2"}) {
        auto client = make();
        std::string rest;
        std::ignore = feed(
            client, std::string("HTTP/") + version + " 503 Service Unavailable\r\nRetry-After: 20\r\n\r\n",
            1000, rest);
        EXPECT_EQ(client.error().code, Errc::upgrade_unavailable) << version;
        EXPECT_EQ(client.http_status(), 503) << version;
        EXPECT_EQ(client.retry_after(), 20s) << version;
    }
    EXPECT_EQ(refusal("HTTP/1.0 401 X\r\n\r\n").code, Errc::upgrade_refused);
    EXPECT_NE(refusal("HTTP/1.0 101 X\r\n\r\n").message().find("101 with HTTP/1.0"), std::string::npos);
    EXPECT_EQ(refusal("HTTP/1.x 503 X\r\n\r\n").code, Errc::upgrade_malformed);
}

// H3, S7
TEST_F(HandshakeTest, RetryAfterTakesAllDateFormsAndSaturates) {
    EXPECT_EQ(retry_after("Tuesday, 14-Nov-23 22:14:20 GMT"), 60s);
    EXPECT_EQ(retry_after("Tue Nov 14 22:14:20 2023"), 60s);
    EXPECT_EQ(retry_after("Mon Nov  6 22:14:20 2023"), 0s);
    EXPECT_EQ(retry_after("Monday, 14-Nov-72 22:14:20 GMT"), 365 * 24h);
    EXPECT_EQ(retry_after("Sunday, 14-Nov-99 22:14:20 GMT"), 0s);
    EXPECT_EQ(retry_after("9223372036854775808"), 365 * 24h);
    EXPECT_EQ(retry_after("99999999999999999999999999"), 365 * 24h);
    for (const char* wrong : {"-5", "+5", "5s", "1.5", "-99999999999999999999"})
        EXPECT_EQ(retry_after(wrong), std::nullopt) << wrong;
}

// H3
TEST_F(HandshakeTest, ADateMustBeCompleteAndValid) {
    EXPECT_EQ(retry_after("Mon, 14 Nov 2023 22:14:20 GMT"), 60s);  // the weekday belongs to another date
    for (const char* wrong :
         {"Tue, 14 Nov 2023 22:14:20", "Tue, 14 Nov 2023 22:14:20 GMT+1", "Tue, 4 Nov 2023 22:14:20 GMT",
          "tue, 14 nov 2023 22:14:20 gmt", "Tue, 31 Nov 2023 22:14:20 GMT", "Tue, 14 Nov 2023 24:14:20 GMT",
          "Tue, 14 Nov 2023 22:60:20 GMT", "Tue, 14 Nov  2023 22:14:20 GMT", "Tue Nov 14 22:14:20 2023 GMT",
          "Tues, 14-Nov-23 22:14:20 GMT", "Tuesday, 14-Nov-2023 22:14:20 GMT", "Tue, 14 Nov 2023", "Tue"})
        EXPECT_EQ(retry_after(wrong), std::nullopt) << wrong;
}

// H3
TEST_F(HandshakeTest, AChunkedBodyIsShownWithoutItsChunkSizes) {
    const std::string head = "HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const std::string body : {"5\r\nbusy \r\n3;x=y\r\nnow\r\n0\r\n\r\n", "5\r\nbusy \r\n9\r\nnow"})
        for (const std::size_t piece : {1U, 1000U}) {
            auto client = make();
            std::string rest;
            const auto status = feed(client, head + body, piece, rest);
            if (status == UpgradeStatus::need_more) client.end_of_stream();
            EXPECT_NE(client.error().message().find(": busy now; try again later"), std::string::npos)
                << client.error().message();
        }
    auto client = make();
    std::string rest;
    std::string endless;
    for (int i = 0; i < 2000; ++i) endless += "1\r\nx\r\n";
    EXPECT_EQ(feed(client, head + endless, 7, rest), UpgradeStatus::failed);
    EXPECT_NE(client.error().message().find("xxxx"), std::string::npos);
    EXPECT_LT(client.error().message().size(), 400U);
}

// H4
TEST_F(HandshakeTest, AFoldedHeaderIsReadAsOne) {
    auto client = make();
    std::string rest;
    std::ignore = feed(client, "HTTP/1.1 503 X\r\nRetry-After:\r\n\t 20 \r\nX: a\r\n b\r\n\r\n", 1, rest);
    EXPECT_EQ(client.http_status(), 503);
    EXPECT_EQ(client.retry_after(), 20s);
}

// H4
TEST_F(HandshakeTest, AHeadersFaultIsNamed) {
    const auto expect = [&](const std::string& answer, const char* text) {
        const Error error = refusal(answer);
        EXPECT_EQ(error.code, Errc::upgrade_malformed);
        EXPECT_NE(error.message().find(text), std::string::npos) << error.message();
    };
    expect("HTTP/1.1 503 X\r\nA: b\r\nno colon\r\n\r\n", "header line 2 has no colon");
    expect("HTTP/1.1 503 X\r\nA : b\r\n\r\n", "header line 1 has a space before the colon");
    expect("HTTP/1.1 503 X\r\n: b\r\n\r\n", "header line 1 has no name");
    expect("HTTP/1.1 503 X\r\nA@: b\r\n\r\n", "header line 1 has a name with a character");
    expect("HTTP/1.1 503 X\r\nA: \x01\r\n\r\n", "header line 1 ('A') has a control character");
    expect("HTTP/1.1 503 X\r\n b\r\n\r\n", "header line 1 continues a header, and there is none");
    expect("HTTP/1.1 503 X\r\nA: b\n", "header line 1 ends with a line feed alone");
    expect("HTTP/1.1 503 X\r\nA: b\rc", "header line 1 has a carriage return alone");
    expect("SSH-2.0-x\r\nno colon\r\n\r\n", "the answer is not HTTP/1.1");
    expect("SSH-2.0-x\n", "the answer is not HTTP/1.1");
}

TEST_F(HandshakeTest, AnEndBeforeTheAnswerIsCompleteIsReported) {
    auto client = make();
    std::string rest;
    EXPECT_EQ(feed(client, "HTTP/1.1 101 Swi", 1000, rest), UpgradeStatus::need_more);
    client.end_of_stream();
    EXPECT_EQ(client.error().code, Errc::upgrade_malformed);
    auto refused = make();
    EXPECT_EQ(feed(refused, "HTTP/1.1 404 X\r\nContent-Length: 50\r\n\r\nshort", 1000, rest),
              UpgradeStatus::need_more);
    refused.end_of_stream();
    EXPECT_NE(refused.error().message().find("HTTP 404: short"), std::string::npos);
}

TEST(UpgradeOptions, AHeaderThatCouldSplitTheRequestIsNamedNotQuoted) {
    const auto message = [](HttpHeader header) {
        return validate({.headers = {std::move(header)}}).message();
    };
    EXPECT_EQ(message({"X-Key", "a\r\nHost: evil"}),
              "the value of header 'X-Key' has a line break or another control character");
    EXPECT_NE(message({"X-Key", std::string("a\0b", 3)}).find("'X-Key'"), std::string::npos);
    EXPECT_NE(message({"X\r\nHost", "b"}).find("the header name 'X' must be"), std::string::npos);
    EXPECT_NE(message({"", "b"}).find("the header name '' must be"), std::string::npos);
    EXPECT_NE(message({"host", "b"}).find("belongs to the upgrade"), std::string::npos);
    EXPECT_NE(validate({.subprotocols = {"a b"}}).message().find("token"), std::string::npos);
    EXPECT_FALSE(validate({.headers = {{"Authorization", "Bearer x"}}, .subprotocols = {"v1"}}).failed());
}

TEST_F(HandshakeTest, ClientAndServerAgreeHoweverTheRequestIsCut) {
    const auto client_request = make({.subprotocols = {"x", "y"}}).request();
    for (std::size_t split = 1; split < client_request.size(); ++split) {
        auto client = make({.subprotocols = {"x", "y"}});
        server::UpgradeServer server({"y"});
        EXPECT_EQ(server.feed(bytes_of(client.request().substr(0, split))).status, UpgradeStatus::need_more);
        ASSERT_EQ(server.feed(bytes_of(client.request().substr(split))).status, UpgradeStatus::done);
        EXPECT_EQ(server.target(), "/stream?key=secret");
        ASSERT_EQ(client.feed(bytes_of(server.response()), kNow).status, UpgradeStatus::done);
        EXPECT_EQ(client.subprotocol(), "y");
    }
}

TEST(UpgradeServer, RefusesRequestsOtherThanUpgrades) {
    for (const char* request :
         {"POST / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET /\n\n",
          "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n"}) {
        server::UpgradeServer server;
        EXPECT_EQ(server.feed(bytes_of(request)).status, UpgradeStatus::failed) << request;
        EXPECT_TRUE(server.response().starts_with("HTTP/1.1 400 "));
    }
    server::UpgradeServer old;
    EXPECT_EQ(
        old.feed(bytes_of("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n"))
            .status,
        UpgradeStatus::failed);
    EXPECT_TRUE(old.response().starts_with("HTTP/1.1 426 "));
}

}  // namespace
}  // namespace pinwheel
