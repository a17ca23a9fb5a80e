// A day of virtual time with five venues that cut after 24 hours, two feeds of two legs at each:
// sections 5 and 6 of the feed's rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../proto/feed/feed.h"
#include "../support/manual_clock.h"
#include "../support/venue_dialer.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLength = 26h;

/// The built-in profile, with a lifetime of 24 hours if it has none.
VenueProfile mortal(const std::string& name) {
    std::ifstream file(PINWHEEL_SOURCE "/proto/venue/profiles/" + name + ".json");
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.find("\"lifetime\"") == std::string::npos) {
        const auto source = text.find('"', text.find('{', text.find("\"sources\""))) + 1;
        const std::string key = text.substr(source, text.find('"', source) - source);
        text.insert(text.find("\"data\":"), R"("lifetime": {"ms": 86400000, "source": ")" + key + "\"},\n  ");
    }
    auto profile = parse_venue(text, name);
    if (!profile) throw std::runtime_error(profile.error().detail);
    return *std::move(profile);
}

struct Venue {
    Venue(Reactor& reactor, const std::string& its_name, Duration unix_offset)
        : name(its_name),
          profile(mortal(name)),
          simulator(profile, {.rate = 0.1, .seed = 5, .heartbeat = 20s, .unix_offset = unix_offset}),
          dialer(reactor, simulator) {}

    const std::string name;
    const VenueProfile profile;
    VenueSimulator simulator;
    test::VenueDialer dialer;
};

/// A feed of two legs, and what its consumer sees.
struct Consumer {
    Consumer(Reactor& reactor, Venue& its_venue, const char* channel, std::uint64_t seed) : venue(its_venue) {
        FeedOptions options;
        options.legs = 2;
        options.rotation_seed = seed;
        options.websocket.dialer = &venue.dialer;
        options.on_hole = GapPolicy::resubscribe;
        options.on_gap = [this](const FeedGap&) { ++gaps; };
        options.on_message = [this](const FeedMessage& message) {
            if (!message.sequence_end || message.is_snapshot) return;
            auto& last = numbers[message.channel];
            if (message.is_after_gap || *message.sequence_end <= last) ++broken;
            last = *message.sequence_end;
        };
        feed.emplace(reactor, venue.profile, std::move(options));
        for (const char* symbol : {"AAA", "BBB"}) std::ignore = feed->subscribe(channel, symbol);
        feed->connect();
    }
    /// Sessions that are up or on their way.
    [[nodiscard]] std::size_t sessions() const {
        std::size_t count = 0;
        for (std::size_t leg = 0; leg < feed->leg_slots(); ++leg)
            count += feed->leg_stats(leg).state == LegState::down ? 0 : 1;
        return count;
    }

    Venue& venue;
    std::map<ChannelId, std::int64_t> numbers;
    std::uint64_t gaps = 0, broken = 0;
    std::optional<Feed> feed;
};

TEST(VenueDay, TwoFeedsOfTwoLegsAtEachOfFiveVenuesRotateWithoutLoss) {
    test::ManualClock clock;
    Reactor reactor{{.mode = ReactorMode::busy_spin, .clock = &clock}};
    const Duration unix_offset = clock.system_now().time_since_epoch() - clock.now().time_since_epoch();
    std::deque<Venue> venues;
    std::deque<Consumer> consumers;
    for (const auto& [name, channel] :
         {std::pair{"binance-spot", "trade"}, std::pair{"binance-usdm", "depth@100ms"},
          std::pair{"bybit-v5", "orderbook.50"}, std::pair{"deribit-v2", "book.100ms"},
          std::pair{"okx-v5", "books"}}) {
        Venue& venue = venues.emplace_back(reactor, name, unix_offset);
        for (std::uint64_t i = 0; i < 2; ++i)
            consumers.emplace_back(reactor, venue, channel, consumers.size());
    }
    for (const TimePoint end = clock.now() + kLength; clock.now() < end;) {
        TimePoint next = clock.now() + 4s;
        for (auto& venue : venues) {
            venue.simulator.on_time(clock.now());
            next = std::min(next, venue.simulator.deadline());
        }
        for (int i = 0; i < 20 && reactor.poll() > 0; ++i) {
        }
        bool is_quiet = true;
        for (const auto& consumer : consumers) {
            ASSERT_LE(consumer.sessions(), 3U) << "two legs of a feed at once: " << consumer.venue.name;
            is_quiet = is_quiet && consumer.sessions() == 2 && consumer.feed->legs_up() == 2;
        }
        if (!is_quiet) next = std::min(next, clock.now() + 50ms);
        clock.advance(std::max<Duration>(next - clock.now(), 1ms));
    }
    for (const auto& venue : venues) {
        for (const auto& violation : venue.simulator.violations())
            ADD_FAILURE() << venue.name << ": " << violation.what;
        EXPECT_EQ(venue.simulator.counts().refused_connects, 0U);
    }
    for (const auto& consumer : consumers) {
        SCOPED_TRACE(consumer.venue.name);
        EXPECT_GE(consumer.feed->stats().rotations, 2U);
        EXPECT_EQ(consumer.gaps, 0U);
        EXPECT_EQ(consumer.broken, 0U);
        EXPECT_EQ(consumer.feed->stats().resubscribes, 0U) << "nothing had to be asked for again";
        EXPECT_GT(consumer.feed->stats().messages, 500U);
    }
}

}  // namespace
}  // namespace pinwheel
