// Recorded sessions of real venues through the profiles: sections 7 and 9 of the feed's rules.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "../../../core/text_file.h"
#include "../../../proto/venue/message_classifier.h"
#include "padded.h"

namespace pinwheel {
namespace {

using test::Padded;

const std::filesystem::path kSessions = std::filesystem::path(PINWHEEL_SOURCE) / "../shared/captures";

struct Session {
    std::string url;
    std::vector<std::string> sent, received;
};

Session load(const std::filesystem::path& path) {
    Session session;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find('\t');
        const std::string payload = line.substr(first + 3);
        if (line[first + 1] == '=') session.url = payload;
        if (line[first + 1] == '>') session.sent.push_back(payload);
        if (line[first + 1] == '<') session.received.push_back(payload);
    }
    return session;
}

/// The session's subscriptions, in the venue's words.
void subscribe(const Session& session, ChannelTable& channels) {
    const auto add = [&](std::string_view name, std::string_view symbol) {
        const auto id = channels.add(name, symbol);
        ASSERT_TRUE(id) << id.error().message();
    };
    if (const auto streams = session.url.find("streams="); streams != std::string::npos) {
        std::string_view rest = std::string_view(session.url).substr(streams + 8);
        while (!rest.empty()) {
            const auto end = std::min(rest.find('/'), rest.size());
            add(rest.substr(0, end), {});
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    simdjson::dom::parser parser;
    for (const auto& text : session.sent) {
        const simdjson::dom::element root = parser.parse(text);
        std::string_view word;
        simdjson::dom::array list;
        if (root.at_pointer("/data/channel").get(word) == simdjson::SUCCESS) add(word, {});
        if (root.at_pointer("/params/channels").get(list) == simdjson::SUCCESS)
            for (const std::string_view channel : list) add(channel, {});
        if (root.at_pointer("/args").get(list) == simdjson::SUCCESS)
            for (const simdjson::dom::element arg : list) {
                if (arg.is_string())
                    add(std::string_view(arg), {});
                else
                    add(std::string_view(arg["channel"]), std::string_view(arg["instId"]));
            }
        if (root.at_pointer("/product_ids").get(list) == simdjson::SUCCESS)
            for (const std::string_view product : list)
                add(std::string_view(root.at_pointer("/channels/0")), product);
        if (root.at_pointer("/pair").get(list) == simdjson::SUCCESS)
            for (const std::string_view pair : list)
                add(std::string_view(root.at_pointer("/subscription/name")), pair);
    }
}

struct Counts {
    std::map<MessageKind, std::size_t> kinds;
    std::size_t without_channel = 0, without_time = 0;
    std::map<SequenceVerdict, std::size_t> verdicts;
};

/// Classifies each frame, and checks the numbers by the rule of their channel.
Counts play(const VenueProfile& profile, const Session& session) {
    ChannelTable channels(profile);
    subscribe(session, channels);
    MessageClassifier classifier(profile, channels);
    std::vector<SequenceRule> rules;
    for (ChannelId id = 0; id < channels.size(); ++id) rules.emplace_back(channels[id].kind->sequence);
    Counts counts;
    for (const auto& text : session.received) {
        const Padded padded(text);
        const ClassifiedMessage message = classifier.classify(padded);
        ++counts.kinds[message.kind];
        EXPECT_NE(message.kind, MessageKind::unmatched) << text.substr(0, 200);
        const auto& ack = profile.data().ack;
        if (message.kind == MessageKind::ack && !ack.number.empty()) {
            const auto& values = classifier.values();
            std::int64_t number = 0;
            EXPECT_TRUE(parse_integer(detail::first_of(values, ack.number), number));
            classifier.bind_number(number, channels.find(detail::first_of(values, ack.channel).text,
                                                         detail::first_of(values, ack.symbol).text));
        }
        if (message.kind != MessageKind::data) continue;
        if (message.channel == kNoChannel) {
            ++counts.without_channel;
            continue;
        }
        const auto step = rules[message.channel].next(message.numbers);
        ++counts.verdicts[step.verdict];
        EXPECT_NE(step.verdict, SequenceVerdict::gap) << text.substr(0, 200);
        EXPECT_NE(step.verdict, SequenceVerdict::duplicate) << text.substr(0, 200);
        if (!channels[message.channel].kind->time.empty() && message.venue_time == 0) ++counts.without_time;
        if (message.venue_time != 0) {
            EXPECT_GT(message.venue_time, 1'600'000'000'000'000'000);
        }
    }
    return counts;
}

class VenueSession : public testing::Test {
  protected:
    void SetUp() override {
        if (std::filesystem::exists(kSessions)) return;
        std::puts("recorded sessions not found, skipped");
        GTEST_SKIP();
    }
    static Counts play_built_in(std::string_view venue, const char* file) {
        const auto profile = load_venue(venue);
        EXPECT_TRUE(profile);
        return play(*profile, load(kSessions / file));
    }
};

TEST_F(VenueSession, BinanceSpot) {
    auto counts = play_built_in("binance-spot", "binance-spot.tsv");
    EXPECT_EQ(counts.kinds[MessageKind::data], 265U);
    EXPECT_EQ(counts.without_channel, 0U);
    EXPECT_EQ(counts.without_time, 0U);
    EXPECT_GE(counts.verdicts[SequenceVerdict::next], 177U - 4U);
}

TEST_F(VenueSession, BinanceUsdM) {
    auto counts = play_built_in("binance-usdm", "binance-futures.tsv");
    EXPECT_EQ(counts.kinds[MessageKind::data], 1535U);
    EXPECT_EQ(counts.without_channel, 0U);
    EXPECT_EQ(counts.without_time, 0U);
    EXPECT_GE(counts.verdicts[SequenceVerdict::next], 764U - 4U);
}

TEST_F(VenueSession, Okx) {
    auto counts = play_built_in("okx-v5", "okx.tsv");
    EXPECT_GE(counts.kinds[MessageKind::ack], 9U);
    EXPECT_EQ(counts.kinds[MessageKind::ack] + counts.kinds[MessageKind::data], 410U);
    EXPECT_EQ(counts.without_channel, 0U);
    EXPECT_EQ(counts.without_time, 0U);
}

TEST_F(VenueSession, CoinbaseExchange) {
    auto counts = play_built_in("coinbase-exchange", "coinbase.tsv");
    EXPECT_EQ(counts.kinds[MessageKind::ack], 3U);
    EXPECT_EQ(counts.kinds[MessageKind::data], 2997U);
    EXPECT_EQ(counts.without_channel, 0U);
}

TEST_F(VenueSession, Deribit) {
    auto counts = play_built_in("deribit-v2", "deribit.tsv");
    EXPECT_EQ(counts.kinds[MessageKind::ack], 1U);
    EXPECT_EQ(counts.kinds[MessageKind::data], 135U);
    EXPECT_EQ(counts.without_channel, 0U);
    EXPECT_EQ(counts.without_time, 0U);
}

TEST_F(VenueSession, Bitstamp) {
    auto counts = play_built_in("bitstamp-v2", "bitstamp.tsv");
    EXPECT_EQ(counts.kinds[MessageKind::ack], 20U);
    EXPECT_EQ(counts.kinds[MessageKind::data], 727U);
    EXPECT_EQ(counts.without_channel, 0U);
    EXPECT_EQ(counts.without_time, 0U);
}

/// Not a built-in venue: arrays with the number that the acknowledgement assigned to the channel.
constexpr std::string_view kKrakenV1 = R"({
  "format": "pinwheel.venue/1", "name": "kraken-v1",
  "endpoints": [{"name": "all", "url": "wss://ws.kraken.com"}],
  "subscribe": {"message": "{\"event\":\"subscribe\",\"pair\":[{args}],\"subscription\":{\"name\":\"{channel}\"{extra}}}",
                "arg": "\"{symbol}\""},
  "ack": {"match": {"all": [{"at": "/event", "equals": "subscriptionStatus"}, {"at": "/status", "equals": "subscribed"}]},
          "channel_at": "/subscription/name", "symbol_at": "/pair", "number_at": "/channelID"},
  "error": {"match": {"at": "/status", "equals": "error"}, "channel_at": "/subscription/name", "symbol_at": "/pair",
            "message_at": "/errorMessage"},
  "heartbeats": [{"match": {"at": "/event", "equals": "heartbeat"}}],
  "info": [{"match": {"at": "/event", "equals": "systemStatus"}}],
  "data": {"match": {"at": "", "is": "array"}, "prefixes": ["["], "number_at": "/0"},
  "channels": [{"name": "book", "extra": ",\"depth\":1000", "sequence": {"rule": "checksum"},
                "snapshot": {"at": "/1/as", "exists": true}}]
})";

TEST_F(VenueSession, AVenueByAFileAloneWithNumberedArrays) {
    const auto profile = parse_venue(kKrakenV1);
    ASSERT_TRUE(profile) << profile.error().message();
    auto counts = play(*profile, load(kSessions / "kraken.tsv"));
    EXPECT_EQ(counts.kinds[MessageKind::ack], 10U);
    EXPECT_EQ(counts.without_channel, 0U);
    EXPECT_EQ(counts.verdicts[SequenceVerdict::new_epoch], 10U);
    EXPECT_GT(counts.kinds[MessageKind::data], 2'900U);
}

/// Not a built-in venue: requests without ids, repeated by their acknowledgement.
constexpr std::string_view kBybitV2 = R"({
  "format": "pinwheel.venue/1", "name": "bybit-v2",
  "endpoints": [{"name": "inverse", "url": "wss://stream.bybit.com/realtime"}],
  "subscribe": {"message": "{\"op\":\"subscribe\",\"args\":[{args}]}", "arg": "\"{channel}\""},
  "ack": {"match": {"at": "/success", "equals": true}, "confirms": "list", "accepted_at": "/request/args"},
  "error": {"match": {"at": "/success", "equals": false}, "refused_at": "/request/args", "message_at": "/ret_msg"},
  "data": {"match": {"at": "/topic", "exists": true}, "prefixes": ["{\"topic\":\""], "channel_at": "/topic"},
  "channels": [{"name": "book", "matches": ["orderBookL2_25.*"], "time_at": "/timestamp_e6", "time_unit": "us",
                "snapshot": {"at": "/type", "equals": "snapshot"},
                "sequence": {"rule": "increasing", "last_at": "/cross_seq"}},
               {"name": "trade", "text": "trade.{symbol}", "time_at": "/data/0/trade_time_ms"}]
})";

TEST_F(VenueSession, AVenueByAFileAloneWithoutIds) {
    const auto profile = parse_venue(kBybitV2);
    ASSERT_TRUE(profile) << profile.error().message();
    auto counts = play(*profile, load(kSessions / "bybit.tsv"));
    EXPECT_EQ(counts.kinds[MessageKind::ack], 4U);
    EXPECT_EQ(counts.kinds[MessageKind::data], 1094U);
    EXPECT_EQ(counts.without_channel, 0U);
    EXPECT_EQ(counts.without_time, 0U);
}

}  // namespace
}  // namespace pinwheel
