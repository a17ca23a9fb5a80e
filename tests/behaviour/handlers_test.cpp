// Section 1 of the behaviour: the calls that handlers may make.

#include <tuple>

#include "handler_scenes.h"

namespace pinwheel::test {
namespace {

// "A handler may call any non-waiting method, shutdown() and the destructor included."

enum class Ends : std::uint8_t { anyhow, connected, disconnected, closed, destroyed };

struct Call {
    const char* name;
    std::function<void(WebSocketManager&)> make;
    Ends ends;  // the final state

    friend void PrintTo(const Call& call, std::ostream* out) { *out << call.name; }
};

const std::array kCalls{
    Call{"Connect", [](auto& ws) { ws.connect(); }, Ends::connected},
    Call{"RequestDisconnect", [](auto& ws) { ws.request_disconnect(); }, Ends::disconnected},
    Call{"RequestDisconnectWithReconnect", [](auto& ws) { ws.request_disconnect(1s); }, Ends::connected},
    Call{"ScheduleReconnect", [](auto& ws) { ws.schedule_reconnect(1s); }, Ends::connected},
    Call{"Close", [](auto& ws) { ws.close(); }, Ends::disconnected},
    Call{"Kill", [](auto& ws) { ws.kill(); }, Ends::disconnected},
    Call{"KillAndConnect",
         [](auto& ws) {
             ws.kill();
             ws.connect();
         },
         Ends::connected},
    Call{"Shutdown", [](auto& ws) { ws.shutdown(); }, Ends::closed},
    Call{"ForceClose", [](auto& ws) { ws.force_close(); }, Ends::closed},
    Call{"Send",
         [](auto& ws) {
             std::ignore = ws.try_send("text");
             std::ignore = ws.try_send_binary({});
         },
         Ends::anyhow},
    Call{"Subscribe", [](auto& ws) { ws.subscribe("one", "two"); }, Ends::anyhow},
    Call{"Unsubscribe", [](auto& ws) { ws.unsubscribe("one"); }, Ends::anyhow},
    Call{"TheProperties",
         [](auto& ws) {
             ws.reset_stats();
             std::ignore = ws.stats();
             std::ignore = ws.url() + ws.close_reason() + ws.last_error().message();
             std::ignore = ws.subscriptions();
             std::ignore = ws.connection_duration();
             std::ignore = ws.generation() + ws.close_code();
             std::ignore = ws.is_dead() || ws.is_recoverable();
         },
         Ends::anyhow},
    Call{"TheDestructor", {}, Ends::destroyed},
};

class AHandlerMayCall : public Handlers, public testing::WithParamInterface<std::tuple<Scene, Call>> {
  public:
    static std::string name_of(const testing::TestParamInfo<std::tuple<Scene, Call>>& of) {
        return std::string(std::get<0>(of.param).name) + "Calls" + std::get<1>(of.param).name;
    }
};

TEST_P(AHandlerMayCall, AndTheCallDecidesTheNextState) {
    const auto& [scene, call] = GetParam();
    // After kill() there is nothing to disconnect or to resume.
    const bool is_dead = std::string(scene.name) == "OnDisconnectOutsideOfATurn";
    const bool leads_back = std::string(call.name) != "RequestDisconnectWithReconnect" || !is_dead;
    int up = 0;
    int notices = 0;
    options.on_connect = [&] {
        ++notices;
        EXPECT_EQ(++up, 1);
    };
    options.on_disconnect = [&](DisconnectReason) {
        ++notices;
        EXPECT_EQ(--up, 0);
    };
    int notices_then = 0;
    prepare(scene, [&, &make_call = call.make] {
        if (make_call) return make_call(ws());
        notices_then = notices;
        destroy();
    });
    if (exists()) scene.play(*this);
    ASSERT_TRUE(done);
    pass(1s);
    pass(5s);  // the unanswered close handshake, and the delay after it
    switch (call.ends) {
        case Ends::anyhow:
            EXPECT_EQ(ws().state(), is_dead ? ConnectionState::disconnected : ConnectionState::connected);
            break;
        case Ends::connected:
            EXPECT_EQ(ws().state(), leads_back ? ConnectionState::connected : ConnectionState::disconnected);
            break;
        case Ends::disconnected:
            EXPECT_EQ(ws().state(), ConnectionState::disconnected);
            EXPECT_EQ(up, 0);
            break;
        case Ends::closed:
            EXPECT_EQ(ws().state(), ConnectionState::closed);
            EXPECT_TRUE(ws().is_shutdown());
            EXPECT_EQ(up, 0);
            break;
        case Ends::destroyed:
            EXPECT_FALSE(exists());
            EXPECT_EQ(notices, notices_then) << "a handler was called after the destructor";
            break;
    }
}

INSTANTIATE_TEST_SUITE_P(Behaviour, AHandlerMayCall,
                         testing::Combine(testing::ValuesIn(kScenes), testing::ValuesIn(kCalls)),
                         AHandlerMayCall::name_of);

// "… so it must not be called from inside a handler (a clear error if it is)."
TEST_P(InEachHandler, ACallThatWaitsIsAClearError) {
    std::string refusals;
    const auto refused = [&](const char* name, const std::function<void()>& call) {
        try {
            call();
            ADD_FAILURE() << name << " was not refused";
        } catch (const WebSocketError& error) {
            EXPECT_EQ(error.code(), Errc::invalid_state) << error.what();
            EXPECT_EQ(error.what(), std::string(name) + " waits, and so cannot be called from a handler");
        }
    };
    // Handlers that replace the ring disable receive().
    const bool has_ring = std::string(GetParam().name) != "OnMessage";
    prepare(GetParam(), [&] {
        if (has_ring) {
            refused("receive", [&] { std::ignore = ws().receive(1s); });
            refused("stream", [&] { std::ignore = ws().stream().begin(); });
        }
        refused("wait_connected", [&] { ws().wait_connected(1s); });
        refused("wait_disconnected", [&] { ws().wait_disconnected(1s); });
        refused("wait_for_reconnect_window", [&] { ws().wait_for_reconnect_window({}, 1s); });
        refused("ConnectedScope", [&] { const ConnectedScope scope(ws(), 1s); });
    });
    GetParam().play(*this);
    EXPECT_TRUE(done);
}

INSTANTIATE_TEST_SUITE_P(Behaviour, InEachHandler, testing::ValuesIn(kScenes), InEachHandler::name_of);

TEST_F(Handlers, TheConditionOfAWaitMayNotWaitItself) {
    make();
    EXPECT_TRUE(ws().wait_for_reconnect_window([&]() -> WindowAnswer {
        EXPECT_THROW(ws().wait_connected(1s), WebSocketError);
        return true;
    }));
}

// Destroyed during a waiting call.

TEST_F(Handlers, AManagerDestroyedInAHandlerEndsTheCallThatWaits) {
    options.on_disconnect = [this](DisconnectReason) { destroy(); };
    connect();
    script(0).end();
    EXPECT_THROW(std::ignore = ws().receive(), WebSocketClosedError);
    connect();
    script(1).end();
    std::string texts;
    for (const Message& message : ws().stream()) texts += message.text();
    EXPECT_EQ(texts, "");
    connect();
    script(2).end();
    EXPECT_TRUE(ws().wait_disconnected());
    connect();
    script(3).end();
    EXPECT_FALSE(ws().wait_for_reconnect_window([] { return false; }));
    EXPECT_FALSE(exists());
}

TEST_F(Handlers, AManagerDestroyedInAHandlerEndsItsScope) {
    options.on_connect = [this] { destroy(); };
    dialer.plan();
    make();
    EXPECT_THROW(const ConnectedScope scope(ws()), WebSocketClosedError);
    options.on_connect = {};
    dialer.plan();
    make();
    const ConnectedScope scope(ws());
    destroy();
}

TEST_F(Handlers, AStreamMayOutliveItsManager) {
    connect();
    script(0).bytes(text_frame("one") + text_frame("two"));
    MessageStream stream = ws().stream();
    auto at = stream.begin();
    EXPECT_EQ(at->text(), "one");
    destroy();
    ++at;
    EXPECT_EQ(at->text(), "two");
    ++at;
    EXPECT_TRUE(at == stream.end());
}

}  // namespace
}  // namespace pinwheel::test
