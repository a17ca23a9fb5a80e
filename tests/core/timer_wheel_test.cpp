#include "../../core/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

struct Logged {
    Logged(std::string& log_to, char its_name) : log(log_to), name(its_name) {}
    void fire(TimePoint) { log += name; }
    std::string& log;
    char name;
    Timer timer{Timer::Callback::member<&Logged::fire>(*this)};
};

class TimerWheelTest : public testing::Test {
  protected:
    TimerWheel wheel{kStart, 1ms};
    std::string log;
};

TEST_F(TimerWheelTest, NeverFiresEarlyAndRoundsDeadlinesUp) {
    Logged a(log, 'a');
    wheel.schedule(a.timer, kStart + 1500us);
    EXPECT_EQ(wheel.advance(kStart + 1999us, 10), 0);
    EXPECT_EQ(wheel.advance(kStart + 2ms, 10), 1);
    EXPECT_FALSE(a.timer.armed());
}

TEST_F(TimerWheelTest, ADeadlineInThePastFiresAtTheNextAdvance) {
    Logged a(log, 'a');
    EXPECT_EQ(wheel.advance(kStart + 1s, 10), 0);
    wheel.schedule(a.timer, kStart);
    EXPECT_EQ(wheel.next_deadline(), TimePoint::min());
    EXPECT_EQ(wheel.advance(kStart + 1s, 10), 1);
}

TEST_F(TimerWheelTest, FiresInOrderOfTicksOverAllLevelsInOneJump) {
    Logged a(log, 'a');
    Logged b(log, 'b');
    Logged c(log, 'c');
    Logged d(log, 'd');
    wheel.schedule(c.timer, kStart + 70s);
    wheel.schedule(d.timer, kStart + 48h);
    wheel.schedule(a.timer, kStart + 1ms);
    wheel.schedule(b.timer, kStart + 65ms);
    EXPECT_EQ(wheel.advance(kStart + 72h, 10), 4);
    EXPECT_EQ(log, "abcd");
}

TEST_F(TimerWheelTest, ADeadlineBeyondTheRangeIsKept) {
    Logged a(log, 'a');
    wheel.schedule(a.timer, TimePoint::max());
    EXPECT_EQ(wheel.advance(kStart + 24h * 365 * 100, 10), 0);
    EXPECT_TRUE(a.timer.armed());
    EXPECT_GT(*wheel.next_deadline(), kStart + 24h * 365 * 100);
}

TEST_F(TimerWheelTest, AtMostTheLimitFiresAndTheRestFollows) {
    Logged a(log, 'a');
    Logged b(log, 'b');
    Logged c(log, 'c');
    for (auto* timer : {&a, &b, &c}) wheel.schedule(timer->timer, kStart + 1ms);
    EXPECT_EQ(wheel.advance(kStart + 1ms, 2), 2);
    EXPECT_EQ(wheel.advance(kStart + 1ms, 2), 1);
    EXPECT_EQ(log, "abc");
}

TEST_F(TimerWheelTest, ATimerRearmedForNowInItsCallbackWaitsForTheNextAdvance) {
    struct Again {
        explicit Again(TimerWheel& its_wheel) : wheel(its_wheel) {}
        void fire(TimePoint now) {
            ++count;
            wheel.schedule(timer, now);
        }
        TimerWheel& wheel;
        int count = 0;
        Timer timer{Timer::Callback::member<&Again::fire>(*this)};
    } again(wheel);
    wheel.schedule(again.timer, kStart + 1ms);
    wheel.advance(kStart + 5ms, 100);
    EXPECT_EQ(again.count, 1);
    wheel.advance(kStart + 5ms, 100);
    EXPECT_EQ(again.count, 2);
}

TEST_F(TimerWheelTest, ACallbackMayCancelAndDestroyOthersThatAreDueInTheSameAdvance) {
    auto victim = std::make_unique<Logged>(log, 'v');
    Logged cancelled(log, 'c');
    auto strike = [&](TimePoint) {
        victim.reset();
        cancelled.timer.cancel();
    };
    Timer killer{Timer::Callback(strike)};
    wheel.schedule(killer, kStart + 1ms);
    wheel.schedule(victim->timer, kStart + 1ms);
    wheel.schedule(cancelled.timer, kStart + 1ms);
    EXPECT_EQ(wheel.advance(kStart + 1ms, 10), 1);
    EXPECT_EQ(log, "");
    EXPECT_EQ(wheel.size(), 0U);
}

TEST_F(TimerWheelTest, ACallbackMayDestroyItsOwnTimer) {
    struct Owner {
        std::unique_ptr<Timer> timer;
        void fire(TimePoint) { timer.reset(); }
    } owner;
    owner.timer = std::make_unique<Timer>(Timer::Callback::member<&Owner::fire>(owner));
    wheel.schedule(*owner.timer, kStart + 1ms);
    EXPECT_EQ(wheel.advance(kStart + 1ms, 10), 1);
    EXPECT_EQ(owner.timer, nullptr);
}

TEST_F(TimerWheelTest, AThrowingCallbackLeavesTheRestDue) {
    auto fail = [](TimePoint) { throw std::runtime_error("from a timer"); };
    Timer thrower{Timer::Callback(fail)};
    Logged a(log, 'a');
    wheel.schedule(thrower, kStart + 1ms);
    wheel.schedule(a.timer, kStart + 1ms);
    EXPECT_THROW(wheel.advance(kStart + 1ms, 10), std::runtime_error);
    EXPECT_EQ(wheel.advance(kStart + 1ms, 10), 1);
    EXPECT_EQ(log, "a");
}

TEST_F(TimerWheelTest, TheWheelMayGoBeforeItsTimers) {
    Logged a(log, 'a');
    {
        TimerWheel short_lived(kStart, 1ms);
        short_lived.schedule(a.timer, kStart + 1s);
    }
    EXPECT_FALSE(a.timer.armed());
}

TEST_F(TimerWheelTest, TheNextDeadlineIsExactForNearTimersAndNeverLate) {
    Logged a(log, 'a');
    EXPECT_EQ(wheel.next_deadline(), std::nullopt);
    wheel.schedule(a.timer, kStart + 20ms);
    EXPECT_EQ(wheel.next_deadline(), kStart + 20ms);
    wheel.schedule(a.timer, kStart + 10s);
    int wakes = 0;
    while (a.timer.armed()) {
        ASSERT_LE(*wheel.next_deadline(), kStart + 10s);
        wheel.advance(*wheel.next_deadline(), 10);
        ++wakes;
    }
    EXPECT_LE(wakes, 4);
    EXPECT_EQ(log, "a");
}

/// S1: a caller that sleeps until next_deadline() does not repeatedly wake up without work.
TEST(TimerWheel, ATimerOfAnyLengthCostsOneWakeALevelAtMost) {
    for (const Duration offset : {0ms, 1ms, 63ms, 4095ms, 4096ms, 300'001ms}) {
        for (const Duration delay :
             {1ms, 63ms, 64ms, 65ms, 500ms, 4096ms, 20'000ms, 3'600'000ms, 86'400'000ms}) {
            TimerWheel wheel(kStart, 1ms);
            std::string log;
            Logged a(log, 'a');
            TimePoint now = kStart + offset;
            wheel.advance(now, 10);
            wheel.schedule(a.timer, now + delay);
            int wakes = 0;
            for (; a.timer.armed() && wakes < 100; ++wakes) {
                now = std::max(now, *wheel.next_deadline());
                wheel.advance(now, 10);
            }
            EXPECT_LE(wakes, 8) << delay.count() << " ns at " << offset.count();
            EXPECT_EQ(now, kStart + offset + delay);
        }
    }
}

/// Like T2: many timers of one slot move in several calls, and still fire in order and on time.
TEST(TimerWheel, MovesABoundedNumberOfTimersACall) {
    TimerWheel wheel(kStart, 1ms);
    constexpr int kTimers = 1000;
    constexpr int kMoves = 64;
    int fired = 0;
    auto count = [&](TimePoint) { ++fired; };
    std::vector<std::unique_ptr<Timer>> timers;
    for (int i = 0; i < kTimers; ++i) {
        timers.push_back(std::make_unique<Timer>(Timer::Callback(count)));
        wheel.schedule(*timers.back(), kStart + 10s);
    }
    std::string log;
    Logged nearer(log, 'n');
    Logged farther(log, 'f');
    TimePoint now = *wheel.next_deadline();  // the slot of all timers
    EXPECT_EQ(wheel.advance(now, kTimers, kMoves), 0);
    EXPECT_EQ(wheel.next_deadline(), TimePoint::min()) << "the rest waits for the next call";
    wheel.schedule(nearer.timer, now);
    EXPECT_EQ(wheel.advance(now, kTimers, kMoves), 1);
    EXPECT_EQ(log, "n");
    wheel.schedule(farther.timer, kStart + 11s);
    int calls = 0;
    for (now = kStart + 10s; fired < kTimers && calls < 10 * kTimers; ++calls) {
        const int before = fired;
        wheel.advance(now, kTimers, kMoves);
        ASSERT_LE(fired - before, kMoves);
    }
    EXPECT_EQ(fired, kTimers);
    EXPECT_GE(calls, kTimers / kMoves);
    EXPECT_TRUE(farther.timer.armed());
    EXPECT_EQ(wheel.advance(kStart + 11s, 1, kMoves), 1);
    EXPECT_EQ(wheel.next_deadline(), std::nullopt);
}

/// A hundred thousand random operations against a sorted map.
TEST(TimerWheelModel, AgreesWithASortedMap) {
    constexpr std::size_t kTimers = 300;
    std::mt19937_64 random(20);
    TimerWheel wheel(kStart, 1ms);
    std::multimap<std::uint64_t, std::size_t> model;  // tick → timer
    std::vector<std::uint64_t> tick_of(kTimers);
    std::vector<std::uint64_t> fired_ticks;
    struct Node {
        void fire(TimePoint) { fired->push_back(index); }
        std::size_t index = 0;
        std::vector<std::size_t>* fired = nullptr;
        Timer timer{Timer::Callback::member<&Node::fire>(*this)};
    };
    std::vector<Node> nodes(kTimers);
    std::vector<std::size_t> fired;
    for (std::size_t i = 0; i < kTimers; ++i) {
        nodes[i].index = i;
        nodes[i].fired = &fired;
    }
    const auto drop_from_model = [&](std::size_t i) {
        if (!nodes[i].timer.armed()) return;
        auto [at, end] = model.equal_range(tick_of[i]);
        while (at->second != i) ++at;
        model.erase(at);
    };
    std::uint64_t now = 0;  // in microseconds since the start
    for (int step = 0; step < 100'000; ++step) {
        const std::size_t i = random() % kTimers;
        const auto choice = random() % 10;
        if (choice < 5) {
            const auto reach = std::uint64_t{1} << (random() % 36);
            const std::uint64_t deadline = now + random() % reach;
            drop_from_model(i);
            wheel.schedule(nodes[i].timer, kStart + std::chrono::microseconds(deadline));
            tick_of[i] = std::max((deadline + 999) / 1000, now / 1000);
            model.emplace(tick_of[i], i);
        } else if (choice < 7) {
            drop_from_model(i);
            nodes[i].timer.cancel();
        } else {
            now += random() % (std::uint64_t{1} << (random() % 32));
            fired.clear();
            const TimePoint time = kStart + std::chrono::microseconds(now);
            const int moves = 1 + static_cast<int>(random() % 50);  // a turn; the next one continues
            while (wheel.next_deadline().value_or(TimePoint::max()) <= time)
                wheel.advance(time, 1'000'000, moves);
            std::uint64_t before = 0;
            for (const std::size_t which : fired) {
                ASSERT_LE(before, tick_of[which]);
                before = tick_of[which];
                auto [at, end] = model.equal_range(tick_of[which]);
                while (at != end && at->second != which) ++at;
                ASSERT_NE(at, end);
                model.erase(at);
            }
            ASSERT_TRUE(model.empty() || model.begin()->first > now / 1000);
        }
        ASSERT_EQ(wheel.size(), model.size());
    }
}

}  // namespace
}  // namespace pinwheel
