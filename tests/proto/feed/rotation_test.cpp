// Make before break: sections 5 and 6 of the feed's rules.
#include "../../../proto/feed/rotation.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "../../../net/sliding_window.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using Act = Rotation::Act;
using Reason = RotationReason;

constexpr TimePoint kStart{1h};

std::string show(const Rotation::Step& step) {
    constexpr std::string_view kActs[] = {"none", "open", "close", "abandon"};
    if (step.act == Act::none) return "none";
    return std::string(kActs[static_cast<std::size_t>(step.act)]) + " " + std::to_string(step.old) + " " +
           std::to_string(step.fresh);
}

TEST(Section6Rotation, OpensBesideAndClosesWhenAllHasMoved) {
    Rotation rotation({.legs = 1});
    rotation.on_up(0, kStart);
    EXPECT_FALSE(rotation.deadline()) << "no age is known";
    rotation.ask(0, Reason::call, kStart);
    EXPECT_EQ(show(rotation.due(kStart)), "open 0 1");
    rotation.on_up(1, kStart + 1s);
    EXPECT_EQ(show(rotation.due(kStart + 2s)), "none");
    EXPECT_TRUE(rotation.is_active(0));
    rotation.on_moved();
    EXPECT_EQ(show(rotation.due(kStart + 3s)), "close 0 1");
    EXPECT_FALSE(rotation.is_active(0));
    EXPECT_TRUE(rotation.is_active(1));
    EXPECT_EQ(show(rotation.due(kStart + 1h)), "none");
    rotation.ask(1, Reason::call, kStart + 1h);
    EXPECT_EQ(show(rotation.due(kStart + 1h)), "none") << "the old session is still closing";
    rotation.on_down(0, kStart + 1h);
    EXPECT_EQ(show(rotation.due(kStart + 1h)), "open 1 0") << "and back again";
}

TEST(Section6Rotation, ClosesTheOldOneAfterTheTimeoutAlthoughNotAllHasMoved) {
    Rotation rotation({.legs = 1, .timeout = 60s});
    rotation.on_up(0, kStart);
    rotation.ask(0, Reason::call, kStart);
    EXPECT_EQ(show(rotation.due(kStart)), "open 0 1");
    rotation.on_up(1, kStart + 50s);
    EXPECT_EQ(show(rotation.due(kStart + 100s)), "none") << "it counts from the new session's start";
    EXPECT_EQ(rotation.deadline(), kStart + 110s);
    EXPECT_EQ(show(rotation.due(kStart + 110s)), "close 0 1");
}

TEST(Section6Rotation, ANewSessionThatDoesNotComeUpLeavesTheOldOneAndIsTriedLater) {
    Rotation rotation({.legs = 1, .timeout = 60s, .retry = 60s});
    rotation.on_up(0, kStart);
    rotation.ask(0, Reason::call, kStart);
    EXPECT_EQ(show(rotation.due(kStart)), "open 0 1");
    EXPECT_EQ(show(rotation.due(kStart + 60s)), "abandon 0 1");
    EXPECT_TRUE(rotation.is_active(0));
    EXPECT_EQ(show(rotation.due(kStart + 119s)), "none");
    EXPECT_EQ(show(rotation.due(kStart + 120s)), "open 0 1");
    EXPECT_EQ(show(rotation.due(kStart + 180s)), "abandon 0 1");
    EXPECT_EQ(rotation.deadline(), kStart + 300s) << "twice as long";
}

TEST(Section6Rotation, AnOldSessionThatIsCutEndsTheRotation) {
    for (const bool is_up : {false, true}) {
        Rotation rotation({.legs = 1});
        rotation.on_up(0, kStart);
        rotation.ask(0, Reason::notice, kStart);
        EXPECT_EQ(show(rotation.due(kStart)), "open 0 1");
        if (is_up) rotation.on_up(1, kStart + 1s);
        rotation.on_down(0, kStart + 2s);
        EXPECT_EQ(show(rotation.due(kStart + 2s)), is_up ? "close 0 1" : "abandon 0 1");
        EXPECT_FALSE(rotation.deadline()) << "the old one comes again by itself, and is new then";
    }
}

TEST(Section6Rotation, ClosingTheFeedEndsIt) {
    Rotation rotation({.legs = 1, .lifetime = 24h});
    rotation.on_up(0, kStart);
    rotation.ask(0, Reason::call, kStart);
    EXPECT_EQ(show(rotation.due(kStart)), "open 0 1");
    rotation.stop();
    EXPECT_EQ(show(rotation.due(kStart)), "abandon 0 1");
}

TEST(Section5Drain, ASessionIsLeftBeforeTheVenueCutsIt) {
    Rotation rotation({.legs = 1, .timeout = 60s});
    rotation.on_up(0, kStart);
    rotation.ask(0, Reason::notice, kStart, kStart + 10s);
    EXPECT_EQ(show(rotation.due(kStart)), "open 0 1");
    rotation.on_up(1, kStart + 1s);
    EXPECT_EQ(show(rotation.due(kStart + 9s)), "none");
    EXPECT_EQ(show(rotation.due(kStart + 10s)), "close 0 1");
}

TEST(Section5Drain, LegsRotateOneAfterTheOther) {
    Rotation rotation({.legs = 2});
    rotation.on_up(0, kStart);
    rotation.on_up(1, kStart);
    rotation.ask_all(kStart);
    EXPECT_EQ(show(rotation.due(kStart)), "open 0 2");
    EXPECT_EQ(show(rotation.due(kStart + 1s)), "none") << "one at a time";
    rotation.on_up(2, kStart + 1s);
    rotation.on_moved();
    EXPECT_EQ(show(rotation.due(kStart + 1s)), "close 0 2");
    rotation.on_down(0, kStart + 1s);
    EXPECT_EQ(show(rotation.due(kStart + 1s)), "open 1 0");
}

TEST(Section5Drain, ANoticeDoesNotWaitForTheRetry) {
    Rotation rotation({.legs = 1, .timeout = 60s, .retry = 60s});
    rotation.on_up(0, kStart);
    rotation.ask(0, Reason::call, kStart);
    std::ignore = rotation.due(kStart);
    EXPECT_EQ(show(rotation.due(kStart + 60s)), "abandon 0 1");
    rotation.ask(0, Reason::notice, kStart + 61s);
    EXPECT_EQ(show(rotation.due(kStart + 61s)), "open 0 1");
}

/// Five venues with two feeds of two legs. Sessions come up when the venue's window of connects allows it. No
/// two legs of a feed are replaced at once, no session reaches its lifetime, no window is broken.
TEST(Section6Rotation, ADayOfFiveVenuesWithTwoFeedsOfTwoLegs) {
    constexpr Duration kLifetime = 24h;
    struct Feed {
        Rotation rotation;
        SlidingWindow* window;
        std::map<std::size_t, TimePoint> up, coming;
        int rotations = 0;
    };
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        std::vector<SlidingWindow> windows(5, SlidingWindow(RateLimit{.count = 2, .window = 10s}));
        std::vector<Feed> feeds;
        TimePoint now = kStart;
        const auto connect = [&](Feed& feed, std::size_t slot) {
            const TimePoint at = feed.window->earliest(now);
            feed.window->record(at);
            feed.coming[slot] = at + 1s;
        };
        for (std::size_t i = 0; i < 10; ++i) {
            feeds.push_back({Rotation({.legs = 2, .lifetime = kLifetime, .seed = seed * 100 + i}),
                             &windows[i / 2],
                             {},
                             {}});
            connect(feeds.back(), 0);
            connect(feeds.back(), 1);
        }
        for (const TimePoint end = kStart + 72h; now < end; now += 5s) {
            for (auto& feed : feeds) {
                for (auto it = feed.coming.begin(); it != feed.coming.end();) {
                    if (it->second > now) {
                        ++it;
                        continue;
                    }
                    feed.up[it->first] = now;
                    feed.rotation.on_up(it->first, now);
                    if (feed.rotation.fresh() == it->first) feed.rotation.on_moved();
                    it = feed.coming.erase(it);
                }
                if (!feed.rotation.deadline() || *feed.rotation.deadline() > now) continue;
                for (auto step = feed.rotation.due(now); step.act != Act::none;
                     step = feed.rotation.due(now)) {
                    if (step.act == Act::open) {
                        ASSERT_EQ(feed.up.size(), 2U) << "two legs at once";
                        connect(feed, step.fresh);
                    }
                    ASSERT_NE(show(step).substr(0, 7), "abandon");
                    if (step.act != Act::close) continue;
                    ASSERT_LT(now - feed.up[step.old], kLifetime) << "the venue has cut it";
                    feed.up.erase(step.old);
                    feed.rotation.on_down(step.old, now);
                    ++feed.rotations;
                }
            }
        }
        for (const auto& feed : feeds) EXPECT_GE(feed.rotations, 4);
    }
}

}  // namespace
}  // namespace pinwheel
