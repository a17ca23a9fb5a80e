#include "../../net/poller.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <set>
#include <vector>

namespace pinwheel {
namespace {

constexpr Interest kRead{.read = true};
constexpr Interest kWrite{.write = true};

struct Pair {
    Pair() {
        std::array<int, 2> fds{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
        near.reset(fds[0]);
        far.reset(fds[1]);
    }
    void send() const { EXPECT_EQ(::send(far.get(), "x", 1, 0), 1); }
    UniqueFd near;
    UniqueFd far;
};

/// The ready keys with their events.
std::vector<Poller::Ready> look(Poller& poller) {
    std::vector<Poller::Ready> all;
    poller.wait(Duration::zero());
    for (Poller::Ready ready{}; poller.next(ready);) all.push_back(ready);
    return all;
}

class PollerTest : public testing::Test {
  protected:
    Poller poller;
    Pair pair;
    int key = 0;
};

TEST_F(PollerTest, ReportsReadinessWhileItLasts) {
    ASSERT_EQ(poller.set(pair.near.get(), &key, {}, kRead), Errc::ok);
    EXPECT_TRUE(look(poller).empty());
    pair.send();
    for (int i = 0; i < 2; ++i) {
        const auto ready = look(poller);
        ASSERT_EQ(ready.size(), 1U);
        EXPECT_EQ(ready[0].key, &key);
        EXPECT_EQ(ready[0].interest, kRead);
    }
}

TEST_F(PollerTest, ReportsOnlyTheRequestedEvents) {
    pair.send();
    ASSERT_EQ(poller.set(pair.near.get(), &key, {}, kWrite), Errc::ok);
    ASSERT_EQ(look(poller).size(), 1U);
    EXPECT_EQ(look(poller)[0].interest, kWrite);
    ASSERT_EQ(poller.set(pair.near.get(), &key, kWrite, {.read = true, .write = true}), Errc::ok);
    EXPECT_EQ(look(poller)[0].interest, (Interest{true, true}));
    ASSERT_EQ(poller.set(pair.near.get(), &key, {true, true}, kRead), Errc::ok);
    EXPECT_EQ(look(poller)[0].interest, kRead);
}

TEST_F(PollerTest, WithoutInterestNotEvenAHangUpIsReported) {
    ASSERT_EQ(poller.set(pair.near.get(), &key, {}, kRead), Errc::ok);
    ASSERT_EQ(poller.set(pair.near.get(), &key, kRead, {}), Errc::ok);
    pair.far.reset();
    EXPECT_TRUE(look(poller).empty());
    ASSERT_EQ(poller.set(pair.near.get(), &key, {}, kRead), Errc::ok);
    EXPECT_EQ(look(poller).size(), 1U);
}

TEST_F(PollerTest, AHangUpWakesReadersAndWriters) {
    ASSERT_EQ(poller.set(pair.near.get(), &key, {}, kRead), Errc::ok);
    pair.far.reset();
    const auto ready = look(poller);
    ASSERT_EQ(ready.size(), 1U);
    EXPECT_TRUE(ready[0].interest.read);
    EXPECT_TRUE(ready[0].interest.write);
}

TEST_F(PollerTest, AnInvalidDescriptorIsAnError) {
    EXPECT_EQ(poller.set(1'000'000, &key, {}, kRead), Errc::io_failure);
    EXPECT_EQ(poller.set(1'000'000, &key, {}, {}), Errc::ok) << "nothing is asked for";
}

TEST_F(PollerTest, AForgottenKeyDoesNotComeUpInTheBatch) {
    const Pair second;
    int other = 0;
    ASSERT_EQ(poller.set(pair.near.get(), &key, {}, kRead), Errc::ok);
    ASSERT_EQ(poller.set(second.near.get(), &other, {}, kRead), Errc::ok);
    pair.send();
    second.send();
    poller.wait(Duration::zero());
    Poller::Ready ready{};
    ASSERT_TRUE(poller.next(ready));
    poller.forget(ready.key == &key ? &other : &key);
    EXPECT_FALSE(poller.next(ready));
}

TEST_F(PollerTest, MoreThanABatchComesInSeveral) {
    std::vector<UniqueFd> events;
    std::vector<int> keys(600);
    for (int& its_key : keys) {
        events.emplace_back(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
        ASSERT_EQ(poller.set(events.back().get(), &its_key, {}, kRead), Errc::ok);
    }
    std::set<void*> seen;
    const std::size_t looks = (keys.size() - 1) / turn_bounds::kReadyDescriptors + 1;
    for (std::size_t i = 0; i < looks; ++i)
        for (const auto& ready : look(poller)) seen.insert(ready.key);
    EXPECT_EQ(seen.size(), 600U) << "some waited longer than for their turn";
}

TEST(Poller, BusyPollingIsSetOrItsRefusalNamesIt) {
    Poller poller;
    const Error set = poller.busy_poll({.time_us = 50, .budget = 16, .prefer = true});
    if (set.failed()) {
        EXPECT_NE(set.message().find("Linux 6.9"), std::string::npos) << set.message();
    }
    const Error refused = poller.busy_poll({.time_us = 0x80000000U});
    EXPECT_TRUE(refused.failed());
    EXPECT_NE(refused.message().find("EPIOCSPARAMS"), std::string::npos) << refused.message();
}

}  // namespace
}  // namespace pinwheel
