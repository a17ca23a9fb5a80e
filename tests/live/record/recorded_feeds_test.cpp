// Recorded sessions of venues: from the replaying server over a socket into a recording, and from that
// through the client again. Skipped if the sessions are not available.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "../../../proto/record/recorder.h"
#include "../../../proto/record/replay_source.h"
#include "../../../proto/session/manager.h"
#include "../../support/feed_thread.h"
#include "../../support/recorded.h"

namespace pinwheel {
namespace {

using namespace test;

const std::filesystem::path kSessions = std::filesystem::path(PINWHEEL_SOURCE) / "../shared/captures";

/// All records of a session's ring, except for monotonic times.
std::vector<std::string> drain(MessageQueue& queue) {
    std::vector<std::string> records;
    while (const auto* const record = queue.front()) {
        const Message message = Message::from(*record);
        records.push_back(std::to_string(static_cast<int>(record->kind)) + " " +
                          std::to_string(record->generation) + "/" + std::to_string(record->sequence) + " " +
                          std::to_string(record->kernel_received) + " " + std::to_string(record->code) + " " +
                          std::to_string(record->reason) + (message.is_text ? " text " : " binary ") +
                          std::string(message.text()));
        queue.pop();
    }
    return records;
}

TEST(RecordedFeeds, ComeOutOfARecordingAsTheyWentIn) {
    std::error_code absent;
    std::vector<std::filesystem::path> sessions;
    for (const auto& entry : std::filesystem::directory_iterator(kSessions, absent))
        if (entry.path().extension() == ".tsv") sessions.push_back(entry.path());
    if (sessions.empty()) GTEST_SKIP() << "recorded sessions not found";
    for (const auto& session : sessions) {
        SCOPED_TRACE(session.filename());
        const TempDir folder;
        const Capture capture = Capture::load(session.string());
        const FeedThread server(false, {.playback = [&] { return play(capture); }, .speed = 0});
        {
            Reactor reactor;
            WebSocketOptions options;
            options.auto_reconnect = false;
            options.queue_size = 0;
            WebSocketManager ws(reactor, server.url("/"), options);
            Recorder recorder(ws.queue(), {.folder = folder.path("."), .name = "s", .url = server.url("/")});
            ws.connect();
            reactor.run_until([&] { return ws.stats().disconnects > 0; });
            EXPECT_FALSE(recorder.stop().failed());
            EXPECT_EQ(recorder.stats().messages, capture.received.size());
        }
        std::vector<std::vector<std::string>> replays;
        for (int replay = 0; replay < 2; ++replay) {
            ReplayClock clock;
            Reactor reactor{{.mode = ReactorMode::busy_spin, .clock = &clock}};
            auto reader = RecordReader::open(recordings_in(folder.path(".")));
            ASSERT_TRUE(reader);
            ReplaySource source(reactor, clock, *std::move(reader));
            WebSocketOptions options;
            options.auto_reconnect = false;
            options.queue_size = 0;
            options.dialer = &source;
            WebSocketManager ws(reactor, "wss://venue.example/", options);
            ws.connect();
            while (ws.stats().disconnects == 0) reactor.poll();
            replays.push_back(drain(ws.queue()));
        }
        // Compared with the recording: the bytes, type, generation and time of every message, and every end.
        auto reader = RecordReader::open(recordings_in(folder.path(".")));
        std::vector<std::string> recorded;
        std::size_t frame = 0;
        while (const RecordLine* const line = (*reader).next()) {
            const bool is_message = line->kind == LineKind::message;
            if (!is_message && line->kind != LineKind::connected && line->kind != LineKind::disconnected)
                continue;
            const std::string payload(reinterpret_cast<const char*>(line->payload.data()),
                                      line->payload.size());
            const int kind = is_message ? 0 : line->kind == LineKind::connected ? 1 : 2;
            recorded.push_back(
                std::to_string(kind) + " " + std::to_string(line->generation) + "/" +
                std::to_string(line->sequence) + " " +
                std::to_string(line->kernel_time && is_message ? line->time.time_since_epoch().count() : 0) +
                " " + std::to_string(line->code) + " " + std::to_string(line->reason) +
                (is_message ? " text " : " binary ") + payload);
            if (is_message) {
                EXPECT_EQ(payload, capture.received.at(frame++).payload);
            }
        }
        EXPECT_EQ(frame, capture.received.size());
        for (const auto& replay : replays) {
            const auto [came, meant] = std::ranges::mismatch(replay, recorded);
            if (came == replay.end() && meant == recorded.end()) continue;
            ADD_FAILURE() << "of " << recorded.size() << ", number " << meant - recorded.begin() << ":\n"
                          << (came == replay.end() ? "nothing" : came->substr(0, 200)) << "\nin place of\n"
                          << (meant == recorded.end() ? "nothing" : meant->substr(0, 200));
        }
    }
}

}  // namespace
}  // namespace pinwheel
