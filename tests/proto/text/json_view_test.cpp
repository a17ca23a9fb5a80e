#include "../../../proto/text/json_view.h"

#include <gtest/gtest.h>

#include <string>

#include "../../../core/record.h"
#include "../../../proto/delivery/message.h"
#include "../../../proto/text/json_value.h"

namespace pinwheel {
namespace {

/// A text with padding behind it, like a message's payload.
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

TEST(JsonView, TextsStayValidDuringOtherLookups) {
    const Padded text(R"({"a":"first","b":"second","c":"third \\ escaped"})");
    const JsonView json(text.view());
    const auto first = json.string("/a");
    const auto second = json.string("/b");
    EXPECT_EQ(json.string("/c"), "third \\ escaped");
    EXPECT_EQ(first, "first");
    EXPECT_EQ(second, "second");
    EXPECT_EQ(first->data(), text.view().data() + 6);
}

TEST(JsonView, AnEmptyArrayCanBeReadTwice) {
    const Padded text("[]");
    const JsonView json(text.view());
    EXPECT_FALSE(json.integer("/0"));
    EXPECT_FALSE(json.integer("/0"));
    EXPECT_EQ(json.raw(""), "[]");
}

TEST(JsonView, AMissingValueOrOneOfAnotherTypeIsNothing) {
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

TEST(JsonView, TextThatIsNotJsonStaysText) {
    for (const char* text : {"", "hello", "{", "\"open", "{]"}) {
        const Padded padded(text);
        const JsonView json(padded.view());
        EXPECT_FALSE(json && json.raw("").has_value() && json.raw("/a").has_value()) << text;
        EXPECT_FALSE(json.integer("/a")) << text;
    }
    const Padded hello("hello");
    EXPECT_FALSE(JsonView(hello.view()));
}

// L1
TEST(JsonView, SeveralViewsOfAThreadEachReadTheirOwnText) {
    const Padded first(R"({"a":1,"t":"one\n"})");
    const Padded second(R"({"a":2,"t":"two\n"})");
    const JsonView one(first.view());
    const JsonView two(second.view());
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(one.integer("/a"), 1);
        EXPECT_EQ(two.integer("/a"), 2);
        EXPECT_EQ(one.string("/t"), "one\n");
        EXPECT_EQ(two.raw(""), second.view());
    }
    const JsonView copy = one;
    EXPECT_EQ(copy.integer("/a"), 1);
    const JsonView none("hello");
    EXPECT_EQ(two.integer("/a"), 2);
    EXPECT_FALSE(none.integer("/a"));
}

// L1
TEST(JsonView, ATextAtTheAddressOfAnEarlierOneIsIndexedAgain) {
    std::string place = R"({"a":1})" + std::string(kPayloadPadding, ' ');
    const std::string_view text(place.data(), 7);
    EXPECT_EQ(JsonView(text).integer("/a"), 1);
    place[5] = '2';
    EXPECT_EQ(JsonView(text).integer("/a"), 2);
}

// L2: RFC 6901 section 4 compares unescaped names.
TEST(JsonView, NamesAreComparedUnescaped) {
    const Padded text(R"({"BTC\/USD":{"p":1},"\u0061b":2,"q\"":3,"":4,"a~b":5,"x/y":6,"\u00e4":7,"ab":8})");
    const JsonView json(text.view());
    EXPECT_EQ(json.integer("/BTC~1USD/p"), 1);
    EXPECT_EQ(json.integer("/ab"), 2) << "the first of two";
    EXPECT_EQ(json.integer("/q\""), 3);
    EXPECT_EQ(json.integer("/"), 4);
    EXPECT_EQ(json.integer("/a~0b"), 5);
    EXPECT_EQ(json.integer("/x~1y"), 6);
    EXPECT_EQ(json.integer("/\u00e4"), 7);
    for (const char* bad : {"/a~b", "/a~2b", "/a~", "ab", "/ab/", "/BTC\\/USD"})
        EXPECT_FALSE(json.raw(bad)) << bad;
}

// L2
TEST(JsonView, ArrayIndexesAreDigitsWithoutLeadingZeros) {
    const Padded text(R"({"a":[10,11,12,13,14,15,16,17,18,19,[20]]})");
    const JsonView json(text.view());
    EXPECT_EQ(json.integer("/a/0"), 10);
    EXPECT_EQ(json.integer("/a/9"), 19);
    EXPECT_EQ(json.integer("/a/10/0"), 20);
    for (const char* bad : {"/a/01", "/a/00", "/a/-", "/a/-1", "/a/+1", "/a/11", "/a/", "/a/1x", "/a/ 1",
                            "/a/99999999999999999999"})
        EXPECT_FALSE(json.raw(bad)) << bad;
}

// L2
TEST(JsonView, TheEmptyPointerNamesAScalarDocument) {
    const Padded number(" 42 ");
    EXPECT_EQ(JsonView(number.view()).integer(""), 42);
    EXPECT_EQ(JsonView(number.view()).number(""), 42.0);
    EXPECT_EQ(JsonView(number.view()).raw(""), "42");
    EXPECT_FALSE(JsonView(number.view()).raw("/0"));
    const Padded word("true");
    EXPECT_EQ(JsonView(word.view()).boolean(""), true);
    const Padded null("null");
    EXPECT_EQ(JsonView(null.view()).raw(""), "null");
    const Padded plain(R"("text")");
    EXPECT_EQ(JsonView(plain.view()).string(""), "text");
    EXPECT_EQ(JsonView(plain.view()).raw(""), R"("text")");
    const Padded escaped(R"("te\nxt")");
    EXPECT_EQ(JsonView(escaped.view()).string(""), "te\nxt");
}

// L2: RFC 8259 section 8.1 lets a parser skip it.
TEST(JsonView, AByteOrderMarkIsSkipped) {
    const Padded text("\xef\xbb\xbf{\"a\":1}");
    EXPECT_EQ(JsonView(text.view()).integer("/a"), 1);
    EXPECT_EQ(JsonView(text.view()).raw(""), "{\"a\":1}");
}

// L2
TEST(JsonView, TextWithoutTheMatchingEndIsNotJson) {
    using std::string_literals::operator""s;
    for (const std::string& text : {"{\"a\":1}\0"s, "\0"s, "[1]\0"s, "42\0"s, "\"a\"\0"s, "{\"a\":1} x"s,
                                    "[1]]}"s, "{\"a\":1}]"s, "\xef\xbb\xbf"s, "  "s, "{\"a\":1}\0 "s}) {
        const Padded padded(text);
        EXPECT_FALSE(JsonView(padded.view())) << testing::PrintToString(text);
    }
    for (const std::string& text : {" {\"a\":1}\r\n"s, "[]"s, "-1.5e3"s, "false"s}) {
        const Padded padded(text);
        EXPECT_TRUE(JsonView(padded.view())) << text;
    }
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
