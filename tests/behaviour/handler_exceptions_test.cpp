// Section 1 of the behaviour: the treatment of a handler's exception.

#include <stdexcept>

#include "handler_scenes.h"

namespace pinwheel::test {
namespace {

// "An exception thrown by a handler leaves poll(); the manager stays valid."
class AfterAThrowingHandler : public InEachHandler {};

TEST_P(AfterAThrowingHandler, AnExceptionLeavesPollAndTheManagerStaysValid) {
    const std::string name = GetParam().name;
    const bool is_condition = name.starts_with("Should");
    bool thrown = false;
    const auto catching = [&](const std::function<void()>& step) {
        try {
            step();
        } catch (const std::out_of_range& error) {
            EXPECT_STREQ(error.what(), "from the handler");
            thrown = true;
        }
    };
    catching([&] { prepare(GetParam(), [] { throw std::out_of_range("from the handler"); }); });
    turn();
    if (!done) catching([&] { GetParam().play(*this); });
    EXPECT_TRUE(done);
    EXPECT_EQ(thrown, !is_condition);
    pass(6s);
    if (ws().state() == ConnectionState::disconnected) ws().connect();  // the scene that kills
    turn();
    ASSERT_TRUE(ws().is_connected());
    EXPECT_EQ(ws().try_send("still there"), Errc::ok);
    const auto before = ws().stats();
    script(dialer.dials() - 1).bytes(text_frame("still heard"));
    turn();
    const auto after = ws().stats();
    EXPECT_EQ(after.messages_received + after.messages_dropped,
              before.messages_received + before.messages_dropped + 1);
}

INSTANTIATE_TEST_SUITE_P(Behaviour, AfterAThrowingHandler, testing::ValuesIn(kScenes),
                         AfterAThrowingHandler::name_of);

TEST_F(Handlers, StepsAfterAHandlerAreDoneEvenIfItThrows) {
    options.on_connect = [] { throw std::out_of_range("on_connect"); };
    options.on_disconnect = [](DisconnectReason) { throw std::out_of_range("on_disconnect"); };
    std::uint64_t alerted = 0;
    options.on_disconnect_alert = [&](DisconnectReason, std::uint64_t count) { alerted += count; };
    plan(2);
    make().subscribe("a");
    ws().connect();
    EXPECT_THROW(turn(), std::out_of_range);
    turn();
    EXPECT_EQ(sent(0), std::vector<std::string>{R"(text {"type":"subscribe","channel":"a"})"});
    script(0).end();
    EXPECT_THROW(turn(), std::out_of_range);
    EXPECT_EQ(alerted, 1U);
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    EXPECT_THROW(pass(1s), std::out_of_range);
    EXPECT_TRUE(ws().is_connected());
}

TEST_F(Handlers, MessagesBehindTheOneWhoseHandlerThrewAreNotLost) {
    std::string texts;
    options.on_message = [&](const Message& message) {
        texts += message.text();
        if (message.text() == "b") throw std::out_of_range("b");
    };
    connect();
    script(0).bytes(text_frame("a") + text_frame("b") + text_frame("c"));
    EXPECT_THROW(turn(), std::out_of_range);
    turn();
    EXPECT_EQ(texts, "abc");
}

TEST_F(Handlers, OfTwoExceptionsOfHandlersTheFirstPasses) {
    options.on_disconnect = [](DisconnectReason) { throw std::out_of_range("first"); };
    options.on_disconnect_alert = [](DisconnectReason, std::uint64_t) { throw std::logic_error("second"); };
    connect();
    try {
        ws().kill();
        ADD_FAILURE() << "nothing was thrown";
    } catch (const std::logic_error& error) {
        EXPECT_STREQ(error.what(), "first");
    }
    EXPECT_EQ(ws().state(), ConnectionState::disconnected);
}

// "should_disconnect and should_reconnect are the exception: one that throws is reported with on_alert and
// counts as "no"."

TEST_F(Handlers, AShouldDisconnectThatThrowsIsAlertedAndCountsAsNo) {
    options.should_disconnect = []() -> bool { throw std::out_of_range("no idea"); };
    connect();
    pass(11s);
    EXPECT_TRUE(ws().is_connected());
    EXPECT_EQ(last_alert(), "alert websocket: should_disconnect threw: no idea; it counts as no");
}

TEST_F(Handlers, AShouldReconnectThatThrowsIsAlertedAndCountsAsNo) {
    int asked = 0;
    options.should_reconnect = [&]() -> WindowAnswer {
        if (++asked == 1) throw 7;
        return true;
    };
    connect();
    dialer.plan();
    ws().request_disconnect();
    script(0).bytes(close_frame(1000));
    turn();
    EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
    EXPECT_EQ(
        last_alert(),
        "alert websocket: should_reconnect threw an object that is not a std::exception; it counts as no");
    pass(6s);
    EXPECT_TRUE(ws().is_connected());
    EXPECT_EQ(asked, 2);
}

TEST_F(Handlers, TheConditionOfAWaitThatThrowsIsAlertedAndCountsAsNo) {
    make();
    int asked = 0;
    EXPECT_TRUE(ws().wait_for_reconnect_window([&]() -> WindowAnswer {
        if (++asked == 1) throw std::out_of_range("no idea");
        return true;
    }));
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(last_alert(), "alert websocket: should_reconnect threw: no idea; it counts as no");
}

}  // namespace
}  // namespace pinwheel::test
