#include "../../../proto/text/json_view.h"

#include <gtest/gtest.h>

#include <string>

#include "../../../core/record.h"
#include "../../../proto/delivery/message.h"
#include "../../../proto/text/json_value.h"

namespace pinwheel {
namespace {

/// A text with the bytes behind it that a message's payload has.
class Padded {
  public:
    explicit Padded(const std::string& text)
        : size_(text.size()), text_(text + std::string(kPayloadPadding, '}')) {}
    [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

  private:
    std::size_t size_;
    std::string text_;
};

TEST(JsonView, ValuesAreFoundByTheirPointersInAnyOrder) {
    const Padded text(R"({"b":true,"data":[{"p":"1.5","q":2.25},{"n":-7}],"a~/b":"t\u00e4\n"})");
    const JsonView json(text.view());
    ASSERT_TRUE(json);
    EXPECT_EQ(json.integer("/data/1/n"), -7);
    EXPECT_EQ(json.string("/data/0/p"), "1.5");
    EXPECT_EQ(json.number("/data/0/q"), 2.25);
    EXPECT_EQ(json.boolean("/b"), true);
    EXPECT_EQ(json.string("/a~0~1b"), "t\u00e4\n");
    EXPECT_EQ(json.raw("/data/0"), R"({"p":"1.5","q":2.25})");
    EXPECT_EQ(json.raw(""), text.view());
}

TEST(JsonView, TextsStayWhereTheyStandWhileOthersAreLookedFor) {
    const Padded text(R"({"a":"first","b":"second","c":"third \\ escaped"})");
    const JsonView json(text.view());
    const auto first = json.string("/a");
    const auto second = json.string("/b");
    EXPECT_EQ(json.string("/c"), "third \\ escaped");
    EXPECT_EQ(first, "first");
    EXPECT_EQ(second, "second");
    EXPECT_EQ(first->data(), text.view().data() + 6);
}

TEST(JsonView, AnEmptyArrayCanBeLookedIntoTwice) {
    const Padded text("[]");
    const JsonView json(text.view());
    EXPECT_FALSE(json.integer("/0"));
    EXPECT_FALSE(json.integer("/0"));
    EXPECT_EQ(json.raw(""), "[]");
}

TEST(JsonView, WhatIsNotThereOrOfAnotherTypeIsNothing) {
    const Padded text(R"({"a":1,"s":"x"})");
    const JsonView json(text.view());
    EXPECT_FALSE(json.integer("/b"));
    EXPECT_FALSE(json.integer("/s"));
    EXPECT_FALSE(json.string("/a"));
    EXPECT_FALSE(json.boolean("/a"));
    EXPECT_FALSE(json.integer("/a/b"));
    EXPECT_FALSE(json.integer("no pointer"));
    EXPECT_EQ(json.integer("/a"), 1);
}

TEST(JsonView, TextThatIsNoJsonStaysText) {
    for (const char* text : {"", "hello", "{", "\"open", "{]"}) {
        const Padded padded(text);
        const JsonView json(padded.view());
        EXPECT_FALSE(json && json.raw("").has_value() && json.raw("/a").has_value()) << text;
        EXPECT_FALSE(json.integer("/a")) << text;
    }
    const Padded hello("hello");
    EXPECT_FALSE(JsonView(hello.view()));
}

TEST(JsonView, IsAMessagesPayload) {
    const Padded text(R"({"ts":42})");
    const Message message{.payload = std::as_bytes(std::span(text.view())), .is_text = true};
    EXPECT_EQ(message.json().integer("/ts"), 42);
}

TEST(JsonValue, IsWrittenAsItReads) {
    EXPECT_EQ((JsonValue{{"type", "ping"}, {"id", 7}}).dump(), R"({"type":"ping","id":7})");
    EXPECT_EQ((JsonValue{{"a", nullptr}, {"b", false}, {"c", 1.5}, {"d", -1}, {"e", std::uint64_t{1} << 63}})
                  .dump(),
              R"({"a":null,"b":false,"c":1.5,"d":-1,"e":9223372036854775808})");
    EXPECT_EQ((JsonValue{{"params", JsonValue::array({"x", 2, JsonValue::array({})})}}).dump(),
              R"({"params":["x",2,[]]})");
    EXPECT_EQ((JsonValue{{"nested", JsonValue{{"k\"", "v\n"}}}}).dump(), R"({"nested":{"k\"":"v\n"}})");
    EXPECT_EQ(JsonValue("text").dump(), R"("text")");
    EXPECT_EQ(JsonValue(0.0 / 0.0).dump(), "null");
}

}  // namespace
}  // namespace pinwheel
