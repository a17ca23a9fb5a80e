#include "../../../proto/text/json_items.h"

#include <gtest/gtest.h>

#include <string>

#include "../../../core/record.h"
#include "../../../proto/text/json_view.h"

namespace pinwheel {
namespace {

std::string listed(JsonItems items) {
    std::string all;
    for (const JsonItem& item : items)
        all += std::string(item.key()) + (item.key().empty() ? "" : "=") + std::string(item.raw()) + ";";
    return all;
}

TEST(JsonItems, ElementsAndMembersComeInOrderAsWritten) {
    EXPECT_EQ(listed(JsonItems(R"([1, "a,]\"" ,[2,[3]],{"b":4} , true,null])")),
              R"(1;"a,]\"";[2,[3]];{"b":4};true;null;)");
    EXPECT_EQ(listed(JsonItems(R"({ "a" : 1,"b":{"c":[1,2]} ,"}":"x"})")), R"(a=1;b={"c":[1,2]};}="x";)");
    EXPECT_EQ(listed(JsonItems("[]")) + listed(JsonItems("{ }")), "");
    EXPECT_EQ(JsonItems("[1,[2,3],4]").size(), 3U);
    EXPECT_EQ(JsonItems("[ ]").size(), 0U);
    EXPECT_EQ(JsonItems(R"({"a":1})").size(), 1U);
}

TEST(JsonItems, AMalformedContainerEndsEarlyAndHasNoSize) {
    for (const char* text :
         {"[",       "[1",        "[1,",      "[1,]",      "[1 2]",       "[,1]",       "[1}",   "[[1]",
          "{",       R"({"a")",   R"({"a":)", R"({"a":1)", R"({"a":1,})", R"({"a" 1})", "{1:2}", R"(["a)",
          R"(["a\)", R"({"a":})", "[[1}]",    "",          "1",           "\"[1]\"",    "[:]"}) {
        const JsonItems items(text);
        EXPECT_EQ(items.size(), std::nullopt) << text;
        std::size_t count = 0;
        for ([[maybe_unused]] const JsonItem& item : items) ++count;
        EXPECT_LE(count, 1U) << text;
    }
}

TEST(JsonItems, ValuesHaveTheirTypes) {
    EXPECT_EQ(JsonItem("\"text\"").string(), "text");
    EXPECT_EQ(JsonItem(R"("a\n")").string(), std::nullopt);
    EXPECT_EQ(JsonItem("1").string(), std::nullopt);
    EXPECT_EQ(JsonItem("true").boolean(), true);
    EXPECT_EQ(JsonItem("false").boolean(), false);
    EXPECT_EQ(JsonItem("null").boolean(), std::nullopt);
    EXPECT_EQ(JsonItem("-7").integer(), -7);
    EXPECT_EQ(JsonItem("7.0").integer(), std::nullopt);
    EXPECT_EQ(JsonItem("\"7\"").integer(), std::nullopt);
    EXPECT_EQ(JsonItem("\"63978.5\"").decimal(), 63978.5);
    EXPECT_EQ(JsonItem("63978.5").scaled(1), 639'785);
    EXPECT_EQ(JsonItem("\"1700000000123\"").stamp(TimeUnit::milliseconds), 1'700'000'000'123'000'000);
    EXPECT_EQ(JsonItem().decimal(), std::nullopt);
    EXPECT_EQ(JsonItem().items().size(), std::nullopt);
}

TEST(JsonView, ABookIsReadInPlaceLevelByLevel) {
    const std::string message =
        R"({"ts":"2023-11-14T22:13:20.000001Z","bids":[["63978.5","0.25"],["63978.0","1"]],"asks":[]})";
    const std::string padded = message + std::string(kPayloadPadding, ' ');
    const JsonView json(std::string_view(padded).substr(0, message.size()));
    EXPECT_EQ(json.size("/bids"), 2U);
    EXPECT_EQ(json.size("/asks"), 0U);
    EXPECT_EQ(json.size("/ts"), std::nullopt);
    EXPECT_EQ(json.size(""), 3U);
    std::int64_t price = 0;
    double amount = 0;
    for (const JsonItem& level : json.items("/bids")) {
        auto value = level.items().begin();
        price += value->scaled(2).value_or(0);
        ++value;
        amount += value->decimal().value_or(0);
    }
    EXPECT_EQ(price, 6'397'850 + 6'397'800);
    EXPECT_EQ(amount, 1.25);
    EXPECT_EQ(json.scaled("/bids/0/0", 1), 639'785);
    EXPECT_EQ(json.decimal("/bids/1/1"), 1.0);
    EXPECT_EQ(json.stamp("/ts", TimeUnit::rfc3339), 1'700'000'000'000'001'000);
    EXPECT_EQ(json.decimal("/nothing"), std::nullopt);
    EXPECT_EQ(listed(json.items("/nothing")), "");
}

}  // namespace
}  // namespace pinwheel
