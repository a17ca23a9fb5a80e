#include "../../../proto/text/decimal.h"

#include <gtest/gtest.h>

#include <limits>

#include "../../../proto/text/stamp.h"

namespace pinwheel {
namespace {

TEST(Decimal, ScaledNumbersAreExact) {
    EXPECT_EQ(parse_scaled("63978.5", 2), 6'397'850);
    EXPECT_EQ(parse_scaled("63978.50000", 1), 639'785);
    EXPECT_EQ(parse_scaled("63978.51", 1), std::nullopt) << "a digit would be lost";
    EXPECT_EQ(parse_scaled("-0.00000001", 8), -1);
    EXPECT_EQ(parse_scaled("0", 18), 0);
    EXPECT_EQ(parse_scaled("-0", 0), 0);
    EXPECT_EQ(parse_scaled("007", 0), 7);
    EXPECT_EQ(parse_scaled("1e-8", 8), 1);
    EXPECT_EQ(parse_scaled("1.5E+3", 0), 1500);
    EXPECT_EQ(parse_scaled("500e-2", 0), 5);
    EXPECT_EQ(parse_scaled("5e-1", 0), std::nullopt);
    EXPECT_EQ(parse_scaled("0e999999999", 0), 0);
}

TEST(Decimal, ScaledNumbersOutOfRangeAreNothing) {
    constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(parse_scaled("9223372036854775807", 0), kMost);
    EXPECT_EQ(parse_scaled("92233720368547758.07", 2), kMost);
    EXPECT_EQ(parse_scaled("9223372036854775808", 0), std::nullopt);
    EXPECT_EQ(parse_scaled("-9223372036854775808", 0), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(parse_scaled("-9223372036854775809", 0), std::nullopt);
    EXPECT_EQ(parse_scaled("10", 18), std::nullopt);
    EXPECT_EQ(parse_scaled("1e99999999999", 0), std::nullopt);
    EXPECT_EQ(parse_scaled("1", 19), std::nullopt);
}

TEST(Decimal, TextsThatAreNoNumbersAreNothing) {
    for (const char* text :
         {"", "-", ".5", "5.", "1e", "1e+", "+1", " 1", "1 ", "0x1", "1,5", "NaN", "1.2.3"}) {
        EXPECT_EQ(parse_scaled(text, 2), std::nullopt) << text;
        EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_decimal("63978.5"), 63978.5);
    EXPECT_EQ(parse_decimal("-1e-3"), -0.001);
    EXPECT_EQ(parse_decimal("1e999"), std::nullopt);
}

TEST(Stamp, EachUnitAndRfc3339GiveNanoseconds) {
    EXPECT_EQ(parse_stamp("1700000000", TimeUnit::seconds), 1'700'000'000'000'000'000);
    EXPECT_EQ(parse_stamp("1700000000.123456789", TimeUnit::seconds), 1'700'000'000'123'456'789);
    EXPECT_EQ(parse_stamp("1700000000123", TimeUnit::milliseconds), 1'700'000'000'123'000'000);
    EXPECT_EQ(parse_stamp("1700000000123.5", TimeUnit::milliseconds), 1'700'000'000'123'500'000);
    EXPECT_EQ(parse_stamp("1700000000123456", TimeUnit::microseconds), 1'700'000'000'123'456'000);
    EXPECT_EQ(parse_stamp("1700000000123456789", TimeUnit::nanoseconds), 1'700'000'000'123'456'789);
    EXPECT_EQ(parse_stamp("2023-11-14T22:13:20.5Z", TimeUnit::rfc3339), 1'700'000'000'500'000'000);
    EXPECT_EQ(parse_stamp("2023-11-14T23:13:20+01:00", TimeUnit::rfc3339), 1'700'000'000'000'000'000);
    EXPECT_EQ(parse_stamp("0", TimeUnit::seconds), 0);
}

TEST(Stamp, OtherTextsAreNothing) {
    for (const char* text : {"", "x", "-1", "1.x", "12345678901234567890", "9300000000", "1 "})
        EXPECT_EQ(parse_stamp(text, TimeUnit::seconds), std::nullopt) << text;
    for (const char* text : {"", "2023-11-14", "2023-11-14T22:13:20", "2023-13-14T22:13:20Z", "1700000000"})
        EXPECT_EQ(parse_stamp(text, TimeUnit::rfc3339), std::nullopt) << text;
}

}  // namespace
}  // namespace pinwheel
