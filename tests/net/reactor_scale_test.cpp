#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../core/idle_strategy.h"
#include "../../net/reactor.h"
#include "../../net/turn_bounds.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

/// A manual clock that counts its readings: one a turn, and one more after a sleep.
class CountingClock final : public Clock {
  public:
    [[nodiscard]] TimePoint now() noexcept override {
        ++reads;
        return time;
    }
    [[nodiscard]] SystemTime system_now() noexcept override { return {}; }
    TimePoint time{1h};
    int reads = 0;
};

/// Called at every turn.
struct Source {
    explicit Source(std::string& its_log, char its_name) : log(its_log), name(its_name) {}
    int on_ready(Interest, TimePoint) {
        log += name;
        ++calls;
        if (action) action();
        return 1;
    }
    std::string& log;
    char name;
    int calls = 0;
    std::function<void()> action;
    IoWatch watch{IoWatch::Callback::member<&Source::on_ready>(*this)};
};

TEST(Reactor, SleepsNoTimeWhileMoreTimersAreDueThanFireInOneTurn) {
    CountingClock clock;
    Reactor reactor({.clock = &clock});
    int fired = 0;
    auto count = [&](TimePoint) { ++fired; };
    std::vector<std::unique_ptr<Timer>> timers;
    for (int i = 0; i < 300; ++i) {
        timers.push_back(std::make_unique<Timer>(Timer::Callback(count)));
        reactor.schedule_after(*timers.back(), 5ms);
    }
    clock.time += 5ms;
    clock.reads = 0;
    reactor.poll_for(1ms);
    EXPECT_LT(fired, 300);
    EXPECT_EQ(clock.reads, 1) << "it slept with timers due";
    reactor.poll_for(1ms);
    EXPECT_EQ(fired, 300);
}

TEST(Reactor, SleepsAtMostUntilTheNextTimer) {
    CountingClock clock;
    Reactor reactor({.clock = &clock});
    auto ignore = [](TimePoint) {};
    Timer timer{Timer::Callback(ignore)};
    reactor.schedule_after(timer, 1ms);
    clock.reads = 0;
    reactor.poll_for(24h);  // a wrong sleep would exceed the suite's time limit
    EXPECT_EQ(clock.reads, 2);
}

/// S1: also beyond the wheel's first level of 64 ms.
TEST(Reactor, SleepsUntilATimerBeyondTheFirstLevelInFewTurns) {
    Reactor reactor;
    bool fired = false;
    auto fire = [&](TimePoint) { fired = true; };
    Timer timer{Timer::Callback(fire)};
    reactor.schedule_after(timer, 130ms);
    int turns = 0;
    while (!fired) {
        reactor.poll_for(24h);
        ++turns;
    }
    EXPECT_LE(turns, 8);
}

/// Timers of one slot of the wheel move in several turns, which do not sleep.
TEST(Reactor, TimersThatMoveOverTheBoundMoveInTheNextTurn) {
    CountingClock clock;
    Reactor reactor({.clock = &clock});
    int fired = 0;
    auto count = [&](TimePoint) { ++fired; };
    std::vector<std::unique_ptr<Timer>> timers;
    for (int i = 0; i < 3 * turn_bounds::kTimerMoves; ++i) {
        timers.push_back(std::make_unique<Timer>(Timer::Callback(count)));
        reactor.schedule_after(*timers.back(), 10s);
    }
    clock.time += 10s;
    int turns = 0;
    for (; fired < 3 * turn_bounds::kTimerMoves; ++turns) {
        const int before = fired;
        clock.reads = 0;
        reactor.poll_for(24h);
        ASSERT_EQ(clock.reads, 1) << "it slept";
        ASSERT_LE(fired - before, turn_bounds::kTimers);
    }
    EXPECT_GE(turns, 3 * turn_bounds::kTimerMoves / turn_bounds::kTimers);
}

TEST(Reactor, PostedCallsOverTheBoundRunInTheNextTurnInOrder) {
    Reactor reactor;
    std::vector<int> ran;
    for (int i = 0; i < 2 * turn_bounds::kPostedCalls + 1; ++i) reactor.post([&ran, i] { ran.push_back(i); });
    EXPECT_EQ(reactor.poll(), turn_bounds::kPostedCalls);
    reactor.post([&ran] { ran.push_back(-1); });
    EXPECT_EQ(reactor.poll(), turn_bounds::kPostedCalls);
    reactor.poll_for(24h);  // does not sleep: work waits
    ASSERT_EQ(ran.size(), 2U * turn_bounds::kPostedCalls + 2);
    EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end() - 1));
    EXPECT_EQ(ran.back(), -1);
}

TEST(Reactor, RevisitsOverTheBoundComeInTheNextTurnInOrder) {
    Reactor reactor;
    std::string log;
    std::vector<std::unique_ptr<Source>> sources;
    for (int i = 0; i < turn_bounds::kRevisits + 1; ++i) {
        sources.push_back(std::make_unique<Source>(log, i < turn_bounds::kRevisits ? 'a' : 'z'));
        ASSERT_EQ(reactor.watch(sources.back()->watch, -1, {}), Errc::ok);
        reactor.revisit(sources.back()->watch);
    }
    Source& greedy = *sources.front();
    greedy.action = [&] { reactor.revisit(greedy.watch); };
    reactor.poll();
    EXPECT_EQ(log.find('z'), std::string::npos);
    reactor.poll_for(24h);  // does not sleep: work waits
    EXPECT_EQ(log.back(), 'z') << "one that always comes again kept another waiting";
}

TEST(Reactor, AThousandWatchesEndInAnyOrderAndTheRestAreStillCalled) {
    Reactor reactor;
    std::string log;
    std::vector<std::unique_ptr<Source>> sources;
    for (int i = 0; i < 1000; ++i) {
        sources.push_back(std::make_unique<Source>(log, 'x'));
        ASSERT_EQ(reactor.watch(sources.back()->watch, -1, {.read = true}), Errc::ok);
    }
    std::shuffle(sources.begin(), sources.end(), std::mt19937(3));
    while (!sources.empty()) {
        for (auto& source : sources) source->calls = 0;
        for (std::size_t seen = 0; seen < sources.size(); seen += turn_bounds::kVisits) {
            log.clear();
            reactor.poll();
            ASSERT_EQ(log.size(), std::min(sources.size(), turn_bounds::kVisits)) << "of a turn";
        }
        ASSERT_TRUE(std::ranges::all_of(sources, [](const auto& source) { return source->calls > 0; }));
        sources.resize(sources.size() - std::min<std::size_t>(sources.size(), 50));
    }
    EXPECT_EQ(reactor.poll(), 0);
}

TEST(Reactor, AWatchMayEndItselfAndOthersAndTheRestAreStillCalled) {
    Reactor reactor;
    std::string log;
    Source a(log, 'a');
    Source b(log, 'b');
    Source c(log, 'c');
    for (Source* source : {&a, &b, &c}) ASSERT_EQ(reactor.watch(source->watch, -1, {.read = true}), Errc::ok);
    a.action = [&] {
        a.watch.stop();
        b.watch.stop();
    };
    reactor.poll();
    reactor.poll();
    EXPECT_EQ(log.front(), 'a');
    EXPECT_EQ(std::ranges::count(log, 'a'), 1);
    EXPECT_EQ(std::ranges::count(log, 'b'), 0);
    EXPECT_GE(std::ranges::count(log, 'c'), 1);
}

struct Revisits : testing::Test {
    Revisits() {
        for (Source* source : {&a, &b, &c}) {
            EXPECT_EQ(reactor.watch(source->watch, -1, {}), Errc::ok);
            reactor.revisit(source->watch);
        }
    }
    Reactor reactor;
    std::string log;
    Source a{log, 'a'};
    Source b{log, 'b'};
    Source c{log, 'c'};
};

TEST_F(Revisits, ComeOnceInTheOrderOfRequests) {
    reactor.revisit(a.watch);
    EXPECT_EQ(reactor.poll(), 3);
    EXPECT_EQ(log, "abc");
    EXPECT_EQ(reactor.poll(), 0);
}

TEST_F(Revisits, RequestedInsideATurnComeInTheNextOne) {
    a.action = [&] { reactor.revisit(a.watch); };
    reactor.poll();
    EXPECT_EQ(log, "abc");
    reactor.poll();
    EXPECT_EQ(log, "abca");
}

TEST_F(Revisits, OfAnEndedWatchDoNotCome) {
    b.watch.stop();
    a.action = [&] { c.watch.stop(); };
    reactor.poll();
    EXPECT_EQ(log, "a");
}

TEST_F(Revisits, BehindAnExceptionComeInTheNextTurnBeforeNewOnes) {
    a.action = [&] { reactor.revisit(a.watch); };
    b.action = [] { throw std::runtime_error("from a handler"); };
    EXPECT_THROW(reactor.poll(), std::runtime_error);
    a.action = nullptr;
    EXPECT_EQ(log, "ab");
    reactor.poll_for(24h);  // does not sleep: work waits
    EXPECT_EQ(log, "abc");
    reactor.poll_for(24h);
    EXPECT_EQ(log, "abca");
}

class CountingIdle final : public IdleStrategy {
  public:
    void idle(int work) noexcept override { (work == 0 ? idles : works) += 1; }
    int idles = 0;
    int works = 0;
};

TEST(Reactor, RunAsksTheIdleStrategyAfterEachTurnInBusySpinModeOnly) {
    for (const auto mode : {ReactorMode::busy_spin, ReactorMode::epoll}) {
        CountingIdle idle;
        CountingClock clock;
        Reactor reactor({.mode = mode, .clock = &clock, .idle = &idle});
        auto stop = [&](TimePoint) { reactor.stop(); };
        Timer timer{Timer::Callback(stop)};
        int turns = 0;
        auto tick = [&](Interest, TimePoint) {
            if (++turns == 10) clock.time += 10ms;
            return 0;
        };
        IoWatch watch{IoWatch::Callback(tick)};
        ASSERT_EQ(reactor.watch(watch, -1, {.read = true}), Errc::ok);
        reactor.schedule_after(timer, 5ms);
        reactor.run();
        EXPECT_EQ(turns, 11);
        EXPECT_EQ(idle.idles, mode == ReactorMode::busy_spin ? 10 : 0);
        EXPECT_EQ(idle.works, mode == ReactorMode::busy_spin ? 1 : 0);
    }
}

/// L6: all waiting calls are based on it.
TEST(Reactor, RunUntilUsesTheUsersIdleStrategyAndEndsAtItsDeadline) {
    CountingIdle idle;
    Reactor reactor({.mode = ReactorMode::busy_spin, .idle = &idle});
    int asked = 0;
    EXPECT_TRUE(reactor.run_until([&] { return ++asked == 4; }));
    EXPECT_EQ(idle.idles + idle.works, 3);
    EXPECT_FALSE(reactor.run_until([] { return false; }, reactor.now()));
    EXPECT_EQ(idle.idles + idle.works, 3);
    reactor.stop();  // meant for run()
    EXPECT_TRUE(reactor.run_until([] { return true; }));
}

}  // namespace
}  // namespace pinwheel
