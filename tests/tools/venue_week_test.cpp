// A week of virtual time with each venue, against its simulator: section 10 of the feed's rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "../../proto/feed/feed.h"
#include "../support/manual_clock.h"
#include "../support/venue_dialer.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

struct Week {
    const char* venue;
    std::vector<std::pair<const char*, const char*>> channels;
};

class VenueWeek : public testing::TestWithParam<Week> {
  protected:
    static constexpr Duration kLength = 7 * 24h;
    /// From a cut to the last channel's answer: backoff, windows, lost acknowledgements.
    static constexpr Duration kLongestUnsettled = 10min;

    VenueWeek() {
        feed_options_.websocket.dialer = &dialer_;
        feed_options_.websocket.max_reconnect_attempts = 1'000'000;
        feed_options_.on_gap = [this](const FeedGap&) { ++gaps_; };
        feed_options_.on_channel = [this](ChannelId channel, ChannelState state, const Error& error) {
            if (state != ChannelState::refused) return;
            const auto& name = feed_->channel(channel);
            const auto& entry = names_[*names_.add(name.name, name.symbol)];
            const VenueConnection* const connection = dialer_.connection();
            const bool by_venue =
                connection != nullptr && connection->has_refused(entry.text, entry.wire_symbol);
            EXPECT_TRUE(by_venue) << entry.text << " " << entry.wire_symbol << ": " << error.message();
            ++refusals_;
        };
    }

    /// Turns until no work is left, then advances time: slowly while requests or attempts are under way.
    void step() {
        venue_.on_time(clock_.now());
        for (int i = 0; i < 20 && reactor_.poll() > 0; ++i) {
        }
        // A notice brings a new session beside the old one, which stays settled meanwhile.
        if (venue_.counts().notices != notices_) {
            notices_ = venue_.counts().notices;
            busy_until_ = clock_.now() + 10s;
        }
        const bool is_quiet = feed_->settled() && dialer_.streams() == 1 && clock_.now() >= busy_until_;
        const Duration stride =
            is_quiet ? Duration{4s} : Duration{100ms};  // OKX: a ping after 25 s, a cut after 30
        const Duration until_venue = std::max(venue_.deadline(), clock_.now()) - clock_.now();
        clock_.advance(std::clamp<Duration>(until_venue, 1ms, stride));
    }

    /// A built-in profile, or one of a file alone.
    static VenueProfile load(const std::string& name) {
        auto profile = load_venue(name);
        if (!profile) profile = load_venue_file(PINWHEEL_SOURCE "/tests/proto/feed/venues/" + name + ".json");
        return *std::move(profile);
    }

    const VenueProfile profile_ = load(GetParam().venue);
    ChannelTable names_{profile_};
    test::ManualClock clock_;
    Reactor reactor_{{.mode = ReactorMode::busy_spin, .clock = &clock_}};
    VenueSimulator venue_{profile_,
                          {.rate = 0.05,
                           .seed = 7,
                           .faults = true,
                           .trouble_interval = 2h,
                           .heartbeat = 20s,
                           .unix_offset = 1'790'000'000s}};
    test::VenueDialer dialer_{reactor_, venue_};
    FeedOptions feed_options_;
    std::optional<Feed> feed_;
    std::uint64_t gaps_ = 0;
    std::uint64_t refusals_ = 0;
    std::uint64_t notices_ = 0;
    TimePoint busy_until_{};
};

TEST_P(VenueWeek, EndsWithoutAViolation) {
    feed_options_.on_hole = GapPolicy::resubscribe;
    feed_.emplace(reactor_, profile_, feed_options_);
    std::vector<ChannelId> ids;
    for (int i = 0; i < 12; ++i)
        for (const auto& [name, symbol] : GetParam().channels)
            ids.push_back(
                feed_->subscribe(name, symbol == nullptr ? std::string() : symbol + std::to_string(i)));
    feed_->connect();
    TimePoint settled_at = clock_.now();
    std::uint64_t settled_times = 0;
    for (const TimePoint end = clock_.now() + kLength; clock_.now() < end;) {
        step();
        if (feed_->settled()) {
            if (settled_at != clock_.now()) ++settled_times;
            settled_at = clock_.now();
            for (const ChannelId id : ids) {
                const ChannelState state = feed_->state(id);
                ASSERT_TRUE(state == ChannelState::live || state == ChannelState::refused)
                    << to_string(state);
            }
        }
        ASSERT_LT(clock_.now() - settled_at, kLongestUnsettled)
            << "after " << (clock_.now() - TimePoint{1h}) / 1s << " s, " << dialer_.streams() << " streams";
    }
    for (const auto& violation : venue_.violations())
        ADD_FAILURE() << violation.what << ", after " << (violation.at - TimePoint{1h}) / 1s << " s";
    const VenueCounts& counts = venue_.counts();
    EXPECT_EQ(counts.unheeded_notices, 0U);
    EXPECT_EQ(counts.refused_connects, 0U);
    EXPECT_GT(counts.cuts, 20U);
    EXPECT_GT(counts.lost_acks + counts.lost_requests, 5U);
    EXPECT_GT(refusals_, 20U);
    EXPECT_GT(feed_->stats().messages, 15'000U);
}

INSTANTIATE_TEST_SUITE_P(
    OfEach, VenueWeek,
    testing::Values(Week{"bitfinex-v2", {{"trades", "SYM"}, {"ticker", "SYM"}}},
                    Week{"htx-spot", {{"trade", "sym"}, {"mbp.150", "sym"}}},
                    Week{"binance-spot", {{"trade", "sym"}, {"depth@100ms", "sym"}, {"bookTicker", "sym"}}},
                    Week{"binance-usdm", {{"aggTrade", "sym"}, {"depth@100ms", "sym"}}},
                    Week{"bitstamp-v2", {{"live_trades", "sym"}, {"live_orders", "sym"}}},
                    Week{"bybit-v5", {{"orderbook.50", "SYM"}, {"publicTrade", "SYM"}}},
                    Week{"coinbase-advanced", {{"level2", "SYM-"}, {"market_trades", "SYM-"}}},
                    Week{"coinbase-exchange", {{"level2_batch", "SYM-"}, {"matches", "SYM-"}}},
                    Week{"deribit-v2",
                         {{"book.100ms", "SYM-"}, {"trades.100ms", "SYM-"}, {"platform_state", nullptr}}},
                    Week{"kraken-v2", {{"book", "SYM/"}, {"trade", "SYM/"}}},
                    Week{"okx-v5", {{"books", "SYM-"}, {"trades", "SYM-"}}}),
    [](const auto& week) {
        std::string name = week.param.venue;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

}  // namespace
}  // namespace pinwheel
