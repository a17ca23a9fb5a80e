// Section 7 of the behaviour: channels, and the messages that subscribe them.

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Subscriptions : public ManagedTest {
  protected:
    static std::string text(const std::string& type, const std::string& channel) {
        return "text {\"type\":\"" + type + "\",\"channel\":\"" + channel + "\"}";
    }
    using Frames = std::vector<std::string>;
};

TEST_F(Subscriptions, SubscribeAddsAndSendsIfConnected) {
    make().subscribe("early");
    dialer.plan();
    ws().connect();
    turn();
    EXPECT_EQ(sent(0), Frames{text("subscribe", "early")});
    ws().subscribe("b", "a");
    EXPECT_EQ(sent(0), (Frames{text("subscribe", "b"), text("subscribe", "a")}));
    EXPECT_EQ(ws().subscriptions(), (Frames{"early", "b", "a"}));
}

TEST_F(Subscriptions, UnsubscribeRemovesAndSends) {
    connect();
    ws().subscribe("a", "b");
    script(0).written.clear();
    ws().unsubscribe("a");
    EXPECT_EQ(sent(0), Frames{text("unsubscribe", "a")});
    EXPECT_EQ(ws().subscriptions(), Frames{"b"});
}

TEST_F(Subscriptions, BothAreIdempotent) {
    connect();
    ws().subscribe("a", "a");
    ws().subscribe("a");
    ws().unsubscribe("never");
    EXPECT_EQ(sent(0), Frames{text("subscribe", "a")});
    ws().unsubscribe("a");
    ws().unsubscribe("a");
    EXPECT_EQ(sent(0), Frames{text("unsubscribe", "a")});
}

TEST_F(Subscriptions, AfterEveryConnectAllAreSentAgainInOrderAfterOnConnect) {
    options.on_connect = [this] { ws().send("login"); };
    connect();
    ws().subscribe("c", "a", "b");
    ws().unsubscribe("a");
    ws().subscribe("a");
    dialer.plan();
    script(0).end();
    turn();
    pass(1s);
    EXPECT_EQ(sent(1),
              (Frames{"text login", text("subscribe", "c"), text("subscribe", "b"), text("subscribe", "a")}));
}

TEST_F(Subscriptions, ChannelsThatOnConnectSubscribesAreSentOnce) {
    options.on_connect = [this] {
        ws().subscribe("a");
        ws().unsubscribe("b");
    };
    dialer.plan();
    make().subscribe("b");
    ws().connect();
    turn();
    EXPECT_EQ(sent(0), Frames{text("subscribe", "a")});
    ws().subscribe("c");
    EXPECT_EQ(sent(0), Frames{text("subscribe", "c")});
}

TEST_F(Subscriptions, NothingIsSentWhileClosing) {
    connect();
    ws().close();
    script(0).written.clear();
    ws().subscribe("a");
    EXPECT_EQ(sent(0), Frames{});
    EXPECT_EQ(ws().subscriptions(), Frames{"a"});
}

TEST_F(Subscriptions, NamesAreJsonEscaped) {
    connect();
    ws().subscribe("a\"b\\\n");
    EXPECT_EQ(sent(0), Frames{R"(text {"type":"subscribe","channel":"a\"b\\\n"})"});
}

TEST_F(Subscriptions, ACodecReplacesTheTextsAndMayPutManyChannelsIntoOne) {
    struct Joined final : SubscriptionCodec {
        static std::string join(const char* verb, std::span<const std::string> channels) {
            std::string text = verb;
            for (const auto& channel : channels) text += " " + channel;
            return text;
        }
        std::vector<std::string> subscribe(std::span<const std::string> channels) const override {
            return {join("SUB", channels)};
        }
        std::vector<std::string> unsubscribe(std::span<const std::string> channels) const override {
            return {join("UNSUB", channels)};
        }
    };
    options.subscription_codec = std::make_shared<Joined>();
    connect();
    ws().subscribe("a", "b");
    ws().unsubscribe("a", "b");
    ws().subscribe("c", "d");
    EXPECT_EQ(sent(0), (Frames{"text SUB a b", "text UNSUB a b", "text SUB c d"}));
    dialer.plan();
    script(0).end();
    turn();
    pass(1s);
    EXPECT_EQ(sent(1), Frames{"text SUB c d"});
}

TEST_F(Subscriptions, OneThatCannotBeSentIsAlerted) {
    options.send_buffer_limit = 50;
    connect();
    script(0).write_room = 0;
    ws().subscribe("a", "b");
    EXPECT_EQ(last_alert(), "alert websocket: a subscription could not be sent: the send buffer is full");
}

TEST_F(Subscriptions, TheySurviveCloseAndConnect) {
    connect();
    ws().subscribe("a");
    ws().kill();
    dialer.plan();
    ws().connect();
    turn();
    EXPECT_EQ(sent(1), Frames{text("subscribe", "a")});
}

}  // namespace
}  // namespace pinwheel::test
