// Answers that match several requests: section 2 of the feed's rules.
#include <gtest/gtest.h>

#include <string_view>
#include <tuple>

#include "ledger_driver.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::Ledger;
using State = ChannelState;
using Outcome = ReplyOutcome;

TEST(Section2Ledger, AfterAnErrorOfNobodyRequestsGoOutOneByOne) {
    Ledger bitstamp("bitstamp-v2");
    const ChannelId a = bitstamp.want("live_trades", "nonsense");
    const ChannelId b = bitstamp.want("live_trades", "btcusd");
    EXPECT_EQ(bitstamp.send().size(), 2U);
    const std::string_view error =
        R"({"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}})";
    EXPECT_EQ(bitstamp.receive(error), Outcome::unmatched);
    bitstamp.pass(10s);
    EXPECT_EQ(bitstamp.send().size(), 1U);
    EXPECT_EQ(bitstamp.receive(error), Outcome::applied) << "it can only be the one that is pending";
    EXPECT_EQ(bitstamp.state(a), State::refused);
    EXPECT_EQ(bitstamp.refusal(a), "null|Bad subscription string.");
    EXPECT_EQ(bitstamp.send().size(), 1U);
    EXPECT_EQ(bitstamp.receive(
                  R"({"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}})"),
              Outcome::applied);
    EXPECT_EQ(bitstamp.state(b), State::live);
    std::ignore = bitstamp.want("live_trades", "ethusd");
    std::ignore = bitstamp.want("live_trades", "ethbtc");
    EXPECT_EQ(bitstamp.send().size(), 2U) << "once all is settled they go out together again";
}

TEST(Section2Ledger, AListThatShowsAnEarlierRequestRefusesNothing) {
    Ledger coinbase("coinbase-advanced");
    const ChannelId a = coinbase.want("level2", "A");
    EXPECT_EQ(coinbase.send().size(), 1U);
    coinbase.pass(10s);  // the list that shows A was lost
    const ChannelId b = coinbase.want("level2", "B");
    const ChannelId c = coinbase.want("ticker", "C");
    EXPECT_EQ(coinbase.send().size(), 2U) << "A and B, then C";
    EXPECT_EQ(
        coinbase.receive(
            R"({"channel":"subscriptions","sequence_num":1,"events":[{"subscriptions":{"level2":["A"],"ticker":["C"]}}]})"),
        Outcome::applied);
    EXPECT_EQ(coinbase.state(a), State::live);
    EXPECT_EQ(coinbase.state(c), State::live);
    EXPECT_EQ(coinbase.state(b), State::requested) << "A is there by its first request";
    coinbase.ledger.resubscribe(a);
    coinbase.pass(10s);
    EXPECT_EQ(coinbase.send().size(), 1U) << "B and A";
    EXPECT_EQ(
        coinbase.receive(
            R"({"channel":"subscriptions","sequence_num":2,"events":[{"subscriptions":{"level2":["A"],"ticker":["C"]}}]})"),
        Outcome::applied);
    EXPECT_EQ(coinbase.state(b), State::requested) << "A was listed before";
}

}  // namespace
}  // namespace pinwheel
