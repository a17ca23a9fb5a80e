// The life of a channel: section 2 of the feed's rules, with mistakes of other clients about
// acknowledgements.
#include "../../../proto/venue/subscription_ledger.h"

#include <gtest/gtest.h>

#include "ledger_driver.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::Ledger;
using State = ChannelState;
using Outcome = ReplyOutcome;
using Texts = std::vector<std::string>;

TEST(Section2Ledger, WantedQueuedRequestedLive) {
    Ledger binance("binance-spot");
    binance.ledger.disconnected();
    const ChannelId trade = binance.want("trade", "BTCUSDT");
    EXPECT_EQ(binance.state(trade), State::wanted);
    EXPECT_TRUE(binance.send().empty());
    binance.ledger.connected();
    EXPECT_EQ(binance.state(trade), State::queued);
    EXPECT_FALSE(binance.ledger.settled());
    EXPECT_EQ(binance.send(), (Texts{R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1})"}));
    EXPECT_EQ(binance.state(trade), State::requested);
    EXPECT_EQ(binance.ledger.deadline(), binance.now + 10s);
    EXPECT_EQ(binance.receive(R"({"result":null,"id":1})"), Outcome::applied);
    EXPECT_EQ(binance.state(trade), State::live);
    EXPECT_TRUE(binance.ledger.settled());
    EXPECT_EQ(binance.ledger.deadline(), std::nullopt);
    binance.ledger.leave(trade);
    EXPECT_EQ(binance.state(trade), State::leaving);
    EXPECT_EQ(binance.send(), (Texts{R"({"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":2})"}));
    EXPECT_EQ(binance.receive(R"({"result":null,"id":2})"), Outcome::applied);
    EXPECT_EQ(binance.state(trade), State::gone);
}

TEST(Section2Ledger, AnAcknowledgementOfOneNeverConfirmsOthers) {
    Ledger okx("okx-v5");
    const ChannelId a = okx.want("books", "A");
    const ChannelId b = okx.want("books", "B");
    EXPECT_EQ(okx.send().size(), 1U);
    EXPECT_EQ(okx.receive(R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"A"}})"),
              Outcome::applied);
    EXPECT_EQ(okx.state(a), State::live);
    EXPECT_EQ(okx.state(b), State::requested);
    EXPECT_EQ(okx.receive(R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"C"}})"),
              Outcome::unmatched);
    EXPECT_EQ(okx.receive(R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"A"}})"),
              Outcome::late);
    EXPECT_EQ(okx.state(b), State::requested);
    EXPECT_EQ(okx.receive(R"({"event":"subscribe","arg":{"channel":"books","instId":"B"}})"),
              Outcome::applied)
        << "without an id the channel names it";
    EXPECT_EQ(okx.state(b), State::live);
}

TEST(Section2Ledger, ARefusedTopicAmongAcceptedOnes) {
    Ledger kraken("kraken-v2");
    const ChannelId a = kraken.want("trade", "A");
    const ChannelId b = kraken.want("trade", "B");
    const ChannelId c = kraken.want("trade", "C");
    EXPECT_EQ(
        kraken.send(),
        (Texts{
            R"({"method":"subscribe","params":{"channel":"trade","symbol":["A","B","C"],"snapshot":false},"req_id":1})"}));
    EXPECT_EQ(
        kraken.receive(
            R"({"error":"Currency pair not supported B","method":"subscribe","req_id":1,"success":false,"symbol":"B"})"),
        Outcome::applied);
    EXPECT_EQ(kraken.state(b), State::refused);
    EXPECT_EQ(kraken.refusal(b), "|Currency pair not supported B");
    EXPECT_EQ(kraken.state(a), State::requested);
    EXPECT_EQ(
        kraken.receive(
            R"({"method":"subscribe","req_id":1,"result":{"channel":"trade","symbol":"A"},"success":true})"),
        Outcome::applied);
    EXPECT_EQ(
        kraken.receive(
            R"({"method":"subscribe","req_id":1,"result":{"channel":"trade","symbol":"C"},"success":true})"),
        Outcome::applied);
    EXPECT_EQ(kraken.state(a), State::live);
    EXPECT_EQ(kraken.state(c), State::live);
    EXPECT_TRUE(kraken.ledger.settled());
    EXPECT_TRUE(kraken.send().empty()) << "not asked again on this connection";
    kraken.ledger.connected();
    EXPECT_EQ(kraken.state(b), State::queued) << "it is on the next";
}

TEST(Section2Ledger, AnErrorThatNamesNoChannelIsPlacedOnceTheOthersAreAcknowledged) {
    Ledger okx("okx-v5");
    const ChannelId a = okx.want("books", "A");
    const ChannelId b = okx.want("books", "B");
    std::ignore = okx.send();
    EXPECT_EQ(
        okx.receive(
            R"({"id":"1","event":"error","code":"60018","msg":"Wrong URL or channel:books, instId:B doesn't exist."})"),
        Outcome::unmatched);
    EXPECT_EQ(okx.state(a), State::requested);
    EXPECT_EQ(okx.state(b), State::requested);
    EXPECT_EQ(okx.receive(R"({"id":"1","event":"subscribe","arg":{"channel":"books","instId":"A"}})"),
              Outcome::applied);
    EXPECT_EQ(okx.state(a), State::live);
    EXPECT_EQ(okx.state(b), State::refused);
    EXPECT_EQ(okx.refusal(b).substr(0, 6), "60018|");
}

TEST(Section2Ledger, AnAcceptedListThatLeavesOneOut) {
    Ledger deribit("deribit-v2");
    const ChannelId a = deribit.want("book.A.100ms");
    const ChannelId b = deribit.want("book.B.100ms");
    std::ignore = deribit.send();
    EXPECT_EQ(deribit.receive(R"({"jsonrpc":"2.0","id":1,"result":["book.B.100ms"]})"), Outcome::applied);
    EXPECT_EQ(deribit.state(a), State::refused);
    EXPECT_EQ(deribit.state(b), State::live);
    EXPECT_NE(deribit.refusal(a), "");
}

TEST(Section2Ledger, AnErrorWithoutIdWhileTwoRequestsArePending) {
    Ledger bitstamp("bitstamp-v2");
    const ChannelId a = bitstamp.want("live_trades", "btcusd");
    const ChannelId b = bitstamp.want("live_trades", "nonsense");
    EXPECT_EQ(bitstamp.send().size(), 2U) << "one channel a message";
    const std::string_view error =
        R"({"event":"bts:error","channel":"","data":{"code":null,"message":"Bad subscription string."}})";
    EXPECT_EQ(bitstamp.receive(error), Outcome::unmatched);
    EXPECT_EQ(bitstamp.state(a), State::requested);
    EXPECT_EQ(bitstamp.state(b), State::requested);
    EXPECT_EQ(bitstamp.receive(
                  R"({"event":"bts:subscription_succeeded","channel":"live_trades_btcusd","data":{}})"),
              Outcome::applied);
    EXPECT_EQ(bitstamp.receive(error), Outcome::applied) << "now there is exactly one";
    EXPECT_EQ(bitstamp.state(a), State::live);
    EXPECT_EQ(bitstamp.state(b), State::refused);
}

TEST(Section2Ledger, AnAcknowledgementAfterTheFirstData) {
    Ledger okx("okx-v5");
    const ChannelId a = okx.want("tickers", "A");
    std::ignore = okx.send();
    std::ignore = okx.receive(R"({"arg":{"channel":"tickers","instId":"A"},"data":[{}]})");
    EXPECT_EQ(okx.state(a), State::live) << "data counts as an acknowledgement";
    EXPECT_EQ(okx.receive(R"({"id":"1","event":"subscribe","arg":{"channel":"tickers","instId":"A"}})"),
              Outcome::late);
    EXPECT_EQ(okx.state(a), State::live);
}

TEST(Section2Ledger, AnAcknowledgementAfterAnUnsubscribe) {
    for (const std::string_view id : {R"("id":"1",)", ""}) {
        Ledger okx("okx-v5");
        const ChannelId a = okx.want("tickers", "A");
        std::ignore = okx.send();
        okx.ledger.leave(a);
        EXPECT_EQ(okx.receive("{" + std::string(id) +
                              R"("event":"subscribe","arg":{"channel":"tickers","instId":"A"}})"),
                  Outcome::late);
        EXPECT_EQ(okx.state(a), State::leaving) << "the subscription's answer is not the unsubscription's";
        EXPECT_EQ(okx.send().size(), 1U);
        EXPECT_EQ(okx.receive(R"({"event":"unsubscribe","arg":{"channel":"tickers","instId":"A"}})"),
                  Outcome::applied);
        EXPECT_EQ(okx.state(a), State::gone);
        EXPECT_EQ(okx.receive(R"({"event":"subscribe","arg":{"channel":"tickers","instId":"A"}})"),
                  Outcome::late);
        EXPECT_EQ(okx.state(a), State::gone);
    }
}

TEST(Section2Ledger, AnAcknowledgementAfterAResubscribe) {
    Ledger deribit("deribit-v2");
    const ChannelId a = deribit.want("book.A.100ms");
    std::ignore = deribit.send();
    deribit.ledger.resubscribe(a);
    EXPECT_EQ(deribit.state(a), State::leaving) << "a new snapshot needs an unsubscription";
    EXPECT_EQ(deribit.receive(R"({"jsonrpc":"2.0","id":1,"result":["book.A.100ms"]})"), Outcome::applied);
    EXPECT_EQ(deribit.state(a), State::leaving) << "it answers the first subscription";
    EXPECT_NE(deribit.send().front().find("public/unsubscribe"), std::string::npos);
    EXPECT_EQ(deribit.receive(R"({"jsonrpc":"2.0","id":2,"result":["book.A.100ms"]})"), Outcome::applied);
    EXPECT_EQ(deribit.state(a), State::queued) << "wanted still";
    EXPECT_NE(deribit.send().front().find("public/subscribe"), std::string::npos);
    EXPECT_EQ(deribit.receive(R"({"jsonrpc":"2.0","id":3,"result":["book.A.100ms"]})"), Outcome::applied);
    EXPECT_EQ(deribit.state(a), State::live);
}

TEST(Section2Ledger, AListOfTheWholeConnection) {
    Ledger coinbase("coinbase-exchange");
    const ChannelId a = coinbase.want("ticker", "A");
    const ChannelId b = coinbase.want("ticker", "B");
    const ChannelId c = coinbase.want("matches", "A");
    EXPECT_EQ(coinbase.send(), (Texts{R"({"type":"subscribe","product_ids":["A","B"],"channels":["ticker"]})",
                                      R"({"type":"subscribe","product_ids":["A"],"channels":["matches"]})"}));
    EXPECT_EQ(coinbase.receive(R"({"type":"subscriptions","channels":[]})"), Outcome::applied);
    EXPECT_EQ(coinbase.state(a), State::requested) << "it may answer something else";
    EXPECT_EQ(
        coinbase.receive(R"({"type":"subscriptions","channels":[{"name":"ticker","product_ids":["B"]}]})"),
        Outcome::applied);
    EXPECT_EQ(coinbase.state(a), State::refused);
    EXPECT_EQ(coinbase.state(b), State::live);
    EXPECT_EQ(coinbase.state(c), State::requested) << "its request is still to be answered";
    EXPECT_EQ(
        coinbase.receive(
            R"({"type":"subscriptions","channels":[{"name":"ticker","product_ids":["B"]},{"name":"matches","product_ids":["A"]}]})"),
        Outcome::applied);
    EXPECT_EQ(coinbase.state(c), State::live);
    coinbase.ledger.leave(b);
    EXPECT_EQ(coinbase.send().size(), 1U);
    EXPECT_EQ(
        coinbase.receive(R"({"type":"subscriptions","channels":[{"name":"matches","product_ids":["A"]}]})"),
        Outcome::applied);
    EXPECT_EQ(coinbase.state(b), State::gone);
    EXPECT_EQ(coinbase.state(c), State::live);
}

TEST(Section2Ledger, AListByChannel) {
    Ledger coinbase("coinbase-advanced");
    const ChannelId a = coinbase.want("level2", "A");
    const ChannelId b = coinbase.want("level2", "B");
    const ChannelId h = coinbase.want("heartbeats");
    EXPECT_EQ(coinbase.send(), (Texts{R"({"type":"subscribe","product_ids":["A","B"],"channel":"level2"})",
                                      R"({"type":"subscribe","channel":"heartbeats"})"}));
    EXPECT_EQ(
        coinbase.receive(
            R"({"channel":"subscriptions","sequence_num":0,"events":[{"subscriptions":{"level2":["A","B"]}}]})"),
        Outcome::applied);
    EXPECT_EQ(coinbase.state(a), State::live);
    EXPECT_EQ(coinbase.state(b), State::live);
    EXPECT_EQ(coinbase.state(h), State::requested);
}

TEST(Section2Ledger, ListsOfAcceptedAndOfRefusedWithoutAnId) {
    Ledger bybit("bybit-v5");
    const ChannelId a = bybit.want("tickers", "A");
    const ChannelId b = bybit.want("tickers", "B");
    const ChannelId c = bybit.want("tickers", "C");
    std::ignore = bybit.send();
    EXPECT_EQ(
        bybit.receive(
            R"({"success":true,"conn_id":"x","data":{"failTopics":["tickers.B"],"successTopics":["tickers.A"]},"type":"COMMAND_RESP"})"),
        Outcome::applied);
    EXPECT_EQ(bybit.state(a), State::live);
    EXPECT_EQ(bybit.state(b), State::refused);
    EXPECT_EQ(bybit.state(c), State::requested) << "in neither list";
}

TEST(Section2Ledger, AnErrorForAWholeRequestIsAskedAgainInHalves) {
    Ledger binance("binance-spot");
    for (const char* symbol : {"a", "b", "bad", "d"}) std::ignore = binance.want("trade", symbol);
    EXPECT_EQ(binance.send().size(), 1U);
    std::size_t messages = 0;
    std::uint64_t id = 1;
    auto answer = [&](const std::string& text) {
        const std::string tail = ",\"id\":" + std::to_string(id++) + "}";
        const bool is_bad = text.find("bad@") != std::string::npos;
        EXPECT_EQ(
            binance.receive(
                (is_bad ? R"({"error":{"code":2,"msg":"Invalid request"})" : R"({"result":null)") + tail),
            Outcome::applied);
    };
    answer("bad@");
    while (true) {
        const auto texts = binance.send();
        if (texts.empty()) break;
        for (const auto& text : texts) answer(text), ++messages;
    }
    EXPECT_TRUE(binance.ledger.settled());
    EXPECT_EQ(binance.state(2), State::refused);
    EXPECT_EQ(binance.refusal(2), "2|Invalid request");
    for (const ChannelId good : {0U, 1U, 3U}) EXPECT_EQ(binance.state(good), State::live);
    EXPECT_EQ(messages, 4U);
}

TEST(Section2Ledger, SilenceIsAskedAgainTwiceAndThenCountsAsRefused) {
    Ledger okx("okx-v5");
    const ChannelId a = okx.want("books", "A");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(okx.send().size(), 1U) << i;
        okx.pass(10s - 1ns);
        EXPECT_EQ(okx.state(a), State::requested);
        okx.pass(1ns);
    }
    EXPECT_EQ(okx.state(a), State::refused);
    EXPECT_EQ(okx.refusal(a), "|no answer");
    EXPECT_TRUE(okx.send().empty());
    EXPECT_TRUE(okx.ledger.settled());
    std::ignore = okx.receive(R"({"arg":{"channel":"books","instId":"A"},"data":[{}]})");
    EXPECT_EQ(okx.state(a), State::live) << "the venue was only late";
}

TEST(Section2Ledger, ALateAnswerToTheFirstOfTwoRequestsCounts) {
    Ledger binance("binance-spot");
    const ChannelId a = binance.want("trade", "a");
    std::ignore = binance.send();
    binance.pass(10s);
    EXPECT_EQ(binance.send().size(), 1U);
    EXPECT_EQ(binance.receive(R"({"result":null,"id":1})"), Outcome::applied);
    EXPECT_EQ(binance.state(a), State::live);
    EXPECT_EQ(binance.receive(R"({"result":null,"id":2})"), Outcome::late);
    EXPECT_EQ(binance.receive(R"({"result":null,"id":99})"), Outcome::unmatched) << "nobody asked";
}

TEST(Section2Ledger, AnErrorThatWantsARetryIsNoRefusal) {
    Ledger deribit("deribit-v2");
    const ChannelId a = deribit.want("book.A.100ms");
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(deribit.send().size(), 1U) << i;
        EXPECT_EQ(deribit.receive(R"({"jsonrpc":"2.0","id":)" + std::to_string(i + 1) +
                                  R"(,"error":{"code":10028,"message":"too_many_requests"}})"),
                  Outcome::too_fast);
        EXPECT_EQ(deribit.state(a), State::queued);
        EXPECT_TRUE(deribit.send().empty()) << "not at once";
        EXPECT_EQ(deribit.ledger.deadline(), deribit.now + 1s);
        deribit.pass(1s);
    }
}

TEST(Section2Ledger, SubscriptionsWaitForTheLogin) {
    Ledger okx("okx-v5");
    std::ignore = okx.want("books", "A");
    okx.ledger.hold(true);
    EXPECT_TRUE(okx.send().empty());
    okx.ledger.hold(false);
    EXPECT_EQ(okx.send().size(), 1U);
}

TEST(Section3Batches, ByArgumentsByBytesAndOneTooLarge) {
    Ledger bybit("bybit-v5");
    for (int i = 0; i < 25; ++i) std::ignore = bybit.want("tickers", "S" + std::to_string(i));
    EXPECT_EQ(bybit.send().size(), 3U) << "10 arguments a message";
    Ledger okx("okx-v5");
    for (int i = 0; i < 3000; ++i) std::ignore = okx.want("books", "SYMBOL-" + std::to_string(i));
    const auto texts = okx.send();
    EXPECT_EQ(texts.size(), 2U);
    for (const auto& text : texts) EXPECT_LE(text.size(), 65536U);
    Ledger bitstamp("bitstamp-v2");
    const ChannelId large = bitstamp.want("live_trades_" + std::string(600, 'x'));
    EXPECT_TRUE(bitstamp.send().empty());
    EXPECT_EQ(bitstamp.state(large), State::refused);
    EXPECT_NE(bitstamp.refusal(large).find("at most 512"), std::string::npos) << bitstamp.refusal(large);
}

TEST(Section3Batches, AConnectionsLimitOfChannelsIsKept) {
    Ledger binance("binance-spot");
    for (int i = 0; i < 1025; ++i) std::ignore = binance.want("trade", "s" + std::to_string(i));
    EXPECT_EQ(binance.send().size(), 1U);
    EXPECT_EQ(binance.state(1023), State::requested);
    EXPECT_EQ(binance.state(1024), State::refused);
    EXPECT_EQ(binance.refusal(1024), "|the venue takes at most 1024 channels a connection");
}

}  // namespace
}  // namespace pinwheel
