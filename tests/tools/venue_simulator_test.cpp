// The simulated venues alone: their answers, and their reaction to a client that breaks a limit. Section 10
// of the feed's rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../../core/record.h"
#include "../../proto/venue/message_classifier.h"
#include "../../proto/venue/request_builder.h"
#include "../../tools/feed/venue_connection.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using Kind = VenueAction::Kind;

constexpr TimePoint kStart{1h};

class Venue {
  public:
    explicit Venue(const char* name, SimulationOptions options = {.rate = 0})
        : profile(*load_venue(name)), simulator(profile, options) {}

    void open() {
        EXPECT_EQ(simulator.admit(now), 101);
        connection = simulator.open(now);
    }
    void pass(Duration time) {
        for (const TimePoint end = now + time; now < end;) {
            now = std::min(end, std::max(simulator.deadline(), now + 1ms));
            simulator.on_time(now);
            collect();
        }
    }
    void send(const std::string& text) {
        connection->on_text(text, now);
        collect();
    }
    void collect() {
        for (auto& action : connection->take(now)) actions.push_back(std::move(action));
    }
    [[nodiscard]] std::string last() const { return actions.empty() ? std::string() : actions.back().text; }
    [[nodiscard]] std::string only_violation() const {
        EXPECT_EQ(simulator.violations().size(), 1U);
        return simulator.violations().empty() ? std::string() : simulator.violations().front().what;
    }
    void expect_closed(int code, const std::string& reason) const {
        ASSERT_FALSE(actions.empty());
        EXPECT_EQ(actions.back().kind, Kind::close);
        EXPECT_EQ(actions.back().code, code);
        EXPECT_EQ(actions.back().text, reason);
    }
    void expect_dropped() const {
        ASSERT_FALSE(actions.empty());
        EXPECT_EQ(actions.back().kind, Kind::drop);
    }

    const VenueProfile profile;
    TimePoint now = kStart;
    VenueSimulator simulator;
    std::unique_ptr<VenueConnection> connection;
    std::vector<VenueAction> actions;
};

/// The profile's classification of each message of the venue.
class Reader {
  public:
    explicit Reader(const VenueProfile& profile) : channels(profile), classifier(profile, channels) {}

    ChannelId add(std::string_view name, std::string_view symbol) {
        const ChannelId id = *channels.add(name, symbol);
        if (id == rules.size()) rules.emplace_back(channels[id].kind->sequence);
        return id;
    }
    MessageKind read(const std::string& message) {
        text.assign(message);
        text.append(kPayloadPadding, '\0');
        const auto what = classifier.classify(std::string_view(text).substr(0, message.size()));
        EXPECT_NE(what.kind, MessageKind::unmatched) << message;
        if (what.kind != MessageKind::data) return what.kind;
        EXPECT_NE(what.channel, kNoChannel) << message;
        if (what.channel == kNoChannel) return what.kind;
        const auto verdict = rules[what.channel].next(what.numbers).verdict;
        EXPECT_NE(verdict, SequenceVerdict::gap) << message;
        EXPECT_NE(verdict, SequenceVerdict::duplicate) << message;
        if (!channels[what.channel].kind->time.empty() && message.find("\"snapshot\"") == std::string::npos) {
            EXPECT_GT(what.venue_time, 0) << message;
        }
        return what.kind;
    }

    ChannelTable channels;
    MessageClassifier classifier;
    std::vector<SequenceRule> rules;
    std::string text;
};

TEST(VenueSimulator, SpeaksAsTheProfileReads) {
    for (const auto name : venue_names()) {
        SCOPED_TRACE(name);
        Venue venue(std::string(name).c_str(), {.rate = 50, .unix_offset = 1'790'000'000s});
        venue.open();
        Reader reader(venue.profile);
        std::size_t kinds = 0;
        for (const auto& shape : channel_shapes(name)) {
            if (shape.update.empty()) continue;
            const auto& others = reader.channels;
            // Two kinds with the same data names are indistinguishable on one connection.
            if (shape.kind == "level2" && name == "coinbase-exchange") continue;
            const ChannelId id = reader.add(shape.kind, "BTC-USD");
            ++kinds;
            RequestBuilder builder(venue.profile, others);
            builder.begin(false, kinds, 0);
            ASSERT_EQ(builder.add(id), RequestBuilder::Fit::taken);
            venue.send(builder.finish());
            venue.pass(2s);
        }
        std::size_t acks = 0;
        std::size_t data = 0;
        for (const auto& action : venue.actions) {
            ASSERT_NE(action.kind, Kind::close) << action.text;
            ASSERT_NE(action.kind, Kind::drop);
            if (action.kind != Kind::text) continue;
            const MessageKind kind = reader.read(action.text);
            EXPECT_NE(kind, MessageKind::error) << action.text;
            acks += kind == MessageKind::ack ? 1 : 0;
            data += kind == MessageKind::data ? 1 : 0;
        }
        EXPECT_EQ(acks, kinds);
        EXPECT_GT(data, 50 * kinds);
        EXPECT_TRUE(venue.simulator.violations().empty()) << venue.only_violation();
    }
}

TEST(VenueSimulator, RefusesAChannelThatItDoesNotHave) {
    for (const auto& [name, request] :
         {std::pair{"okx-v5", R"({"id":"7","op":"subscribe","args":[{"channel":"no","instId":"A"}]})"},
          std::pair{"binance-spot", R"({"method":"SUBSCRIBE","params":["a@no"],"id":7})"},
          std::pair{"bybit-v5", R"({"req_id":"7","op":"subscribe","args":["no.A"]})"},
          std::pair{"kraken-v2",
                    R"({"method":"subscribe","params":{"channel":"no","symbol":["A"]},"req_id":7})"},
          std::pair{"coinbase-exchange", R"({"type":"subscribe","product_ids":["A"],"channels":["no"]})"},
          std::pair{"coinbase-advanced", R"({"type":"subscribe","product_ids":["A"],"channel":"no"})"},
          std::pair{"bitstamp-v2", R"({"event":"bts:subscribe","data":{"channel":"no_a"}})"}}) {
        SCOPED_TRACE(name);
        Venue venue(name);
        venue.open();
        venue.send(request);
        EXPECT_EQ(Reader(venue.profile).read(venue.last()), MessageKind::error) << venue.last();
        EXPECT_EQ(venue.simulator.counts().refused_channels, 1U);
        EXPECT_TRUE(venue.simulator.violations().empty());
    }
    Venue deribit("deribit-v2");
    deribit.open();
    deribit.send(
        R"({"jsonrpc":"2.0","id":7,"method":"public/subscribe","params":{"channels":["no","quote.A"]}})");
    EXPECT_NE(deribit.last().find(R"("id":7,"result":["quote.A"],)"), std::string::npos) << deribit.last();
}

TEST(VenueSimulator, CutsWhoSendsTooFast) {
    const std::string request = R"({"method":"SUBSCRIBE","params":["a@trade"],"id":1})";
    Venue binance("binance-spot");
    binance.open();
    for (int i = 0; i < 4; ++i) binance.send(request);
    binance.connection->on_pong(binance.now);  // counts as well
    binance.pass(999ms);
    EXPECT_TRUE(binance.simulator.violations().empty());
    binance.send(request);
    EXPECT_EQ(binance.only_violation(), "more than 5 messages in 1000 ms");
    binance.expect_closed(1008, "Too many requests");
    const std::size_t said = binance.actions.size();
    binance.send(request);
    binance.pass(1min);
    EXPECT_EQ(binance.actions.size(), said);

    Venue slow("binance-spot");
    slow.open();
    for (int i = 0; i < 20; ++i) {
        slow.send(request);
        slow.pass(200ms);
    }
    EXPECT_TRUE(slow.simulator.violations().empty());

    Venue deribit("deribit-v2");
    deribit.open();
    for (int i = 0; i < 11; ++i)
        deribit.send(
            R"({"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":["quote.A"]}})");
    EXPECT_EQ(deribit.only_violation(), "more than 10 messages in 3000 ms");
    deribit.expect_dropped();
    EXPECT_NE(deribit.actions[deribit.actions.size() - 2].text.find("10028"), std::string::npos);
}

TEST(VenueSimulator, CountsMessagesOfAnAddressOverItsConnections) {
    Venue venue("coinbase-advanced");
    const std::string request = R"({"type":"subscribe","product_ids":["A"],"channel":"ticker"})";
    std::vector<std::unique_ptr<VenueConnection>> connections;
    for (int i = 0; i < 3; ++i) connections.push_back(venue.simulator.open(venue.now));
    for (std::size_t i = 0; i < 8; ++i) connections[i % 3]->on_text(request, venue.now);
    EXPECT_TRUE(venue.simulator.violations().empty());
    connections[0]->on_text(request, venue.now);
    EXPECT_EQ(venue.only_violation(), "more than 8 messages in 1000 ms");
}

TEST(VenueSimulator, RefusesWhoConnectsTooOften) {
    Venue okx("okx-v5");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(okx.simulator.admit(okx.now), 101);
    EXPECT_EQ(okx.simulator.admit(okx.now + 999ms), 429);
    EXPECT_EQ(okx.only_violation(), "more than 3 connects in 1000 ms");
    EXPECT_EQ(okx.simulator.admit(okx.now + 2s), 101);

    Venue kraken("kraken-v2");
    for (int i = 0; i < 150; ++i) EXPECT_EQ(kraken.simulator.admit(kraken.now), 101);
    EXPECT_EQ(kraken.simulator.admit(kraken.now), 429);
    EXPECT_EQ(kraken.simulator.admit(kraken.now + 599s), 429) << "banned for ten minutes";
    EXPECT_EQ(kraken.simulator.admit(kraken.now + 601s), 101);
    EXPECT_EQ(kraken.only_violation(), "more than 150 connects in 600000 ms");

    Venue deribit("deribit-v2");
    std::vector<std::unique_ptr<VenueConnection>> connections;
    for (int i = 0; i < 32; ++i) connections.push_back(deribit.simulator.open(deribit.now));
    EXPECT_EQ(deribit.simulator.admit(deribit.now), 429);
    connections.pop_back();
    EXPECT_EQ(deribit.simulator.admit(deribit.now), 101);
}

TEST(VenueSimulator, LimitsAMessageAndAConnection) {
    Venue bitstamp("bitstamp-v2");
    bitstamp.open();
    bitstamp.send(R"({"event":"bts:subscribe","data":{"channel":"live_trades_)" + std::string(500, 'a') +
                  "\"}}");
    EXPECT_NE(bitstamp.only_violation().find("bytes, the limit is 512"), std::string::npos);
    bitstamp.expect_closed(1009, "read limited at 513 bytes");

    Venue many("bitstamp-v2");
    many.open();
    for (int i = 0; i < 1025; ++i)
        many.send(R"({"event":"bts:subscribe","data":{"channel":"live_trades_)" + std::to_string(i) + "\"}}");
    EXPECT_EQ(many.only_violation(), "1025 channels, the limit is 1024");
    many.expect_dropped();

    Venue bybit("bybit-v5");
    bybit.open();
    std::string args;
    for (int i = 0; i < 11; ++i) args += (i == 0 ? "\"tickers." : ",\"tickers.") + std::to_string(i) + "\"";
    bybit.send(R"({"req_id":"1","op":"subscribe","args":[)" + args + "]}");
    EXPECT_EQ(bybit.only_violation(), "11 channels in a message, the limit is 10");
    EXPECT_NE(bybit.last().find("\"success\":false"), std::string::npos);
    bybit.send(R"({"req_id":"2","op":"subscribe","args":["tickers.)" + std::string(21'000, 'a') + "\"]}");
    bybit.expect_dropped();

    Venue strange("kraken-v2");
    strange.open();
    strange.send("hello");
    EXPECT_EQ(strange.only_violation(), "a message that is not a request");
}

TEST(VenueSimulator, CutsWhoIsSilent) {
    Venue okx("okx-v5");
    okx.open();
    okx.send("ping");
    EXPECT_EQ(okx.last(), "pong");
    okx.pass(29s);
    EXPECT_TRUE(okx.simulator.violations().empty());
    okx.pass(2s);
    EXPECT_EQ(okx.only_violation(), "no subscription within 30 s");
    okx.expect_dropped();

    Venue idle("okx-v5");
    idle.open();
    idle.send(R"({"id":"1","op":"subscribe","args":[{"channel":"tickers","instId":"A"}]})");
    for (int i = 0; i < 5; ++i) {
        idle.pass(29s);
        idle.send("ping");
    }
    EXPECT_TRUE(idle.simulator.violations().empty());
    idle.pass(31s);
    EXPECT_EQ(idle.only_violation(), "idle for 30 s");

    Venue binance("binance-spot");
    binance.open();
    binance.pass(20s);
    ASSERT_EQ(binance.actions.size(), 1U);
    EXPECT_EQ(binance.actions.front().kind, Kind::ping);
    binance.connection->on_pong(binance.now);
    binance.pass(79s);
    EXPECT_TRUE(binance.simulator.violations().empty());
    binance.pass(2s);
    EXPECT_EQ(binance.only_violation(), "no pong within 60 s");

    Venue deribit("deribit-v2");
    deribit.open();
    deribit.send(R"({"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":30}})");
    EXPECT_EQ(deribit.last(), R"({"jsonrpc":"2.0","id":1,"result":"ok"})");
    deribit.send(R"({"jsonrpc":"2.0","id":2,"method":"public/subscribe","params":{"channels":["quote.A"]}})");
    deribit.pass(30s);
    EXPECT_NE(deribit.last().find("test_request"), std::string::npos);
    deribit.send(R"({"jsonrpc":"2.0","id":3,"method":"public/test","params":{}})");
    deribit.pass(30s);
    EXPECT_TRUE(deribit.simulator.violations().empty());
    deribit.pass(11s);
    EXPECT_EQ(deribit.only_violation(), "no answer within 10 s");
    deribit.expect_closed(4000, "heartbeat close");
}

TEST(VenueSimulator, CutsWhoStaysTooLong) {
    Venue venue("binance-usdm");
    venue.open();
    for (int i = 0; i < 24 * 60 - 1; ++i) {
        venue.connection->on_pong(venue.now);
        venue.pass(1min);
    }
    EXPECT_TRUE(venue.simulator.violations().empty());
    venue.pass(2min);
    EXPECT_EQ(venue.only_violation(), "a connection older than 86400 s");
}

/// The legs of a venue: whoever subscribes where and when, the same number has the same content.
TEST(VenueSimulator, SimulatorsByTheClockSendTheSame) {
    for (const auto name : {"okx-v5", "binance-spot", "bitstamp-v2"}) {
        SCOPED_TRACE(name);
        const std::string request =
            name == std::string("okx-v5")
                ? R"({"id":"1","op":"subscribe","args":[{"channel":"books","instId":"A"}]})"
            : name == std::string("binance-spot")
                ? R"({"method":"SUBSCRIBE","params":["a@depth"],"id":1})"
                : R"({"event":"bts:subscribe","data":{"channel":"order_book_a"}})";
        std::vector<std::string> texts[2];
        for (int i = 0; i < 2; ++i) {
            Venue venue(name, {.rate = 100, .by_clock = true, .unix_offset = 1'790'000'000s});
            venue.now += i * 337ms;
            venue.open();
            venue.send(request);
            venue.pass(2s);
            for (const auto& action : venue.actions)
                if (action.kind == Kind::text && action.text.find("snapshot") == std::string::npos)
                    texts[i].push_back(action.text);
        }
        ASSERT_GT(texts[0].size(), 190U);
        const auto from = std::find(texts[0].begin(), texts[0].end(), texts[1][1]);  // behind the answer
        ASSERT_NE(from, texts[0].end()) << texts[1][1];
        EXPECT_GT(texts[0].end() - from, 150);
        EXPECT_TRUE(std::equal(from, texts[0].end(), texts[1].begin() + 1));
    }
}

/// A snapshot is what the changes before it have made of the book.
TEST(VenueSimulator, ABookFollowsFromItsChanges) {
    const VenueBook book(7);
    const std::string_view level = R"(["{price}","{size}"])";
    std::map<std::string, std::string> sides[2];
    for (std::int64_t tick = -100; tick <= 100; ++tick)
        for (const bool bids : {false, true}) {
            const std::string change = book.change(tick, bids, level);
            if (change.empty()) continue;
            const std::string price = change.substr(0, change.find(','));
            sides[bids].erase(price);
            if (change.find("\"0.0\"") == std::string::npos) sides[bids][price] = change;
            std::string whole;
            if (bids)
                for (auto it = sides[1].rbegin(); it != sides[1].rend(); ++it)
                    whole += (whole.empty() ? "" : ",") + it->second;
            else
                for (const auto& [at, text] : sides[0]) whole += (whole.empty() ? "" : ",") + text;
            if (tick > -50) {
                EXPECT_EQ(book.side(tick, bids, level), whole);
            }
        }
}

TEST(VenueSimulator, MakesTheSameTroubleForTheSameSeed) {
    const auto play = [](std::uint64_t seed) {
        Venue venue("okx-v5", {.rate = 10, .seed = seed, .faults = true, .trouble_interval = 10s});
        for (int i = 0; i < 10; ++i) {
            venue.open();
            venue.send(R"({"id":"1","op":"subscribe","args":[{"channel":"books","instId":"A"}]})");
            venue.pass(60s);
        }
        std::string all;
        for (const auto& action : venue.actions) all += action.text + "\n";
        EXPECT_GT(venue.simulator.counts().cuts, 2U);
        return all;
    };
    EXPECT_EQ(play(1), play(1));
    EXPECT_NE(play(1), play(2));
}

}  // namespace
}  // namespace pinwheel
