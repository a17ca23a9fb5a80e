#include <gtest/gtest.h>

#include "../../../proto/coroutine.h"
#include "../../support/allocation_counter.h"
#include "../../support/feed_thread.h"

namespace pinwheel::test {
namespace {

constexpr int kMessages = 10'000;

/// Counts the allocations of the second half of the messages.
Task<AllocationCount> receive_all(Reactor& reactor, const std::string& url) {
    AsyncWebSocket ws(reactor, url, {.queue_size = 0});
    co_await ws.connect();
    ws.send("go");
    for (int i = 0; i < kMessages; ++i) std::ignore = co_await ws.receive();
    ws.send("go");
    AllocationCounter counter;
    for (int i = 0; i < kMessages; ++i) std::ignore = co_await ws.receive();
    co_return counter.stop();
}

TEST(CoroutineAllocations, AMessageThatIsAwaitedNeedsNone) {
    const FeedThread feed(false);
    Reactor reactor;
    const auto count =
        run(reactor, receive_all(reactor, feed.url("/burst/" + std::to_string(kMessages) + "/100")));
    EXPECT_EQ(count.all(), 0U);
}

}  // namespace
}  // namespace pinwheel::test
