// Section 10 of the behaviour: each exception and each class of error that a manager reports.

#include <stdexcept>

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Errors : public ManagedTest {
  protected:
    template <class Error>
    Error thrown_by(const std::function<void()>& call) {
        try {
            call();
        } catch (const Error& error) {
            return error;
        }
        throw std::runtime_error("nothing was thrown");
    }
    /// The error that ended a connect() without budget.
    Error error_of_connect() {
        options.max_reconnect_attempts = 0;
        make("ws://feed.example/stream?key=secret").connect();
        turn();
        try {
            ws().wait_connected(100s);
        } catch (const WebSocketReconnectError& error) {
            return error.last_error();
        } catch (const WebSocketConnectionError& error) {
            return error.last_error();
        }
        return {};
    }
};

TEST_F(Errors, AllAreWebSocketErrors) {
    static_assert(std::is_base_of_v<WebSocketError, WebSocketConnectionError>);
    static_assert(std::is_base_of_v<WebSocketError, WebSocketClosedError>);
    static_assert(std::is_base_of_v<WebSocketError, WebSocketTimeoutError>);
    static_assert(std::is_base_of_v<WebSocketError, WebSocketReconnectError>);
    static_assert(std::is_base_of_v<WebSocketError, WebSocketProtocolError>);
    static_assert(std::is_base_of_v<WebSocketError, WebSocketQueueFullError>);
}

TEST_F(Errors, ConnectionErrorHasUrlAttemptsAndLastError) {
    plan_failures(1);
    plan_failures(1, Errc::tls_certificate);
    make("ws://feed.example/stream?key=secret").connect();
    const auto error = thrown_by<WebSocketConnectionError>([&] { ws().wait_connected(); });
    EXPECT_EQ(error.url(), "ws://feed.example/stream");
    EXPECT_EQ(error.attempts(), 2U);
    EXPECT_EQ(error.last_error().code, Errc::tls_certificate);
    EXPECT_EQ(error.code(), Errc::tls_certificate);
}

TEST_F(Errors, ClosedErrorHasCodeAndReason) {
    options.auto_reconnect = false;
    connect();
    script(0).bytes(close_frame(1008, "policy"));
    const auto error = thrown_by<WebSocketClosedError>([&] { std::ignore = ws().receive(); });
    EXPECT_EQ(error.close_code(), 1008);
    EXPECT_EQ(error.reason(), "policy");
}

TEST_F(Errors, TimeoutErrorHasOperationAndTimeout) {
    connect();
    const auto error = thrown_by<WebSocketTimeoutError>([&] { std::ignore = ws().receive(5s); });
    EXPECT_EQ(error.operation(), "receive");
    EXPECT_EQ(error.timeout(), 5s);
}

TEST_F(Errors, ReconnectErrorHasAttemptsAndLastError) {
    options.max_reconnect_attempts = 1;
    connect();
    plan_failures(1, Errc::network_unreachable);
    script(0).end();
    const auto error = thrown_by<WebSocketReconnectError>([&] { std::ignore = ws().receive(); });
    EXPECT_EQ(error.attempts(), 1U);
    EXPECT_EQ(error.last_error().code, Errc::network_unreachable);
}

TEST_F(Errors, ProtocolErrorNamesTheRuleThatThePeerBroke) {
    options.auto_reconnect = false;
    connect();
    script(0).bytes(text_frame("\xff"));
    const auto error = thrown_by<WebSocketProtocolError>([&] { std::ignore = ws().receive(); });
    EXPECT_EQ(error.code(), Errc::bad_utf8);
    EXPECT_NE(error.protocol_error().find("not UTF-8"), std::string::npos) << error.what();
}

TEST_F(Errors, QueueFullErrorHasSizeAndCount) {
    options.queue_size = 1;
    options.throw_on_dropped = true;
    connect();
    script(0).bytes(text_frame("a") + text_frame("b"));
    turn();
    std::ignore = ws().receive(1s);
    script(0).bytes(text_frame("c"));
    const auto error = thrown_by<WebSocketQueueFullError>([&] { std::ignore = ws().receive(1s); });
    EXPECT_EQ(error.queue_size(), 1U);
    EXPECT_EQ(error.dropped_count(), 1U);
}

// Each class

TEST_F(Errors, EachClassIsReportedByAManagerAndDecidesWhetherToRetry) {
    const std::vector<std::pair<Errc, ErrorClass>> by_dial{{Errc::host_not_found, ErrorClass::resolve},
                                                           {Errc::connection_refused, ErrorClass::transport},
                                                           {Errc::tls_handshake, ErrorClass::tls}};
    for (const auto& [code, group] : by_dial) {
        plan_failures(1, code);
        EXPECT_EQ(error_class(error_of_connect().code), group);
        EXPECT_EQ(ws().last_error().code, Errc::retries_exhausted) << "it may pass";
    }
    dialer.plan().answer = "HTTP/1.1 403 Forbidden\r\nX-Secret: secret\r\nContent-Length: 0\r\n\r\n";
    const Error refused = error_of_connect();
    EXPECT_EQ(error_class(refused.code), ErrorClass::handshake);
    EXPECT_EQ(ws().last_error().code, Errc::upgrade_refused) << "it does not pass";
    EXPECT_EQ(error_class(ws().try_send("x")), ErrorClass::usage);
    options.send_buffer_limit = 100;
    connect();
    EXPECT_EQ(error_class(ws().try_send(std::string(200, 'x'))), ErrorClass::limit);
    script(dialer.dials() - 1).bytes(raw_frame({.rsv = 4}, "x"));
    turn();
    ASSERT_TRUE(ws().last_error().failed());
}

TEST_F(Errors, ProtocolClassIsOfALostConnection) {
    options.auto_reconnect = false;
    connect();
    script(0).bytes(raw_frame({.rsv = 4}, "x"));
    turn();
    EXPECT_EQ(error_class(ws().last_error().code), ErrorClass::protocol);
}

TEST_F(Errors, NoTextHoldsAQueryOrAHeaderValue) {
    dialer.plan().answer = "HTTP/1.1 403 Forbidden\r\nX-Key: secret\r\nContent-Length: 0\r\n\r\n";
    options.upgrade.headers.push_back({"Authorization", "secret"});
    const Error refused = error_of_connect();
    std::string texts = refused.message() + ws().last_error().message();
    for (const auto& alert : alerts) texts += alert;
    EXPECT_EQ(texts.find("secret"), std::string::npos) << texts;
    try {
        make("wsx://feed.example/?key=secret");
    } catch (const WebSocketError& error) {
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
}

TEST_F(Errors, LastErrorIsOkSinceTheLastSuccess) {
    connect();
    EXPECT_FALSE(ws().last_error().failed());
    dialer.plan();
    script(0).end();
    turn();
    EXPECT_EQ(ws().last_error().code, Errc::end_of_stream);
    pass(1s);
    EXPECT_FALSE(ws().last_error().failed());
}

}  // namespace
}  // namespace pinwheel::test
