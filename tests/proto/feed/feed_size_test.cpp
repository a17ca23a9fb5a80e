// Ten thousand channels on one feed: subscribed, settled, cut, restored; each turn of the reactor bounded.
#include <malloc.h>

#include <algorithm>
#include <cstdio>

#include "feed_fixture.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::FeedTest;

constexpr int kChannels = 10'000;

class FeedSizeTest : public FeedTest {
  protected:
    FeedSizeTest() {
        venue_with(R"("batch": {"max_args": 1})", R"("batch": {"max_args": 100})");
        venue_with(R"({"count": 2, "window_ms": 1000,)", R"({"count": 1000, "window_ms": 1000,)");
        feed_options.silence_limit = Duration::zero();
        feed_options.on_channel = [this](ChannelId, ChannelState, const Error&) { ++told_now; };
    }
    /// Turns until all channels are settled. The venue acknowledges each request.
    void settle(std::size_t connection) {
        for (int i = 0; i < 2000 && !feed->settled(); ++i) {
            poll();
            for (const auto& request : sent(connection)) {
                const auto id = request.substr(request.rfind(' ') + 1);
                script(connection).bytes(test::text_frame("{\"ok\":" + id + "}"));
                ++requests_now;
            }
            most_requests = std::max(most_requests, std::exchange(requests_now, 0));
        }
    }
    void poll() {
        told_now = 0;
        reactor.poll();
        most_told = std::max(most_told, told_now);
    }

    int told_now = 0;
    int most_told = 0;
    int requests_now = 0;
    int most_requests = 0;
};

TEST_F(FeedSizeTest, TenThousandChannelsAreSubscribedCutAndRestored) {
    make_feed();
    const auto before = ::mallinfo2().uordblks;
    for (int i = 0; i < kChannels; ++i) feed->subscribe("t", "SYMBOL-" + std::to_string(i));
    const auto a_channel = (::mallinfo2().uordblks - before) / kChannels;
    std::printf("%zu bytes a channel\n", a_channel);
    EXPECT_LT(a_channel, 1500U);
    dialer.plan();
    feed->connect();
    settle(0);
    ASSERT_TRUE(feed->settled());
    dialer.plan();
    script(0).end();
    for (int i = 0; i < 50 && dialer.dials() < 2; ++i) poll();
    settle(1);
    ASSERT_TRUE(feed->settled());
    for (ChannelId channel = 0; channel < kChannels; ++channel)
        ASSERT_EQ(feed->state(channel), ChannelState::live);
    EXPECT_LE(most_requests, 16);
    EXPECT_LE(most_told, 256);
}

}  // namespace
}  // namespace pinwheel
