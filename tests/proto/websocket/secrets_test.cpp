// A token is placed wherever a secret can be, every failure is provoked, and no text may contain the token.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../../../proto/config/websocket_limits.h"
#include "../../../proto/delivery/callback_sink.h"
#include "../../../proto/session/websocket_error.h"
#include "../../../proto/websocket/connection.h"
#include "../../support/frames.h"
#include "../../support/scripted_dialer.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

const std::string kToken = "hunter2-tOkEn";
const std::string kEncoded = "hunter2%2DtOkEn";  // the same in a query

void expect_hidden(const std::string& text, const std::string& where) {
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << where << ": " << text;
    EXPECT_EQ(text.find("tOkEn"), std::string::npos) << where << ": " << text;
    EXPECT_TRUE(std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        << where << ": " << text;
}

TEST(Redactor, HidesTheQueryItsValuesHeadersTheirLongWordsAndSubprotocols) {
    const Redactor redactor("/path?key=abc%21defg&other=words+here&x=12",
                            {{"Authorization", "Bearer 0123456789"}, {"Cookie", "session=abcdefgh; a=b"}},
                            {"token.xyz"});
    EXPECT_EQ(redactor.redact("path x=12 Bearer key a=b"), "path x=12 Bearer key a=b");
    EXPECT_EQ(redactor.redact("key=abc%21defg&other=words+here&x=12!"), "[hidden]!");
    EXPECT_EQ(redactor.redact("<abc%21defg> <abc!defg>"), "<[hidden]> <[hidden]>");
    EXPECT_EQ(redactor.redact("<words+here> <words here>"), "<[hidden]> <[hidden]>");
    EXPECT_EQ(redactor.redact("Bearer 0123456789."), "[hidden].");
    EXPECT_EQ(redactor.redact("key 0123456789."), "key [hidden].");
    EXPECT_EQ(redactor.redact("'abcdefgh' token.xyz ok"), "'[hidden]' [hidden] ok");
    EXPECT_EQ(redactor.redact("0123456789 0123456789 "), "[hidden] [hidden] ");
}

TEST(Redactor, HidesTheBeginningOfASecretWhereTheTextWasCut) {
    const Redactor redactor("/", {{"X-Key", "0123456789"}}, {});
    EXPECT_EQ(redactor.redact("your key 012345678"), "your key [hidden]");
    EXPECT_EQ(redactor.redact("your key 0123"), "your key [hidden]");
    EXPECT_EQ(redactor.redact("your key 012"), "your key 012");
    EXPECT_EQ(redactor.redact("0123 keys"), "0123 keys");
    EXPECT_EQ(Redactor().redact("anything"), "anything");
}

TEST(Redactor, OneLineIsOneLine) {
    EXPECT_EQ(one_line("a\r\nb\x1b[1m\x7f"), "a  b [1m ");
    EXPECT_EQ(one_line("gr\xc3\xbc\xc3\x9f \xc2\x9b"
                       "1m\xc2"),
              "gr\xc3\xbc\xc3\x9f  1m\xc2");
}

TEST(Secrets, NoUrlErrorHoldsQueryOrUserInformation) {
    for (const std::string url :
         {"ws://user:hunter2-tOkEn@h/", "ws://hunter2-tOkEn@h/", "ws://u:hunter2-tOkEn/x@h/",
          "ws://u:8x?hunter2-tOkEn@h/", "ws://u!hunter2-tOkEn/@h/", "ws://[hunter2-tOkEn]/@h",
          "ws://[hunter2-tOkEn/@h", "h?key=hunter2-tOkEn&next=ws://x", "hunter2-tOkEn?://h",
          "ws://h:0/?key=hunter2-tOkEn", "ws://h/?key=hunter2-tOkEn\n", "ws://h/?key=hunter2-tOkEn#x",
          "ws://h!/?key=hunter2-tOkEn", "ws:///?key=hunter2-tOkEn", "http://h/?key=hunter2-tOkEn",
          "?key=hunter2-tOkEn"}) {
        const auto parsed = Url::parse(url);
        ASSERT_FALSE(parsed) << url;
        expect_hidden(parsed.error().message(), url);
    }
    expect_hidden(Url::parse("ws://h/p?key=" + kToken)->without_query(), "without_query");
}

// M8
TEST(Secrets, NoErrorHoldsAKeyOfTheUrlsPath) {
    const std::string key = "pqia91ma19a5s61cv6a81va65sdf19v8";
    const std::string short_key = "hunter2";
    const Redactor redactor("/ws/" + key + "/" + short_key, {}, {}, {short_key});
    EXPECT_EQ(redactor.redact("no stream " + key + " or hunter2!"), "no stream [hidden] or [hidden]!");
    const WebSocketConnectionError error("wss://h/ws/" + key + "?x=1", 1, Error{Errc::timeout});
    EXPECT_EQ(error.url(), "wss://h/ws/[hidden]");
    EXPECT_EQ(std::string(error.what()).find(key), std::string::npos);
}

TEST(Secrets, NoOptionErrorHoldsAHeadersValue) {
    for (const auto& header : std::vector<HttpHeader>{{"X-Key", kToken + "\r\nX: y"},
                                                      {"Host", kToken},
                                                      {"X Key", kToken},
                                                      {"X-Key: " + kToken, ""},
                                                      {"X-Key\n", kToken}}) {
        const Error refused = validate(UpgradeOptions{.headers = {header}});
        ASSERT_TRUE(refused.failed());
        expect_hidden(refused.message(), header.name);
    }
    expect_hidden(validate(UpgradeOptions{.subprotocols = {"a, " + kToken}}).message(), "subprotocol");
}

TEST(Secrets, NoConfigErrorHoldsAValue) {
    const auto broken = get_websocket_limits("{\"key\": \"" + kToken + "\", \"other\": " + kToken + "}");
    ASSERT_FALSE(broken);
    expect_hidden(broken.error().message(), "broken");
    const auto odd = get_websocket_limits(R"({"websocket": {"ping": {"interval": ")" + kToken + "\"}}}");
    ASSERT_EQ(odd->warnings.size(), 1U);
    expect_hidden(odd->warnings[0].message(), "warning");
}

/// Connects with a token in query, header and payload, plays one failure, and checks all reports.
class SecretsOfAConnection : public testing::Test, public ConnectionHandler {
  protected:
    using Plan = ScriptedDialer::Plan;

    void on_open() override {
        std::ignore = connection->send(Opcode::text, bytes_of(kToken));
        std::ignore = connection->ping(bytes_of(kToken));
    }
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error& warning) override { told.push_back(warning.message()); }
    void on_end(const ConnectionEnd& end) override {
        ended = end;
        told.push_back(end.error.message());
        told.push_back(one_line(end.close_reason));
        told.emplace_back(WebSocketClosedError(end.close_code, end.close_reason).what());
        told.emplace_back(WebSocketConnectionError("ws://h/?key=" + kToken, 3, end.error).what());
        told.emplace_back(WebSocketReconnectError(3, end.error).what());
        told.emplace_back(WebSocketProtocolError(end.error).what());
    }
    void on_message(const Message&) {}

    /// Returns the error's message.
    std::string play(
        const std::string& what, const std::function<void(Plan&)>& write,
        const std::function<void(Connection&)>& act = [](Connection&) {}) {
        auto& plan = dialer.plan();
        write(plan);
        told.clear();
        ended.reset();
        ConnectionOptions options;
        options.upgrade = {.headers = {{"Authorization", "Bearer " + kToken}, {"X-Key", kToken}},
                           .subprotocols = {"v1." + kToken}};
        options.max_message_size = 1000;
        connection = std::make_unique<Connection>(reactor, dialer, options, *this, sink);
        connection->start(*Url::parse("wss://feed.example/stream?plain=" + kToken + "&encoded=" + kEncoded));
        for (int i = 0; i < 10; ++i) turn(1ms);
        act(*connection);
        for (int i = 0; i < 10; ++i) turn(5s);
        EXPECT_TRUE(ended) << what;
        for (const auto& text : told) expect_hidden(text, what);
        connection.reset();
        return ended ? ended->error.message() : std::string();
    }
    void turn(Duration time) {
        clock.advance(time);
        reactor.poll();
    }
    std::string refused(const std::string& answer) {
        return play(answer, [&](Plan& plan) { plan.answer = answer; });
    }

    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    ScriptedDialer dialer{reactor};
    CallbackSink sink{CallbackSink::Callback::member<&SecretsOfAConnection::on_message>(*this)};
    std::unique_ptr<Connection> connection;
    std::vector<std::string> told;
    std::optional<ConnectionEnd> ended;
};

TEST_F(SecretsOfAConnection, AreHiddenWhenTheUpgradeFails) {
    const std::string echo = "?plain=" + kToken + "&encoded=" + kEncoded + " <b>" + kToken + "</b>\r\n";
    const std::string head = "HTTP/1.1 ";
    EXPECT_NE(
        refused(head + "403 No\r\nContent-Length: 20\r\n\r\nwrong key " + kToken).find("wrong key [hidden]"),
        std::string::npos);
    std::ignore = refused(head + "400 Bad\r\n\r\nGET /stream" + echo);
    std::ignore = refused(head + "503 Busy\r\n\r\n" + std::string(100, 'x') + echo);
    for (std::size_t room = 100; room < 120; ++room)
        std::ignore = refused(head + "401 No\r\nContent-Length: 200\r\n\r\n" + std::string(room, 'x') +
                              kToken + std::string(80, 'y'));
    EXPECT_NE(refused(head + "302 Found\r\nLocation: https://u:" + kToken + "@h/login/" + kToken +
                      "?next=" + kToken + "\r\nX: " + kToken + "\r\n\r\n" + echo)
                  .find("'https://h/login/[hidden]'"),
              std::string::npos);
    std::ignore = refused(head + "301 Moved\r\nLocation: /" + std::string(250, 'x') + kToken + "\r\n\r\n");
    std::ignore = refused(head + "101 " + kToken + "\r\n\r\n");
    std::ignore = refused(kToken + "\r\n\r\n");
    std::ignore = refused(head + "200 OK\r\n" + kToken + "\r\n\r\n");
    std::ignore = refused(head + "200 OK\r\nX: " + std::string(20'000, 'x') + kToken);
    std::ignore = refused(
        head + "101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: " + kToken +
        "\r\n\r\n");
    for (const std::string name : {"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"})
        std::ignore = play(name, [&](Plan& plan) { plan.headers = name + ": other-" + kToken + "\r\n"; });
    std::ignore = play("silence", [](Plan& plan) { plan.accepts = false; });
    std::ignore = play("end", [](Plan& plan) {
        plan.accepts = false;
        plan.script.end();
    });
}

TEST_F(SecretsOfAConnection, AreHiddenWhenNobodyAnswers) {
    std::ignore = play("refused", [](Plan& plan) { plan.failure = Error{Errc::connection_refused}; });
    std::ignore = play("reset", [](Plan& plan) { plan.script.fail(Errc::connection_reset); });
    std::ignore = play(
        "silent", [](Plan&) {}, [](Connection& open) { open.close(1000, kToken); });
}

TEST_F(SecretsOfAConnection, AreHiddenWhenThePeerEndsOrBreaksIt) {
    const std::string sent = kToken + kToken;
    for (const auto& frame :
         {raw_frame({.rsv = 4}, sent), raw_frame({.opcode = 3}, sent), raw_frame({.masked = true}, sent),
          text_frame(sent + "\xff"), continuation(sent), text_frame(std::string(2000, 'x') + sent),
          close_frame(999, sent), close_frame(1000, sent + "\xff"),
          text_frame(sent, false) + text_frame(sent)})
        std::ignore =
            play("a broken frame", [&](Plan& plan) { plan.script.bytes(text_frame(sent) + frame); });
    EXPECT_NE(play("a close",
                   [&](Plan& plan) { plan.script.bytes(close_frame(4001, "bad key\n" + kToken + ", go")); })
                  .find("bad key [hidden], go"),
              std::string::npos);
    std::ignore = play("a cut", [&](Plan& plan) {
        plan.script.bytes(text_frame(sent, false));
        plan.script.end();
    });
    std::ignore = play("a broken socket", [&](Plan& plan) {
        plan.script.write_room = 300;
        plan.script.bytes(text_frame(sent));
        plan.script.fail(Errc::io_failure);
    });
}

}  // namespace
}  // namespace pinwheel
