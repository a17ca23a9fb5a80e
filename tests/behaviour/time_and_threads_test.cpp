// Section 1 of the behaviour: time, threads, ownership. Handlers have files of their own.

#include <atomic>
#include <thread>

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class TimeAndThreads : public ManagedTest {};

// "Three things only may be used from another thread."

TEST_F(TimeAndThreads, TheRingsConsumerAndTheStatsMayBeOnOtherThreads) {
    static constexpr std::uint64_t kMessages = 2000;
    options.overflow = OverflowPolicy::backpressure;
    options.queue_size = 64;
    options.ping_interval = 0s;
    connect();
    for (std::uint64_t i = 0; i < kMessages; ++i) script(0).bytes(text_frame(std::to_string(i)));
    std::atomic<bool> consumed{false};
    std::string wrong;
    std::thread consumer([&, &queue = ws().queue()] {
        for (std::uint64_t next = 0; next < kMessages;) {
            const RecordHeader* const record = queue.front();
            if (record == nullptr) {
                std::this_thread::yield();
                continue;
            }
            if (record->kind == RecordKind::message &&
                Message::from(*record).text() != std::to_string(next++))
                wrong = "message " + std::to_string(next - 1);
            queue.pop();
        }
        consumed = true;
    });
    std::atomic<bool> went_back{false};
    std::thread watcher([&] {
        std::uint64_t before = 0;
        while (!consumed) {
            const auto stats = ws().stats();
            if (stats.messages_received < before) went_back = true;
            before = stats.messages_received;
            std::this_thread::yield();
        }
    });
    while (!consumed) reactor.poll();
    consumer.join();
    watcher.join();
    EXPECT_EQ(wrong, "");
    EXPECT_FALSE(went_back) << "the statistics";
    EXPECT_EQ(ws().stats().messages_received, kMessages);
}

TEST_F(TimeAndThreads, PostAndStopMayBeCalledFromAnotherThread) {
    options.ping_interval = 0s;  // the clock runs as fast as the reactor turns
    connect();
    std::thread other([&] {
        reactor.post([&] { ws().send("posted"); });
        reactor.post([&] { reactor.stop(); });
    });
    reactor.run();
    other.join();
    EXPECT_EQ(sent(0), std::vector<std::string>{"text posted"});
}

// "Nothing blocks except the calls named waiting."

TEST_F(TimeAndThreads, CallsThatDoNotWaitTurnNothing) {
    connect();
    bool turned = false;
    reactor.post([&] { turned = true; });
    ws().subscribe("a");
    ws().unsubscribe("a");
    ws().send("text");
    ws().request_disconnect(1s);
    ws().close();
    ws().kill();
    ws().schedule_reconnect(1s);
    ws().connect();
    ws().shutdown();
    ws().force_close();
    std::ignore = ws().stats();
    EXPECT_FALSE(turned);
}

TEST_F(TimeAndThreads, ACallThatWaitsTurnsTheReactorUntilItsConditionOrItsTimeout) {
    make();
    bool turned = false;
    reactor.post([&] { turned = true; });
    dialer.plan();
    ws().connect();
    EXPECT_TRUE(ws().wait_connected());
    EXPECT_TRUE(turned);
    const TimePoint began = reactor.now();
    EXPECT_THROW(std::ignore = ws().receive(3s), WebSocketTimeoutError);
    EXPECT_GE(reactor.now() - began, 3s);
    EXPECT_LE(reactor.now() - began, 3100ms);
    EXPECT_THROW(std::ignore = ws().receive(-1s), WebSocketError);
}

// "Durations in the API are std::chrono types."

TEST_F(TimeAndThreads, AnyUnitOfTimeWillDo) {
    options.reconnect_delay = 1500ms;
    options.ping_interval = 1min;
    options.connection_lifetime = 24h;
    options.ping_timeout = WebSocketOptions::Seconds(0.25);
    const auto settings = resolve(options);
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->session.reconnect.delay, 1500ms);
    EXPECT_EQ(settings->session.keepalive.interval, 60s);
    EXPECT_EQ(settings->session.keepalive.timeout, 250ms);
}

// "Handlers run after the state has changed, never in the middle of a change."

TEST_F(TimeAndThreads, HandlersFindTheChangeComplete) {
    options.on_connect = [this] {
        EXPECT_EQ(ws().state(), ConnectionState::connected);
        EXPECT_EQ(ws().generation(), 1U);
        EXPECT_EQ(ws().stats().connects, 1U);
        EXPECT_EQ(ws().try_send("at once"), Errc::ok);
    };
    options.on_disconnect = [this](DisconnectReason) {
        EXPECT_EQ(ws().state(), ConnectionState::reconnecting);
        EXPECT_EQ(ws().stats().disconnects, 1U);
        EXPECT_EQ(ws().close_code(), 1001);
        EXPECT_EQ(ws().close_reason(), "later");
        EXPECT_EQ(ws().last_error().code, Errc::closed_by_peer);
    };
    options.on_alert = [this](auto, auto, auto) {
        EXPECT_EQ(ws().state(), ConnectionState::disconnected);
        EXPECT_EQ(ws().last_error().code, Errc::retries_exhausted);
        note("alert");
    };
    options.max_reconnect_attempts = 1;
    dialer.plan();
    make().connect();
    turn();
    plan_failures(1);
    script(0).bytes(close_frame(1001, "later"));
    turn();
    pass(1s);
    EXPECT_EQ(log, "alert;");
}

TEST_F(TimeAndThreads, ADestroyedManagerTriesACloseFrameAndCallsNobody) {
    connect();
    destroy();
    EXPECT_EQ(sent(0), std::vector<std::string>{"close 1000"});
    EXPECT_TRUE(script(0).destroyed);
    EXPECT_EQ(log, "connect;");
    pass(60s);
    EXPECT_EQ(dialer.dials(), 1U);
}

TEST_F(TimeAndThreads, AManagerDestroyedInATurnDestroysItsNetworkDuringADial) {
    options.dialer = nullptr;
    make("ws://127.0.0.1:9/").connect();
    reactor.post([this] { destroy(); });
    turn();
    EXPECT_FALSE(exists());
}

TEST_F(TimeAndThreads, AMovedManagerContinues) {
    connect();
    WebSocketManager moved(std::move(ws()));
    destroy();
    script(0).bytes(text_frame("still here"));
    EXPECT_EQ(moved.receive(1s).text(), "still here");
    EXPECT_TRUE(moved.is_connected());
}

}  // namespace
}  // namespace pinwheel::test
