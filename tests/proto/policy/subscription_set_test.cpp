#include "../../../proto/policy/subscription_set.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace pinwheel {
namespace {

using Names = std::vector<std::string>;

Names add(SubscriptionSet& set, std::initializer_list<std::string_view> names) {
    return set.add({names.begin(), names.size()});
}
Names remove(SubscriptionSet& set, std::initializer_list<std::string_view> names) {
    return set.remove({names.begin(), names.size()});
}

TEST(Subscriptions, KeepTheOrderInWhichTheyWereMade) {
    SubscriptionSet set;
    add(set, {"c", "a"});
    add(set, {"b"});
    EXPECT_EQ(set.channels(), (Names{"c", "a", "b"}));
    remove(set, {"a"});
    add(set, {"a"});
    EXPECT_EQ(set.channels(), (Names{"c", "b", "a"}));
}

TEST(Subscriptions, SubscribeIsIdempotentAndReturnsTheNewOnes) {
    SubscriptionSet set;
    EXPECT_EQ(add(set, {"a", "b", "a"}), (Names{"a", "b"}));
    EXPECT_EQ(add(set, {"b", "c"}), (Names{"c"}));
    EXPECT_EQ(add(set, {"c"}), Names{});
    EXPECT_EQ(set.size(), 3U);
}

TEST(Subscriptions, UnsubscribeIsIdempotentAndReturnsTheRemovedOnes) {
    SubscriptionSet set;
    add(set, {"a", "b"});
    EXPECT_EQ(remove(set, {"b", "x", "b"}), (Names{"b"}));
    EXPECT_EQ(remove(set, {"b"}), Names{});
    EXPECT_FALSE(set.contains("b"));
    EXPECT_TRUE(set.contains("a"));
}

TEST(Subscriptions, ManyLongAndShortNamesStayFindable) {
    SubscriptionSet set;
    for (int i = 0; i < 1000; ++i) {
        const std::string name = std::string(static_cast<std::size_t>(i % 40), 'n') + std::to_string(i);
        add(set, {name});
    }
    for (int i = 0; i < 1000; i += 2) {
        const std::string name = std::string(static_cast<std::size_t>(i % 40), 'n') + std::to_string(i);
        EXPECT_EQ(remove(set, {name}).size(), 1U);
    }
    EXPECT_EQ(set.size(), 500U);
    EXPECT_EQ(set.channels().front(), "n1");
}

TEST(Subscriptions, TheDefaultTextsNameTypeAndChannel) {
    const JsonSubscriptionCodec codec;
    const Names channels{"btcusdt@trade", "ethusdt@trade"};
    EXPECT_EQ(codec.subscribe(channels), (Names{R"({"type":"subscribe","channel":"btcusdt@trade"})",
                                                R"({"type":"subscribe","channel":"ethusdt@trade"})"}));
    EXPECT_EQ(codec.unsubscribe(Names{"x"}), (Names{R"({"type":"unsubscribe","channel":"x"})"}));
}

TEST(Subscriptions, NamesAreJsonEscaped) {
    const JsonSubscriptionCodec codec;
    const std::string awkward = std::string("a\"b\\c\n\r\t\b\f\x01\x1f") + '\0' + "/\xc3\xa9";
    EXPECT_EQ(codec.subscribe(Names{awkward}).front(),
              R"({"type":"subscribe","channel":"a\"b\\c\n\r\t\b\f\u0001\u001f\u0000/)"
              "\xc3\xa9"
              R"("})");
}

/// One message for all channels, as some venues demand.
class ListCodec final : public SubscriptionCodec {
  public:
    [[nodiscard]] Names subscribe(std::span<const std::string> channels) const override {
        std::string text = "SUB";
        for (const auto& channel : channels) text += " " + channel;
        return {text};
    }
    [[nodiscard]] Names unsubscribe(std::span<const std::string>) const override { return {}; }
};

TEST(Subscriptions, ACodecMayTellManyChannelsInOneText) {
    SubscriptionSet set;
    add(set, {"a", "b"});
    const ListCodec list;
    const SubscriptionCodec& codec = list;
    EXPECT_EQ(codec.subscribe(set.channels()), (Names{"SUB a b"}));
}

}  // namespace
}  // namespace pinwheel
