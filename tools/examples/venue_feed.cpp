// A venue's channels, kept alive by its profile: two channels of Binance, each trade with its number, holes
// told.
//     venue_feed [URL]

#include <pinwheel/pinwheel.h>

#include <cinttypes>
#include <cstdio>

namespace {

using namespace std::chrono_literals;

constexpr int kTrades = 10;

int follow(pinwheel::Reactor& reactor, const pinwheel::VenueProfile& venue, const char* url) {
    pinwheel::FeedOptions options;
    if (url != nullptr) options.url = url;  // in place of the profile's endpoint
    options.on_gap = [](const pinwheel::FeedGap& gap) {
        std::printf("missing: %" PRId64 " to %" PRId64 "\n", gap.from, gap.to);
    };
    pinwheel::Feed feed(reactor, venue, options);
    const pinwheel::ChannelId trades = feed.subscribe("trade", "BTCUSDT");
    const pinwheel::ChannelId quotes = feed.subscribe("bookTicker", "BTCUSDT");
    feed.connect();
    if (!feed.wait_settled(10s)) {
        std::fprintf(stderr, "%s\n", feed.session().last_error().message().c_str());
        return 1;
    }
    std::printf("trade %s, bookTicker %s\n", std::string(to_string(feed.state(trades))).c_str(),
                std::string(to_string(feed.state(quotes))).c_str());
    int left = kTrades;
    for (const pinwheel::FeedMessage& message : feed.stream()) {  // goes on over reconnects
        if (message.channel != trades) continue;
        const auto price = message.json().string("/data/p");
        std::printf("trade %" PRId64 " at %s\n", message.sequence_end.value_or(0),
                    std::string(price.value_or("?")).c_str());
        if (--left == 0) break;
    }
    return left == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto venue = pinwheel::load_venue("binance-spot");  // load_venue_file() reads your own
    if (!venue) return 1;
    pinwheel::Reactor reactor;
    return follow(reactor, *venue, argc > 1 ? argv[1] : nullptr);
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
