// Section 2 of the behaviour: the six states and their transitions.

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class States : public ManagedTest {};

TEST_F(States, AUrlThatCannotBeParsedIsAnErrorOfConstruction) {
    EXPECT_THROW(make("http://feed.example/"), WebSocketError);
}

TEST_F(States, ConnectLeadsToConnectedAndCallsOnConnectOnce) {
    dialer.plan();
    EXPECT_EQ(make().state(), ConnectionState::disconnected);
    ws().connect();
    EXPECT_EQ(ws().state(), ConnectionState::connecting);
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::connected);
    EXPECT_EQ(log, "connect;");
    EXPECT_EQ(ws().stats().connects, 1U);
}

TEST_F(States, CloseRunsTheCloseHandshakeAndKeepsTheWayBackOpen) {
    connect();
    ws().close();
    EXPECT_EQ(ws().state(), ConnectionState::closing);
    turn();
    EXPECT_EQ(sent(0), std::vector<std::string>{"close 1000"});
    script(0).bytes(close_frame(1000));
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(log, "connect;disconnect USER_REQUESTED;");
    EXPECT_EQ(ws().close_code(), 1000);
    ws().close();
    dialer.plan();
    ws().connect();
    turn();
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(States, ALostConnectionIsReconnectedAfterTheDelay) {
    connect();
    dialer.plan();
    script(0).end();
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    pass(1s);
    EXPECT_EQ(ws().state(), ConnectionState::connected);
    EXPECT_EQ(log, "connect;disconnect NETWORK_ERROR;connect;");
}

TEST_F(States, AHandlerMayDestroyTheManager) {
    options.on_disconnect = [this](DisconnectReason) { destroy(); };
    connect();
    ws().kill();
    connect();
    script(1).end();
    turn();
}

TEST_F(States, MessagesComeOverConnectionsByReceiveAndStream) {
    dialer.plan().script.bytes(text_frame("one") + text_frame("two"));
    connect();
    EXPECT_EQ(ws().receive(1s).text(), "one");
    EXPECT_EQ(ws().receive(1s).text(), "two");
    EXPECT_THROW((void)ws().receive(1s), WebSocketTimeoutError);
    dialer.plan().script.bytes(text_frame("three") + close_frame(1000));
    dialer.plan(Error{Errc::connection_refused, "nobody there"});
    script(0).end();
    std::string texts;
    options.max_reconnect_attempts = 1;
    try {
        for (const Message& message : ws().stream()) {
            texts += message.text();
            if (message.text() == "three") ws().shutdown();
        }
    } catch (const WebSocketError& error) {
        ADD_FAILURE() << error.what();
    }
    EXPECT_EQ(texts, "three");
    EXPECT_EQ(ws().state(), ConnectionState::closed);
}

}  // namespace
}  // namespace pinwheel::test
