#include "../../tools/relay/relay_rules.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1h};
constexpr RelayRules kCore{.max_age = 1s, .trusted = 2s, .has_stream = false};
constexpr RelayRules kStream{.max_age = 1s, .trusted = 2s, .has_stream = true};

RelayEntry message(Duration age) {
    return {.channel = 0, .is_numbered = true, .is_comparable = true, .end = 10, .received = kNow - age};
}
RelayChannel with_mark(std::optional<std::int64_t> number, Duration age) {
    RelayChannel channel;
    channel.mark.number = number;
    channel.mark.at = kNow - age;
    return channel;
}

TEST(RelayRules, LiveSubscribersGetNothingOld) {
    EXPECT_EQ(kCore.step(message(1s), {}, kNow), RelayStep::live);
    EXPECT_EQ(kCore.step(message(1s + 1ns), {}, kNow), RelayStep::lose);
    EXPECT_EQ(kStream.step(message(1s), {}, kNow), RelayStep::live);
    EXPECT_EQ(kStream.step(message(1s + 1ns), {}, kNow), RelayStep::late);
}

TEST(RelayRules, WhatTheStreamMayNoLongerRecogniseIsComparedWithItsNumber) {
    EXPECT_EQ(kStream.step(message(2s), {}, kNow), RelayStep::late);
    EXPECT_EQ(kStream.step(message(2s + 1ns), {}, kNow), RelayStep::ask);
    EXPECT_EQ(kStream.step(message(3s), with_mark(9, 2s), kNow), RelayStep::late);
    EXPECT_EQ(kStream.step(message(3s), with_mark(10, 2s), kNow), RelayStep::skip);
    EXPECT_EQ(kStream.step(message(3s), with_mark(11, 0s), kNow), RelayStep::skip);
    EXPECT_EQ(kStream.step(message(3s), with_mark(std::nullopt, 0s), kNow), RelayStep::late)
        << "nothing of the channel is stored";
    EXPECT_EQ(kStream.step(message(3s), with_mark(9, 2s + 1ns), kNow), RelayStep::ask) << "the mark is old";
}

TEST(RelayRules, WhatComesAfterASilenceIsComparedAtAnyAge) {
    RelayEntry entry = message(0s);
    entry.is_suspect = true;
    EXPECT_EQ(kStream.step(entry, {}, kNow), RelayStep::ask);
    EXPECT_EQ(kStream.step(entry, with_mark(9, 0s), kNow), RelayStep::live);
    EXPECT_EQ(kStream.step(entry, with_mark(10, 0s), kNow), RelayStep::skip);
    EXPECT_EQ(kCore.step(entry, {}, kNow), RelayStep::live);
}

TEST(RelayRules, WhatCannotBeComparedIsGivenUpOnceItsIdMayBeForgotten) {
    RelayEntry entry = message(2s);
    entry.is_numbered = entry.is_comparable = false;
    entry.id = "#1";
    EXPECT_EQ(kStream.step(entry, {}, kNow), RelayStep::late);
    entry.received -= 1ns;
    EXPECT_EQ(kStream.step(entry, {}, kNow), RelayStep::lose);
    entry.id.clear();
    EXPECT_EQ(kStream.step(entry, {}, kNow), RelayStep::late) << "nothing recognises it anyway";
    RelayEntry control{.received = kNow - 1h};
    EXPECT_EQ(kCore.step(control, {}, kNow), RelayStep::live);
    EXPECT_EQ(kStream.step(control, {}, kNow), RelayStep::live);
}

}  // namespace
}  // namespace pinwheel
