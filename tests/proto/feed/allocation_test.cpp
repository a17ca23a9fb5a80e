// A feed's data message allocates nothing, by handler and by ring: section 9 of the feed's rules.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <optional>
#include <string>

#include "../../../proto/feed/feed.h"
#include "../../support/allocation_counter.h"
#include "../../support/frames.h"
#include "../../support/scripted_dialer.h"
#include "../../support/stepping_clock.h"

namespace pinwheel::test {
namespace {

/// `#` stands for a message's number, `~` for the one before.
struct VenueCase {
    const char *name, *channel, *symbol, *message;
};
constexpr std::array kVenues{
    VenueCase{"okx-v5", "books", "BTC-USDT",
              R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],)"
              R"("bids":[],"ts":"1700000000123","seqId":#,"prevSeqId":~}]})"},
    VenueCase{"binance-spot", "trade", "btcusdt",
              R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":#,)"
              R"("p":"64231.5","q":"0.0042","T":1672515782136,"m":true,"M":true}})"},
    VenueCase{"bybit-v5", "orderbook.50", "BTCUSDT",
              R"({"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967466,"data":{"s":"BTCUSDT",)"
              R"("b":[["30247.20","30.028"]],"a":[],"u":#,"seq":7961638724},"cts":1687940967464})"},
    VenueCase{"deribit-v2", "book.100ms", "BTC-PERPETUAL",
              R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms",)"
              R"("data":{"timestamp":1554373962454,"type":"change","prev_change_id":~,"change_id":#,)"
              R"("bids":[["new",5041.0,10.0]],"asks":[]}}})"}};
constexpr std::uint64_t kMessages = 200;

std::string frames_of(const VenueCase& venue) {
    std::string burst;
    for (std::uint64_t i = 2; i < kMessages + 2; ++i) {
        std::string text;
        for (const char byte : std::string(venue.message))
            text += byte == '#'   ? std::to_string(i)
                    : byte == '~' ? std::to_string(i - 1)
                                  : std::string(1, byte);
        burst += text_frame(text);
    }
    return burst;
}

class Section9FeedAllocations : public testing::TestWithParam<VenueCase> {
  protected:
    Section9FeedAllocations() {
        options_.url = "ws://feed.example/stream";
        options_.stale_after = std::chrono::seconds{5};
        options_.websocket.dialer = &dialer_;
    }
    void receive_all() {
        const auto profile = load_venue(GetParam().name);
        ASSERT_TRUE(profile);
        auto& plan = dialer_.plan();
        feed_.emplace(reactor_, *profile, options_);
        std::ignore = feed_->subscribe(GetParam().channel, GetParam().symbol);
        feed_->connect();
        for (int i = 0; i < 10; ++i) reactor_.poll();
        plan.script.bytes(frames_of(GetParam()));
        for (int i = 0; i < 100; ++i) reactor_.poll();
        EXPECT_EQ(feed_->stats().gaps, 0U);
        EXPECT_EQ(feed_->stats().unmatched, 0U);
        EXPECT_EQ(feed_->stats().messages, kMessages);
    }
    /// Counts from the second message on, because the first makes the channel live.
    void hear() {
        if (++seen_ == 2) counter_.emplace();
        if (seen_ == kMessages) count_ = counter_->stop();
    }
    void expect_none() const {
        ASSERT_TRUE(count_);
        if (count_->all() != 0) counter_->print_callers();
        EXPECT_EQ(count_->all(), 0U);
    }

    SteppingClock clock_{std::chrono::milliseconds{1}};
    Reactor reactor_{{.mode = ReactorMode::busy_spin, .clock = &clock_}};
    ScriptedDialer dialer_{reactor_};
    FeedOptions options_;
    std::optional<Feed> feed_;
    std::uint64_t seen_ = 0;
    std::optional<AllocationCounter> counter_;
    std::optional<AllocationCount> count_;
};

TEST_P(Section9FeedAllocations, NoneByHandler) {
    options_.on_message = [this](const FeedMessage&) { hear(); };
    receive_all();
    expect_none();
}

TEST_P(Section9FeedAllocations, NoneByRing) {
    options_.websocket.deliver_to_ring = true;
    options_.on_message = [this](const FeedMessage&) { hear(); };  // behind the ring's record
    receive_all();
    expect_none();
    counter_.emplace();
    std::uint64_t taken = 0;
    for (MessageQueue& queue = feed_->queue(); const RecordHeader* const record = queue.front(); queue.pop())
        if (record->kind == RecordKind::message)
            taken += FeedMessage::from(*record).sequence_end == static_cast<std::int64_t>(taken + 2) ? 1 : 0;
    count_ = counter_->stop();
    expect_none();
    EXPECT_EQ(taken, kMessages);
}

INSTANTIATE_TEST_SUITE_P(OfVenues, Section9FeedAllocations, testing::ValuesIn(kVenues),
                         [](const auto& venue) {
                             std::string name = venue.param.name;
                             for (char& byte : name)
                                 if (byte == '-') byte = '_';
                             return name;
                         });

/// Two legs: each message comes twice.
TEST(Section9Allocations, TwoLegsHandOnDataWithoutOne) {
    const auto profile = load_venue("okx-v5");
    ASSERT_TRUE(profile);
    SteppingClock clock{std::chrono::milliseconds{1}};
    Reactor reactor{{.mode = ReactorMode::busy_spin, .clock = &clock}};
    ScriptedDialer dialer{reactor};
    ScriptedDialer::Plan* const plans[] = {&dialer.plan(), &dialer.plan()};
    std::uint64_t seen = 0;
    FeedOptions options;
    options.url = "ws://feed.example/stream";
    options.legs = 2;
    options.websocket.dialer = &dialer;
    options.on_message = [&](const FeedMessage&) { ++seen; };
    Feed feed(reactor, *profile, options);
    std::ignore = feed.subscribe("books", "BTC-USDT");
    feed.connect();
    for (int i = 0; i < 10; ++i) reactor.poll();
    constexpr std::uint64_t kMany = 2000;
    std::uint64_t number = 0;
    const auto burst = [&](std::uint64_t messages) {
        std::string frames;
        for (std::uint64_t i = 0; i < messages; ++i, ++number)
            frames += text_frame(
                R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[],"ts":"1700000000123","seqId":)" +
                std::to_string(number + 1) + R"(,"prevSeqId":)" + std::to_string(number) + "}]}");
        for (auto* const plan : plans) plan->script.bytes(frames);
    };
    burst(2);  // which makes the channel live on both
    for (int i = 0; i < 100; ++i) reactor.poll();
    burst(kMany);
    AllocationCounter counter;
    for (int i = 0; i < 400; ++i) reactor.poll();
    const AllocationCount count = counter.stop();
    EXPECT_EQ(seen, 2 + kMany);
    EXPECT_EQ(feed.leg_stats(0).firsts + feed.leg_stats(1).firsts, 2 + kMany);
    EXPECT_EQ(feed.leg_stats(0).duplicates + feed.leg_stats(1).duplicates, 2 + kMany);
    EXPECT_EQ(count.all(), 0U);
}

}  // namespace
}  // namespace pinwheel::test
