#include "../../../proto/policy/keepalive.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using Step = Keepalive::Step;

constexpr TimePoint kStart{1h};

Keepalive::Payload payload_of(std::uint8_t number) {
    return {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
            std::byte{0}, std::byte{0}, std::byte{0}, std::byte{number}};
}

TEST(KeepAlive, APingIsSentInEveryInterval) {
    Keepalive keepalive({.interval = 20s, .timeout = 10s});
    keepalive.start(kStart);
    for (int i = 1; i <= 3; ++i) {
        const TimePoint due = kStart + i * 20s;
        ASSERT_EQ(keepalive.deadline(), due);
        EXPECT_EQ(keepalive.due(due - 1ns), Step::none);
        EXPECT_EQ(keepalive.due(due), Step::send_ping);
        EXPECT_TRUE(keepalive.pong(keepalive.payload(), due + 1ms));
    }
}

TEST(KeepAlive, ThePayloadIsAnEightByteCounter) {
    Keepalive keepalive({.interval = 1s, .timeout = 1h});
    keepalive.start(kStart);
    for (std::uint8_t i = 1; i <= 3; ++i) {
        ASSERT_EQ(keepalive.due(kStart + i * 1s), Step::send_ping);
        EXPECT_EQ(keepalive.payload(), payload_of(i));
    }
}

TEST(KeepAlive, AMissingPongTimesOut) {
    Keepalive keepalive({.interval = 20s, .timeout = 10s});
    keepalive.start(kStart);
    ASSERT_EQ(keepalive.due(kStart + 20s), Step::send_ping);
    EXPECT_EQ(keepalive.deadline(), kStart + 30s);
    EXPECT_EQ(keepalive.due(kStart + 30s - 1ns), Step::none);
    EXPECT_EQ(keepalive.due(kStart + 30s), Step::timed_out);
}

TEST(KeepAlive, TheOldestPingCountsWhenTheTimeoutIsLongerThanTheInterval) {
    Keepalive keepalive({.interval = 5s, .timeout = 12s});
    keepalive.start(kStart);
    ASSERT_EQ(keepalive.due(kStart + 5s), Step::send_ping);
    ASSERT_EQ(keepalive.due(kStart + 10s), Step::send_ping);
    EXPECT_TRUE(keepalive.pong(payload_of(1), kStart + 11s));
    EXPECT_EQ(keepalive.due(kStart + 17s), Step::send_ping);
    EXPECT_EQ(keepalive.deadline(), kStart + 22s);
    EXPECT_EQ(keepalive.due(kStart + 22s), Step::timed_out);
}

TEST(KeepAlive, APongAnswersAllPingsBeforeItsOwn) {
    Keepalive keepalive({.interval = 5s, .timeout = 12s});
    keepalive.start(kStart);
    ASSERT_EQ(keepalive.due(kStart + 5s), Step::send_ping);
    ASSERT_EQ(keepalive.due(kStart + 10s), Step::send_ping);
    EXPECT_TRUE(keepalive.pong(payload_of(2), kStart + 11s));
    EXPECT_FALSE(keepalive.pong(payload_of(1), kStart + 11s));
    EXPECT_EQ(keepalive.deadline(), kStart + 15s);
    EXPECT_EQ(keepalive.round_trip().last, 1s);
}

TEST(KeepAlive, UnaskedPongsAreIgnored) {
    Keepalive keepalive({.interval = 5s, .timeout = 12s});
    keepalive.start(kStart);
    EXPECT_FALSE(keepalive.pong(payload_of(0), kStart));
    ASSERT_EQ(keepalive.due(kStart + 5s), Step::send_ping);
    EXPECT_FALSE(keepalive.pong(payload_of(0), kStart + 6s));
    EXPECT_FALSE(keepalive.pong(payload_of(2), kStart + 6s));
    EXPECT_FALSE(keepalive.pong({}, kStart + 6s));
    const auto asked = payload_of(1);
    EXPECT_FALSE(keepalive.pong(std::span(asked).first(7), kStart + 6s));
    EXPECT_TRUE(keepalive.pong(payload_of(1), kStart + 6s));
    EXPECT_FALSE(keepalive.pong(payload_of(1), kStart + 7s));
    EXPECT_EQ(keepalive.round_trip().count, 1U);
}

TEST(KeepAlive, ALatePongOfAnEarlierConnectionMatchesNothing) {
    Keepalive keepalive({.interval = 5s, .timeout = 12s});
    keepalive.start(kStart);
    ASSERT_EQ(keepalive.due(kStart + 5s), Step::send_ping);
    keepalive.start(kStart + 10s);
    EXPECT_EQ(keepalive.deadline(), kStart + 15s);
    ASSERT_EQ(keepalive.due(kStart + 15s), Step::send_ping);
    EXPECT_FALSE(keepalive.pong(payload_of(1), kStart + 16s));
    EXPECT_TRUE(keepalive.pong(payload_of(2), kStart + 16s));
}

TEST(KeepAlive, AnIntervalThatWasSleptThroughIsNotMadeUpFor) {
    Keepalive keepalive({.interval = 5s, .timeout = 1h});
    keepalive.start(kStart);
    ASSERT_EQ(keepalive.due(kStart + 33s), Step::send_ping);
    EXPECT_EQ(keepalive.deadline(), kStart + 38s);
}

TEST(KeepAlive, WithTooManyPingsUnansweredNoneIsAdded) {
    Keepalive keepalive({.interval = 1s, .timeout = 1h});
    keepalive.start(kStart);
    TimePoint now = kStart;
    for (std::size_t i = 0; i < Keepalive::kMaxInFlight; ++i)
        ASSERT_EQ(keepalive.due(now += 1s), Step::send_ping) << i;
    EXPECT_EQ(keepalive.due(now += 1s), Step::none);
    EXPECT_EQ(keepalive.deadline(), kStart + 1s + 1h);
    EXPECT_TRUE(keepalive.pong(payload_of(1), now));
    EXPECT_EQ(keepalive.due(now), Step::send_ping);
}

TEST(KeepAlive, AnIntervalOfZeroTurnsPingsOff) {
    Keepalive keepalive({.interval = 0s, .timeout = 10s});
    keepalive.start(kStart);
    EXPECT_EQ(keepalive.deadline(), std::nullopt);
    EXPECT_EQ(keepalive.due(kStart + 24h), Step::none);
}

TEST(KeepAlive, TheRoundTripIsKeptLastMinMaxAndSmoothed) {
    Keepalive keepalive({.interval = 1s, .timeout = 1s});
    keepalive.start(kStart);
    TimePoint now = kStart;
    for (const Duration trip : {80ms, 160ms, 40ms}) {
        now = *keepalive.deadline();
        ASSERT_EQ(keepalive.due(now), Step::send_ping);
        ASSERT_TRUE(keepalive.pong(keepalive.payload(), now + trip));
    }
    const auto& trips = keepalive.round_trip();
    EXPECT_EQ(trips.count, 3U);
    EXPECT_EQ(trips.last, 40ms);
    EXPECT_EQ(trips.min, 40ms);
    EXPECT_EQ(trips.max, 160ms);
    EXPECT_EQ(trips.smoothed, 83'750us);  // 80, then 90, then 90 - 50/8
}

TEST(KeepAlive, TrafficAnswersThePingsBeforeItIfTheOptionSaysSo) {
    for (const bool any_traffic : {true, false}) {
        Keepalive keepalive({.interval = 4s, .timeout = 10s, .any_traffic = any_traffic});
        keepalive.start(kStart);
        ASSERT_EQ(keepalive.due(kStart + 4s), Step::send_ping);
        ASSERT_EQ(keepalive.due(kStart + 8s), Step::send_ping);
        keepalive.heard(kStart + 4s);  // in the turn that sent the ping: perhaps before it
        EXPECT_EQ(keepalive.due(kStart + 14s), Step::timed_out);
        keepalive.heard(kStart + 5s);
        EXPECT_EQ(keepalive.due(kStart + 14s), any_traffic ? Step::send_ping : Step::timed_out);
        EXPECT_EQ(keepalive.due(kStart + 18s), Step::timed_out) << "the second one";
        EXPECT_EQ(keepalive.round_trip().count, 0U);
    }
}

}  // namespace
}  // namespace pinwheel
