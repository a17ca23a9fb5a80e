// The simulated venues' messages compared with real ones: the order of keys, and types. Section 10 of the
// feed's rules.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../../tools/feed/capture.h"
#include "../../tools/feed/venue_shapes.h"

namespace pinwheel {
namespace {

const std::filesystem::path kSessions = std::filesystem::path(PINWHEEL_SOURCE) / "../shared/captures";

/// Keys and types, to the given depth. The content of an array is left out, because it may be empty.
std::string skeleton(simdjson::dom::element value, int depth) {
    simdjson::dom::object members;
    if (value.get(members) != simdjson::SUCCESS)
        return value.is_array() ? "[]" : value.is_string() ? "s" : value.is_bool() ? "b" : "n";
    if (depth == 0) return "{}";
    std::string text;
    for (const auto [key, member] : members)
        text += std::string(key) + ":" + skeleton(member, depth - 1) + ",";
    return "{" + text + "}";
}

std::string skeleton_of(const std::string& text, int depth) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(text).get(root) != simdjson::SUCCESS) return "no JSON: " + text;
    return skeleton(root, depth);
}

class VenueShapesTest : public testing::Test {
  protected:
    void SetUp() override {
        if (std::filesystem::exists(kSessions)) return;
        std::puts("recorded sessions not found, skipped");
        GTEST_SKIP();
    }
    /// Every shape, of kinds and others, is one of the recorded session's.
    static void compare(const char* venue, const char* file, const std::vector<std::string_view>& kinds,
                        int depth, const std::vector<std::string_view>& others = {}) {
        std::set<std::string> recorded;
        for (const auto& frame : Capture::load((kSessions / file).string()).received)
            recorded.insert(skeleton_of(frame.payload, depth));
        const ShapeValues values{{"id", "1"},
                                 {"channel", "c"},
                                 {"symbol", "s"},
                                 {"upper", "S"},
                                 {"first", "1"},
                                 {"last", "2"},
                                 {"previous", "1"},
                                 {"s", "1"},
                                 {"ms", "1"},
                                 {"us", "1"},
                                 {"iso", "t"},
                                 {"price", "1.5"},
                                 {"bid", "1.4"},
                                 {"ask", "1.6"},
                                 {"size", "0.1"},
                                 {"side", "buy"},
                                 {"list", "[\"c\"]"},
                                 {"asks", R"(["1.6","0.1","0","1"])"},
                                 {"bids", R"(["1.4","0.1","0","1"])"}};
        std::vector<std::string_view> shapes = others;
        for (const auto kind : kinds) {
            const ChannelShape* const shape = find_channel_shape(*find_shapes(venue), kind);
            ASSERT_NE(shape, nullptr) << kind;
            if (!shape->snapshot.empty()) shapes.push_back(shape->snapshot);
            shapes.push_back(shape->update);
        }
        for (const auto shape : shapes) {
            const std::string text = fill_shape(shape, values);
            EXPECT_TRUE(recorded.contains(skeleton_of(text, depth))) << text << "\n"
                                                                     << skeleton_of(text, depth);
        }
    }
};

TEST_F(VenueShapesTest, BinanceSpotAsRecorded) {
    compare("binance-spot", "binance-spot.tsv", {"depth@100ms", "bookTicker", "aggTrade", "kline_1m"}, 9);
}
TEST_F(VenueShapesTest, BinanceUsdmAsRecorded) {
    compare("binance-usdm", "binance-futures.tsv", {"depth@100ms", "bookTicker", "aggTrade", "kline_1m"}, 9);
}
TEST_F(VenueShapesTest, CoinbaseExchangeAsRecorded) {
    compare("coinbase-exchange", "coinbase.tsv", {"level2", "level2_batch", "matches", "ticker"}, 9,
            {find_shapes("coinbase-exchange")->subscribed});
}
TEST_F(VenueShapesTest, DeribitAsRecorded) {
    compare("deribit-v2", "deribit.tsv", {"book.100ms", "ticker.100ms"}, 9,
            {find_shapes("deribit-v2")->subscribed});
}
/// The content of `data` has changed since, the envelope has not.
TEST_F(VenueShapesTest, OkxEnvelopeAsRecorded) {
    compare("okx-v5", "okx.tsv", {"books", "trades", "tickers"}, 2);
}
TEST_F(VenueShapesTest, BitstampAsRecorded) {
    compare("bitstamp-v2", "bitstamp.tsv", {"diff_order_book"}, 9, {find_shapes("bitstamp-v2")->subscribed});
}

TEST(VenueShape, EveryShapeIsFilledCompletely) {
    for (const char* const venue :
         {"binance-spot", "binance-usdm", "bitstamp-v2", "bybit-v5", "coinbase-advanced", "coinbase-exchange",
          "deribit-v2", "kraken-v2", "okx-v5"}) {
        ASSERT_NE(find_shapes(venue), nullptr) << venue;
        EXPECT_FALSE(channel_shapes(venue).empty()) << venue;
    }
    EXPECT_EQ(find_shapes("none"), nullptr);
    EXPECT_EQ(fill_shape(R"({"a":{x},"b":{"c":"{y}"}})", {{"x", "1"}, {"y", "{x}"}}),
              R"({"a":1,"b":{"c":"{x}"}})");
}

}  // namespace
}  // namespace pinwheel
