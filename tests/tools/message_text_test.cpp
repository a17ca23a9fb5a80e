#include "../../tools/pinwheel/terminal/message_text.h"

#include <gtest/gtest.h>

#include <string>

#include "../../tools/pinwheel/commands/client.h"

namespace pinwheel::test {
namespace {

using namespace tool;

TEST(PrettyJson, PutsEachValueOnALine) {
    EXPECT_EQ(pretty_json(R"({"a":[1,-2.50e3 ,{}],"b" : {"c":"x, {\"}\\"},"d":[ ],"e":null})"),
              "{\n"
              "  \"a\": [\n"
              "    1,\n"
              "    -2.50e3,\n"
              "    {}\n"
              "  ],\n"
              "  \"b\": {\n"
              "    \"c\": \"x, {\\\"}\\\\\"\n"
              "  },\n"
              "  \"d\": [],\n"
              "  \"e\": null\n"
              "}");
    EXPECT_EQ(pretty_json(" 7 "), "7");
}

TEST(PrettyJson, LeavesOtherTextUnchanged) {
    for (const std::string text : {"", "hello", "{\"a\":", "{} {}", "[1,]", "\"open", "{\"a\":1}}"})
        EXPECT_EQ(pretty_json(text), text);
}

/// With the readable bytes that must follow a message.
class Padded {
  public:
    explicit Padded(const std::string& text) : size_(text.size()), bytes_(text + std::string(64, ' ')) {}
    [[nodiscard]] Message message() const {
        return {.payload = std::as_bytes(std::span(bytes_.data(), size_)), .is_text = true};
    }

  private:
    const std::size_t size_;
    const std::string bytes_;
};

TEST(MessageText, IsFiltered) {
    const Padded message(R"({"data":[{"price":1.50}],"name":"x","deep":{"a":[1]}})");
    const auto filtered = [&](const std::string& pointer, bool pretty = false) {
        return std::string(
            MessageText({.pretty = pretty, .filter = pointer}).of(message.message()).value_or("-"));
    };
    EXPECT_EQ(filtered("/data/0/price"), "1.50");
    EXPECT_EQ(filtered("/name"), "\"x\"");
    EXPECT_EQ(filtered("/deep"), R"({"a":[1]})");
    EXPECT_EQ(filtered("/deep", true), "{\n  \"a\": [\n    1\n  ]\n}");
    EXPECT_EQ(filtered("/data/1"), "-");
    const Padded other("no JSON");
    EXPECT_EQ(MessageText({.filter = "/a"}).of(other.message()), std::nullopt);
    EXPECT_EQ(MessageText({.pretty = true}).of(other.message()), "no JSON");
}

TEST(MessageText, RequiresAPointer) {
    for (const std::string good : {"", "/a", "/a~0b/~1/0"}) EXPECT_NO_THROW(check_pointer("--filter", good));
    for (const std::string bad : {"a", "a/b", "/a~", "/a~2"})
        EXPECT_THROW(check_pointer("--filter", bad), UsageError) << bad;
}

}  // namespace
}  // namespace pinwheel::test
