// Random operations: the ledger against a naive model of a venue. Section 2 of the feed's rules.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <deque>
#include <set>
#include <string>

#include "../../../core/random.h"
#include "ledger_driver.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::LedgerDriver;
using State = ChannelState;

/// A venue that reports its subscriptions of a connection. Its answers may get lost, but are never wrong.
class NaiveVenue {
  public:
    virtual ~NaiveVenue() = default;
    virtual void take(const std::string& request) = 0;
    std::set<std::string> has;
    std::deque<std::string> answers;
    static bool is_refused(std::string_view symbol) { return symbol.ends_with("7"); }
};

class NaiveOkx final : public NaiveVenue {
  public:
    void take(const std::string& request) override {
        const simdjson::dom::element root = parser_.parse(request);
        const std::string op{std::string_view(root["op"])};
        const std::string id{std::string_view(root["id"])};
        for (const simdjson::dom::element arg : root["args"].get_array()) {
            const std::string symbol{std::string_view(arg["instId"])};
            if (is_refused(symbol) && op == "subscribe") {
                answers.push_back(R"({"id":")" + id +
                                  R"(","event":"error","code":"60018","msg":"Wrong URL or channel"})");
                continue;
            }
            op == "subscribe" ? void(has.insert(symbol)) : void(has.erase(symbol));
            answers.push_back(R"({"id":")" + id + R"(","event":")" + op +
                              R"(","arg":{"channel":"tickers","instId":")" + symbol + "\"}}");
        }
    }

  private:
    simdjson::dom::parser parser_;
};

class NaiveDeribit final : public NaiveVenue {
  public:
    void take(const std::string& request) override {
        const simdjson::dom::element root = parser_.parse(request);
        const bool subscribes = std::string_view(root["method"]) == "public/subscribe";
        std::string list;
        for (const std::string_view channel : root.at_pointer("/params/channels").get_array()) {
            const std::string symbol(channel.substr(6));
            if (is_refused(symbol)) continue;
            subscribes ? void(has.insert(symbol)) : void(has.erase(symbol));
            list = "\"" + std::string(channel) + "\"" + (list.empty() ? "" : ",") + list;
        }
        answers.push_back(R"({"jsonrpc":"2.0","id":)" + std::to_string(std::int64_t(root["id"])) +
                          ",\"result\":[" + list + "]}");
    }

  private:
    simdjson::dom::parser parser_;
};

class NaiveCoinbase final : public NaiveVenue {
  public:
    void take(const std::string& request) override {
        const simdjson::dom::element root = parser_.parse(request);
        const bool subscribes = std::string_view(root["type"]) == "subscribe";
        for (const std::string_view symbol : root["product_ids"].get_array()) {
            if (is_refused(symbol)) continue;
            subscribes ? void(has.insert(std::string(symbol))) : void(has.erase(std::string(symbol)));
        }
        std::string list;
        for (const auto& symbol : has) list += (list.empty() ? "\"" : ",\"") + symbol + "\"";
        answers.push_back(R"({"type":"subscriptions","channels":[{"name":"ticker","product_ids":[)" + list +
                          "]}]}");
    }

  private:
    simdjson::dom::parser parser_;
};

void walk(const char* name, const char* kind, NaiveVenue& venue, std::uint64_t seed, bool loses) {
    SeededRandom random(seed);
    const std::string prefix = std::string_view(name) == "deribit-v2" ? "quote." : "";
    LedgerDriver driver(*load_venue(name));
    std::vector<ChannelId> ids;
    std::vector<std::string> symbols;
    std::set<ChannelId> wanted;
    for (int i = 0; i < 20; ++i) {
        symbols.push_back("S" + std::to_string(i));
        ids.push_back(*driver.channels.add(prefix.empty() ? kind : prefix + symbols.back(),
                                           prefix.empty() ? symbols.back() : ""));
    }
    driver.ledger.connected();
    const auto check = [&] {
        std::size_t unsettled = 0;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const State state = driver.ledger.state(ids[i]);
            const bool is_wanted = wanted.contains(ids[i]);
            if (is_wanted && state != State::live && state != State::refused) ++unsettled;
            ASSERT_TRUE(is_wanted || state == State::leaving || state == State::gone);
            // Requests may be under way. A channel reported as live was confirmed once.
            if (NaiveVenue::is_refused(symbols[i])) {
                ASSERT_NE(state, State::live) << symbols[i];
            }
            if (state == State::live) {
                ASSERT_TRUE(venue.has.contains(symbols[i])) << symbols[i];
            }
        }
        ASSERT_EQ(driver.ledger.settled(), unsettled == 0);
    };
    for (int step = 0; step < 34'000; ++step) {
        const auto channel = static_cast<std::size_t>(random.below(ids.size()));
        switch (random.below(10)) {
            case 0:
            case 1:
                driver.ledger.want(ids[channel]);
                wanted.insert(ids[channel]);
                break;
            case 2:
                driver.ledger.leave(ids[channel]);
                wanted.erase(ids[channel]);
                break;
            case 3:
                if (auto request = driver.ledger.next_request(driver.now, 0)) venue.take(request->text);
                break;
            case 4:
            case 5:
            case 6:
            case 7:
                if (venue.answers.empty()) break;
                if (!loses || random.below(20) != 0) std::ignore = driver.receive(venue.answers.front());
                venue.answers.pop_front();
                break;
            case 8:
                driver.pass(Duration{1ms} * random.below(3000));
                break;
            default:
                if (random.below(200) != 0) break;
                venue.has.clear();
                venue.answers.clear();
                driver.ledger.connected();
        }
        std::ignore = driver.ledger.take_changes();
        check();
        if (testing::Test::HasFatalFailure()) FAIL() << name << " at step " << step;
    }
    for (int round = 0; round < 100; ++round) {
        while (auto request = driver.ledger.next_request(driver.now, 0)) venue.take(request->text);
        for (; !venue.answers.empty(); venue.answers.pop_front())
            std::ignore = driver.receive(venue.answers.front());
        driver.pass(1s);
    }
    EXPECT_TRUE(driver.ledger.settled());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const bool is_refused = NaiveVenue::is_refused(symbols[i]);
        const State expected = !wanted.contains(ids[i]) ? State::gone
                               : is_refused             ? State::refused
                                                        : State::live;
        const State state = driver.ledger.state(ids[i]);
        // A channel whose answers were lost may count as refused, but never as live without an
        // acknowledgement.
        if (!loses || expected != State::live) {
            EXPECT_EQ(to_string(state), to_string(expected)) << name << " " << symbols[i];
        }
    }
}

TEST(Section2LedgerWalk, AgreesWithAVenueThatAnswersEachArgument) {
    for (const bool loses : {false, true}) {
        NaiveOkx venue;
        walk("okx-v5", "tickers", venue, 1, loses);
    }
}

TEST(Section2LedgerWalk, AgreesWithAVenueThatListsWhatItAccepted) {
    for (const bool loses : {false, true}) {
        NaiveDeribit venue;
        walk("deribit-v2", "quote", venue, 2, loses);
    }
}

TEST(Section2LedgerWalk, AgreesWithAVenueThatListsTheConnection) {
    for (const bool loses : {false, true}) {
        NaiveCoinbase venue;
        walk("coinbase-exchange", "ticker", venue, 3, loses);
    }
}

}  // namespace
}  // namespace pinwheel
