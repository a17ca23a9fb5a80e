#include "../../tools/relay/nats_names.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

TEST(NatsNames, TokensHoldNothingThatSeparatesOrMatches) {
    EXPECT_EQ(nats_token("BTC-USDT"), "BTC-USDT");
    EXPECT_EQ(nats_token("orderbook.50"), "orderbook%2E50");
    EXPECT_EQ(nats_token("a*b>c d|e%f\t\x7f\xc3\xa9"), "a%2Ab%3Ec%20d%7Ce%25f%09%7F%C3%A9");
    EXPECT_EQ(nats_token(""), "_");
    EXPECT_EQ(nats_token("_"), "%5F");
    EXPECT_EQ(nats_token("_control"), "%5Fcontrol");
    EXPECT_EQ(nats_token("a_b"), "a_b");
}

TEST(NatsNames, SubjectsAndIdsNameVenueChannelAndSymbol) {
    const NatsNames names("eu.md", "okx-v5");
    EXPECT_EQ(names.live({"books", "BTC.X"}), "eu.md.okx-v5.books.BTC%2EX");
    EXPECT_EQ(names.late({"books", ""}), "eu.md-late.okx-v5.books._");
    EXPECT_EQ(names.control(), "eu.md.okx-v5._control");
    EXPECT_EQ(names.id_prefix({"books", "A|B"}), "okx-v5|books|A%7CB|");
    EXPECT_EQ(live_subject("eu.md-late.okx-v5.books._", "eu.md"), "eu.md.okx-v5.books._");
    EXPECT_EQ(live_subject("eu.md.okx-v5.books._", "eu.md"), "eu.md.okx-v5.books._");
}

TEST(NatsNames, ThePrefixIsTokensWithoutWildcards) {
    for (const char* const good : {"md", "eu.md", "a-b.c_d"}) EXPECT_TRUE(is_nats_prefix(good)) << good;
    for (const char* const bad : {"", ".", "md.", ".md", "a..b", "a.*", ">", "a b", "$JS", "_INBOX.x", "a\n"})
        EXPECT_FALSE(is_nats_prefix(bad)) << bad;
}

TEST(NatsNames, APatternCoversWhatItMatches) {
    EXPECT_TRUE(covers_subject("md.>", "md.okx-v5.>"));
    EXPECT_TRUE(covers_subject("md.okx-v5.>", "md.okx-v5.>"));
    EXPECT_TRUE(covers_subject(">", "md.okx-v5.>"));
    EXPECT_TRUE(covers_subject("*.okx-v5.>", "md.okx-v5.>"));
    EXPECT_TRUE(covers_subject("md.a", "md.a"));
    EXPECT_FALSE(covers_subject("md.*", "md.okx-v5.>"));
    EXPECT_FALSE(covers_subject("md.okx-v5.*", "md.okx-v5.>"));
    EXPECT_FALSE(covers_subject("md.kraken-v2.>", "md.okx-v5.>"));
    EXPECT_FALSE(covers_subject("md.okx-v5.books.>", "md.okx-v5.>"));
    EXPECT_FALSE(covers_subject("md.a", "md.a.b"));
}

TEST(NatsNames, ANumberIsFoundAgainInItsId) {
    const std::string prefix = "okx-v5|books|A|";
    for (const auto& [begin, end, is_snapshot, text] :
         {std::tuple<std::int64_t, std::int64_t, bool, const char*>{7, 7, false, "7"},
          {5, 7, false, "5..7"},
          {7, 7, true, "snapshot.7"},
          {-3, -2, false, "-3..-2"}}) {
        EXPECT_EQ(id_of_numbers(begin, end, is_snapshot), text);
        EXPECT_EQ(number_of_id(prefix + text), end);
    }
    EXPECT_EQ(number_of_id(prefix + id_of_contents("x")), std::nullopt);
    EXPECT_EQ(number_of_id(""), std::nullopt);
    EXPECT_EQ(number_of_id("a|b|"), std::nullopt);
    EXPECT_NE(id_of_contents("x"), id_of_contents("y"));
    EXPECT_EQ(id_of_contents("x"), id_of_contents("x"));
}

}  // namespace
}  // namespace pinwheel
