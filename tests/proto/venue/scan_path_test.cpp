// Messages read along the path of the one before: section 9 of the feed's rules. A path changes the speed of
// reading, and not the result.
#include "../../../proto/venue/scan_path.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <tuple>
#include <vector>

#include "../../../core/random.h"
#include "../../../proto/venue/message_classifier.h"
#include "padded.h"

namespace pinwheel {
namespace {

using test::Padded;
using Texts = std::vector<std::string>;

/// A scanner that records the way of one text, along which others are read.
class Paths {
  public:
    explicit Paths(const Texts& pointers) {
        for (const auto& pointer : pointers) EXPECT_TRUE(scanner_.add(pointer)) << pointer;
    }
    void learn(std::string_view text, FieldMask needed = ~FieldMask{0}) {
        ScanTrace trace{&path_};
        path_.begin();
        auto done = [](const FieldValues&) -> FieldMask { return 0; };
        EXPECT_TRUE(scanner_.scan(Padded(text), needed, done, values_, trace)) << text;
    }
    /// The values on the path, as text; empty if the text leaves it.
    Texts follow(std::string_view text) {
        const Padded padded(text);
        const std::string_view whole = padded;
        values_.clear();
        if (path_.follow(whole.data(), whole.data() + whole.size(), values_) == nullptr) return {};
        Texts found;
        for (std::size_t i = 0; i < scanner_.size(); ++i)
            found.emplace_back(values_[i].exists() ? values_[i].text : "-");
        return found;
    }

  private:
    FieldScanner scanner_;
    ScanPath path_;
    FieldValues values_;
};

TEST(Section9Path, TheSameKeysInTheSameOrderAreReadAlongIt) {
    Paths paths({"/a", "/d/0/n", "/d/0/t"});
    paths.learn(R"({"x":1,"a":"first","d":[{"p":[[1],"]"],"n":7,"t":"8"}],"z":{}})");
    EXPECT_EQ(paths.follow(R"({"x":{"y":"{,"},"a":"\"","d":[{"p":{"q":[]},"n":1234,"t":""}],"z":0})"),
              (Texts{"\\\"", "1234", ""}));
}

TEST(Section9Path, AnotherShapeLeavesIt) {
    Paths paths({"/a", "/b/c"});
    paths.learn(R"({"a":1,"b":{"c":2}})");
    for (const std::string_view other :
         {R"({"b":{"c":2},"a":1})", R"({"a":1,"b":{"d":2}})", R"({"a":1,"b":{"c":2},"e":3})",
          R"({"a":1,"b":2})", R"({"a":1, "b":{"c":2}})", R"({"a":1})", R"({"a":1,"b":{"c":2}} )", R"({"a":)",
          R"({"a":1,"b":{"c":)", R"({"a":"1","b":{"c":2}})", R"({"a":"1)", R"({"a":x,"b":{"c":2}})", ""})
        EXPECT_EQ(paths.follow(other), Texts{}) << other;
}

TEST(Section9Path, FieldsBelowAValueThatWasNoContainerAreNotPassedOver) {
    Paths paths({"/a/b", "/c"});
    paths.learn(R"({"a":null,"c":1})");
    EXPECT_EQ(paths.follow(R"({"a":true,"c":2})"), (Texts{"-", "2"}));
    EXPECT_EQ(paths.follow(R"({"a":{"b":3},"c":2})"), Texts{});
}

TEST(Section9Path, OfEqualKeysTheFirstCountsOnItToo) {
    Paths paths({"/a"});
    paths.learn(R"({"a":1,"a":2})");
    EXPECT_EQ(paths.follow(R"({"a":3,"a":4})"), Texts{"3"});
}

TEST(Section9Path, ItEndsWithWhatIsNeeded) {
    Paths paths({"/a", "/b"});
    paths.learn(R"({"a":1,"b":2})", 1);
    EXPECT_EQ(paths.follow(R"({"a":7,this is not read)"), (Texts{"7", "-"}));
}

TEST(Section9Path, ALastElementAndALongTextHaveNone) {
    Paths last({"/d/{last}"});
    last.learn(R"({"d":[1,2]})");
    EXPECT_EQ(last.follow(R"({"d":[1,2]})"), Texts{});
    Paths many({"/z"});
    std::string text = "{";
    for (int i = 0; i < 60; ++i) text += "\"k\":1,";
    text += "\"z\":1}";
    many.learn(text);
    EXPECT_EQ(many.follow(text), Texts{});
    Paths wide({"/z"});
    text = "{\"" + std::string(1000, 'k') + "\":1,\"z\":1}";
    wide.learn(text);
    EXPECT_EQ(wide.follow(text), Texts{});
}

auto parts(const ClassifiedMessage& message) {
    const auto& numbers = message.numbers;
    return std::tuple(message.kind, message.channel, message.index, numbers.first, numbers.last,
                      numbers.previous, numbers.is_snapshot, message.connection_number, message.venue_time);
}

struct Venue {
    std::string_view name;
    std::vector<std::pair<std::string_view, std::string_view>> channels;
    Texts messages;
};

/// A classifier with earlier messages gives the same result for each message as a fresh one, also for damaged
/// ones.
TEST(Section9Path, NoMessageIsReadOtherwiseThanByAFreshClassifier) {
    const std::array venues{
        Venue{
            "okx-v5",
            {{"books", "BTC-USDT"}, {"trades", "BTC-USDT"}},
            {R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["41006.8","0.6","0","1"]],"bids":[],"ts":"1629966436396","prevSeqId":10,"seqId":11}]})",
             R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[],"bids":[],"ts":"1629966436396","seqId":11,"prevSeqId":-1}]})",
             R"({"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"130639474","px":"42219.9","sz":"0.12","side":"buy","ts":"1630048897897"}]})",
             R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"})"}},
        Venue{
            "binance-spot",
            {{"trade", "btcusdt"}, {"depth", "btcusdt"}},
            {R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":12345,"p":"0.1","q":"1","T":1672515782136,"m":true,"M":true}})",
             R"({"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":157,"u":160,"b":[["0.0024","10"]],"a":[]}})",
             R"({"result":null,"id":1})"}},
        Venue{
            "bitstamp-v2",
            {{"live_trades", "btcusd"}, {"order_book", "btcusd"}},
            {R"({"data":{"id":7,"timestamp":"1672515782","amount":1,"price":2,"microtimestamp":"1672515782136000"},"channel":"live_trades_btcusd","event":"trade"})",
             R"({"data":{"timestamp":"1672515782","microtimestamp":"1672515782136000","bids":[["1","2"]],"asks":[]},"channel":"order_book_btcusd","event":"data"})"}},
        Venue{
            "deribit-v2",
            {{"book.100ms", "BTC-PERPETUAL"}, {"trades.100ms", "BTC-PERPETUAL"}},
            {R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"timestamp":1554373962454,"type":"change","prev_change_id":1,"change_id":2,"bids":[["new",5041.0,10.0]],"asks":[]}}})",
             R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.BTC-PERPETUAL.100ms","data":[{"trade_seq":30289442,"timestamp":1590484512188},{"trade_seq":30289443,"timestamp":1590484512189}]}})"}},
        Venue{
            "coinbase-advanced",
            {{"level2", "BTC-USD"}, {"market_trades", "BTC-USD"}},
            {R"({"channel":"l2_data","client_id":"","timestamp":"2023-02-09T20:32:50.714964855Z","sequence_num":3,"events":[{"type":"update","product_id":"BTC-USD","updates":[]}]})"}},
    };
    SeededRandom random(27);
    for (const Venue& venue : venues) {
        SCOPED_TRACE(venue.name);
        const auto profile = load_venue(venue.name);
        ASSERT_TRUE(profile);
        ChannelTable channels(*profile);
        for (const auto& [name, symbol] : venue.channels) ASSERT_TRUE(channels.add(name, symbol)) << name;
        MessageClassifier warm(*profile, channels);
        std::size_t data = 0;
        for (int i = 0; i < 4000; ++i) {
            std::string text = venue.messages[random.below(venue.messages.size())];
            const bool is_damaged = random.below(2) == 0;
            if (is_damaged && random.below(3) == 0) text.resize(random.below(text.size()));
            if (is_damaged && !text.empty())
                text[random.below(text.size())] = "{}[]\",:0a\\ "[random.below(11)];
            const Padded padded(text);
            MessageClassifier fresh(*profile, channels);
            const auto expected = parts(fresh.classify(padded));
            ASSERT_EQ(parts(warm.classify(padded)), expected) << text;
            if (std::get<0>(expected) == MessageKind::data) ++data;
        }
        EXPECT_GT(data, 1000U);
    }
}

}  // namespace
}  // namespace pinwheel
