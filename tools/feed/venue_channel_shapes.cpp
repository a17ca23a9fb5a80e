// The shapes of the venues' data messages. Keys are as in the venues' documentation and in recorded sessions.
#include <array>

#include "venue_shapes.h"

namespace pinwheel {
namespace {

constexpr std::string_view kSpotDepth =
    R"({"stream":"{channel}","data":{"e":"depthUpdate","E":{ms},"s":"{upper}","U":{first},"u":{last},"b":[["{bid}","{size}"]],"a":[["{ask}","{size}"]]}})";
constexpr std::array kBinanceSpot{
    ChannelShape{
        "trade", "",
        R"({"stream":"{channel}","data":{"e":"trade","E":{ms},"s":"{upper}","t":{last},"p":"{price}","q":"{size}","T":{ms},"m":false,"M":true}})"},
    ChannelShape{
        "aggTrade", "",
        R"({"stream":"{channel}","data":{"e":"aggTrade","E":{ms},"s":"{upper}","a":{last},"p":"{price}","q":"{size}","f":{last},"l":{last},"T":{ms},"m":false,"M":true}})"},
    ChannelShape{
        "bookTicker", "",
        R"({"stream":"{channel}","data":{"u":{last},"s":"{upper}","b":"{bid}","B":"{size}","a":"{ask}","A":"{size}"}})"},
    ChannelShape{"depth", "", kSpotDepth, false, true},
    ChannelShape{"depth@100ms", "", kSpotDepth, false, true},
    ChannelShape{
        "depth20@100ms", "",
        R"({"stream":"{channel}","data":{"lastUpdateId":{last},"bids":[["{bid}","{size}"]],"asks":[["{ask}","{size}"]]}})"},
    ChannelShape{
        "kline_1m", "",
        R"({"stream":"{channel}","data":{"e":"kline","E":{ms},"s":"{upper}","k":{"t":{ms},"T":{ms},"s":"{upper}","i":"1m","f":{last},"L":{last},"o":"{price}","c":"{price}","h":"{ask}","l":"{bid}","v":"{size}","n":1,"x":false,"q":"{size}","V":"{size}","Q":"{size}","B":"0"}}})"}};

constexpr std::array kBinanceUsdm{
    ChannelShape{
        "aggTrade", "",
        R"({"stream":"{channel}","data":{"e":"aggTrade","E":{ms},"a":{last},"s":"{upper}","p":"{price}","q":"{size}","f":{last},"l":{last},"T":{ms},"m":true}})"},
    ChannelShape{
        "bookTicker", "",
        R"({"stream":"{channel}","data":{"e":"bookTicker","u":{last},"s":"{upper}","b":"{bid}","B":"{size}","a":"{ask}","A":"{size}","T":{ms},"E":{ms}}})"},
    ChannelShape{
        "depth@100ms", "",
        R"({"stream":"{channel}","data":{"e":"depthUpdate","E":{ms},"T":{ms},"s":"{upper}","U":{first},"u":{last},"pu":{previous},"b":[["{bid}","{size}"]],"a":[["{ask}","{size}"]]}})",
        false, true},
    ChannelShape{
        "kline_1m", "",
        R"({"stream":"{channel}","data":{"e":"kline","E":{ms},"s":"{upper}","k":{"t":{ms},"T":{ms},"s":"{upper}","i":"1m","f":{last},"L":{last},"o":"{price}","c":"{price}","h":"{ask}","l":"{bid}","v":"{size}","n":1,"x":false,"q":"{size}","V":"{size}","Q":"{size}","B":"0"}}})"},
    ChannelShape{
        "markPrice@1s", "",
        R"({"stream":"{channel}","data":{"e":"markPriceUpdate","E":{ms},"s":"{upper}","p":"{price}","ap":"{price}","P":"{price}","i":"{price}","r":"0.00010000","T":{ms}}})"}};

constexpr std::string_view kBitstampBook =
    R"({"data":{"timestamp":"{s}","microtimestamp":"{last}","bids":[["{bid}","{size}"]],"asks":[["{ask}","{size}"]]},"channel":"{channel}","event":"data"})";
constexpr std::array kBitstamp{
    ChannelShape{"order_book", "", kBitstampBook, true},
    ChannelShape{"diff_order_book", "", kBitstampBook, true},
    ChannelShape{
        "live_orders", "",
        R"({"data":{"id":1443875825774594,"id_str":"1443875825774594","order_type":0,"datetime":"{s}","microtimestamp":"{us}","amount":{size},"amount_str":"{size}","price":{price},"price_str":"{price}"},"channel":"{channel}","event":"order_created","event_id":{last},"pre_event_id":{previous}})"},
    ChannelShape{
        "live_trades", "",
        R"({"data":{"id":{last},"id_str":"{last}","timestamp":"{s}","amount":{size},"amount_str":"{size}","price":{price},"price_str":"{price}","type":1,"microtimestamp":"{us}","buy_order_id":1443875825774594,"sell_order_id":1443875826016256},"channel":"{channel}","event":"trade"})"}};

constexpr std::array kBybit{
    ChannelShape{
        "orderbook.full", "",
        R"({"topic":"{channel}","ts":{ms},"type":"delta","data":{"s":"{symbol}","b":[["{bid}","{size}"]],"a":[["{ask}","{size}"]],"u":{last},"seq":{last}},"cts":{ms}})"},
    ChannelShape{
        "orderbook.50",
        R"({"topic":"{channel}","ts":{ms},"type":"snapshot","data":{"s":"{symbol}","b":[["{bid}","{size}"]],"a":[["{ask}","{size}"]],"u":{last},"seq":{last}},"cts":{ms}})",
        R"({"topic":"{channel}","ts":{ms},"type":"delta","data":{"s":"{symbol}","b":[["{bid}","{size}"]],"a":[],"u":{last},"seq":{last}},"cts":{ms}})"},
    ChannelShape{
        "publicTrade", "",
        R"({"topic":"{channel}","type":"snapshot","ts":{ms},"data":[{"T":{ms},"s":"{symbol}","S":"Buy","v":"{size}","p":"{price}","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"seq":{last}}]})"},
    ChannelShape{
        "tickers", "",
        R"({"topic":"{channel}","ts":{ms},"type":"snapshot","cs":{last},"data":{"symbol":"{symbol}","lastPrice":"{price}","highPrice24h":"{ask}","lowPrice24h":"{bid}","prevPrice24h":"{price}","volume24h":"{size}","turnover24h":"{size}","price24hPcnt":"0.0"}})"}};

constexpr std::array kCoinbaseAdvanced{
    ChannelShape{
        "level2",
        R"({"channel":"l2_data","client_id":"","timestamp":"{iso}","sequence_num":{sequence},"events":[{"type":"snapshot","product_id":"{symbol}","updates":[{"side":"bid","event_time":"{iso}","price_level":"{bid}","new_quantity":"{size}"},{"side":"offer","event_time":"{iso}","price_level":"{ask}","new_quantity":"{size}"}]}]})",
        R"({"channel":"l2_data","client_id":"","timestamp":"{iso}","sequence_num":{sequence},"events":[{"type":"update","product_id":"{symbol}","updates":[{"side":"bid","event_time":"{iso}","price_level":"{bid}","new_quantity":"{size}"}]}]})"},
    ChannelShape{
        "market_trades",
        R"({"channel":"market_trades","client_id":"","timestamp":"{iso}","sequence_num":{sequence},"events":[{"type":"snapshot","trades":[{"trade_id":"{last}","product_id":"{symbol}","price":"{price}","size":"{size}","side":"BUY","time":"{iso}"}]}]})",
        R"({"channel":"market_trades","client_id":"","timestamp":"{iso}","sequence_num":{sequence},"events":[{"type":"update","trades":[{"trade_id":"{last}","product_id":"{symbol}","price":"{price}","size":"{size}","side":"BUY","time":"{iso}"}]}]})"},
    ChannelShape{
        "ticker", "",
        R"({"channel":"ticker","client_id":"","timestamp":"{iso}","sequence_num":{sequence},"events":[{"type":"update","tickers":[{"type":"ticker","product_id":"{symbol}","price":"{price}","volume_24_h":"{size}","low_24_h":"{bid}","high_24_h":"{ask}","best_bid":"{bid}","best_ask":"{ask}","best_bid_quantity":"{size}","best_ask_quantity":"{size}"}]}]})"},
    ChannelShape{"heartbeats", "", ""}};

constexpr std::string_view kCoinbaseSnapshot =
    R"({"type":"snapshot","product_id":"{symbol}","asks":[["{ask}","{size}"]],"bids":[["{bid}","{size}"]]})";
constexpr std::string_view kCoinbaseUpdate =
    R"({"type":"l2update","product_id":"{symbol}","changes":[["{side}","{price}","{size}"]],"time":"{iso}"})";
constexpr std::array kCoinbaseExchange{
    ChannelShape{"level2_batch", kCoinbaseSnapshot, kCoinbaseUpdate},
    ChannelShape{"level2", kCoinbaseSnapshot, kCoinbaseUpdate},
    ChannelShape{
        "matches",
        R"({"type":"last_match","trade_id":{last},"maker_order_id":"f71dd5c4-b316-4869-83db-ff328a7379a6","taker_order_id":"d30ea30a-c805-4f05-ba7e-28020dfc52b3","side":"{side}","size":"{size}","price":"{price}","product_id":"{symbol}","sequence":{last},"time":"{iso}"})",
        R"({"type":"match","trade_id":{last},"maker_order_id":"f71dd5c4-b316-4869-83db-ff328a7379a6","taker_order_id":"d30ea30a-c805-4f05-ba7e-28020dfc52b3","side":"{side}","size":"{size}","price":"{price}","product_id":"{symbol}","sequence":{last},"time":"{iso}"})"},
    ChannelShape{
        "ticker", "",
        R"({"type":"ticker","sequence":{last},"product_id":"{symbol}","price":"{price}","open_24h":"{price}","volume_24h":"{size}","low_24h":"{bid}","high_24h":"{ask}","volume_30d":"{size}","best_bid":"{bid}","best_ask":"{ask}","side":"{side}","time":"{iso}","trade_id":{last},"last_size":"{size}"})"},
    ChannelShape{"heartbeat", "", ""}};

constexpr std::array kDeribit{
    ChannelShape{
        "book.none.20.100ms", "",
        R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"{channel}","data":{"timestamp":{ms},"instrument_name":"{symbol}","change_id":{last},"bids":[[{bid},{size}]],"asks":[[{ask},{size}]]}}})"},
    ChannelShape{
        "book.100ms",
        R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"{channel}","data":{"type":"snapshot","timestamp":{ms},"instrument_name":"{symbol}","change_id":{last},"bids":[["new",{bid},{size}]],"asks":[["new",{ask},{size}]]}}})",
        R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"{channel}","data":{"type":"change","timestamp":{ms},"prev_change_id":{previous},"instrument_name":"{symbol}","change_id":{last},"bids":[["change",{bid},{size}]],"asks":[]}}})"},
    ChannelShape{
        "trades.100ms", "",
        R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"{channel}","data":[{"trade_seq":{last},"trade_id":"{last}","timestamp":{ms},"tick_direction":0,"price":{price},"mark_price":{price},"instrument_name":"{symbol}","index_price":{price},"direction":"{side}","amount":{size}}]}})"},
    ChannelShape{
        "quote", "",
        R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"{channel}","data":{"timestamp":{ms},"instrument_name":"{symbol}","best_bid_price":{bid},"best_bid_amount":{size},"best_ask_price":{ask},"best_ask_amount":{size}}}})"},
    ChannelShape{
        "ticker.100ms", "",
        R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"{channel}","data":{"underlying_price":{price},"underlying_index":"index_price","timestamp":{ms},"stats":{"volume":{size},"price_change":0.0,"low":{bid},"high":{ask}},"state":"open","settlement_price":{price},"open_interest":8.0,"min_price":{bid},"max_price":{ask},"mark_price":{price},"mark_iv":117.2,"last_price":{price},"interest_rate":0.0,"instrument_name":"{symbol}","index_price":{price},"greeks":{"vega":0.56891,"theta":-0.94207,"rho":-3.80566,"gamma":0.00013,"delta":-0.95701},"estimated_delivery_price":{price},"bid_iv":0.0,"best_bid_price":{bid},"best_bid_amount":{size},"best_ask_price":{ask},"best_ask_amount":{size},"ask_iv":0.0}}})"},
    ChannelShape{"platform_state", "", ""}};

constexpr std::array kKraken{
    ChannelShape{
        "book",
        R"({"channel":"book","type":"snapshot","data":[{"symbol":"{symbol}","bids":[{"price":{bid},"qty":{size}}],"asks":[{"price":{ask},"qty":{size}}],"checksum":2439117997,"timestamp":"{iso}"}]})",
        R"({"channel":"book","type":"update","data":[{"symbol":"{symbol}","bids":[{"price":{bid},"qty":{size}}],"asks":[],"checksum":2439117997,"timestamp":"{iso}"}]})"},
    ChannelShape{
        "trade", "",
        R"({"channel":"trade","type":"update","data":[{"symbol":"{symbol}","side":"{side}","price":{price},"qty":{size},"ord_type":"limit","trade_id":{last},"timestamp":"{iso}"}]})"},
    ChannelShape{
        "ticker",
        R"({"channel":"ticker","type":"snapshot","data":[{"symbol":"{symbol}","bid":{bid},"bid_qty":{size},"ask":{ask},"ask_qty":{size},"last":{price},"volume":{size},"vwap":{price},"low":{bid},"high":{ask},"change":0.0,"change_pct":0.0,"timestamp":"{iso}"}]})",
        R"({"channel":"ticker","type":"update","data":[{"symbol":"{symbol}","bid":{bid},"bid_qty":{size},"ask":{ask},"ask_qty":{size},"last":{price},"volume":{size},"vwap":{price},"low":{bid},"high":{ask},"change":0.0,"change_pct":0.0,"timestamp":"{iso}"}]})"},
    ChannelShape{
        "level3",
        R"({"channel":"level3","type":"snapshot","data":[{"symbol":"{symbol}","checksum":281817320,"timestamp":"{iso}","bids":[{"order_id":"O6ZQNQ-BXL4E-5WGINO","limit_price":{bid},"order_qty":{size},"timestamp":"{iso}"}],"asks":[]}]})",
        R"({"channel":"level3","type":"update","data":[{"symbol":"{symbol}","checksum":281817320,"timestamp":"{iso}","bids":[{"event":"add","order_id":"O6ZQNQ-BXL4E-5WGINO","limit_price":{bid},"order_qty":{size},"timestamp":"{iso}"}],"asks":[]}]})"}};

constexpr std::array kOkx{
    ChannelShape{
        "books",
        R"({"arg":{"channel":"{channel}","instId":"{symbol}"},"action":"snapshot","data":[{"asks":[{asks}],"bids":[{bids}],"ts":"{ms}","checksum":0,"seqId":{last},"prevSeqId":-1}]})",
        R"({"arg":{"channel":"{channel}","instId":"{symbol}"},"action":"update","data":[{"asks":[{asks}],"bids":[{bids}],"ts":"{ms}","checksum":0,"seqId":{last},"prevSeqId":{previous}}]})",
        false, false, R"(["{price}","{size}","0","1"])"},
    ChannelShape{
        "bbo-tbt", "",
        R"({"arg":{"channel":"{channel}","instId":"{symbol}"},"data":[{"asks":[["{ask}","{size}","0","1"]],"bids":[["{bid}","{size}","0","1"]],"ts":"{ms}","seqId":{last}}]})"},
    ChannelShape{
        "trades", "",
        R"({"arg":{"channel":"{channel}","instId":"{symbol}"},"data":[{"instId":"{symbol}","tradeId":"{last}","px":"{price}","sz":"{size}","side":"{side}","ts":"{ms}","count":"1","seqId":{last}}]})"},
    ChannelShape{
        "tickers", "",
        R"({"arg":{"channel":"{channel}","instId":"{symbol}"},"data":[{"instType":"SPOT","instId":"{symbol}","last":"{price}","lastSz":"{size}","askPx":"{ask}","askSz":"{size}","bidPx":"{bid}","bidSz":"{size}","open24h":"{price}","high24h":"{ask}","low24h":"{bid}","sodUtc0":"{price}","sodUtc8":"{price}","volCcy24h":"{size}","vol24h":"{size}","ts":"{ms}"}]})"}};

}  // namespace

std::span<const ChannelShape> channel_shapes(std::string_view venue) noexcept {
    if (venue == "binance-spot") return kBinanceSpot;
    if (venue == "binance-usdm") return kBinanceUsdm;
    if (venue == "bitstamp-v2") return kBitstamp;
    if (venue == "bybit-v5") return kBybit;
    if (venue == "coinbase-advanced") return kCoinbaseAdvanced;
    if (venue == "coinbase-exchange") return kCoinbaseExchange;
    if (venue == "deribit-v2") return kDeribit;
    if (venue == "kraken-v2") return kKraken;
    if (venue == "okx-v5") return kOkx;
    return {};
}

}  // namespace pinwheel
