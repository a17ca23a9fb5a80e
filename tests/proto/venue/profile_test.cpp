// Profiles: section 1 of the feed's rules, and the errors of refused ones.
#include "../../../proto/venue/profile.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <regex>
#include <string>
#include <tuple>
#include <vector>

#include "../../../core/bounded_text_impl.h"
#include "../../../proto/venue/built_in_profiles.h"
#include "../../../proto/venue/channel_table.h"
#include "../../../proto/venue/message_template.h"
#include "../../support/temp_dir.h"

namespace pinwheel {
namespace {

constexpr std::string_view kGood = R"({
  "format": "pinwheel.venue/1",
  "name": "test",
  "sources": {"docs": "a page"},
  "endpoints": [{"name": "all", "url": "wss://venue.example/ws", "source": "docs"}],
  "ids": "integer",
  "subscribe": {"message": "{\"id\":{id},\"sub\":[{args}]}", "arg": "\"{channel}\"", "source": "docs"},
  "ack": {"match": {"at": "/ok", "equals": true}, "confirms": "request", "id_at": "/id"},
  "error": {"match": {"at": "/ok", "equals": false}, "id_at": "/id"},
  "message_limits": [{"count": 5, "window_ms": 1000}],
  "answers": [{"match": {"at": "/ping", "exists": true}, "reply": "{\"pong\":{value}}", "value_at": "/ping"}],
  "data": {"match": {"at": "/ch", "exists": true}, "channel_at": "/ch"},
  "channels": [{"name": "trades", "text": "trades.{symbol}",
                "sequence": {"rule": "contiguous", "last_at": "/n"}}]
})";

std::string with(std::string_view from, std::string_view to) {
    std::string text(kGood);
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

struct Bad {
    std::string_view from, to, pointer, expected;
};

// N8
TEST(Section1Profile, N8AnErrorIsOfBoundedSize) {
    const std::string large(100'000, 'x');
    for (const std::string& text :
         {with(R"("message_limits")", "\"" + large + "\""), with(R"("integer")", "\"" + large + "\""),
          with("{id}", "{" + large + "}"), with(R"("source": "docs"})", "\"source\": \"" + large + "\"}"),
          with("wss://venue.example/ws", large), with("\"/n\"", "\"" + large + "\"")}) {
        const auto profile = parse_venue(text, "file.json");
        ASSERT_FALSE(profile);
        EXPECT_LE(profile.error().detail.size(), detail::kMaxErrorText);
        EXPECT_TRUE(profile.error().detail.starts_with("file.json: "));
    }
}

TEST(Section1Profile, ABadOneNamesFilePointerAndWhatWasExpected) {
    ASSERT_TRUE(parse_venue(kGood)) << parse_venue(kGood).error().message();
    const Bad table[] = {
        {R"("message_limits")", R"("message_limit")", "/message_limit",
         "unknown key; did you mean 'message_limits'?"},
        {R"("confirms")", R"("confirm")", "/ack/confirm", "did you mean 'confirms'?"},
        {R"("at": "/ok", "equals": true)", R"("at": "ok", "equals": true)", "/ack/match/at",
         "expected a JSON pointer"},
        {R"("channel_at": "/ch")", R"("channel_at": "/a~2")", "/data/channel_at", "expected '~0' or '~1'"},
        {R"("channel_at": "/ch")", R"("channel_at": "/{i}")", "/data/channel_at", "expected '{last}'"},
        {R"("channel_at": "/ch")", R"("channel_at": 7)", "/data/channel_at",
         "expected a JSON pointer or an array"},
        {R"(, "channel_at": "/ch")", "", "/data/channel_at", "expected a JSON pointer, or one at number_at"},
        {"[{args}]", "[{arg}]", "/subscribe/message", "unknown placeholder {arg}; did you mean 'args'?"},
        {R"("\"{channel}\"")", R"("\"{chanel}\"")", "/subscribe/arg", "unknown placeholder {chanel}"},
        {R"("\"{channel}\"")", R"("\"{channel}")", "/subscribe/message", "expected JSON once it is filled"},
        {R"({\"pong\":{value}})", R"({\"pong\":{args}})", "/answers/0/reply", "unknown placeholder {args}"},
        {R"("count": 5)", R"("count": 0)", "/message_limits/0/count", "expected a whole number from 1"},
        {R"("window_ms": 1000)", R"("window_ms": 0)", "/message_limits/0/window_ms",
         "expected a whole number from 1"},
        {R"("window_ms": 1000)", R"("window_ms": 1.5)", "/message_limits/0/window_ms", "found a number"},
        {R"("count": 5, )", "", "/message_limits/0/count", "expected a value, found none"},
        {R"("rule": "contiguous")", R"("rule": "contigous")", "/channels/0/sequence/rule",
         "expected one of 'none', 'contiguous'"},
        {R"(, "last_at": "/n")", "", "/channels/0/sequence/last_at", "expected a value, found none"},
        {R"("equals": true)", R"("equal": true)", "/ack/match", "expected one of 'equals', 'exists'"},
        {R"({"at": "/ok", "equals": true})", R"({"all": []})", "/ack/match/all",
         "expected at least one matcher"},
        {R"({"at": "/ok", "equals": true})", R"({"any": [{"at": "/x", "is": "text"}]})",
         "/ack/match/any/0/is", "expected one of 'null'"},
        {R"("url": "wss://venue.example/ws")", R"("url": "http://x")", "/endpoints/0/url",
         "expected a WebSocket URL"},
        {R"("source": "docs"}],)", R"("source": "dogs"}],)", "/endpoints/0/source",
         "expected a name that stands in /sources"},
        {R"("ids": "integer")", R"("ids": "none")", "/subscribe/message", "expected no {id}"},
        {R"("name": "test",)", R"("name": "",)", "/name", "expected a string that is not empty"},
        {R"("name": "test",)", "", "/name", "expected a value, found none"},
        {"pinwheel.venue/1", "pinwheel.venue/2", "/format", "expected 'pinwheel.venue/1'"},
        {R"("rule": "contiguous")", R"("rule": "connection")", "/channels/0/sequence/rule",
         "expected /connection_sequence"},
    };
    for (const auto& row : table) {
        const auto profile = parse_venue(with(row.from, row.to), "my.json");
        ASSERT_FALSE(profile) << row.to;
        const std::string message = profile.error().message();
        EXPECT_TRUE(message.starts_with("my.json: " + std::string(row.pointer))) << message;
        EXPECT_NE(message.find(row.expected), std::string::npos) << message;
    }
}

/// Each place of the built-in profiles where `pattern` stands, with the text in its stead.
std::vector<std::string> each_replaced(const std::string& json, const std::regex& pattern,
                                       const std::string& text) {
    std::vector<std::string> all;
    for (auto at = std::sregex_iterator(json.begin(), json.end(), pattern); at != std::sregex_iterator();
         ++at)
        all.push_back(json.substr(0, static_cast<std::size_t>(at->position())) + at->format(text) +
                      json.substr(static_cast<std::size_t>(at->position() + at->length())));
    return all;
}

TEST(Section1Profile, AnUnknownKeyIsNamedWhereverItStands) {
    const std::regex object("\\{(?=\\s*\"[a-z])");  // in the texts of messages a backslash follows
    std::size_t places = 0;
    for (const auto& [name, json] : detail::built_in_profiles()) {
        for (const auto& text : each_replaced(std::string(json), object, "{\"zzz\": 1, ")) {
            const auto profile = parse_venue(text, "my.json");
            ASSERT_FALSE(profile) << name << "\n" << text;
            const std::string message = profile.error().message();
            EXPECT_TRUE(message.starts_with("my.json: /")) << message;
            EXPECT_NE(message.find("/zzz: "), std::string::npos) << message;
            ++places;
        }
    }
    EXPECT_GT(places, 300U);
}

TEST(Section1Profile, ACountOrATimeOfZeroIsNamedWhereverItStands) {
    const std::regex number("\"(\\w+_ms|count|max_\\w+)\": *[0-9]+");
    std::size_t places = 0;
    for (const auto& [name, json] : detail::built_in_profiles())
        for (const char* const wrong : {"0", "-1", "1.5", "\"7\"", "1e300", "null"}) {
            for (const auto& text :
                 each_replaced(std::string(json), number, "\"$1\": " + std::string(wrong))) {
                const auto profile = parse_venue(text, "my.json");
                ASSERT_FALSE(profile) << name << "\n" << text;
                const std::string message = profile.error().message();
                EXPECT_TRUE(message.starts_with("my.json: /")) << message;
                EXPECT_NE(message.find("expected a whole number"), std::string::npos) << message;
                ++places;
            }
        }
    EXPECT_GT(places, 200U);
}

TEST(Section1Profile, WhatIsNoJsonNamesTheLine) {
    const auto profile = parse_venue("{\"format\":\n oops}", "my.json");
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().message(), "my.json: not valid JSON: line 2, column 2: expected a value");
}

TEST(Section1Profile, AFileNeedsNoRecompilation) {
    const test::TempDir folder;
    const std::string path = folder.write("venue.json", kGood);
    const auto profile = load_venue_file(path);
    ASSERT_TRUE(profile);
    EXPECT_EQ(profile->name(), "test");
    EXPECT_EQ(profile->endpoints().front().url, "wss://venue.example/ws");
    EXPECT_FALSE(load_venue_file(path + ".absent"));
    std::ignore = folder.write("venue.json", "[]");
    EXPECT_NE(load_venue_file(path).error().message().find(path), std::string::npos);
}

TEST(Section1Profile, TheNineAreBuiltIn) {
    const auto names = venue_names();
    EXPECT_EQ(names, (std::vector<std::string_view>{"binance-spot", "binance-usdm", "bitstamp-v2", "bybit-v5",
                                                    "coinbase-advanced", "coinbase-exchange", "deribit-v2",
                                                    "kraken-v2", "okx-v5"}));
    for (const auto name : names) {
        const auto profile = load_venue(name);
        ASSERT_TRUE(profile) << profile.error().message();
        EXPECT_EQ(profile->name(), name);
        EXPECT_FALSE(profile->channel_names().empty());
    }
    EXPECT_EQ(load_venue("okx").error().message().substr(0, 19), "unknown venue 'okx'");
}

TEST(Section1Profile, EachFactOfTheNineNamesItsSource) {
    using simdjson::dom::element;
    for (const auto& [name, json] : detail::built_in_profiles()) {
        simdjson::dom::parser parser;
        const simdjson::padded_string text(json);
        const element root = parser.parse(text);
        const auto check = [&, venue = name](const element fact, const std::string& where) {
            EXPECT_EQ(fact.at_key("source").error(), simdjson::SUCCESS) << venue << " " << where;
        };
        const auto check_each = [&](const element list, const std::string& where) {
            for (const element fact : list.get_array()) check(fact, where);
        };
        for (const char* key : {"endpoints", "setup", "message_limits", "connect_limits", "answers",
                                "heartbeats", "info", "notices"})
            if (element list; root.at_key(key).get(list) == simdjson::SUCCESS) check_each(list, key);
        for (const char* key : {"subscribe", "unsubscribe", "batch", "ack", "error", "login", "silence_limit",
                                "first_subscribe", "lifetime", "data", "connection_sequence"})
            if (element fact; root.at_key(key).get(fact) == simdjson::SUCCESS) check(fact, key);
        if (element keepalive; root.at_key("keepalive").get(keepalive) == simdjson::SUCCESS) {
            element ping;
            check(keepalive.at_key("ping").get(ping) == simdjson::SUCCESS ? ping : keepalive, "keepalive");
        }
        for (const element channel : root.at_key("channels").get_array())
            if (element rule; channel.at_key("sequence").get(rule) == simdjson::SUCCESS)
                check(rule, "sequence");
    }
}

TEST(Section1Channel, ANameWithASymbolOrTheVenuesOwnText) {
    const auto binance = load_venue("binance-spot");
    ChannelTable channels(*binance);
    const auto trade = channels.add("trade", "BTCUSDT");
    ASSERT_TRUE(trade);
    EXPECT_EQ(channels[*trade].text, "btcusdt@trade");
    EXPECT_EQ(*channels.add("btcusdt@trade"), *trade) << "the same channel, the same id";
    EXPECT_EQ(channels[*channels.add("btcusdt@kline_5m")].kind->name, "kline_1m");
    EXPECT_EQ(channels[*channels.add("!ticker@arr")].kind->name, "") << "unknown, subscribed as it is";
    EXPECT_FALSE(channels.add("trad", "btcusdt"));
    EXPECT_FALSE(channels.add(""));
    const auto okx = load_venue("okx-v5");
    ChannelTable pairs(*okx);
    const auto books = pairs.add("books", "BTC-USDT");
    EXPECT_EQ(pairs.find("books", "BTC-USDT"), *books);
    EXPECT_EQ(pairs.find("books", "ETH-USDT"), kNoChannel);
}

TEST(Section1Channel, NamesAreEscapedAndStandWhereTheTemplateSays) {
    const auto text = MessageTemplate::parse(R"({"a":"{channel}","b":{},"c":{id}})", {"channel", "id"});
    ASSERT_TRUE(text);
    std::string out;
    text->render({.id = 7, .channel = "x\"}{id}\\\n"}, out);
    EXPECT_EQ(out, R"({"a":"x\"}{id}\\\n","b":{},"c":7})");
}

}  // namespace
}  // namespace pinwheel
