// Venues that need only a file: section 1 of the feed's rules. Their message forms differ from those of the
// built-in ones.
#include <zlib.h>

#include "feed_fixture.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::FeedTest;
using test::Texts;

class OtherVenueTest : public FeedTest {
  protected:
    void load(const std::string& name) {
        const auto profile = load_venue_file(PINWHEEL_SOURCE "/tests/proto/feed/venues/" + name + ".json");
        if (!profile) throw std::runtime_error(profile.error().message());
        feed_options.url = "ws://feed.example/";
        feed_options.websocket = options;
        feed = std::make_unique<Feed>(reactor, *profile, feed_options);
        dialer.plan();
        feed->connect();
        turn();
    }
    static std::string gzip_frame(const std::string& text) {
        z_stream zlib{};
        EXPECT_EQ(deflateInit2(&zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
        std::string out(text.size() + 100, '\0');
        zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
        zlib.avail_in = static_cast<uInt>(text.size());
        zlib.next_out = reinterpret_cast<Bytef*>(out.data());
        zlib.avail_out = static_cast<uInt>(out.size());
        EXPECT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
        out.resize(zlib.total_out);
        deflateEnd(&zlib);
        return test::binary_frame(out);
    }
    void receive_gzip(const std::string& text) {
        script(0).bytes(gzip_frame(text));
        turn();
    }
};

TEST_F(OtherVenueTest, Section1ArraysWithTheChannelNumberOfTheAcknowledgement) {
    load("bitfinex-v2");
    const ChannelId trades = feed->subscribe("trades", "tBTCUSD");
    const ChannelId bad = feed->subscribe("trades", "tNONE");
    EXPECT_EQ(sent(0), (Texts{R"(text {"event":"subscribe","channel":"trades","symbol":"tBTCUSD"})",
                              R"(text {"event":"subscribe","channel":"trades","symbol":"tNONE"})"}));
    receive(R"({"event":"info","version":2,"serverId":"x","platform":{"status":1}})");
    receive(R"({"event":"error","channel":"trades","symbol":"tNONE","msg":"symbol: invalid","code":10300})");
    EXPECT_EQ(feed->state(bad), ChannelState::refused);
    receive(R"({"event":"subscribed","channel":"trades","chanId":17470,"symbol":"tBTCUSD","pair":"BTCUSD"})");
    EXPECT_TRUE(feed->settled());
    receive(R"([17470,[[401597395,1574694478808,0.005,7245.3],[401597394,1574694478807,0.005,7245.3]]])");
    receive(R"([17470,"te",[401597396,1574694478809,0.005,7245.3]])");
    receive(R"([17470,"tu",[401597396,1574694478809,0.005,7245.3]])");
    receive(R"([17470,"hb"])");
    receive(R"([17470,"te",[401597390,1574694478801,0.005,7245.3]])");
    EXPECT_EQ(got, (Texts{"0:401597395", "0:401597396", "0:401597396"}));
    EXPECT_EQ(last_time, 1'574'694'478'809'000'000);
    EXPECT_EQ(feed->stats().unmatched, 0U);
    EXPECT_EQ(feed->stats().duplicates, 1U);
    feed->unsubscribe(trades);
    EXPECT_EQ(sent(0), Texts{R"(text {"event":"unsubscribe","chanId":17470})"});
    receive(R"({"event":"unsubscribed","status":"OK","chanId":17470})");
    EXPECT_EQ(feed->state(trades), ChannelState::gone);
    pass(31s);
    EXPECT_EQ(sent(0).front().substr(0, 27), R"(text {"event":"ping","cid":)");
    receive(R"({"event":"pong","ts":1511545528111,"cid":1})");
    EXPECT_TRUE(alerts.size() == 1) << last_alert();
}

TEST_F(OtherVenueTest, Section1GzipInBinaryFramesAndAnEchoedPing) {
    load("htx-spot");
    feed->subscribe("mbp.150", "BTCUSDT");
    const ChannelId bad = feed->subscribe("trade", "none");
    EXPECT_EQ(sent(0), (Texts{R"(text {"sub":"market.btcusdt.mbp.150","id":"1"})",
                              R"(text {"sub":"market.none.trade.detail","id":"2"})"}));
    receive_gzip(R"({"ping":1492420473027})");
    EXPECT_EQ(sent(0), Texts{R"(text {"pong":1492420473027})"});
    receive_gzip(R"({"id":"1","status":"ok","subbed":"market.btcusdt.mbp.150","ts":1489474081631})");
    receive_gzip(
        R"({"status":"error","err-code":"bad-request","err-msg":"invalid topic","id":"2","ts":1489474081632})");
    EXPECT_TRUE(feed->settled());
    EXPECT_EQ(feed->state(bad), ChannelState::refused);
    const auto depth = [](int last, int previous) {
        return R"({"ch":"market.btcusdt.mbp.150","ts":1630994963175,"tick":{"seqNum":)" +
               std::to_string(last) + R"(,"prevSeqNum":)" + std::to_string(previous) +
               R"(,"bids":[],"asks":[[1.0,2.0]]}})";
    };
    receive_gzip(depth(5, 4));
    receive_gzip(depth(6, 5));
    receive_gzip(depth(9, 8));
    EXPECT_EQ(got, (Texts{"0:5", "0:6", "gap 6-8", "0:9 after a gap"}));
    EXPECT_EQ(last_time, 1'630'994'963'175'000'000);
    script(0).bytes(test::binary_frame("not gzip"));
    turn();
    EXPECT_EQ(feed->stats().unmatched, 1U);
    EXPECT_EQ(last_alert().substr(0, 40), "alert feed: a payload does not inflate: ");
}

/// T2: the last of the messages that one read brought are not inflated.
TEST_F(OtherVenueTest, T2InflatingIsBoundedATurnAndThenTheConnectionEnds) {
    load("htx-spot");
    std::string frames;
    for (int i = 0; i < 20; ++i) frames += gzip_frame(std::string(1'000'000, ' '));
    script(0).bytes(frames);
    dialer.plan();
    turn();
    EXPECT_EQ(feed->stats().unmatched, 17U);
    ASSERT_EQ(alerts.size(), 2U);
    EXPECT_NE(alerts[1].find("inflate to more than 16 MiB in one turn"), std::string::npos) << alerts[1];
    EXPECT_EQ(sent(0).back(), "close 1000");
}

}  // namespace
}  // namespace pinwheel
