#include "../../../proto/text/json_error_location.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

namespace pinwheel {
namespace {

struct Case {
    std::string text;
    std::size_t line;
    std::size_t column;
    std::string_view what;
};

TEST(JsonErrorLocation, FindsThePlaceOfTheFirstError) {
    const Case cases[] = {
        {"", 1, 1, "expected a value"},
        {" \n  ", 2, 3, "expected a value"},
        {R"({"a":1 "b":2})", 1, 8, "expected ',' or '}'"},
        {"{\n  \"a\": 1,\n  \"b\" 2\n}", 3, 7, "expected ':'"},
        {R"({"a":[1,2,}})", 1, 11, "expected a value"},
        {R"({"a":1,})", 1, 8, "expected a key in double quotes"},
        {"{a:1}", 1, 2, "expected a key in double quotes"},
        {"{'a':1}", 1, 2, "expected a key in double quotes"},
        {R"({"a":tru})", 1, 6, "expected a value"},
        {R"({"a":1}})", 1, 8, "expected the end"},
        {R"({"a":1)", 1, 7, "expected ',' or '}'"},
        {"[1,2", 1, 5, "expected ',' or ']'"},
        {"[[1],[2 3]]", 1, 9, "expected ',' or ']'"},
        {"{\n\"a\": \"x\n\"}", 2, 8, "a control character in a string"},
        {"{\n\"a\": \"x\\\"", 2, 6, "a string without an end"},
        {R"(["\q"])", 1, 4, "an unknown escape"},
        {R"(["\u12g4"])", 1, 7, "expected four hexadecimal digits"},
        {R"(["\ud83d"])", 1, 3, "half a surrogate pair"},
        {R"(["ab\uD83D\n"])", 1, 5, "half a surrogate pair"},
        {R"(["\ude00\ud83d"])", 1, 3, "half a surrogate pair"},
        {R"(["\ud83d\u0041"])", 1, 3, "half a surrogate pair"},
        {R"(["\u12)", 1, 7, "expected four hexadecimal digits"},
        {"[01]", 1, 3, "a number with a leading zero"},
        {"[-]", 1, 3, "expected a digit"},
        {"[1.]", 1, 4, "expected a digit"},
        {"[1e+]", 1, 5, "expected a digit"},
        {"[1e999]", 1, 2, "a number out of range"},
        {"[0.0001e400]", 1, 2, "a number out of range"},
        {"[1e-400, 0.1e-99999999999999999999, -0.0e999]]", 1, 46, "expected the end"},
        {"[1, 123456789012345678901234567890]", 1, 5, "a number out of range"},
        {"[\"\xc3\xa9\xff\"]", 1, 5, "not UTF-8"},
        {"{\"a\": 1}\xff", 1, 9, "not UTF-8"},
        {"{}\n{}", 2, 1, "expected the end"},
        {std::string(1500, '['), 1, 1001, "nested too deeply"},
    };
    simdjson::dom::parser parser;
    for (const auto& one : cases) {
        EXPECT_NE(parser.parse(one.text).error(), simdjson::SUCCESS) << one.text;
        const JsonErrorLocation place = find_json_error(one.text);
        EXPECT_EQ(place.what, one.what) << one.text;
        EXPECT_EQ(place.line, one.line) << one.text;
        EXPECT_EQ(place.column, one.column) << one.text;
    }
}

TEST(JsonErrorLocation, FindsNothingInValidJson) {
    for (const std::string text :
         {"{}", "[]", " [ ] ", R"({"a":[1,-2.5e+10,{"b":null}],"c":"\u00e9\n\uD83d\uDe00\"","d":true})",
          "18446744073709551615", "-9223372036854775808", "\"\xe2\x82\xac\""})
        EXPECT_EQ(find_json_error(text).what, "the parser refuses it") << text;
}

TEST(JsonErrorLocation, EachCutOfATextIsAnErrorAtOrBeforeItsEnd) {
    const std::string text = R"({"websocket": {"ping": {"interval": 20.5}, "x": ["a\n", null, true]}})";
    for (std::size_t size = 0; size < text.size(); ++size) {
        const JsonErrorLocation place = find_json_error(std::string_view(text).substr(0, size));
        EXPECT_NE(place.what, "the parser refuses it") << size;
        EXPECT_LE(place.column, size + 1) << size;
    }
}

}  // namespace
}  // namespace pinwheel
