// Client messages and connects, paced: section 3 of the feed's rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "../../../core/random.h"
#include "../../../net/shared_limits.h"
#include "../../../proto/policy/rate_signal.h"
#include "../../../proto/venue/send_pacer.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

SendKinds kinds(std::initializer_list<SendKind> list) {
    SendKinds set;
    for (const auto kind : list) set.add(kind);
    return set;
}

/// The most events in any half-open window. The windows that begin at an event suffice.
std::size_t most_in_any_window(const std::vector<TimePoint>& times, Duration window) {
    std::size_t most = 0;
    for (std::size_t begin = 0, end = 0; begin < times.size(); ++begin) {
        while (end < times.size() && times[end] - times[begin] < window) ++end;
        most = std::max(most, end - begin);
    }
    return most;
}

TEST(Section3Pacing, AFullWindowWaitsUntilItsOldestIsAWindowAndATenthOld) {
    SlidingWindow window({.count = 5, .window = 1s});
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(window.earliest(kStart), kStart);
        window.record(kStart);
    }
    EXPECT_GE(window.earliest(kStart), kStart + 1100ms);
    EXPECT_LE(window.earliest(kStart), kStart + 1100ms + 1ns);
}

TEST(Section3Pacing, ATokenBucketsSecondBurstDoesNotFit) {
    // 5 at once, then one each 200 ms as a bucket refills: 9 in the first second.
    SlidingWindow window({.count = 5, .window = 1s});
    std::vector<TimePoint> sent;
    for (TimePoint now = kStart; now < kStart + 10s; now += 10ms)
        if (window.earliest(now) == now) {
            window.record(now);
            sent.push_back(now);
        }
    EXPECT_EQ(most_in_any_window(sent, 1s), 5U);
}

TEST(Section3Pacing, ALongWindowEndsAtTheEndOfTime) {
    SlidingWindow window({.count = 1, .window = Duration::max()});
    window.record(kStart);
    EXPECT_EQ(window.earliest(kStart + 24h), TimePoint::max());
    window.slow_down(kStart);
    EXPECT_GT(window.earliest(kStart), kStart);
}

TEST(Section3Pacing, APongIsNeverHeldBackAndTakesItsPlace) {
    SendPacer pacer;
    pacer.add({.count = 2, .window = 1s}, SendKinds::all());
    pacer.record(SendKind::request, kStart);
    pacer.record(SendKind::request, kStart);
    EXPECT_EQ(pacer.earliest(SendKind::pong, kStart), kStart);
    pacer.record(SendKind::pong, kStart + 500ms);
    // The newest two are the second request and the pong.
    EXPECT_GE(pacer.earliest(SendKind::request, kStart + 600ms), kStart + 1100ms);
    pacer.record(SendKind::pong, kStart + 900ms);
    EXPECT_GE(pacer.earliest(SendKind::request, kStart + 1s), kStart + 500ms + 1100ms);
}

TEST(Section3Pacing, ALimitCountsOnlyWhatTheProfileCounts) {
    SendPacer pacer;
    pacer.add({.count = 1, .window = 1h}, kinds({SendKind::request}));
    pacer.record(SendKind::ping, kStart);
    EXPECT_EQ(pacer.earliest(SendKind::request, kStart), kStart);
    pacer.record(SendKind::request, kStart);
    EXPECT_GT(pacer.earliest(SendKind::request, kStart), kStart + 1h);
    EXPECT_EQ(pacer.earliest(SendKind::ping, kStart), kStart);
    EXPECT_EQ(pacer.earliest(SendKind::answer, kStart), kStart);
}

TEST(Section3Pacing, AWindowOfTheAddressIsSharedByItsConnections) {
    SharedLimits shared;
    const RateLimit limit{.count = 8, .window = 1s};
    SendPacer first;
    SendPacer second;
    first.add(shared.messages("host", "venue", limit), SendKinds::all());
    second.add(shared.messages("other host", "venue", limit), SendKinds::all());
    for (int i = 0; i < 8; ++i) first.record(SendKind::request, kStart);
    EXPECT_GT(second.earliest(SendKind::request, kStart), kStart + 1s);
    shared.limit_connects("host", "venue", limit);
    EXPECT_EQ(shared.earliest_connect("host", kStart), kStart) << "connects have windows of their own";
}

TEST(Section3Pacing, ConnectsOfAGroupCountTogetherAndOthersDoNot) {
    SharedLimits shared;
    const RateLimit limit{.count = 2, .window = 1s};
    shared.limit_connects("a", "venue", limit);
    shared.limit_connects("b", "venue", limit);
    shared.limit_connects("b", "b", {.count = 1, .window = 1h});
    shared.record_connect("a", kStart);
    EXPECT_EQ(shared.earliest_connect("b", kStart), kStart);
    shared.record_connect("b", kStart);
    EXPECT_GT(shared.earliest_connect("a", kStart), kStart + 1s);
    EXPECT_LT(shared.earliest_connect("a", kStart), kStart + 2s);
    EXPECT_GT(shared.earliest_connect("b", kStart), kStart + 1h) << "each of its limits is kept";
    shared.record_connect("c", kStart);
    EXPECT_EQ(shared.earliest_connect("c", kStart), kStart) << "no limit is known";
}

TEST(Section3Pacing, ARefusalOfRateHalvesThePaceUntilAQuietMinute) {
    SharedLimits shared;
    const RateLimit limit{.count = 1, .window = 1s};
    shared.limit_connects("host", "host", limit);
    shared.record_connect("host", kStart);
    const TimePoint normal = shared.earliest_connect("host", kStart);
    shared.slow_down("host", kStart);
    EXPECT_EQ(shared.slowed_at("host"), kStart);
    EXPECT_GE(shared.earliest_connect("host", kStart) - kStart, 2 * (normal - kStart));
    shared.slow_down("other", kStart + 30s);
    EXPECT_TRUE(shared.messages("host", "host", limit)->is_slow(kStart + 1min - 1ns))
        << "new, but of the host";
    EXPECT_FALSE(shared.messages("host", "host", limit)->is_slow(kStart + 1min));
    shared.slow_down("host", kStart + 30s);
    EXPECT_TRUE(shared.messages("host", "host", limit)->is_slow(kStart + 1min)) << "the minute was not quiet";
}

TEST(Section3Pacing, AHalvedPaceEndsWithTheQuietMinute) {
    SlidingWindow window({.count = 1, .window = 50s});
    window.record(kStart);
    window.slow_down(kStart);
    EXPECT_EQ(window.earliest(kStart), kStart + 1min);
}

TEST(Section3Pacing, OnlyCloseCode1008WithAReasonOfRateAndTwoStatusesSlowDown) {
    EXPECT_TRUE(is_rate_status(429));
    EXPECT_TRUE(is_rate_status(418));
    EXPECT_FALSE(is_rate_status(503));
    EXPECT_TRUE(is_rate_close(1008, "Too many requests"));
    EXPECT_TRUE(is_rate_close(1008, "message RATE exceeded"));
    EXPECT_FALSE(is_rate_close(1008, "invalid origin"));
    EXPECT_FALSE(is_rate_close(1000, "too many requests"));
}

/// All messages sent so far, searched each time.
class NaiveWindow {
  public:
    NaiveWindow(RateLimit limit) : limit_(limit) {}
    [[nodiscard]] bool fits(TimePoint now) const {
        std::size_t inside = 0;
        for (auto it = times_.rbegin(); it != times_.rend() && now - *it < limit_.window; ++it) ++inside;
        return inside < limit_.count;
    }
    void record(TimePoint now) { times_.push_back(now); }
    [[nodiscard]] const std::vector<TimePoint>& times() const { return times_; }

  private:
    RateLimit limit_;
    std::vector<TimePoint> times_;
};

TEST(Section3Pacing, NeverMoreThanCountInAnyWindowOverRandomOperations) {
    SeededRandom random(20261128);
    for (int run = 0; run < 10; ++run) {
        const RateLimit limit{.count = 1 + random.below(8), .window = Duration{1 + random.below(2'000'000)}};
        SlidingWindow window(limit);
        NaiveWindow naive(limit);
        TimePoint now = kStart;
        TimePoint slow_until = kStart;
        std::vector<TimePoint> slow_times;
        for (int i = 0; i < 10'000; ++i) {
            now += Duration{random.below(3) == 0 ? 0 : random.below(500'000)};
            if (random.below(1000) == 0) {
                window.slow_down(now);
                slow_until = now + 1min;
            }
            const TimePoint at = window.earliest(now);
            ASSERT_GE(at, now);
            if (at == now)
                ASSERT_TRUE(naive.fits(now)) << "run " << run << ", operation " << i;
            else if (random.below(2) == 0)
                now = at;  // exactly at the reported time
            if (window.earliest(now) != now) continue;
            window.record(now);
            naive.record(now);
            if (now < slow_until) slow_times.push_back(now);
        }
        EXPECT_GT(naive.times().size(), 1000U);
        EXPECT_LE(most_in_any_window(naive.times(), limit.window), limit.count);
        EXPECT_LE(most_in_any_window(naive.times(), limit.window * 11 / 10), limit.count) << "the safety";
    }
}

TEST(Section3Pacing, APacerOfSeveralWindowsKeepsEachOverRandomOperations) {
    SeededRandom random(18);
    SendPacer pacer;
    pacer.add({.count = 5, .window = 1s}, SendKinds::all());
    pacer.add({.count = 30, .window = 1min}, kinds({SendKind::request}));
    NaiveWindow all({.count = 5, .window = 1s});
    NaiveWindow requests({.count = 30, .window = 1min});
    TimePoint now = kStart;
    std::size_t sent = 0;
    for (int i = 0; i < 100'000; ++i) {
        now += Duration{1ms} * random.below(80);
        const auto kind = static_cast<SendKind>(random.below(4));
        if (kind != SendKind::pong && pacer.earliest(kind, now) != now) continue;
        if (kind != SendKind::pong) {
            ASSERT_TRUE(all.fits(now));
        }
        if (kind == SendKind::request) {
            ASSERT_TRUE(requests.fits(now));
            requests.record(now);
        }
        if (kind == SendKind::pong && random.below(10) != 0) continue;
        all.record(now);
        pacer.record(kind, now);
        ++sent;
    }
    EXPECT_GT(sent, 5'000U);
    EXPECT_LE(most_in_any_window(requests.times(), 1min), 30U);
}

}  // namespace
}  // namespace pinwheel
