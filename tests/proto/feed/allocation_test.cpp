// A feed's data message allocates nothing: section 9 of the feed's rules.
#include <gtest/gtest.h>

#include <optional>

#include "../../../proto/feed/feed.h"
#include "../../support/allocation_counter.h"
#include "../../support/frames.h"
#include "../../support/scripted_dialer.h"
#include "../../support/stepping_clock.h"

namespace pinwheel::test {
namespace {

TEST(Section9Allocations, AFeedHandsOnDataWithoutOne) {
    const auto profile = load_venue("okx-v5");
    ASSERT_TRUE(profile);
    SteppingClock clock{std::chrono::milliseconds{1}};
    Reactor reactor{{.mode = ReactorMode::busy_spin, .clock = &clock}};
    ScriptedDialer dialer{reactor};
    auto& plan = dialer.plan();
    constexpr std::uint64_t kMessages = 200;
    std::optional<AllocationCounter> counter;
    std::optional<AllocationCount> count;
    std::uint64_t seen = 0;
    FeedOptions options;
    options.url = "ws://feed.example/stream";
    options.stale_after = std::chrono::seconds{5};
    options.websocket.dialer = &dialer;
    options.on_message = [&](const FeedMessage&) {
        // The first makes the channel live.
        if (++seen == 2) counter.emplace();
        if (seen == kMessages) count = counter->stop();
    };
    Feed feed(reactor, *profile, options);
    std::ignore = feed.subscribe("books", "BTC-USDT");
    feed.connect();
    for (int i = 0; i < 10; ++i) reactor.poll();
    std::string burst;
    for (std::uint64_t i = 0; i < kMessages; ++i)
        burst += text_frame(
            R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[],"ts":"1700000000123","seqId":)" +
            std::to_string(i + 1) + R"(,"prevSeqId":)" + std::to_string(i) + "}]}");
    plan.script.bytes(burst);
    for (int i = 0; i < 100; ++i) reactor.poll();
    ASSERT_EQ(seen, kMessages);
    EXPECT_EQ(feed.stats().gaps, 0U);
    ASSERT_TRUE(count);
    EXPECT_EQ(count->all(), 0U);
}

}  // namespace
}  // namespace pinwheel::test
