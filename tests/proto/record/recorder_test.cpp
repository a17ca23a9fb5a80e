// The recorder: ring and notes in one order, its thread, its reports.

#include "../../../proto/record/recorder.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <thread>

#include "../../../proto/feed/feed.h"
#include "../../../proto/record/record_pump.h"
#include "../../../proto/session/websocket_error.h"
#include "../../support/managed.h"
#include "../../support/recording.h"

namespace pinwheel {
namespace {

using namespace test;

class Pumped : public Recording {
  protected:
    void open_pump() {
        open();
        pump = std::make_unique<RecordPump>(queue, *writer);
    }
    void sent(std::string_view text, std::uint32_t generation, std::uint64_t sequence, bool secret = false) {
        pump->put_sent({.payload = bytes_of(text),
                        .is_secret = secret,
                        .generation = generation,
                        .sequence = sequence,
                        .time = kRecordStart});
    }
    /// Only kinds and payloads.
    std::vector<std::string> told() {
        pump->drain_notes(at());
        std::ignore = writer->close(at());
        auto all = lines();
        for (auto& line : all)
            line = line.substr(0, line.find(' ')) + line.substr(line.find(' ', line.find('@')));
        return all;
    }
    std::unique_ptr<RecordPump> pump;
};

TEST_F(Pumped, NotesStandWhereTheyHappenedWheneverTheyAreSeen) {
    for (const bool in_turns : {false, true}) {
        SCOPED_TRACE(in_turns);
        std::filesystem::remove_all(folder.path("feed.20261128T070000Z.zst"));
        MessageQueue fresh;
        RingFiller filler(fresh);
        open();
        pump = std::make_unique<RecordPump>(fresh, *writer);
        const auto turn = [&] {
            if (in_turns) std::ignore = pump->turn(at());
        };
        filler.connected();
        turn();
        sent("login", 1, 0, true);
        sent("sub", 1, 0);
        turn();
        filler.message("a", 1'795'849'200'000'000'001);
        turn();
        sent("after a", 1, 1);
        turn();
        filler.message("b", 1'795'849'200'000'000'002);
        sent("after b", 1, 2);
        pump->put_text(LineKind::gap, "5 to 7", {.generation = 1, .sequence = 2}, kRecordStart);
        turn();
        filler.disconnected(6, 1006);
        pump->put_text(LineKind::leg, "down", {.generation = 1, .sequence = 2, .is_after_end = true},
                       kRecordStart);
        filler.connected();
        turn();
        sent("sub again", 2, 2);
        turn();
        filler.message("c", 1'795'849'200'000'000'003);
        while (pump->turn(at()) > 0) {
        }
        EXPECT_EQ(told(), (std::vector<std::string>{
                              "connected wss://h.example/path", "sent hidden", "sent text sub",
                              "message text a", "sent text after a", "message text b", "sent text after b",
                              "gap 5 to 7", "disconnected 1006 6 ", "leg down",
                              "connected wss://h.example/path", "sent text sub again", "message text c"}));
    }
}

// M3: on a full disk nothing is taken, and the session goes on sending.
TEST_F(Pumped, M3NotesThatWaitAreBoundedByBytesAndCounted) {
    open_pump();
    const std::string order(1000, 'o');
    const std::uint64_t most = RecordPump::kMostNoteBytes / order.size();
    for (std::uint64_t i = 0; i < most + 100; ++i) sent(order, 1, 0);
    EXPECT_GE(pump->lost_notes(), 100U);
    EXPECT_LE(pump->lost_notes(), 100U + most / 5);  // heads and padding count
}

TEST_F(Pumped, ANoteWaitsForTheMessagesBeforeIt) {
    open_pump();
    ring.connected();
    std::ignore = pump->turn(at());
    sent("answer to a", 1, 1);  // from a handler: the message is in the ring, but unpublished
    EXPECT_EQ(pump->turn(at()), 0);
    ring.message("a", 1'795'849'200'000'000'001);
    EXPECT_EQ(pump->turn(at()), 2);
    EXPECT_EQ(told(), (std::vector<std::string>{"connected wss://h.example/path", "message text a",
                                                "sent text answer to a"}));
}

TEST_F(Pumped, ANoteOfAfterTheEndWaitsForTheEnd) {
    open_pump();
    ring.connected();
    ring.message("a", 1'795'849'200'000'000'001);
    EXPECT_EQ(pump->turn(at()), 2);
    pump->put_text(LineKind::leg, "down", {.generation = 1, .sequence = 1, .is_after_end = true},
                   kRecordStart);  // the end is in the ring, but not published yet
    EXPECT_EQ(pump->turn(at()), 0);
    ring.disconnected(6, 1006);
    EXPECT_EQ(pump->turn(at()), 2);
    EXPECT_EQ(told(), (std::vector<std::string>{"connected wss://h.example/path", "message text a",
                                                "disconnected 1006 6 ", "leg down"}));
}

TEST_F(Pumped, ANoteSeenLateDoesNotCountTheMessagesBehindItAnew) {
    open_pump();
    ring.connected();
    for (const char* const text : {"a", "b", "c"}) ring.message(text, 1'795'849'200'000'000'001);
    EXPECT_EQ(pump->turn(at()), 4);
    pump->put_text(LineKind::gap, "held", {.generation = 1, .sequence = 1}, kRecordStart);
    EXPECT_EQ(pump->turn(at()), 1);
    ring.message("d", 1'795'849'200'000'000'001);
    EXPECT_EQ(pump->turn(at()), 1);
    std::ignore = writer->close(at());
    const auto all = lines();
    ASSERT_EQ(all.size(), 6U);
    EXPECT_TRUE(all[4].starts_with("gap 1/3 ")) << all[4];
    EXPECT_TRUE(all[5].starts_with("message 1/4 ")) << all[5];
}

TEST(Recorders, RecordASessionOnTheirThreadWithEverythingThatItSends) {
    const TempDir folder;
    struct Observer : SessionObserver {
        Recorder* recorder = nullptr;
        void on_step(const SessionStep&) noexcept override {}
        void on_sent(const SentMessage& message) noexcept override {
            if (recorder != nullptr) recorder->sent(message);
        }
    } observer;  // outlives the session, which reports its end to it
    class Managed : public ManagedTest {
        void TestBody() override {}

      public:
        using ManagedTest::connect;
        using ManagedTest::options;
        using ManagedTest::script;
        using ManagedTest::turn;
        using ManagedTest::ws;
    } managed;
    managed.options.observer = &observer;
    managed.connect();
    Recorder recorder(managed.ws().queue(),
                      {.folder = folder.path("."), .name = "s", .url = "ws://h/?key=1"});
    observer.recorder = &recorder;
    managed.ws().subscribe("trades");
    managed.script(0).bytes(text_frame("one"));
    managed.turn();
    managed.ws().send_binary(bytes_of("two"));
    managed.script(0).bytes(close_frame(1001, "bye"));
    managed.turn();
    EXPECT_FALSE(recorder.stop().failed());
    EXPECT_FALSE(recorder.stop().failed()) << "a second call does nothing";
    auto lines = lines_of(recordings_in(folder.path(".")));
    for (auto& line : lines)
        line = line.substr(0, line.find('@')) + line.substr(line.find(' ', line.find('@')) + 1);
    EXPECT_EQ(lines,
              (std::vector<std::string>{
                  "connected 1/0 ws://h/", "sent 1/0 text {\"type\":\"subscribe\",\"channel\":\"trades\"}",
                  "message 1/1 text one", "sent 1/1 binary two", "disconnected 1/1 1001 5 bye"}));
    EXPECT_EQ(recorder.stats().messages, 1U);
    EXPECT_EQ(recorder.stats().lag, Duration::zero());
}

TEST(Recorders, DoNotSeeTheLoginOfAFeed) {
    class Managed : public ManagedTest {
        void TestBody() override {}

      public:
        using ManagedTest::dialer;
        using ManagedTest::options;
        using ManagedTest::reactor;
        using ManagedTest::turn;
    } managed;
    struct Observer : SessionObserver {
        std::vector<std::string> seen;
        void on_step(const SessionStep&) noexcept override {}
        void on_sent(const SentMessage& message) noexcept override {
            seen.push_back((message.is_secret ? "secret " : "shown ") + text_of(message.payload));
        }
    } observer;
    const auto profile = parse_venue(R"({
      "format": "pinwheel.venue/1", "name": "small", "title": "Small", "sources": {"test": "none"},
      "endpoints": [{"name": "public", "url": "ws://feed.example/stream"}], "ids": "integer",
      "subscribe": {"message": "sub {args} {id}", "arg": "{channel}"},
      "unsubscribe": {"message": "unsub {args} {id}", "arg": "{channel}"}, "batch": {"max_args": 1},
      "ack": {"match": {"at": "/ok", "exists": true}, "confirms": "request", "id_at": "/ok"},
      "data": {"match": {"at": "/c", "exists": true}, "channel_at": "/c"}, "time_unit": "ms",
      "channels": [{"name": "t", "text": "t.{symbol}"}]
    })",
                                     "small");
    ASSERT_TRUE(profile) << profile.error().message();
    managed.options.observer = &observer;
    managed.dialer.plan();
    FeedOptions options;
    options.websocket = managed.options;
    options.login = [](std::int64_t) { return std::string("api key"); };
    Feed feed(managed.reactor, *profile, options);
    feed.subscribe("t", "A");
    feed.connect();
    managed.turn(50);
    EXPECT_EQ(observer.seen, (std::vector<std::string>{"secret api key", "shown sub t.A 1"}));
}

TEST(Recorders, WriteWithinASecondAndDrainTheRingAtTheEnd) {
    const TempDir folder;
    MessageQueue queue;
    RingFiller ring(queue);
    Recorder recorder(queue, {.folder = folder.path("."), .name = "s"});
    ring.connected();
    for (int i = 0; i < 5000; ++i)
        ring.message("message " + std::to_string(i), 1'795'849'200'000'000'000 + i);
    while (recorder.stats().messages < 5000) std::this_thread::yield();  // without stop()
    EXPECT_EQ(lines_of(recordings_in(folder.path("."))).size(), 5001U);
    for (int i = 0; i < 5000; ++i)
        ring.message("message " + std::to_string(i), 1'795'849'200'000'000'000 + i);
    EXPECT_FALSE(recorder.stop().failed());
    EXPECT_EQ(lines_of({recorder.path()}).size(), 10'001U);
    EXPECT_EQ(recorder.stats().messages, 10'000U);
}

// N6: the recorder and its thread are the parent's. An alarm ends a child that hangs.
TEST(Recorders, N6AForkedChildEndsWithoutThemAndTheyGoOn) {
    const TempDir folder;
    MessageQueue queue;
    RingFiller ring(queue);
    auto recorder = std::make_unique<Recorder>(queue, RecordOptions{.folder = folder.path("."), .name = "s"});
    ring.connected();
    ring.message("before", 1'795'849'200'000'000'000);
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(20);
        const bool failed = recorder->stop().failed();
        recorder.reset();
        std::_Exit(failed ? 1 : 0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    ring.message("after", 1'795'849'200'000'000'001);
    EXPECT_FALSE(recorder->stop().failed());
    EXPECT_EQ(lines_of({recorder->path()}).size(), 3U);
}

TEST(Recorders, ReportAFullDiskAndTheLossAtTheEnd) {
    const TempDir folder;
    MessageQueue queue;
    RingFiller ring(queue);
    FailingCalls calls;
    calls.room = 0;
    std::mutex mutex;
    std::vector<std::string> alerts;
    const auto alert = [&](std::string_view text) {
        const std::lock_guard lock(mutex);
        alerts.emplace_back(text);
    };
    Recorder recorder(queue, {.folder = folder.path("."), .name = "s"}, alert, &calls);
    ring.connected();
    ring.message("a", 1'795'849'200'000'000'000);
    while (!recorder.stats().is_stopped) std::this_thread::yield();
    ring.message("b", 1'795'849'200'000'000'001);
    const Error lost = recorder.stop();
    EXPECT_NE(lost.message().find("2 messages"), std::string::npos) << lost.message();
    EXPECT_EQ(recorder.stats().dropped, 2U);
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_NE(alerts[0].find("No space left on device"), std::string::npos);
}

TEST(Recorders, SayWhyTheyCannotBegin) {
    MessageQueue queue;
    try {
        const Recorder recorder(queue, {.folder = "/nonexistent", .name = "s"});
        FAIL();
    } catch (const WebSocketError& error) {
        EXPECT_NE(std::string(error.what()).find("/nonexistent/s."), std::string::npos) << error.what();
    }
    EXPECT_THROW(Recorder(queue, {.name = "a/b"}), WebSocketError);
}

TEST(Recorders, CountForPrometheus) {
    std::string text;
    append_prometheus(text, RecordStats{.messages = 3, .dropped = 2, .lag = 250ms, .is_stopped = true},
                      R"(leg="0")");
    for (const char* const line :
         {"# TYPE pinwheel_record_messages_total counter\npinwheel_record_messages_total{leg=\"0\"} 3\n",
          "pinwheel_record_dropped_total{leg=\"0\"} 2\n", "pinwheel_record_lag_seconds{leg=\"0\"} 0.25\n",
          "pinwheel_record_stopped{leg=\"0\"} 1\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line;
    const RecordStats stats;
    const std::vector<LabelledRecordStats> both{{stats, R"(leg="0")"}, {stats, R"(leg="1")"}};
    text.clear();
    append_prometheus(text, both);
    EXPECT_EQ(text.find("# TYPE pinwheel_record_files_total"),
              text.rfind("# TYPE pinwheel_record_files_total"));
}

}  // namespace
}  // namespace pinwheel
