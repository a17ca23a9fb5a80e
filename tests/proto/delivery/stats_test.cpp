#include "../../../proto/delivery/stats.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
constexpr TimePoint kNow{1h};
constexpr SystemTime kUnix{1'700'000'000s};

TEST(Stats, ANewOneIsAllZero) {
    const auto stats = StatsRecorder(kNow, kUnix).snapshot();
    EXPECT_EQ(stats.connects + stats.disconnects + stats.proactive_disconnects + stats.reactive_disconnects,
              0U);
    EXPECT_EQ(stats.messages_received + stats.messages_sent + stats.bytes_received + stats.bytes_sent, 0U);
    EXPECT_EQ(stats.last_connect_time, SystemTime{});
    EXPECT_EQ(stats.last_disconnect_time, SystemTime{});
    EXPECT_EQ(stats.last_message_time, SystemTime{});
    EXPECT_EQ(stats.connection_time(kNow + 5s), 0s);
}

TEST(Stats, ConnectsAndTheirUnixTimeAreRecorded) {
    StatsRecorder recorder(kNow, kUnix);
    recorder.record_connect(kNow + 10s, kUnix + 10s);
    recorder.record_connect(kNow + 30s, kUnix + 30s);
    const auto stats = recorder.snapshot();
    EXPECT_EQ(stats.connects, 2U);
    EXPECT_EQ(stats.last_connect_time, kUnix + 30s);
    EXPECT_EQ(stats.connection_time(kNow + 42s), 12s);
}

TEST(Stats, DisconnectsAreCountedByKind) {
    StatsRecorder recorder(kNow, kUnix);
    recorder.record_disconnect(true, kNow + 1s);
    recorder.record_disconnect(false, kNow + 2s);
    recorder.record_disconnect(false, kNow + 3s);
    const auto stats = recorder.snapshot();
    EXPECT_EQ(stats.disconnects, 3U);
    EXPECT_EQ(stats.proactive_disconnects, 1U);
    EXPECT_EQ(stats.reactive_disconnects, 2U);
    EXPECT_EQ(stats.last_disconnect_time, kUnix + 3s);
}

TEST(Stats, MessagesAndBytesAreCountedEachWay) {
    StatsRecorder recorder(kNow, kUnix);
    recorder.record_messages_received(1, 100, kNow + 1s);
    recorder.record_messages_received(1, 23, kNow + 2s);
    EXPECT_EQ(recorder.snapshot().last_message_time, kUnix + 2s);
    recorder.record_message_sent(7, 0, kNow + 3s);
    const auto stats = recorder.snapshot();
    EXPECT_EQ(stats.messages_received, 2U);
    EXPECT_EQ(stats.bytes_received, 123U);
    EXPECT_EQ(stats.messages_sent, 1U);
    EXPECT_EQ(stats.bytes_sent, 7U);
    EXPECT_EQ(stats.last_message_time, kUnix + 3s);
}

TEST(Stats, UnixTimesFollowTheClockAsItWasAtTheLastConnect) {
    StatsRecorder recorder(kNow, kUnix);
    recorder.record_connect(kNow + 10s, kUnix + 15s);  // the wall clock was set by 5 s
    recorder.record_messages_received(1, 1, kNow + 11s);
    EXPECT_EQ(recorder.snapshot().last_message_time, kUnix + 16s);
}

TEST(Stats, TheRemainingCountersAreKept) {
    StatsRecorder recorder(kNow, kUnix);
    recorder.record_dropped(3);
    recorder.record_dropped(4);
    recorder.record_reconnect_try();
    recorder.record_protocol_error();
    recorder.record_tls({.resumed = true});
    recorder.record_tls({.records = TlsRecordsBy::in_place_evp});
    for (int i = 0; i < 2; ++i) recorder.record_tls({.records = TlsRecordsBy::in_place_ipsec_mb});
    recorder.record_ping({.count = 4, .last = 5ms, .min = 1ms, .max = 9ms, .smoothed = 6ms});
    recorder.record_bytes_to_send(512);
    const auto stats = recorder.snapshot();
    EXPECT_EQ(stats.messages_dropped, 7U);
    EXPECT_EQ(stats.reconnect_tries, 1U);
    EXPECT_EQ(stats.protocol_errors, 1U);
    EXPECT_EQ(stats.resumed_handshakes, 1U);
    EXPECT_EQ(stats.tls_openssl, 1U);
    EXPECT_EQ(stats.tls_in_place_evp, 1U);
    EXPECT_EQ(stats.tls_in_place_ipsec_mb, 2U);
    EXPECT_EQ(stats.ping.count, 4U);
    EXPECT_EQ(stats.ping.last, 5ms);
    EXPECT_EQ(stats.ping.min, 1ms);
    EXPECT_EQ(stats.ping.max, 9ms);
    EXPECT_EQ(stats.ping.smoothed, 6ms);
    EXPECT_EQ(stats.bytes_to_send, 512U);
}

TEST(Stats, UptimeCountsFromCreationOrReset) {
    StatsRecorder recorder(kNow, kUnix);
    EXPECT_EQ(recorder.snapshot().uptime(kNow + 7s), 7s);
    recorder.record_connect(kNow + 1s, kUnix + 1s);
    recorder.record_message_sent(5, 0, kNow + 1s);
    recorder.reset(kNow + 10s, kUnix + 10s);
    const auto stats = recorder.snapshot();
    EXPECT_EQ(stats.uptime(kNow + 12s), 2s);
    EXPECT_EQ(stats.connects, 0U);
    EXPECT_EQ(stats.messages_sent, 0U);
    EXPECT_EQ(stats.last_connect_time, SystemTime{});
    EXPECT_EQ(stats.last_message_time, SystemTime{});
    EXPECT_EQ(stats.connection_time(kNow + 12s), 0s);
}

TEST(StatsThreads, ASnapshotFromAnotherThreadIsConsistent) {
    StatsRecorder recorder(kNow, kUnix);
    std::atomic<bool> done{false};
    std::atomic<bool> started{false};
    std::uint64_t looks = 0;
    std::thread reader([&] {
        std::uint64_t last = 0;
        while (!done.load()) {
            const auto stats = recorder.snapshot();
            started.store(true);
            ++looks;
            EXPECT_EQ(stats.bytes_received, 100 * stats.messages_received);
            EXPECT_GE(stats.messages_received, last);
            if (stats.messages_received != 0) {
                EXPECT_EQ(stats.last_message_time, kUnix + stats.messages_received * 1ns);
            }
            last = stats.messages_received;
        }
    });
    while (!started.load()) std::this_thread::yield();
    for (std::uint64_t i = 1; i <= 300'000; ++i) recorder.record_messages_received(1, 100, kNow + i * 1ns);
    done.store(true);
    reader.join();
    EXPECT_EQ(recorder.snapshot().messages_received, 300'000U);
    EXPECT_GT(looks, 0U);
}

}  // namespace
}  // namespace pinwheel
