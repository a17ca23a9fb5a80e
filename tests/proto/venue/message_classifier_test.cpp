// The kinds of messages: sections 4, 5 and 9 of the feed's rules, and shapes that the built-in profiles lack.
#include "../../../proto/venue/message_classifier.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "../../../proto/venue/payload_inflater.h"
#include "padded.h"

namespace pinwheel {
namespace {

using test::Padded;
using Kind = MessageKind;

class Venue {
  public:
    explicit Venue(std::string_view name)
        : profile_(*load_venue(name)), channels_(profile_), classifier_(profile_, channels_) {}

    ClassifiedMessage operator()(std::string_view text) {
        text_ = std::make_unique<Padded>(text);
        return classifier_.classify(*text_);
    }
    Kind kind(std::string_view text) { return (*this)(text).kind; }
    ChannelId add(std::string_view name, std::string_view symbol = {}) {
        return *channels_.add(name, symbol);
    }
    MessageClassifier& classifier() { return classifier_; }

  private:
    VenueProfile profile_;
    ChannelTable channels_;
    MessageClassifier classifier_;
    std::unique_ptr<Padded> text_;
};

TEST(Section9Classify, EveryShapeOfControlMessage) {
    const struct {
        const char* venue;
        const char* text;
        Kind kind;
    } table[] = {
        {"binance-spot", R"({"result":null,"id":3})", Kind::ack},
        {"binance-spot", R"({"error":{"code":2,"msg":"Invalid request"},"id":3})", Kind::error},
        {"binance-spot", R"({"code":2,"msg":"Invalid request"})", Kind::error},
        {"binance-spot", R"({"stream":"!serverShutdown","data":{"e":"serverShutdown"}})", Kind::notice},
        {"binance-spot", R"({"e":"serverShutdown","E":1})", Kind::notice},
        {"binance-spot", R"({"stream":"x@trade","data":{"e":"trade"}})", Kind::data},
        {"binance-spot", R"({"id":4})", Kind::unmatched},
        {"okx-v5", "pong", Kind::pong},
        {"okx-v5",
         R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a"})",
         Kind::ack},
        {"okx-v5", R"({"event":"error","msg":"Wrong URL or channel","code":"60018","connId":"a"})",
         Kind::error},
        {"okx-v5", R"({"event":"notice","code":"64008","msg":"upgrade","connId":"a"})", Kind::notice},
        {"okx-v5", R"({"event":"notice","code":"1","msg":"","connId":"a"})", Kind::unmatched},
        {"okx-v5", R"({"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"a"})",
         Kind::info},
        {"okx-v5", R"({"event":"login","code":"0","msg":"","connId":"a"})", Kind::login_accepted},
        {"okx-v5", R"({"event":"login","code":"60009","msg":"","connId":"a"})", Kind::login_refused},
        {"bybit-v5", R"({"success":true,"ret_msg":"pong","conn_id":"a","req_id":"7","op":"ping"})",
         Kind::pong},
        {"bybit-v5", R"({"args":["1672916271846"],"op":"pong"})", Kind::pong},
        {"bybit-v5", R"({"success":true,"ret_msg":"subscribe","conn_id":"a","req_id":"7","op":"subscribe"})",
         Kind::ack},
        {"bybit-v5",
         R"({"success":true,"conn_id":"a","data":{"failTopics":[],"successTopics":["x"]},"type":"COMMAND_RESP"})",
         Kind::ack},
        {"bybit-v5", R"({"success":false,"ret_msg":"Invalid topic","req_id":"7","op":"subscribe"})",
         Kind::error},
        {"bybit-v5", R"({"topic":"tickers.BTC","ts":1,"type":"snapshot","cs":2,"data":{}})", Kind::data},
        {"kraken-v2",
         R"({"method":"subscribe","req_id":1,"result":{"channel":"book","symbol":"BTC/USD"},"success":true})",
         Kind::ack},
        {"kraken-v2",
         R"({"error":"Currency pair not supported","method":"subscribe","req_id":1,"success":false,"symbol":"X"})",
         Kind::error},
        {"kraken-v2", R"({"Error":"Exceeded msg rate"})", Kind::error},
        {"kraken-v2", R"({"method":"pong","req_id":2,"time_in":"","time_out":""})", Kind::pong},
        {"kraken-v2", R"({"channel":"heartbeat"})", Kind::heartbeat},
        {"kraken-v2", R"({"channel":"status","type":"update","data":[{"system":"online","version":"2"}]})",
         Kind::info},
        {"kraken-v2", R"({"channel":"status","type":"update","data":[{"system":"maintenance"}]})",
         Kind::notice},
        {"coinbase-exchange", R"({"type":"subscriptions","channels":[]})", Kind::ack},
        {"coinbase-exchange", R"({"type":"error","message":"Failed to subscribe","reason":"x is not valid"})",
         Kind::error},
        {"coinbase-exchange", R"({"type":"heartbeat","sequence":90,"product_id":"BTC-USD"})",
         Kind::heartbeat},
        {"coinbase-advanced",
         R"({"channel":"subscriptions","sequence_num":0,"events":[{"subscriptions":{}}]})", Kind::ack},
        {"coinbase-advanced",
         R"({"channel":"heartbeats","sequence_num":1,"events":[{"heartbeat_counter":"3"}]})",
         Kind::heartbeat},
        {"deribit-v2", R"({"jsonrpc":"2.0","id":1,"result":["a"]})", Kind::ack},
        {"deribit-v2", R"({"jsonrpc":"2.0","id":1,"error":{"code":11050,"message":"bad_request"}})",
         Kind::error},
        {"deribit-v2", R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})",
         Kind::question},
        {"deribit-v2", R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}})",
         Kind::heartbeat},
        {"bitstamp-v2", R"({"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}})",
         Kind::ack},
        {"bitstamp-v2",
         R"({"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}})",
         Kind::error},
        {"bitstamp-v2", R"({"event":"bts:heartbeat","channel":"","data":{"status":"success"}})",
         Kind::heartbeat},
        {"bitstamp-v2", R"({"event":"bts:request_reconnect","channel":"","data":""})", Kind::notice},
        {"bitstamp-v2", "{\"event\":", Kind::unmatched},
    };
    for (const auto& row : table)
        EXPECT_EQ(Venue(row.venue).kind(row.text), row.kind) << row.venue << " " << row.text;
}

TEST(Section9Classify, DataTellsChannelNumbersSnapshotAndTime) {
    Venue okx("okx-v5");
    const ChannelId books = okx.add("books", "BTC-USDT");
    const auto update = okx(
        R"({"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["1","2","0","1"]],"bids":[],"ts":"1700000000123","checksum":0,"seqId":12,"prevSeqId":10}]})");
    EXPECT_EQ(update.kind, Kind::data);
    EXPECT_EQ(update.channel, books);
    EXPECT_EQ(update.numbers.last, 12);
    EXPECT_EQ(update.numbers.previous, 10);
    EXPECT_FALSE(update.numbers.is_snapshot);
    EXPECT_EQ(update.venue_time, 1'700'000'000'123'000'000);
    const auto other_order = okx(
        R"({"action":"snapshot","data":[{"prevSeqId":-1,"seqId":9,"ts":"1700000000123"}],"arg":{"instId":"BTC-USDT","channel":"books"}})");
    EXPECT_EQ(other_order.channel, books);
    EXPECT_TRUE(other_order.numbers.is_snapshot);
    EXPECT_EQ(other_order.numbers.last, 9);
    EXPECT_EQ(okx(R"({"arg":{"channel":"books","instId":"ETH-USDT"},"data":[]})").channel, kNoChannel);
}

TEST(Section9Classify, ManyTradesInAMessageAreARange) {
    Venue kraken("kraken-v2");
    const ChannelId trades = kraken.add("trade", "BTC/USD");
    const auto message = kraken(
        R"({"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","trade_id":4,"timestamp":"2026-04-28T00:00:00.5Z"},{"symbol":"BTC/USD","trade_id":5},{"symbol":"BTC/USD","trade_id":6}]})");
    EXPECT_EQ(message.channel, trades);
    EXPECT_EQ(message.numbers.first, 4);
    EXPECT_EQ(message.numbers.last, 6);
    EXPECT_NE(message.venue_time, 0);
    EXPECT_EQ(
        kraken(R"({"channel":"trade","type":"update","data":[{"symbol":"BTC\/USD","trade_id":7}]})").channel,
        trades)
        << "an escaped slash is a slash";
}

TEST(Section7Numbers, AConnectionsNumberStandsInEveryMessage) {
    Venue coinbase("coinbase-advanced");
    const ChannelId book = coinbase.add("level2", "BTC-USD");
    EXPECT_EQ(coinbase(R"({"channel":"subscriptions","sequence_num":0,"events":[]})").connection_number, 0);
    EXPECT_EQ(coinbase(R"({"channel":"heartbeats","sequence_num":1,"events":[]})").connection_number, 1);
    const auto data = coinbase(
        R"({"channel":"l2_data","timestamp":"2026-01-01T00:00:00Z","sequence_num":2,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[]}]})");
    EXPECT_EQ(data.connection_number, 2);
    EXPECT_EQ(data.channel, book);
    EXPECT_TRUE(data.numbers.is_snapshot);
}

TEST(Section5Drain, ANoticeOnASubscribedChannelIsANotice) {
    Venue deribit("deribit-v2");
    std::ignore = deribit.add("platform_state");
    const std::string head =
        R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"platform_state","data":{"maintenance":)";
    EXPECT_EQ(deribit.kind(head + "true}}}"), Kind::notice);
    EXPECT_EQ(deribit.kind(head + "false}}}"), Kind::data);
}

constexpr std::string_view kOther = R"({
  "format": "pinwheel.venue/1", "name": "other", "endpoints": [{"name": "all", "url": "wss://venue.example"}],
  "payload": {"binary": "gzip", "max_bytes": 100},
  "subscribe": {"message": "{\"event\":\"subscribe\",\"channel\":\"{channel}\",\"symbol\":\"{symbol}\"}"},
  "ack": {"match": {"at": "/event", "equals": "subscribed"}, "channel_at": "/channel", "symbol_at": "/symbol", "number_at": "/chanId"},
  "answers": [{"match": {"at": "/ping", "exists": true}, "reply": "{\"pong\":{value}}", "value_at": "/ping"}],
  "heartbeats": [{"match": {"at": "/1", "equals": "hb"}}],
  "data": {"match": {"at": "", "is": "array"}, "number_at": "/0"},
  "channels": [{"name": "trades"}]
})";

TEST(Section4Answers, AQuestionsValueIsEchoedAsItStood) {
    const auto profile = parse_venue(kOther);
    ASSERT_TRUE(profile) << profile.error().message();
    ChannelTable channels(*profile);
    MessageClassifier classifier(*profile, channels);
    for (const auto& [text, answer] : {std::pair(R"({"ping":123})", R"({"pong":123})"),
                                       std::pair(R"({"ping":"a\"b"})", R"({"pong":"a\"b"})")}) {
        const Padded padded(text);
        const auto message = classifier.classify(padded);
        ASSERT_EQ(message.kind, Kind::question);
        std::string out;
        classifier.render_answer(message, 1, 0, out);
        EXPECT_EQ(out, answer);
    }
    Venue deribit("deribit-v2");
    const auto test = deribit(R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})");
    std::string out;
    deribit.classifier().render_answer(test, 42, 0, out);
    EXPECT_EQ(out, R"({"jsonrpc":"2.0","id":42,"method":"public/test","params":{}})");
}

TEST(Section9Classify, AnArrayGoesByTheNumberOfItsAcknowledgement) {
    const auto profile = parse_venue(kOther);
    ChannelTable channels(*profile);
    const ChannelId trades = *channels.add("trades", "tBTCUSD");
    MessageClassifier classifier(*profile, channels);
    const Padded data("[17470,\"te\",[401597395,1574694478808,0.005,7245.3]]");
    EXPECT_EQ(classifier.classify(data).channel, kNoChannel);
    classifier.bind_number(17470, trades);
    EXPECT_EQ(classifier.classify(data).channel, trades);
    EXPECT_EQ(classifier.classify(Padded("[17470,\"hb\"]")).kind, Kind::heartbeat);
    classifier.forget_numbers();
    EXPECT_EQ(classifier.classify(data).channel, kNoChannel);
}

std::string deflated(std::string_view text, int window) {
    z_stream zlib{};
    EXPECT_EQ(deflateInit2(&zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(text.size() + 100, '\0');
    zlib.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
    zlib.avail_in = static_cast<uInt>(text.size());
    zlib.next_out = reinterpret_cast<Bytef*>(out.data());
    zlib.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    out.resize(zlib.total_out);
    deflateEnd(&zlib);
    return out;
}

TEST(Section9Payload, GzipAndRawDeflateAreInflatedWithinTheBound) {
    const auto bytes = [](const std::string& text) { return std::as_bytes(std::span(text)); };
    for (const auto& [format, window] :
         {std::pair(detail::BinaryPayload::gzip, 31), std::pair(detail::BinaryPayload::deflate, -15)}) {
        PayloadInflater inflater(format, 100);
        for (const std::string& text :
             {std::string("{\"ping\":123}"), std::string(100, 'x'), std::string()}) {
            const auto result = inflater.inflate(bytes(deflated(text, window)));
            ASSERT_TRUE(result) << result.error().message();
            EXPECT_EQ(*result, text);
        }
        EXPECT_EQ(inflater.inflate(bytes(deflated(std::string(101, 'x'), window))).error().code,
                  Errc::message_too_large);
        const std::string whole = deflated("{\"ping\":123}", window);
        EXPECT_FALSE(inflater.inflate(bytes(whole.substr(0, whole.size() - 1)))) << "cut short";
        EXPECT_FALSE(inflater.inflate(bytes(whole + "x"))) << "more behind it";
        EXPECT_FALSE(inflater.inflate(bytes("not compressed at all")));
        EXPECT_FALSE(inflater.inflate({}));
        EXPECT_TRUE(inflater.inflate(bytes(whole))) << "an error is of one message";
    }
}

}  // namespace
}  // namespace pinwheel
