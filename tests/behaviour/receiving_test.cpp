// Section 6 of the behaviour: the calls that wait for messages and connections.

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Receiving : public ManagedTest {
  protected:
    void send_texts(std::size_t connection, const std::string& letters) {
        std::string frames;
        for (const char letter : letters) frames += text_frame(std::string(1, letter));
        script(connection).bytes(frames);
    }
};

// receive(timeout)

TEST_F(Receiving, ReceiveTimesOut) {
    connect();
    try {
        std::ignore = ws().receive(3s);
        ADD_FAILURE() << "nothing was thrown";
    } catch (const WebSocketTimeoutError& error) {
        EXPECT_EQ(error.operation(), "receive");
        EXPECT_EQ(error.timeout(), 3s);
        EXPECT_STREQ(error.what(), "receive took longer than its timeout of 3 s");
    }
}

TEST_F(Receiving, ReceiveDrainsTheQueueThenThrowsClosedErrorIfNoConnectionIsComing) {
    options.auto_reconnect = false;
    connect();
    send_texts(0, "ab");
    script(0).bytes(close_frame(4001, "go away"));
    turn();
    EXPECT_EQ(ws().receive().text(), "a");
    EXPECT_EQ(ws().receive().text(), "b");
    try {
        std::ignore = ws().receive();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const WebSocketClosedError& error) {
        EXPECT_EQ(error.close_code(), 4001);
        EXPECT_EQ(error.reason(), "go away");
    }
}

TEST_F(Receiving, ReceiveOnASessionThatWasNeverConnectedThrowsClosedError) {
    make();
    EXPECT_THROW(std::ignore = ws().receive(), WebSocketClosedError);
}

TEST_F(Receiving, ACustomLoopSeesTheResultsOfTheWaitingCalls) {
    dialer.plan();
    make().connect();
    EXPECT_EQ(ws().connect_outcome(), std::nullopt);
    turn();
    EXPECT_EQ(ws().connect_outcome(), true);
    send_texts(0, "a");
    turn();
    EXPECT_EQ(ws().try_next()->text(), "a");
    EXPECT_FALSE(ws().try_next());
    EXPECT_FALSE(ws().stream_is_over());
    ws().close();
    script(0).bytes(close_frame(1000));
    turn();
    EXPECT_TRUE(ws().stream_is_over());
    EXPECT_EQ(ws().connect_outcome(), false);
    EXPECT_EQ(ws().ask_reconnect_window().kind, WindowPolicy::Step::Kind::connect);
    EXPECT_EQ(ws().ask_reconnect_window([] { return WindowAnswer(false); }).kind,
              WindowPolicy::Step::Kind::ask_at);
}

TEST_F(Receiving, ReceiveWaitsOverAReconnect) {
    connect();
    dialer.plan().script.bytes(text_frame("again"));
    script(0).end();
    EXPECT_EQ(ws().receive(10s).text(), "again");
}

// stream()

TEST_F(Receiving, AStreamIsARangeCarriedAcrossReconnectsThatEndsWithClose) {
    static_assert(std::input_iterator<MessageStream::Iterator>);
    connect();
    send_texts(0, "ab");
    script(0).end();
    dialer.plan().script.bytes(text_frame("c"));
    std::string texts;
    for (const Message& message : ws().stream()) {
        texts += message.text();
        if (message.text() == "c") ws().close();
    }
    EXPECT_EQ(texts, "abc");
}

TEST_F(Receiving, AStreamEndsWithACloseWhileReconnectingToo) {
    for (const int call : {0, 1, 2}) {
        connect();
        script(dialer.dials() - 1).end();
        turn();
        EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
        if (call == 0) ws().close();
        if (call == 1) ws().request_disconnect();
        if (call == 2) ws().shutdown();
        for (const Message& message : ws().stream()) ADD_FAILURE() << message.text();
    }
}

TEST_F(Receiving, AStreamAfterAKillOrALossWithoutReconnectThrows) {
    options.auto_reconnect = false;
    connect();
    ws().kill();
    EXPECT_THROW(std::ignore = ws().stream().begin(), WebSocketClosedError);
    connect();
    script(1).bytes(raw_frame({.rsv = 4}, "x"));
    EXPECT_THROW(std::ignore = ws().stream().begin(), WebSocketProtocolError);
}

TEST_F(Receiving, AStreamThrowsTheReconnectErrorWhenTheBudgetIsSpent) {
    options.max_reconnect_attempts = 2;
    connect();
    plan_failures(2);
    send_texts(0, "a");
    script(0).end();
    std::string texts;
    try {
        for (const Message& message : ws().stream()) texts += message.text();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const WebSocketReconnectError& error) {
        EXPECT_EQ(error.attempts(), 2U);
    }
    EXPECT_EQ(texts, "a");
}

// wait_connected, wait_disconnected, the scope

TEST_F(Receiving, WaitConnectedIsTrueWhenUpAndFalseAtTheTimeoutAndWhenNothingIsComing) {
    make();
    EXPECT_FALSE(ws().wait_connected()) << "nothing is coming";
    ws().connect();
    EXPECT_FALSE(ws().wait_connected(2s));
    plan(1);  // of the dial that never ends
    ws().close();
    plan(1);
    ws().connect();
    EXPECT_TRUE(ws().wait_connected(2s));
    EXPECT_TRUE(ws().wait_connected());
}

TEST_F(Receiving, WaitDisconnectedIsTrueOnceTheCloseHandshakeIsOver) {
    connect();
    EXPECT_FALSE(ws().wait_disconnected(1s));
    ws().close();
    EXPECT_FALSE(ws().wait_disconnected(1s));
    EXPECT_TRUE(ws().wait_disconnected(2s));
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_TRUE(ws().wait_disconnected());
}

TEST_F(Receiving, AScopeConnectsAndClosesAndMayBeEnteredAgain) {
    make();
    for (int round = 0; round < 2; ++round) {
        dialer.plan();
        {
            const ConnectedScope scope(ws(), 5s);
            EXPECT_TRUE(ws().is_connected());
            script(static_cast<std::size_t>(round)).bytes(close_frame(1000));
        }
        EXPECT_EQ(ws().state(), ConnectionState::disconnected);
        EXPECT_FALSE(ws().is_shutdown());
    }
    EXPECT_EQ(ws().stats().proactive_disconnects + ws().stats().reactive_disconnects, 2U);
}

TEST_F(Receiving, AScopeThatCannotConnectThrowsAndLeavesNothingUnderWay) {
    make();
    EXPECT_THROW(const ConnectedScope scope(ws(), 2s), WebSocketTimeoutError);
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
    EXPECT_EQ(dialer.under_way(), 0U);
    plan(1);
    plan_failures(1, Errc::tls_certificate);
    EXPECT_THROW(const ConnectedScope scope(ws(), 2s), WebSocketConnectionError);
}

}  // namespace
}  // namespace pinwheel::test
