// The time in a message, from which `pinwheel latency --stamp` measures.

#include <gtest/gtest.h>

#include <string>

#include "../../core/record.h"
#include "../../tools/pinwheel/commands/client.h"
#include "../../tools/pinwheel/commands/stamp.h"
#include "../support/frames.h"
#include "command.h"
#include "scripted.h"

namespace pinwheel::test {
namespace {

using tool::StampReader;

constexpr SystemTime kNow{std::chrono::nanoseconds{1'700'000'000'000'000'000}};

std::optional<Duration> age(StampReader& reader, const std::string& value) {
    const std::string text = R"({"E":)" + value + "}";
    const std::string padded = text + std::string(kPayloadPadding, ' ');
    return reader.age(JsonView(std::string_view(padded).substr(0, text.size())), kNow);
}

void expect_fault(const StampReader& reader, const std::vector<std::string>& words) {
    for (const auto& word : words)
        EXPECT_NE(reader.fault().find(word), std::string::npos) << word << " in: " << reader.fault();
}

TEST(Stamp, TakesItsUnitFromTheFirst) {
    for (const std::string value : {"1699999999", "1699999999000", "\"1699999999000\"", "1699999999000000",
                                    "1699999999000000000", "1699999999.0", "\"2023-11-14T22:13:19Z\""}) {
        StampReader reader("/E", "auto");
        EXPECT_EQ(age(reader, value), std::chrono::seconds{1}) << value;
        EXPECT_EQ(reader.fault(), "");
    }
}

TEST(Stamp, TakesTheUnitGiven) {
    StampReader reader("/E", "ms");
    EXPECT_EQ(age(reader, "1699999999500"), std::chrono::milliseconds{500});
    EXPECT_EQ(age(reader, "null"), std::nullopt) << "no stamp";
    EXPECT_EQ(reader.fault(), "");
    EXPECT_THROW(StampReader("/E", "hours"), tool::UsageError);
}

TEST(Stamp, NamesTheLikelyUnitOfOneThatCannotBeRight) {
    StampReader reader("/E", "ns");
    EXPECT_EQ(age(reader, "1699999999500"), std::nullopt);
    expect_fault(reader, {"--stamp '/E'", "1699999999500", "in ns", "--stamp-unit ms"});
    StampReader iso("/E", "iso");
    EXPECT_EQ(age(iso, "1699999999500"), std::nullopt);
    expect_fault(iso, {"--stamp-unit ms"});
}

TEST(Stamp, NamesClocksThatDiffer) {
    StampReader reader("/E", "auto");
    EXPECT_EQ(age(reader, "1700000000003"), std::nullopt);
    expect_fault(reader, {"3.000 ms ahead of this machine's clock"});
    EXPECT_EQ(age(reader, "1699999999000"), std::nullopt) << "the first fault ends the measurement";
}

TEST(Stamp, RefusesWhatIsNoTime) {
    for (const std::string value : {"17", "\"soon\"", "{}", "[1700000000]", "true"}) {
        StampReader reader("/E", "auto");
        EXPECT_EQ(age(reader, value), std::nullopt) << value;
        expect_fault(reader, {"no time"});
    }
    StampReader old("/E", "auto");
    EXPECT_EQ(age(old, "1600000000"), std::nullopt);
    expect_fault(old, {"more than a day ago"});
}

TEST(Stamp, AFaultEndsTheCommandWithoutAResult) {
    const RawServer server(upgraded_and(text_frame(R"({"E":1700000000000})")), RawServer::Then::hold);
    const std::string url = "ws://" + server.authority() + "/";
    expect_refusal(run({"latency", url, "--stamp", "/E", "--seconds", "20"}), 1,
                   {"--stamp '/E'", "more than a day ago"});
    expect_refusal(run({"latency", url, "--stamp", "/E", "--stamp-unit", "ns"}), 1, {"--stamp-unit ms"});
    expect_refusal(run({"latency", url, "--stamp", "/E", "--stamp-unit", "days"}), 2,
                   {"'days'", "auto, ns, us, ms, s and iso"});
}

}  // namespace
}  // namespace pinwheel::test
