// Each call of libnats fails in turn: told and survived.
#include <stdexcept>

#include "nats_server.h"
#include "relayed.h"
#include "wrapped_nats.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

class NatsFaults : public testing::Test {
  protected:
    ~NatsFaults() override { nats_call_plan.disarm(); }

    RelayOptions options{.url = {}, .stream = "OKX"};
};

TEST_F(NatsFaults, AnOptionThatIsRefusedIsNamedAtOnce) {
    const TempDir folder;
    FeedRing ring(0, 0);
    for (const char* const call :
         {"natsOptions_Create", "natsOptions_SetURL", "natsOptions_SetName", "natsOptions_SetTimeout",
          "natsOptions_SetAllowReconnect", "natsOptions_SetSendAsap", "natsOptions_SetSecure",
          "natsOptions_SetExpectedHostname", "natsOptions_SetToken", "natsOptions_SetUserInfo",
          "natsOptions_SetEventLoop"}) {
        SCOPED_TRACE(call);
        options.url = "tls://127.0.0.1:1";
        options.venue = "okx-v5";
        const bool is_token = std::string(call) == "natsOptions_SetToken";
        options.credentials_file = folder.write("creds", is_token ? "token\n" : "user:secret\n");
        nats_call_plan.arm(call, 1, NATS_NO_MEMORY);
        try {
            Relay relay(ring.queue(), options);
            ADD_FAILURE() << "no error";
        } catch (const std::invalid_argument& error) {
            EXPECT_NE(std::string(error.what()).find("No Memory"), std::string::npos) << error.what();
            EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
        }
        EXPECT_TRUE(nats_call_plan.fired());
    }
}

TEST_F(NatsFaults, ACallThatFailsWhileRelayingIsToldAndLosesNothing) {
    const NatsServer server;
    options.url = server.url();
    options.ack_timeout = 500ms;
    std::int64_t last = 0;
    for (const char* const call :
         {"natsConnection_Connect", "natsConnection_SubscribeSync", "natsSubscription_SetPendingLimits",
          "natsConnection_PublishMsg", "natsMsg_Create", "natsMsgHeader_Set", "natsSubscription_NextMsg"}) {
        for (const int nth : {1, 2, 7}) {
            const bool is_once = std::string(call).find("Msg") == std::string::npos;
            if (is_once && nth > 1) continue;
            SCOPED_TRACE(call + std::string(" ") + std::to_string(nth));
            nats_call_plan.arm(call, nth, NATS_IO_ERROR);
            RelayedFeed feed(options, "one" + std::to_string(last));
            for (int i = 0; i < 50; ++i) feed.push(++last);
            EXPECT_TRUE(feed.wait_done()) << feed.alerts.all();
            EXPECT_TRUE(nats_call_plan.fired());
            EXPECT_EQ(feed.relay().stats().dropped, 0U);
            // What is read later is no failure.
            if (std::string(call) == "natsSubscription_NextMsg") continue;
            EXPECT_TRUE(feed.alerts.has("IO Error; trying again")) << feed.alerts.all();
            EXPECT_TRUE(feed.alerts.has("relaying again")) << feed.alerts.all();
            EXPECT_GT(feed.relay().stats().failures, 0U);
        }
    }
    nats_call_plan.disarm();
    expect_whole(read_stream(options), last);
}

TEST_F(NatsFaults, AnswersThatCannotBeReadForLongEndTheConnection) {
    const NatsServer server;
    options.url = server.url();
    options.ack_timeout = 300ms;
    RelayedFeed feed(options, "one");
    ASSERT_TRUE(feed.wait_connected());
    nats_call_plan.arm("natsSubscription_NextMsg", 1, NATS_CONNECTION_CLOSED, 1'000'000);
    for (int i = 1; i <= 50; ++i) feed.push(i);
    for (int i = 0; i < 1000 && feed.alerts.all().empty(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(feed.alerts.has("the server acknowledges nothing")) << feed.alerts.all();
    nats_call_plan.disarm();
    EXPECT_TRUE(feed.wait_done());
    expect_whole(read_stream(options), 50);
}

TEST_F(NatsFaults, AReaderTellsACallThatFails) {
    const NatsServer server;
    options.url = server.url();
    {
        RelayedFeed feed(options, "one");
        for (int i = 1; i <= 200; ++i) feed.push(i);
        ASSERT_TRUE(feed.wait_done());
    }
    for (const char* const call :
         {"natsConnection_Connect", "natsConnection_JetStream", "js_StreamNames", "js_GetStreamInfo",
          "natsInbox_Create", "natsConnection_SubscribeSync", "natsConnection_FlushTimeout",
          "natsSubscription_SetPendingLimits", "js_AddConsumer"}) {
        SCOPED_TRACE(call);
        nats_call_plan.arm(call, 1, NATS_NO_MEMORY);
        try {
            NatsReader reader({.server = options, .subject = "md.okx-v5.>", .last = 10}, {});
            ADD_FAILURE() << "no error";
        } catch (const std::runtime_error& error) {
            const bool names_stream = std::string(call) == "js_StreamNames";
            EXPECT_NE(std::string(error.what()).find(names_stream ? "no stream" : "No Memory"),
                      std::string::npos)
                << error.what();
        }
        EXPECT_TRUE(nats_call_plan.fired());
    }
    for (const char* const call : {"natsSubscription_NextMsg", "natsMsg_GetMetaData"}) {
        SCOPED_TRACE(call);
        nats_call_plan.disarm();
        Lines alerts;
        NatsReader reader({.server = options, .subject = "md.okx-v5.>", .since = SystemTime{}},
                          [&](std::string_view text) { alerts.add(text); });
        nats_call_plan.arm(call, 20, NATS_IO_ERROR);
        for (int next = 1, patience = 0; next <= 200 && patience < 100;) {
            const auto* const record = reader.next(100ms);
            if (record == nullptr)
                ++patience;
            else
                EXPECT_EQ(std::stoi(record->payload), next++);
        }
        EXPECT_TRUE(nats_call_plan.fired());
        if (std::string(call) == "natsSubscription_NextMsg") {
            EXPECT_TRUE(alerts.has("connecting again")) << alerts.all();
            EXPECT_TRUE(alerts.has("reading again")) << alerts.all();
        }
    }
}

}  // namespace
}  // namespace pinwheel
