// One forward pass over a message, and matchers on its result: section 9 of the feed's rules.
#include "../../../proto/venue/field_scanner.h"

#include <gtest/gtest.h>

#include <string>

#include "../../../core/random.h"
#include "../../../proto/text/json_view.h"
#include "../../../proto/venue/matcher.h"
#include "../../../proto/venue/venue_time.h"
#include "padded.h"

namespace pinwheel {
namespace {

using test::Padded;

const auto to_the_end = [](const FieldValues&) -> FieldMask { return 0; };

/// The values at `pointers`, as text; `-` for a missing one.
std::vector<std::string> scan(std::string_view text, const std::vector<std::string>& pointers) {
    FieldScanner scanner;
    for (const auto& pointer : pointers) EXPECT_TRUE(scanner.add(pointer)) << pointer;
    FieldValues values;
    const Padded padded(text);
    if (!scanner.scan(padded, ~FieldMask{0}, to_the_end, values)) return {"no JSON"};
    std::vector<std::string> found;
    for (std::size_t i = 0; i < pointers.size(); ++i)
        found.emplace_back(values[i].exists() ? values[i].text : "-");
    return found;
}
using Texts = std::vector<std::string>;

TEST(Section9Scanner, FindsValuesWhateverTheOrderOfKeys) {
    EXPECT_EQ(scan(R"({"a":{"b":1,"c":"x"},"d":[1,{"e":true}]})", {"/a/c", "/a/b", "/d/1/e", "/d", "/z"}),
              (Texts{"x", "1", "true", R"([1,{"e":true}])", "-"}));
    EXPECT_EQ(scan(R"( { "d" : [ ] , "a" : { "c" : null } } )", {"/a/c", "/d/0", "/d"}),
              (Texts{"null", "-", "[ ]"}));
}

TEST(Section9Scanner, AKeyInAnotherPlaceIsAnother) {
    EXPECT_EQ(scan(R"({"x":{"u":1},"s":"\"u\":2,","u":3})", {"/u"}), (Texts{"3"}));
    EXPECT_EQ(scan(R"({"x":[{"u":1}],"uu":2})", {"/u"}), (Texts{"-"}));
}

TEST(Section9Scanner, TheLastElementOfAListCounts) {
    EXPECT_EQ(scan(R"({"d":[{"n":1},{"n":2},{"n":3}]})", {"/d/0/n", "/d/{last}/n"}), (Texts{"1", "3"}));
    EXPECT_EQ(scan(R"({"d":[{"n":1},{"m":2}]})", {"/d/{last}/n"}), (Texts{"-"}));
    EXPECT_EQ(scan(R"([17,"hb"])", {"/0", "/1", "/{last}"}), (Texts{"17", "hb", "hb"}));
}

TEST(Section9Scanner, ALastElementIsNotTakenBeforeTheListHasEnded) {
    FieldScanner scanner;
    ASSERT_TRUE(scanner.add("/d/{last}"));
    FieldValues values;
    const Padded text("{\"d\":[1,2,3],\"e\":4}");
    ASSERT_TRUE(scanner.scan(text, 1, to_the_end, values));
    EXPECT_EQ(values[0].text, "3");
}

TEST(Section9Scanner, ThePassEndsWithWhatIsNeeded) {
    FieldScanner scanner;
    ASSERT_TRUE(scanner.add("/a"));
    ASSERT_TRUE(scanner.add("/b"));
    FieldValues values;
    int asked = 0;
    auto narrow = [&](const FieldValues& found) -> FieldMask {
        ++asked;
        return (found.found() & 2) != 0 ? 0 : 2;
    };
    const Padded text(R"({"a":1,"b":2,"c":this is no JSON)");
    EXPECT_TRUE(scanner.scan(text, 1, narrow, values));
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(values[1].text, "2");
}

TEST(Section9Scanner, WhatIsNoJsonHasNoValues) {
    for (const std::string_view text : {"pong", "", "{", R"({"a")", R"({"a":1)", R"({"a":1}x)", R"({"a":"1)",
                                        R"({"a":[1,2})", "[1,", R"({a:1})"}) {
        FieldScanner scanner;
        ASSERT_TRUE(scanner.add("/a"));
        FieldValues values;
        EXPECT_FALSE(scanner.scan(Padded(text), ~FieldMask{0}, to_the_end, values)) << text;
        EXPECT_EQ(values.found(), 0U) << text;
    }
}

TEST(Section9Scanner, AnEscapedKeyIsTheSameKey) {
    EXPECT_EQ(scan("{\"\\u0061\":\"\\u0062\"}", {"/a"}), (Texts{"\\u0062"}));
}

TEST(Section9Scanner, PointersAreChecked) {
    FieldScanner scanner;
    for (const std::string_view wrong : {"a", "a/b", "/a~", "/a~2", "/{i}/a"})
        EXPECT_FALSE(scanner.add(wrong)) << wrong;
    EXPECT_EQ(scan(R"({"a/b":{"c~d":1}})", {"/a~1b/c~0d", ""}), (Texts{"1", R"({"a/b":{"c~d":1}})"}));
    for (int i = 0; i < 64; ++i) EXPECT_TRUE(scanner.add("/" + std::to_string(i)));
    EXPECT_FALSE(scanner.add("/one more"));
    EXPECT_TRUE(scanner.add("/5")) << "it has that one";
}

TEST(Section9Scanner, WhatIsPassedOverEndsWhereItsBracketsClose) {
    SeededRandom random(64);
    const auto filling = [&](auto& self, int depth) -> std::string {
        std::string text = "[";
        for (auto left = random.below(6); left > 0; --left) {
            const auto kind = random.below(depth > 4 ? 3 : 5);
            if (text.size() > 1) text += ",";
            if (kind == 0) text += "\"" + std::string(random.below(70), ']') + "\"";
            if (kind == 1) text += std::to_string(random.below(1'000'000));
            if (kind == 2) text += random.below(20) == 0 ? R"("\\\"}[")" : R"("{[")";
            if (kind > 2) text += self(self, depth + 1);
        }
        return text + "]";
    };
    for (int i = 0; i < 20'000; ++i)
        ASSERT_EQ(scan("{\"skipped\":" + filling(filling, 0) + ",\"a\":7}", {"/a"}), Texts{"7"});
    for (std::size_t size = 0; size < 200; ++size) {
        const std::string text(size, 'x');
        EXPECT_EQ(scan("{\"s\":[\"" + text + "\"],\"a\":7}", {"/a"}), Texts{"7"}) << size;
        EXPECT_EQ(scan("{\"s\":[\"" + text, {"/a"}), Texts{"no JSON"}) << "cut short";
        EXPECT_EQ(scan("{\"s\":[[\"" + text + "\"]", {"/a"}), Texts{"no JSON"}) << "cut short";
    }
}

/// The oracle is simdjson.
TEST(Section9Scanner, AgreesWithTheParserOverRandomDocuments) {
    SeededRandom random(9);
    const Texts pointers{"/a", "/b", "/a/b", "/b/0", "/b/1/a", "/c/c/c", "/a/0/0"};
    auto value = [&](auto& self, int depth) -> std::string {
        const auto kind = random.below(depth > 3 ? 4 : 7);
        const std::string space(random.below(4) == 0 ? 1 : 0, ' ');
        if (kind == 0) return std::to_string(random.below(1000));
        if (kind == 1) return R"("x\"{[,)" + std::to_string(random.below(10)) + "\"";
        if (kind == 2) return "null";
        if (kind == 3) return "true";
        const bool is_object = kind > 4;
        std::string text = is_object ? "{" : "[";
        std::string keys = "abc";
        const auto count = random.below(4);
        for (std::uint64_t i = 0; i < count; ++i) {
            if (i > 0) text += "," + space;
            if (is_object)
                text += "\"" + keys.substr((i + random.below(1)) % 3, 1) + "\"" + space + ":" + space;
            text += self(self, depth + 1);
        }
        return text + (is_object ? "}" : "]");
    };
    for (int i = 0; i < 5'000; ++i) {
        const std::string text = value(value, 0);
        const auto found = scan(text, pointers);
        const Padded padded(text);
        const JsonView view(padded);
        for (std::size_t p = 0; p < pointers.size(); ++p) {
            const auto raw = view.raw(pointers[p]);
            std::string expected = raw ? std::string(*raw) : "-";
            while (!expected.empty() && expected.back() == ' ') expected.pop_back();
            if (expected.front() == '"') expected = expected.substr(1, expected.size() - 2);
            ASSERT_EQ(found[p], expected) << text << " at " << pointers[p];
        }
    }
}

TEST(Section9Scanner, IntegersMayStandInStrings) {
    std::int64_t number = 0;
    EXPECT_TRUE(parse_integer({JsonType::string, "123"}, number));
    EXPECT_EQ(number, 123);
    EXPECT_TRUE(parse_integer({JsonType::number, "-1"}, number));
    for (const std::string_view wrong : {"", "1.5", "2e3", "12x", "99999999999999999999"})
        EXPECT_FALSE(parse_integer({JsonType::number, wrong}, number)) << wrong;
    EXPECT_FALSE(parse_integer({JsonType::boolean, "1"}, number));
}

TEST(Section8VenueTime, EachUnit) {
    const auto number = [](std::string_view text, TimeUnit unit) {
        return venue_time({JsonType::number, text}, unit);
    };
    EXPECT_EQ(number("1700000000", TimeUnit::seconds), 1'700'000'000'000'000'000);
    EXPECT_EQ(number("1700000000.25", TimeUnit::seconds), 1'700'000'000'250'000'000);
    EXPECT_EQ(number("1700000000123", TimeUnit::milliseconds), 1'700'000'000'123'000'000);
    EXPECT_EQ(number("1700000000123456", TimeUnit::microseconds), 1'700'000'000'123'456'000);
    EXPECT_EQ(number("99999999999999", TimeUnit::seconds), 0);
    EXPECT_EQ(number("-5", TimeUnit::seconds), 0);
    const auto text = [](std::string_view value) {
        return venue_time({JsonType::string, value}, TimeUnit::rfc3339);
    };
    EXPECT_EQ(text("2021-04-17T16:56:57.123456Z"), 1'618'678'617'123'456'000);
    EXPECT_EQ(text("2021-04-17T18:56:57+02:00"), 1'618'678'617'000'000'000);
    EXPECT_EQ(text("2021-04-17"), 0);
    EXPECT_EQ(text("2021-13-17T16:56:57Z"), 0);
    EXPECT_EQ(venue_time({}, TimeUnit::rfc3339), 0);
}

}  // namespace
}  // namespace pinwheel
