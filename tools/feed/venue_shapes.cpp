#include "venue_shapes.h"

#include <algorithm>
#include <array>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using Verb = VerbShape::Kind;

constexpr std::array kOkxVerbs{
    VerbShape{"login", Verb::login, R"({"event":"login","code":"0","msg":"","connId":"a4d3ae55"})"}};
constexpr std::array kBybitVerbs{VerbShape{
    "ping", Verb::ping,
    R"({"success":true,"ret_msg":"pong","conn_id":"0970e817-426e-429a-a679-ff7f55e0b16a","req_id":"{id}","op":"ping"})"}};
constexpr std::array kKrakenVerbs{
    VerbShape{"ping", Verb::ping, R"({"method":"pong","req_id":{id},"time_in":"{iso}","time_out":"{iso}"})"}};
constexpr std::array kBitstampVerbs{VerbShape{
    "bts:heartbeat", Verb::ping, R"({"event":"bts:heartbeat","channel":"","data":{"status":"success"}})"}};
constexpr std::array kDeribitVerbs{
    VerbShape{"public/set_heartbeat", Verb::request, R"({"jsonrpc":"2.0","id":{id},"result":"ok"})"},
    VerbShape{"public/test", Verb::answer, R"({"jsonrpc":"2.0","id":{id},"result":{"version":"1.2.26"}})"}};

constexpr std::string_view kBinanceAck = R"({"result":null,"id":{id}})";
constexpr std::string_view kBinanceError =
    R"({"error":{"code":2,"msg":"Invalid request: unknown stream {channel}"},"id":{id}})";

constexpr std::string_view kCoinbaseAck =
    R"({"channel":"subscriptions","client_id":"","timestamp":"{iso}","sequence_num":{sequence},"events":[{"subscriptions":{list}}]})";

constexpr VenueShapes binance(std::string_view venue, std::string_view notice, Duration pong_deadline) {
    return {.venue = venue,
            .verb_at = "/method",
            .subscribe = "SUBSCRIBE",
            .unsubscribe = "UNSUBSCRIBE",
            .id_at = "/id",
            .list_at = "/params",
            .subscribed = kBinanceAck,
            .unsubscribed = kBinanceAck,
            .refused = kBinanceError,
            .notice = notice,
            .pong_deadline = pong_deadline};
}

constexpr std::string_view kDeribitAck =
    R"({"jsonrpc":"2.0","id":{id},"result":{list},"usIn":{us},"usOut":{us},"usDiff":0,"testnet":false})";

constexpr std::array<VenueShapes, 9> kShapes{{
    binance("binance-spot", R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":{ms}}})", 60s),
    binance("binance-usdm", {}, 600s),
    {.venue = "bitstamp-v2",
     .verb_at = "/event",
     .subscribe = "bts:subscribe",
     .unsubscribe = "bts:unsubscribe",
     .list_at = "/data/channel",
     .verbs = kBitstampVerbs,
     .subscribed = R"({"event":"bts:subscription_succeeded","channel":"{channel}","data":{}})",
     .unsubscribed = R"({"event":"bts:unsubscription_succeeded","channel":"{channel}","data":{}})",
     .refused =
         R"({"event":"bts:error","channel":"","data":{"code":null,"message":"Invalid channel provided."}})",
     .notice = R"({"event":"bts:request_reconnect","channel":"","data":""})"},
    {.venue = "bybit-v5",
     .verb_at = "/op",
     .id_at = "/req_id",
     .list_at = "/args",
     .verbs = kBybitVerbs,
     .subscribed =
         R"({"success":true,"ret_msg":"subscribe","conn_id":"0970e817-426e-429a-a679-ff7f55e0b16a","req_id":"{id}","op":"subscribe"})",
     .unsubscribed =
         R"({"success":true,"ret_msg":"","conn_id":"0970e817-426e-429a-a679-ff7f55e0b16a","req_id":"{id}","op":"unsubscribe"})",
     .refused =
         R"({"success":false,"ret_msg":"Invalid topic: {channel}","conn_id":"0970e817-426e-429a-a679-ff7f55e0b16a","req_id":"{id}","op":"subscribe"})",
     .refused_connect = 403,
     .ban = 10min,
     .idle = 10min},
    {.venue = "coinbase-advanced",
     .verb_at = "/type",
     .list_at = "/product_ids",
     .channel_at = "/channel",
     .subscribed = kCoinbaseAck,
     .unsubscribed = kCoinbaseAck,
     .refused = R"({"type":"error","message":"failure to subscribe to {channel} {symbol}"})",
     .list = ListForm::by_channel,
     .heartbeat =
         R"({"channel":"heartbeats","client_id":"","timestamp":"{iso}","sequence_num":{sequence},"events":[{"current_time":"{iso}","heartbeat_counter":{count}}]})",
     .heartbeat_channel = "heartbeats",
     .idle = 90s},
    {.venue = "coinbase-exchange",
     .verb_at = "/type",
     .list_at = "/product_ids",
     .channel_at = "/channels/0",
     .subscribed = R"({"type":"subscriptions","channels":{list}})",
     .unsubscribed = R"({"type":"subscriptions","channels":{list}})",
     .refused =
         R"({"type":"error","message":"Failed to subscribe","reason":"{symbol} is not a valid product"})",
     .list = ListForm::named_products,
     .heartbeat =
         R"({"type":"heartbeat","last_trade_id":0,"product_id":"{symbol}","sequence":{count},"time":"{iso}"})",
     .heartbeat_channel = "heartbeat"},
    {.venue = "deribit-v2",
     .verb_at = "/method",
     .subscribe = "public/subscribe",
     .unsubscribe = "public/unsubscribe",
     .id_at = "/id",
     .list_at = "/params/channels",
     .verbs = kDeribitVerbs,
     .subscribed = kDeribitAck,
     .unsubscribed = kDeribitAck,
     .too_fast = R"({"jsonrpc":"2.0","id":{id},"error":{"message":"too_many_requests","code":10028}})",
     .heartbeat = R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}})",
     .heartbeat_channel = "none",
     .question = R"({"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}})",
     .question_verb = "public/set_heartbeat",
     .notice =
         R"({"jsonrpc":"2.0","method":"subscription","params":{"channel":"platform_state","data":{"maintenance":true}}})",
     .notice_channel = "platform_state",
     .over_rate = OverRate::error_then_drop,
     .max_connections = 32,
     .answer_deadline = 10s,
     .question_interval = 30s},
    {.venue = "kraken-v2",
     .verb_at = "/method",
     .id_at = "/req_id",
     .list_at = "/params/symbol",
     .channel_at = "/params/channel",
     .verbs = kKrakenVerbs,
     .subscribed =
         R"({"method":"subscribe","req_id":{id},"result":{"channel":"{channel}","snapshot":true,"symbol":"{symbol}"},"success":true,"time_in":"{iso}","time_out":"{iso}"})",
     .unsubscribed =
         R"({"method":"unsubscribe","req_id":{id},"result":{"channel":"{channel}","symbol":"{symbol}"},"success":true,"time_in":"{iso}","time_out":"{iso}"})",
     .refused =
         R"({"error":"Currency pair not supported {symbol}","method":"subscribe","req_id":{id},"success":false,"symbol":"{symbol}","time_in":"{iso}","time_out":"{iso}"})",
     .greeting =
         R"({"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":18089174902842132000}]})",
     .heartbeat = R"({"channel":"heartbeat"})",
     .notice =
         R"({"channel":"status","type":"update","data":[{"version":"2.0.10","system":"maintenance","api_version":"v2","connection_id":18089174902842132000}]})",
     .ban = 10min,
     .idle = 60s,
     .idle_counts_data = false},
    {.venue = "okx-v5",
     .verb_at = "/op",
     .id_at = "/id",
     .list_at = "/args",
     .item_channel_at = "/channel",
     .item_symbol_at = "/instId",
     .verbs = kOkxVerbs,
     .ping_text = "ping",
     .pong_text = "pong",
     .subscribed =
         R"({"id":"{id}","event":"subscribe","arg":{"channel":"{channel}","instId":"{symbol}"},"connId":"a4d3ae55"})",
     .unsubscribed =
         R"({"id":"{id}","event":"unsubscribe","arg":{"channel":"{channel}","instId":"{symbol}"},"connId":"a4d3ae55"})",
     .refused =
         R"({"id":"{id}","event":"error","code":"60018","msg":"Wrong URL or channel:{channel}, instId:{symbol} doesn't exist. Please use the correct URL, channel and parameters referring to API document.","connId":"a4d3ae55"})",
     .notice =
         R"({"event":"notice","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","code":"64008","connId":"a4d3ae55"})",
     .idle = 30s},
}};

}  // namespace

const VenueShapes* find_shapes(std::string_view venue) noexcept {
    const auto found = std::find_if(kShapes.begin(), kShapes.end(),
                                    [venue](const VenueShapes& shapes) { return shapes.venue == venue; });
    return found == kShapes.end() ? nullptr : &*found;
}

const ChannelShape* find_channel_shape(const VenueShapes& shapes, std::string_view kind) noexcept {
    const auto all = shapes.channels.empty() ? channel_shapes(shapes.venue) : shapes.channels;
    const auto found = std::find_if(all.begin(), all.end(),
                                    [kind](const ChannelShape& shape) { return shape.kind == kind; });
    return found == all.end() ? nullptr : &*found;
}

std::string fill_shape(std::string_view shape, const ShapeValues& values) {
    std::string out;
    out.reserve(shape.size() + 64);
    while (!shape.empty()) {
        const auto brace = std::min(shape.find('{'), shape.size());
        out += shape.substr(0, brace);
        shape.remove_prefix(brace);
        if (shape.empty()) break;
        const auto end = shape.find_first_not_of("abcdefghijklmnopqrstuvwxyz", 1);
        const auto name = end != std::string_view::npos && shape[end] == '}' ? shape.substr(1, end - 1)
                                                                             : std::string_view();
        const auto found = std::find_if(values.begin(), values.end(), [name](const auto& value) {
            return !name.empty() && value.first == name;
        });
        const bool is_known = found != values.end();
        out += is_known ? std::string_view(found->second) : shape.substr(0, 1);
        shape.remove_prefix(is_known ? name.size() + 2 : 1);
    }
    return out;
}

}  // namespace pinwheel
