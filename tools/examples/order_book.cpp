// An order book of OKX, kept by the numbers of its messages over two legs, and compared once a second with
// the book that the venue sends to a new subscriber, byte for byte.
//     order_book SECONDS URL [URL]

#include <pinwheel/pinwheel.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

/// One side, by price in cents; a level is kept as the venue writes it: `["64000.01","0.5","0","1"]`.
using Side = std::map<long, std::string>;

long cents_of(std::string_view level) {
    long cents = 0;
    for (const char byte : level.substr(2, level.find('"', 2) - 2))
        if (byte != '.') cents = 10 * cents + (byte - '0');
    return cents;
}

/// `levels` is a JSON array of levels. One of size 0 is gone.
void apply(Side& side, std::string_view levels) {
    for (auto at = levels.find('[', 1); at != std::string_view::npos; at = levels.find('[', at + 1)) {
        const auto level = levels.substr(at, levels.find(']', at) + 1 - at);
        if (level.find(R"(","0.0",")") != std::string_view::npos)
            side.erase(cents_of(level));
        else
            side[cents_of(level)] = level;
    }
}

struct Book {
    /// False if the book does not go on from what it was: it waits for a snapshot.
    bool take(const pinwheel::FeedMessage& message) {
        const auto json = message.json();
        const auto sequence = json.integer("/data/0/seqId");
        if (message.is_snapshot) {
            asks.clear();
            bids.clear();
        } else if (!number || json.integer("/data/0/prevSeqId") != number) {
            return false;
        }
        apply(asks, json.raw("/data/0/asks").value_or(""));
        apply(bids, json.raw("/data/0/bids").value_or(""));
        number = sequence;
        return true;
    }
    /// As the venue's snapshot has it: best prices first.
    [[nodiscard]] std::string text() const {
        std::string out = R"("asks":[)";
        for (auto it = asks.begin(); it != asks.end(); ++it)
            out += (it == asks.begin() ? "" : ",") + it->second;
        out += R"(],"bids":[)";
        for (auto it = bids.rbegin(); it != bids.rend(); ++it)
            out += (it == bids.rbegin() ? "" : ",") + it->second;
        return out + "]";
    }

    Side asks, bids;
    std::optional<std::int64_t> number;
};

class Comparison {
  public:
    Comparison(pinwheel::Reactor& reactor, pinwheel::Network& network, const pinwheel::VenueProfile& profile,
               std::vector<std::string> urls)
        : reactor_(reactor), network_(network), profile_(profile), urls_(std::move(urls)) {
        feed_.emplace(reactor_, profile_,
                      options(2, [this](const pinwheel::FeedMessage& message) { keep(message); }));
        feed_->subscribe("books", "BTC-USDT");
        feed_->connect();
    }

    /// Subscribes once more, to see the venue's own book.
    void ask() {
        venue_feed_.emplace(reactor_, profile_, options(1, [this](const pinwheel::FeedMessage& message) {
                                if (message.is_snapshot && !wanted_) wanted_ = std::string(message.text());
                            }));
        venue_feed_->subscribe("books", "BTC-USDT");
        venue_feed_->connect();
    }
    /// True once the kept book has come to the number of the venue's book.
    [[nodiscard]] bool is_comparable() const {
        return wanted_ && book_.number && *book_.number >= number_of_wanted();
    }
    [[nodiscard]] bool compare() {
        const auto kept = texts_.find(number_of_wanted());
        const bool is_same = kept != texts_.end() && wanted_->find(kept->second) != std::string::npos;
        if (!is_same)
            std::printf("at %lld the venue has\n%s\nand the book is\n%s\n",
                        static_cast<long long>(number_of_wanted()), wanted_->c_str(),
                        kept == texts_.end() ? "not known" : kept->second.c_str());
        wanted_.reset();
        venue_feed_.reset();
        return is_same;
    }
    [[nodiscard]] const pinwheel::Feed& feed() const noexcept { return *feed_; }
    [[nodiscard]] int lost() const noexcept { return lost_; }

  private:
    static constexpr std::size_t kTexts = 1000;  // of the last numbers

    [[nodiscard]] pinwheel::FeedOptions options(std::size_t legs,
                                                pinwheel::Handler<void(const pinwheel::FeedMessage&)> take) {
        pinwheel::FeedOptions made;
        made.urls = urls_;
        made.legs = legs;
        made.on_message = std::move(take);
        made.websocket.dialer = &network_;  // one budget of connects for all
        return made;
    }
    void keep(const pinwheel::FeedMessage& message) {
        if (!book_.take(message)) {
            ++lost_;
            return;
        }
        texts_[*book_.number] = book_.text();
        if (texts_.size() > kTexts) texts_.erase(texts_.begin());
    }
    [[nodiscard]] std::int64_t number_of_wanted() const {
        const auto at = wanted_->find(R"("seqId":)");
        return std::strtoll(wanted_->c_str() + at + 8, nullptr, 10);
    }

    pinwheel::Reactor& reactor_;
    pinwheel::Network& network_;
    const pinwheel::VenueProfile& profile_;
    const std::vector<std::string> urls_;
    Book book_;
    std::map<std::int64_t, std::string> texts_;  // the kept book, by number
    std::optional<std::string> wanted_;          // the venue's book, as its message has it
    int lost_ = 0;
    std::optional<pinwheel::Feed> feed_, venue_feed_;
};

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 3) {
        std::fprintf(stderr, "usage: order_book SECONDS URL [URL]\n");
        return 2;
    }
    const auto profile = pinwheel::load_venue("okx-v5");
    if (!profile) return 1;
    pinwheel::Reactor reactor;
    pinwheel::Network network(reactor, {}, std::string_view(argv[2]).starts_with("wss"));
    Comparison comparison(reactor, network, *profile, {argv + 2, argv + argc});
    int same = 0;
    for (int second = 0; second < std::atoi(argv[1]); ++second) {
        reactor.run_until([] { return false; }, reactor.now() + 1s);
        comparison.ask();
        if (!reactor.run_until([&] { return comparison.is_comparable(); }, reactor.now() + 10s)) break;
        if (comparison.compare()) ++same;
    }
    std::printf(
        "%d of %d books are the venue's; %d messages did not fit, %llu gaps; leg 0 was first %llu "
        "times, leg 1 %llu\n",
        same, std::atoi(argv[1]), comparison.lost(),
        static_cast<unsigned long long>(comparison.feed().stats().gaps),
        static_cast<unsigned long long>(comparison.feed().leg_stats(0).firsts),
        static_cast<unsigned long long>(comparison.feed().leg_stats(1).firsts));
    return same == std::atoi(argv[1]) && comparison.lost() == 0 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
