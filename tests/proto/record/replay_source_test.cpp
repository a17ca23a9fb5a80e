// A recording through the real client: it receives what was recorded.

#include "../../../proto/record/replay_source.h"

#include <gtest/gtest.h>

#include "../../../proto/feed/feed.h"
#include "../../../proto/record/record_pump.h"
#include "../../../proto/session/manager.h"
#include "../../support/recording.h"

namespace pinwheel {
namespace {

using namespace test;

std::int64_t unix_ns(Duration after_start) {
    return (kRecordStart + after_start).time_since_epoch().count();
}

/// A client whose network is a recording.
class Replayed {
  public:
    explicit Replayed(const std::vector<std::string>& paths, std::optional<SystemTime> from = {},
                      std::optional<SystemTime> until = {})
        : source(reactor, clock, reader_of(paths, from), until) {
        options.dialer = &source;
        options.reconnect_jitter = 0;
        options.on_connect = [this] { log.push_back("connect" + time()); };
        options.on_disconnect = [this](DisconnectReason reason) {
            log.push_back("disconnect " + std::string(to_string(reason)) + " " +
                          std::to_string(ws->close_code()) + " " + ws->close_reason() + time());
        };
        options.on_message = [this](const Message& message) {
            log.push_back(std::to_string(message.generation) + (message.is_text ? " text " : " binary ") +
                          std::string(message.text()) + " @" +
                          std::to_string(message.kernel_received.time_since_epoch().count()) + " +" +
                          std::to_string((message.received - TimePoint{1h}).count()));
        };
    }
    static RecordReader reader_of(const std::vector<std::string>& paths, std::optional<SystemTime> from) {
        auto reader = RecordReader::open(paths);
        if (!reader) throw std::runtime_error(reader.error().message());
        if (from) (*reader).seek(*from);
        return *std::move(reader);
    }
    std::string time() { return " +" + std::to_string((reactor.now() - TimePoint{1h}).count()); }

    void run() {
        if (ws == nullptr) ws = std::make_unique<WebSocketManager>(reactor, "wss://feed.example/", options);
        ws->connect();
        for (int turns = 0; turns < 1'000'000 && !source.over(); ++turns) reactor.poll();
        for (int turns = 0; turns < 10; ++turns) reactor.poll();
    }

    ReplayClock clock;
    Reactor reactor{{.mode = ReactorMode::busy_spin, .clock = &clock}};
    ReplaySource source;
    WebSocketOptions options;
    std::vector<std::string> log;
    std::unique_ptr<WebSocketManager> ws;
};

class Replays : public Recording {
  protected:
    /// Three connections with all kinds of messages and ends.
    void record_a_day() {
        open();
        ring.connected();
        take();
        ring.message("{\"n\":1}", unix_ns(1ns));
        ring.message("{\"n\":2}", unix_ns(1ns));
        ring.message(std::string("\0\n", 2), unix_ns(5s + 1ns), false);
        passed = 7s;
        ring.disconnected(static_cast<std::uint8_t>(DisconnectReason::server_closed), 1001, "bye", at().now);
        take();
        passed = 20s;
        ring.connected(at().now);
        ring.message(std::string(100'000, 'x'), unix_ns(21s));
        passed = 22s;
        ring.disconnected(static_cast<std::uint8_t>(DisconnectReason::network_error), 1006, {}, at().now);
        passed = 30s;
        ring.connected(at().now);
        ring.message("last", unix_ns(31s));
        take();
        std::ignore = writer->close(at());
    }
};

TEST_F(Replays, MessagesGenerationsTimesAndEndsAreThoseThatWereRecorded) {
    record_a_day();
    Replayed replayed(files());
    replayed.run();
    EXPECT_EQ(replayed.log, (std::vector<std::string>{
                                "connect +0", "1 text {\"n\":1} @1795849200000000001 +1",
                                "1 text {\"n\":2} @1795849200000000001 +1",
                                "1 binary " + std::string("\0\n", 2) + " @1795849205000000001 +5000000001",
                                "disconnect SERVER_CLOSED 1001 bye +7000000000", "connect +20000000000",
                                "2 text " + std::string(100'000, 'x') + " @1795849221000000000 +21000000000",
                                "disconnect NETWORK_ERROR 1006  +22000000000", "connect +30000000000",
                                "3 text last @1795849231000000000 +31000000000",
                                "disconnect SERVER_CLOSED 1000 the recording is over +31000000000"}));
    EXPECT_TRUE(replayed.source.over());
    EXPECT_NE(replayed.ws->last_error().message().find("the recording is over"), std::string::npos)
        << replayed.ws->last_error().message();
}

TEST_F(Replays, ASecondReplayTakesTheSameSteps) {
    record_a_day();
    Replayed first(files());
    first.run();
    Replayed second(files());
    second.run();
    EXPECT_EQ(first.log, second.log);
    EXPECT_EQ(first.ws->stats().bytes_received, second.ws->stats().bytes_received);
}

TEST_F(Replays, ARecordingOfAReplayHasTheSameLines) {
    record_a_day();
    const auto original = lines();
    Replayed replayed(files());
    replayed.options.deliver_to_ring = true;
    replayed.options.on_message = nullptr;
    replayed.ws = std::make_unique<WebSocketManager>(replayed.reactor, options.url, replayed.options);
    replayed.run();
    RecordOptions again = options;
    again.name = "again";
    again.folder = folder.path(".");
    RecordWriter copy(again, calls, {});
    const Moment at{replayed.reactor.now(), replayed.clock.system_now()};
    ASSERT_FALSE(copy.open(at).failed());
    RecordPump pump(replayed.ws->queue(), copy);
    while (pump.turn(at) > 0) {
    }
    ASSERT_FALSE(copy.close(at).failed());
    auto copied = test::lines_of(std::vector<std::string>{copy.path()});
    ASSERT_EQ(copied.size(), original.size() + 1);
    copied.pop_back();  // the end that was not recorded
    EXPECT_EQ(copied, original);
}

TEST_F(Replays, EndsOfEveryKindArePlayed) {
    open();
    const std::vector<std::pair<DisconnectReason, std::uint16_t>> ends{
        {DisconnectReason::server_closed, 1005},  {DisconnectReason::server_closed, 4321},
        {DisconnectReason::protocol_error, 1006}, {DisconnectReason::killed, 1006},
        {DisconnectReason::user_requested, 1000}, {DisconnectReason::ping_timeout, 1006}};
    for (const auto& [reason, code] : ends) {
        ring.connected(at().now);
        passed += 60s;
        ring.disconnected(static_cast<std::uint8_t>(reason), code, {}, at().now);
        passed += 30s;
        take();
    }
    std::ignore = writer->close(at());
    Replayed replayed(files());
    replayed.options.ping_interval = WebSocketOptions::Seconds{20};
    replayed.options.ping_timeout = WebSocketOptions::Seconds{30};
    replayed.run();
    std::vector<std::string> seen;
    for (const auto& entry : replayed.log)
        if (entry.starts_with("disconnect")) seen.push_back(entry.substr(11, entry.find(" +") - 11));
    EXPECT_EQ(seen,
              (std::vector<std::string>{"SERVER_CLOSED 1005 ", "SERVER_CLOSED 4321 ", "PROTOCOL_ERROR 1006 ",
                                        "NETWORK_ERROR 1006 ", "SERVER_CLOSED 1000 ", "PING_TIMEOUT 1006 "}));
}

TEST_F(Replays, ALateDialLosesNothing) {
    record_a_day();
    Replayed replayed(files());
    replayed.options.reconnect_delay = WebSocketOptions::Seconds{40};
    replayed.run();
    std::size_t messages = 0;
    for (const auto& entry : replayed.log) messages += entry.find('@') != std::string::npos ? 1 : 0;
    EXPECT_EQ(messages, 5U);
    EXPECT_EQ(replayed.log.back().substr(0, 24), "disconnect SERVER_CLOSED");
}

TEST_F(Replays, APartBeginsAndEndsAtItsTimes) {
    record_a_day();
    Replayed replayed(files(), kRecordStart + 5s, kRecordStart + 21s);
    replayed.run();
    EXPECT_EQ(replayed.log,
              (std::vector<std::string>{
                  "connect +0", "1 binary " + std::string("\0\n", 2) + " @1795849205000000001 +0",
                  "disconnect SERVER_CLOSED 1001 bye +1999999999", "connect +14999999999",
                  "disconnect SERVER_CLOSED 1000 the recording is over +14999999999"}));
}

TEST_F(Replays, AnEmptyRecordingIsOverAtOnce) {
    open();
    std::ignore = writer->close(at());
    Replayed replayed(files());
    EXPECT_TRUE(replayed.source.over());
    replayed.run();
    EXPECT_TRUE(replayed.log.empty());
}

TEST_F(Replays, AFeedOfAVenueTakesTheSameStepsAgain) {
    constexpr std::string_view kVenue = R"({
      "format": "pinwheel.venue/1", "name": "small", "title": "Small", "sources": {"test": "none"},
      "endpoints": [{"name": "public", "url": "ws://feed.example/stream"}], "ids": "integer",
      "subscribe": {"message": "sub {args} {id}", "arg": "{channel}"},
      "unsubscribe": {"message": "unsub {args} {id}", "arg": "{channel}"}, "batch": {"max_args": 1},
      "ack": {"match": {"at": "/ok", "exists": true}, "confirms": "request", "id_at": "/ok"},
      "silence_limit": {"ms": 20000},
      "data": {"match": {"at": "/c", "exists": true}, "channel_at": "/c"}, "time_unit": "ms",
      "channels": [{"name": "t", "text": "t.{symbol}", "time_at": "/at",
                    "sequence": {"rule": "contiguous", "last_at": "/n"}}]
    })";
    open();
    for (int connection = 0; connection < 3; ++connection) {
        ring.connected(at().now);
        passed += 10ms;
        ring.message(R"({"ok":1})", unix_ns(passed));
        for (int i = 1; i < 200; ++i) {
            passed += 137ms + i * 1ns;
            if (i % 50 == 0) continue;    // a hole
            if (i == 120) passed += 25s;  // beyond the silence limit
            ring.message(R"({"c":"t.A","n":)" + std::to_string(i) + "}", unix_ns(passed));
        }
        ring.disconnected(static_cast<std::uint8_t>(DisconnectReason::network_error), 1006, {}, at().now);
        passed += 3s;
        take();
    }
    std::ignore = writer->close(at());
    const auto run = [&] {
        Replayed replayed(files());
        std::vector<std::string>& log = replayed.log;
        FeedOptions feed_options;
        feed_options.websocket.dialer = &replayed.source;
        feed_options.websocket.reconnect_jitter = 0;
        feed_options.websocket.on_disconnect = [&](DisconnectReason reason) {
            log.push_back(std::string(to_string(reason)) + replayed.time());
        };
        feed_options.on_channel = [&](ChannelId, ChannelState state, const Error&) {
            log.push_back(std::string(to_string(state)) + replayed.time());
        };
        feed_options.on_gap = [&](const FeedGap& gap) {
            log.push_back("gap " + std::to_string(gap.from) + replayed.time());
        };
        feed_options.on_message = [&](const FeedMessage& message) {
            log.push_back(std::string(message.text()) + replayed.time());
        };
        const auto profile = parse_venue(kVenue, "small");
        Feed feed(replayed.reactor, *profile, feed_options);
        feed.subscribe("t", "A");
        feed.connect();
        for (int turns = 0; turns < 100'000 && !replayed.source.over(); ++turns) replayed.reactor.poll();
        return log;
    };
    const auto first = run();
    EXPECT_GT(first.size(), 500U);
    EXPECT_GE(
        std::count_if(first.begin(), first.end(), [](const auto& entry) { return entry.starts_with("gap"); }),
        3);
    EXPECT_EQ(first, run());
}

}  // namespace
}  // namespace pinwheel
