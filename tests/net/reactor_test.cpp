#include "../../net/reactor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "../../net/unique_fd.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

struct SocketPair {
    SocketPair() {
        std::array<int, 2> fds{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
        near.reset(fds[0]);
        far.reset(fds[1]);
    }
    void send(char value) const { ASSERT_EQ(::send(far.get(), &value, 1, 0), 1); }
    [[nodiscard]] int take() const {
        char value = 0;
        return ::recv(near.get(), &value, 1, 0) == 1 ? value : 0;
    }
    UniqueFd near;
    UniqueFd far;
};

/// Reads one byte a call and records it.
struct Reader {
    explicit Reader(const SocketPair& source) : pair(source) {}
    int on_ready(Interest ready, TimePoint) {
        ++calls;
        if (ready.write) ++writable;
        const int value = ready.read ? pair.take() : 0;
        if (value != 0) seen.push_back(static_cast<char>(value));
        return value != 0 ? 1 : 0;
    }
    const SocketPair& pair;
    IoWatch watch{IoWatch::Callback::member<&Reader::on_ready>(*this)};
    std::string seen;
    int calls = 0;
    int writable = 0;
};

/// The kernel's list of this process's open descriptors.
bool is_in_epoll(int fd) {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
        std::ifstream lines(entry.path());
        for (std::string word; lines >> word;)
            if (int watched = -1; word == "tfd:" && lines >> watched && watched == fd) return true;
    }
    return false;
}

class ReactorModes : public testing::TestWithParam<ReactorMode> {
  protected:
    ManualClock clock;
    Reactor reactor{{.mode = GetParam(), .clock = &clock}};
};

INSTANTIATE_TEST_SUITE_P(Both, ReactorModes, testing::Values(ReactorMode::epoll, ReactorMode::busy_spin));

TEST_P(ReactorModes, AReadableDescriptorIsCalledUntilItIsDrained) {
    const SocketPair pair;
    Reader reader(pair);
    ASSERT_EQ(reactor.watch(reader.watch, pair.near.get(), {.read = true}), Errc::ok);
    EXPECT_EQ(reactor.poll(), 0);
    pair.send('a');
    pair.send('b');
    EXPECT_EQ(reactor.poll(), 1);
    EXPECT_EQ(reactor.poll(), 1);
    EXPECT_EQ(reactor.poll(), 0);
    EXPECT_EQ(reader.seen, "ab");
}

TEST_P(ReactorModes, AWatchIsCalledForWritabilityOnlyOnRequest) {
    const SocketPair pair;
    Reader reader(pair);
    ASSERT_EQ(reactor.watch(reader.watch, pair.near.get(), {.read = true}), Errc::ok);
    reactor.poll();
    EXPECT_EQ(reader.writable, 0);
    reactor.change(reader.watch, {.read = true, .write = true});
    reactor.poll();
    EXPECT_EQ(reader.writable, 1);
}

TEST_P(ReactorModes, AWatchWithoutInterestIsLeftAloneEvenAtHangUp) {
    SocketPair pair;
    Reader reader(pair);
    ASSERT_EQ(reactor.watch(reader.watch, pair.near.get(), {.read = true}), Errc::ok);
    reactor.change(reader.watch, {});
    pair.far.reset();
    reactor.poll();
    EXPECT_EQ(reader.calls, 0);
    reactor.change(reader.watch, {.read = true});
    reactor.poll();
    EXPECT_EQ(reader.calls, 1);
}

TEST_P(ReactorModes, AWatchMayEndAnotherInTheSameBatch) {
    const SocketPair first;
    const SocketPair second;
    std::array<const SocketPair*, 2> pairs{&first, &second};
    struct Killer {
        int on_ready(Interest, TimePoint) {
            ++calls;
            other->watch.stop();
            return 1;
        }
        Killer* other = nullptr;
        int calls = 0;
        IoWatch watch{IoWatch::Callback::member<&Killer::on_ready>(*this)};
    };
    std::array<Killer, 2> killers;
    for (std::size_t i = 0; i < 2; ++i) {
        killers.at(i).other = &killers.at(1 - i);
        ASSERT_EQ(reactor.watch(killers.at(i).watch, pairs.at(i)->near.get(), {.read = true}), Errc::ok);
        pairs.at(i)->send('x');
    }
    reactor.poll();
    EXPECT_EQ(killers[0].calls + killers[1].calls, 1);
}

TEST_P(ReactorModes, ASourceWithoutDescriptorIsCalledAtEveryTurn) {
    const SocketPair pair;
    Reader reader(pair);
    ASSERT_EQ(reactor.watch(reader.watch, -1, {.read = true}), Errc::ok);
    reactor.poll();
    reactor.poll();
    EXPECT_EQ(reader.calls, 2);
    reader.watch.stop();
    reactor.poll();
    EXPECT_EQ(reader.calls, 2);
}

TEST_P(ReactorModes, ARevisitCallsOnceInTheNextTurn) {
    const SocketPair pair;
    Reader reader(pair);
    ASSERT_EQ(reactor.watch(reader.watch, pair.near.get(), {.read = true}), Errc::ok);
    reactor.change(reader.watch, {});
    reactor.revisit(reader.watch);
    reactor.revisit(reader.watch);
    reactor.poll();
    reactor.poll();
    EXPECT_EQ(reader.calls, 1);
}

TEST_P(ReactorModes, TimersFireInTheTurnAfterTheirDeadlineAndNotBefore) {
    int fired = 0;
    auto count = [&](TimePoint) { ++fired; };
    Timer timer{Timer::Callback(count)};
    reactor.schedule_after(timer, 10ms);
    clock.advance(9ms);
    reactor.poll();
    EXPECT_EQ(fired, 0);
    clock.advance(2ms);
    reactor.poll();
    EXPECT_EQ(fired, 1);
}

TEST_P(ReactorModes, AnExceptionLeavesPollAndTheRestRunsInTheNextTurn) {
    std::string order;
    reactor.post([&] { order += 'a'; });
    reactor.post([&] { throw std::runtime_error("from a handler"); });
    reactor.post([&] { order += 'b'; });
    EXPECT_THROW(reactor.poll(), std::runtime_error);
    EXPECT_FALSE(reactor.in_turn());
    reactor.poll();
    EXPECT_EQ(order, "ab");
}

TEST_P(ReactorModes, DisposedObjectsLiveUntilNoHandlerRuns) {
    auto object = std::make_shared<int>(7);
    const std::weak_ptr<int> seen = object;
    bool alive_inside = false;
    reactor.post([&] {
        reactor.dispose(std::exchange(object, nullptr));
        alive_inside = !seen.expired();
    });
    reactor.poll();
    EXPECT_TRUE(alive_inside);
    EXPECT_TRUE(seen.expired());
}

TEST(Reactor, DoesNotSleepBeforeTheCallerSeesATimersEffect) {
    Reactor reactor;
    bool fired = false;
    auto fire = [&](TimePoint) { fired = true; };
    Timer timer{Timer::Callback(fire)};
    reactor.schedule(timer, TimePoint{});
    // A turn that slept here would not return.
    while (!fired) reactor.poll_for(Duration::max());
}

TEST(Reactor, DoesNotSleepOnATimerThatIsDueAlready) {
    Reactor reactor;
    bool fired = false;
    auto fire = [&](TimePoint) { fired = true; };
    Timer timer{Timer::Callback(fire)};
    const SocketPair pair;
    auto arm = [&](Interest, TimePoint) {
        if (!fired) reactor.schedule(timer, TimePoint{});
        return 0;
    };
    IoWatch watch{IoWatch::Callback(arm)};
    ASSERT_EQ(reactor.watch(watch, pair.near.get(), {.read = true}), Errc::ok);
    reactor.revisit(watch);  // armed after this turn's timers have run
    while (!fired) reactor.poll_for(Duration::max());
}

TEST(Reactor, ManySocketsGoThroughEpollInBusySpinModeToo) {
    Reactor reactor({.mode = ReactorMode::busy_spin, .direct_sockets = 1});
    const SocketPair first;
    const SocketPair second;
    Reader one(first);
    Reader two(second);
    ASSERT_EQ(reactor.watch(one.watch, first.near.get(), {.read = true}), Errc::ok);
    ASSERT_EQ(reactor.watch(two.watch, second.near.get(), {.read = true}), Errc::ok);
    second.send('x');
    reactor.poll();
    EXPECT_EQ(one.calls, 0);
    EXPECT_EQ(two.seen, "x");
}

TEST(Reactor, InBusySpinModeEpollKnowsSocketsOnlyWhileThereAreManyOrOneWaitsToWrite) {
    Reactor reactor({.mode = ReactorMode::busy_spin, .direct_sockets = 1});
    const SocketPair first;
    const SocketPair second;
    Reader one(first);
    Reader two(second);
    const auto turn = [&](bool through_epoll) {
        first.send('x');
        reactor.poll();
        EXPECT_EQ(one.seen, "x");
        one.seen.clear();
        EXPECT_EQ(is_in_epoll(first.near.get()), through_epoll);
    };
    ASSERT_EQ(reactor.watch(one.watch, first.near.get(), {.read = true}), Errc::ok);
    turn(false);
    ASSERT_EQ(reactor.watch(two.watch, second.near.get(), {.read = true}), Errc::ok);
    turn(true);
    two.watch.stop();
    turn(false);
    reactor.change(one.watch, {.read = true, .write = true});
    turn(true);
    reactor.change(one.watch, {.read = true});
    turn(false);
    one.watch.stop();
    EXPECT_FALSE(is_in_epoll(first.near.get()));
}

TEST(Reactor, ManySocketsOfWhichEpollRefusesOneAreReadDirectly) {
    Reactor reactor({.mode = ReactorMode::busy_spin, .direct_sockets = 1});
    const SocketPair pair;
    Reader reader(pair);
    const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    int calls = 0;
    auto count = [&](Interest, TimePoint) { return ++calls; };
    IoWatch refused{IoWatch::Callback(count)};
    ASSERT_EQ(reactor.watch(reader.watch, pair.near.get(), {.read = true}), Errc::ok);
    ASSERT_EQ(reactor.watch(refused, file.get(), {.read = true}), Errc::ok);
    pair.send('x');
    reactor.poll();
    EXPECT_EQ(reader.seen, "x");
    EXPECT_EQ(calls, 1);
    EXPECT_FALSE(is_in_epoll(pair.near.get()));
}

TEST(Reactor, ADescriptorThatEpollRefusesIsAnError) {
    Reactor reactor;
    const SocketPair pair;
    Reader reader(pair);
    EXPECT_NE(reactor.watch(reader.watch, 1'000'000, {.read = true}), Errc::ok);
    EXPECT_FALSE(reader.watch.active());
}

TEST(Reactor, ShowsTheClocksTimeOutsideOfATurnAndTheTurnsInside) {
    ManualClock clock;
    Reactor reactor({.clock = &clock});
    const TimePoint start = reactor.now();
    clock.advance(5s);
    EXPECT_EQ(reactor.now(), start + 5s);
    TimePoint inside;
    reactor.post([&] {
        clock.advance(1s);
        inside = reactor.now();
    });
    reactor.poll();
    EXPECT_EQ(inside, start + 5s);
    EXPECT_EQ(reactor.now(), start + 6s);
}

TEST(Reactor, DisposesAtOnceOutsideOfATurnAndAfterTheHandlersInside) {
    Reactor reactor;
    auto outside = std::make_shared<int>(1);
    const std::weak_ptr<int> gone = outside;
    reactor.dispose(std::move(outside));
    EXPECT_TRUE(gone.expired());
    auto inside = std::make_shared<int>(2);
    const std::weak_ptr<int> kept = inside;
    bool lived = false;
    reactor.post([&] {
        reactor.dispose(std::move(inside));
        lived = !kept.expired();
    });
    reactor.poll();
    EXPECT_TRUE(lived);
    EXPECT_TRUE(kept.expired());
}

}  // namespace
}  // namespace pinwheel
