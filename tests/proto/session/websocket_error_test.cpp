#include "../../../proto/session/websocket_error.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

template <class E>
const E& as_base(const E& error) {
    const WebSocketError& base = error;
    const std::runtime_error& runtime = base;
    EXPECT_STREQ(runtime.what(), error.what());
    return error;
}

TEST(Errors, AConnectionErrorHasUrlAttemptsAndTheLastError) {
    const WebSocketConnectionError error("wss://example.com/ws?token=secret", 3,
                                         {Errc::upgrade_refused, "example.com:443 answered HTTP 403"});
    EXPECT_STREQ(as_base(error).what(),
                 "cannot connect to wss://example.com/ws (3 attempts): example.com:443 answered HTTP 403");
    EXPECT_EQ(error.code(), Errc::upgrade_refused);
    EXPECT_EQ(error.url(), "wss://example.com/ws");
    EXPECT_EQ(error.attempts(), 3U);
    EXPECT_EQ(error.last_error().code, Errc::upgrade_refused);
}

TEST(Errors, AMessageNeverHoldsAQueryValue) {
    for (const char* url : {"wss://h/p?k=secret", "wss://h?secret", "wss://h/p#secret"}) {
        const WebSocketConnectionError error(url, 1, {Errc::connection_refused, ""});
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
        EXPECT_EQ(error.url().find("secret"), std::string::npos);
    }
}

// M8
TEST(Errors, M8AMessageHasTheHostAndNoKeyOfThePath) {
    const std::string host = "wss://stream-gateway-europe-central-2.exchange.example";
    EXPECT_EQ(WebSocketConnectionError(host + "/ws/" + std::string(64, 'k'), 1, {}).url(),
              host + "/ws/[hidden]");
    EXPECT_EQ(WebSocketConnectionError(host, 1, {}).url(), host);
    EXPECT_EQ(WebSocketConnectionError("wss://u:p@h/x", 1, {}).url(), "wss://h/x");
}

TEST(Errors, AClosedErrorHasCodeAndReason) {
    const WebSocketClosedError error(1008, "bad token");
    EXPECT_EQ(error.close_code(), 1008);
    EXPECT_EQ(error.reason(), "bad token");
    EXPECT_EQ(error.code(), Errc::not_connected);
    EXPECT_NE(std::string(as_base(error).what()).find("close code 1008"), std::string::npos);
    EXPECT_EQ(WebSocketClosedError(1006).reason(), "");
}

TEST(Errors, ATimeoutErrorHasOperationAndTimeout) {
    const WebSocketTimeoutError error("receive", 1500ms);
    EXPECT_STREQ(as_base(error).what(), "receive took longer than its timeout of 1.5 s");
    EXPECT_EQ(error.operation(), "receive");
    EXPECT_EQ(error.timeout(), 1500ms);
    EXPECT_EQ(error.code(), Errc::timeout);
}

TEST(Errors, AReconnectErrorHasAttemptsAndTheLastError) {
    const WebSocketReconnectError error(1, {Errc::connection_refused, ""});
    EXPECT_STREQ(
        as_base(error).what(),
        "gave up connecting after 1 attempt: the connection was refused; call connect() to try again");
    EXPECT_EQ(error.attempts(), 1U);
    EXPECT_EQ(error.code(), Errc::retries_exhausted);
    EXPECT_EQ(error.last_error().code, Errc::connection_refused);
}

TEST(Errors, AProtocolErrorNamesTheBrokenRule) {
    const WebSocketProtocolError error({Errc::bad_utf8, ""});
    EXPECT_EQ(as_base(error).protocol_error(), "the peer sent text that is not UTF-8");
    EXPECT_EQ(error.code(), Errc::bad_utf8);
}

TEST(Errors, AQueueFullErrorHasSizeAndDropped) {
    const WebSocketQueueFullError error(1000, 17);
    EXPECT_EQ(error.queue_size(), 1000U);
    EXPECT_EQ(error.dropped_count(), 17U);
    EXPECT_EQ(as_base(error).code(), Errc::queue_full);
    EXPECT_NE(std::string(error.what()).find("1000 messages was full, 17 dropped"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel
