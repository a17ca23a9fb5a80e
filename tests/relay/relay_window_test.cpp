#include "../../tools/relay/relay_window.h"

#include <gtest/gtest.h>

#include <functional>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

class RelayWindowTest : public testing::Test {
  protected:
    void push(RelayWindow& window, std::int64_t number, std::size_t bytes = 1, ChannelId channel = 0) {
        window.push({.channel = channel, .end = number, .received = at, .payload = std::string(bytes, 'x')},
                    hear);
    }
    /// Sends this many; returns the label of the first.
    std::uint64_t send(RelayWindow& window, int count) {
        const std::uint64_t first = window.next_label();
        for (int i = 0; i < count; ++i) {
            EXPECT_NE(window.next(), nullptr);
            EXPECT_EQ(window.mark_sent(at), first + static_cast<std::uint64_t>(i));
        }
        return first;
    }
    static std::vector<std::int64_t> waiting(RelayWindow& window) {
        std::vector<std::int64_t> numbers;
        const auto show = [&](const RelayEntry& entry) { numbers.push_back(entry.end); };
        std::ignore = window.next();
        window.look_ahead(1000, show);
        return numbers;
    }

    using Numbers = std::vector<std::int64_t>;
    Numbers lost;
    std::function<void(const RelayEntry&)> keep = [this](const RelayEntry& entry) {
        lost.push_back(entry.end);
    };
    RelayWindow::Lost hear{keep};
    TimePoint at{1h};
};

TEST_F(RelayWindowTest, TheOldestMakeRoomForTheNewest) {
    RelayWindow by_count(3, 1000);
    for (int i = 1; i <= 5; ++i) push(by_count, i);
    EXPECT_EQ(lost, (Numbers{1, 2}));
    EXPECT_EQ(by_count.size(), 3U);
    RelayWindow by_bytes(100, 10);
    push(by_bytes, 6, 6);
    push(by_bytes, 7, 4);
    EXPECT_EQ(lost.size(), 2U);
    push(by_bytes, 8, 1);
    EXPECT_EQ(lost, (Numbers{1, 2, 6}));
    EXPECT_EQ(by_bytes.bytes(), 5U);
    push(by_bytes, 9, 50);
    EXPECT_EQ(by_bytes.size(), 1U) << "one that alone is too large stays alone";
}

TEST_F(RelayWindowTest, WhatIsInFlightMakesRoomToo) {
    RelayWindow window(2, 1000);
    push(window, 1);
    push(window, 2);
    const auto label = send(window, 2);
    push(window, 3);
    EXPECT_EQ(lost, (Numbers{1}));
    EXPECT_EQ(window.in_flight(), 1U);
    EXPECT_FALSE(window.settle(label, true)) << "it is forgotten";
    EXPECT_TRUE(window.settle(label + 1, true));
    EXPECT_EQ(waiting(window), (Numbers{3}));
    EXPECT_EQ(send(window, 1), label + 2);
}

TEST_F(RelayWindowTest, AnswersComeInAnyOrderAndOnce) {
    RelayWindow window(100, 1000);
    for (int i = 1; i <= 3; ++i) push(window, i);
    const auto label = send(window, 3);
    EXPECT_TRUE(window.settle(label + 2, true));
    EXPECT_FALSE(window.settle(label + 2, true));
    EXPECT_EQ(window.oldest_sent(), at);
    EXPECT_TRUE(window.settle(label, true));
    EXPECT_TRUE(window.settle(label + 1, true));
    EXPECT_TRUE(window.empty());
    EXPECT_EQ(window.bytes(), 0U);
    EXPECT_EQ(window.oldest_sent(), std::nullopt);
    EXPECT_EQ(window.oldest(), std::nullopt);
    EXPECT_FALSE(window.settle(label + 3, true));
    EXPECT_FALSE(window.settle(0, true));
}

TEST_F(RelayWindowTest, OneAnswerMayStandForAllBefore) {
    RelayWindow window(100, 1000);
    for (int i = 1; i <= 4; ++i) push(window, i);
    const auto label = send(window, 3);
    EXPECT_EQ(window.settle_through(label + 1), 2U);
    EXPECT_EQ(window.in_flight(), 1U);
    EXPECT_EQ(window.size(), 2U);
    EXPECT_EQ(window.settle_through(label + 9), 1U);
    EXPECT_EQ(waiting(window), (Numbers{4}));
}

TEST_F(RelayWindowTest, WhatIsSentIsSentAgainInOrder) {
    RelayWindow window(100, 1000);
    for (int i = 1; i <= 4; ++i) push(window, i);
    const auto label = send(window, 3);
    window.settle(label, true);
    window.rewind(hear);
    EXPECT_EQ(window.in_flight(), 0U);
    EXPECT_EQ(waiting(window), (Numbers{2, 3, 4}));
    EXPECT_EQ(lost, Numbers{});
}

TEST_F(RelayWindowTest, NothingIsStoredBehindALaterOneOfItsChannel) {
    RelayWindow window(100, 1000);
    push(window, 1, 1, 7);
    push(window, 2, 1, 8);
    push(window, 3, 1, 7);
    const auto label = send(window, 3);
    window.settle(label, false);
    window.settle(label + 1, false);
    window.settle(label + 2, true);
    EXPECT_EQ(window.in_flight(), 0U);
    window.rewind(hear);
    EXPECT_EQ(lost, (Numbers{1}));
    EXPECT_EQ(waiting(window), (Numbers{2}));
    window.give_up_sent(hear);
    EXPECT_EQ(waiting(window), (Numbers{2})) << "it is not sent";
    send(window, 1);
    window.give_up_sent(hear);
    EXPECT_EQ(lost, (Numbers{1, 2}));
    EXPECT_TRUE(window.empty());
}

TEST_F(RelayWindowTest, WhatIsToldNextGoesInFrontOfAllThatWaits) {
    RelayWindow window(100, 1000);
    for (int i = 1; i <= 3; ++i) push(window, i);
    const auto label = send(window, 1);
    window.push_next({.end = 100});
    EXPECT_EQ(waiting(window), (Numbers{100, 2, 3}));
    window.finish_next();
    EXPECT_EQ(waiting(window), (Numbers{2, 3}));
    EXPECT_TRUE(window.settle(label, true));
    EXPECT_EQ(window.size(), 2U);
}

}  // namespace
}  // namespace pinwheel
