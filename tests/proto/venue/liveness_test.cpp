// The three clocks: section 4 of the feed's rules.
#include "../../../proto/venue/liveness.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "../../../core/random.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

TEST(Section4Silence, AlertThenResubscribeThenReconnect) {
    using Step = SilenceClock::Step;
    SilenceClock clock(30s);
    EXPECT_EQ(clock.deadline(), std::nullopt);
    clock.start(kStart);
    EXPECT_EQ(clock.due(kStart + 30s - 1ns), Step::none);
    EXPECT_EQ(clock.due(kStart + 30s), Step::alert);
    EXPECT_EQ(clock.due(kStart + 30s), Step::none) << "told once";
    EXPECT_EQ(clock.due(kStart + 60s), Step::resubscribe);
    EXPECT_EQ(clock.due(kStart + 90s), Step::reconnect);
    EXPECT_EQ(clock.due(kStart + 24h), Step::none);
    EXPECT_EQ(clock.deadline(), std::nullopt);
    clock.on_data(kStart + 24h);
    EXPECT_EQ(clock.deadline(), kStart + 24h + 30s);
    EXPECT_EQ(clock.due(kStart + 24h + 70s), Step::resubscribe)
        << "a step that was slept through is left out";
}

TEST(Section4Silence, ZeroIsOff) {
    SilenceClock clock(0s);
    clock.start(kStart);
    clock.on_data(kStart);
    EXPECT_EQ(clock.deadline(), std::nullopt);
    EXPECT_EQ(clock.due(kStart + 24h), SilenceClock::Step::none);
}

TEST(Section4Ping, OnTimeOrOnlyIfQuiet) {
    using Step = VenuePing::Step;
    for (const bool quiet : {false, true}) {
        VenuePing ping({.interval = 20s, .timeout = 10s, .only_if_quiet = quiet});
        EXPECT_EQ(ping.deadline(), std::nullopt);
        ping.start(kStart);
        ping.on_bytes(kStart + 15s);
        const TimePoint due = kStart + (quiet ? 35s : 20s);
        EXPECT_EQ(ping.due(due - 1ns), Step::none);
        EXPECT_EQ(ping.due(due), Step::send);
        EXPECT_EQ(ping.due(due), Step::send) << "until it was sent";
        ping.sent(due + 1s);
        EXPECT_EQ(ping.due(due + 11s - 1ns), Step::none);
        ping.on_bytes(due + 2s);
        EXPECT_EQ(ping.due(due + 11s), Step::timed_out) << "bytes are no pong";
        ping.on_pong(due + 5s);
        EXPECT_EQ(ping.due(due + 11s), Step::none);
        EXPECT_EQ(ping.deadline(), due + (quiet ? 25s : 21s));
        ping.stop();
        EXPECT_EQ(ping.deadline(), std::nullopt);
    }
}

TEST(Section4Channels, StaleIsToldOnceUntilDataComes) {
    StaleChannels channels;
    channels.watch(3, 10s, kStart);
    channels.watch(1, 5s, kStart);
    channels.on_data(7, kStart);  // not watched
    EXPECT_EQ(channels.deadline(), kStart + 5s);
    EXPECT_EQ(channels.next_stale(kStart + 5s - 1ns), std::nullopt);
    EXPECT_EQ(channels.next_stale(kStart + 5s), 1U);
    EXPECT_EQ(channels.next_stale(kStart + 5s), std::nullopt);
    channels.on_data(1, kStart + 6s);
    channels.on_data(3, kStart + 8s);
    EXPECT_EQ(channels.next_stale(kStart + 11s), 1U);
    channels.forget(3);
    EXPECT_EQ(channels.deadline(), std::nullopt);
}

TEST(Section4Channels, AgreesWithANaiveModelOverRandomOperations) {
    SeededRandom random(4);
    StaleChannels channels;
    struct Naive {
        Duration after;
        TimePoint last;
        bool told = false;
    };
    std::map<ChannelId, Naive> naive;
    TimePoint now = kStart;
    for (int i = 0; i < 100'000; ++i) {
        now += Duration{1ms} * random.below(20);
        const auto channel = static_cast<ChannelId>(random.below(50));
        const auto action = random.below(20);
        if (action == 0) {
            const Duration after = Duration{1ms} * (200 + 100 * random.below(4));
            channels.watch(channel, after, now);
            naive[channel] = {after, now};
        } else if (action == 1) {
            channels.forget(channel);
            naive.erase(channel);
        } else if (const auto it = naive.find(channel); it != naive.end()) {
            channels.on_data(channel, now);
            it->second.last = now;
            it->second.told = false;
        }
        std::set<ChannelId> expected;
        std::set<ChannelId> told;
        for (auto& [id, state] : naive)
            if (!state.told && now - state.last >= state.after) {
                expected.insert(id);
                state.told = true;
            }
        while (const auto stale = channels.next_stale(now)) told.insert(*stale);
        ASSERT_EQ(told, expected) << "operation " << i;
    }
}

}  // namespace
}  // namespace pinwheel
