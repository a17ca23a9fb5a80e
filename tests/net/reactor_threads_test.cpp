#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "../../core/idle_strategy.h"
#include "../../net/reactor.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

class ReactorThreads : public testing::TestWithParam<ReactorMode> {
  protected:
    Reactor reactor{{.mode = GetParam()}};
};

INSTANTIATE_TEST_SUITE_P(Both, ReactorThreads, testing::Values(ReactorMode::epoll, ReactorMode::busy_spin));

TEST_P(ReactorThreads, WorkFromManyThreadsRunsCompletelyAndInTheOrderOfEach) {
    constexpr int kThreads = 4;
    constexpr int kEach = 2000;
    std::vector<std::vector<int>> seen(kThreads);
    int left = kThreads * kEach;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread)
        threads.emplace_back([&, thread] {
            for (int i = 0; i < kEach; ++i)
                reactor.post([&, thread, i] {
                    seen[static_cast<std::size_t>(thread)].push_back(i);
                    if (--left == 0) reactor.stop();
                });
        });
    reactor.run();
    for (auto& thread : threads) thread.join();
    for (const auto& numbers : seen) {
        EXPECT_EQ(numbers.size(), static_cast<std::size_t>(kEach));
        EXPECT_TRUE(std::ranges::is_sorted(numbers));
    }
}

TEST_P(ReactorThreads, AStopFromAnotherEndsARunThatHasNothingToDo) {
    std::atomic<bool> runs{false};
    reactor.post([&] { runs = true; });
    std::thread other([&] {
        while (!runs) std::this_thread::yield();
        reactor.stop();
    });
    reactor.run();
    other.join();
    EXPECT_TRUE(runs);
}

TEST_P(ReactorThreads, WorkPostedBeforeAStopRunsOrWaitsForTheNextRun) {
    for (int i = 0; i < 200; ++i) {
        int ran = 0;
        std::thread other([&] {
            reactor.post([&] { ++ran; });
            reactor.stop();
        });
        reactor.run();
        other.join();
        reactor.poll();
        EXPECT_EQ(ran, 1);
    }
}

TEST_P(ReactorThreads, PostedWorkMayPostMore) {
    int rounds = 0;
    std::function<void()> again = [&] {
        if (++rounds == 100)
            reactor.stop();
        else
            reactor.post(again);
    };
    std::thread other([&] { reactor.post(again); });
    reactor.run();
    other.join();
    EXPECT_EQ(rounds, 100);
}

TEST_P(ReactorThreads, ResultsOfPostedWorkAreVisibleToTheWaitingThread) {
    // Plain data, handed over by the post, and back by an atomic.
    std::vector<int> data;
    std::atomic<bool> done{false};
    std::thread other([&] {
        data.assign(1000, 7);
        reactor.post([&] {
            data.push_back(8);
            done.store(true, std::memory_order_release);
        });
        while (!done.load(std::memory_order_acquire)) std::this_thread::yield();
        EXPECT_EQ(data.size(), 1001U);
        reactor.stop();
    });
    reactor.run();
    other.join();
}

TEST_P(ReactorThreads, AStopBeforeRunEndsTheNextRunAtOnce) {
    reactor.stop();
    reactor.run();
    int turns = 0;
    reactor.post([&] {
        ++turns;
        reactor.stop();
    });
    reactor.run();
    EXPECT_EQ(turns, 1);
}

TEST(ReactorBackoffThreads, AReactorThatSleepsBetweenTurnsStillReceivesPosts) {
    BackoffIdle idle({.spins = 1, .yields = 1, .max_park = 1ms});
    Reactor reactor({.mode = ReactorMode::busy_spin, .idle = &idle});
    int ran = 0;
    std::thread other([&] {
        for (int i = 0; i < 50; ++i) reactor.post([&] { ++ran; });
        reactor.post([&] { reactor.stop(); });
    });
    reactor.run();
    other.join();
    EXPECT_EQ(ran, 50);
}

}  // namespace
}  // namespace pinwheel
