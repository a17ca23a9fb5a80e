// S9: the values that make a JsonValue.

#include "../../../proto/text/json_value.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace pinwheel {
namespace {

TEST(JsonValue, S9ACharacterIsAStringAndOtherCharacterTypesDoNotCompile) {
    EXPECT_EQ(JsonValue('c').dump(), R"("c")");
    EXPECT_EQ(JsonValue('"').dump(), R"("\"")");
    EXPECT_EQ(JsonValue(std::uint8_t{99}).dump(), "99");
    static_assert(!std::is_constructible_v<JsonValue, char8_t>);
    static_assert(!std::is_constructible_v<JsonValue, wchar_t>);
    static_assert(!std::is_constructible_v<JsonValue, char32_t>);
}

TEST(JsonValue, S9RunTimeListsAndObjects) {
    EXPECT_EQ(JsonValue(std::vector<int>{1, 2}).dump(), "[1,2]");
    EXPECT_EQ(JsonValue(std::vector<std::string>{"a", "b"}).dump(), R"(["a","b"])");
    EXPECT_EQ(JsonValue(std::vector<int>{}).dump(), "[]");
    EXPECT_EQ(JsonValue(std::vector<bool>{true, false}).dump(), "[true,false]");
    EXPECT_EQ(JsonValue(std::vector<std::vector<int>>{{1}, {}}).dump(), "[[1],[]]");
    EXPECT_EQ(JsonValue(std::vector<JsonValue>{1, "a", nullptr}).dump(), R"([1,"a",null])");
    EXPECT_EQ(JsonValue(std::map<std::string, int>{{"b", 1}, {"a", 2}}).dump(), R"({"a":2,"b":1})");
    EXPECT_EQ(JsonValue(std::map<std::string, std::vector<int>>{{"a", {1}}}).dump(), R"({"a":[1]})");
    EXPECT_EQ(JsonValue(std::map<std::string, int>{}).dump(), "{}");
    const std::vector<std::pair<std::string, JsonValue>> members{{"z", 1}, {"a", "x"}};
    EXPECT_EQ(JsonValue(members).dump(), R"({"z":1,"a":"x"})");
    const JsonValue nested{{"params", std::vector<std::string>{"t"}}, {"id", 7}};
    EXPECT_EQ(nested.dump(), R"({"params":["t"],"id":7})");
    EXPECT_EQ(JsonValue("text").dump(), R"("text")");
    EXPECT_EQ(JsonValue(std::string("text")).dump(), R"("text")");
}

}  // namespace
}  // namespace pinwheel
