#include "../../net/tx_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "../../core/bytes.h"
#include "../support/scripted_stream.h"

namespace pinwheel {
namespace {

TEST(TxBuffer, KeepsOrderAndTheRestThroughPartialWritesOfEverySize) {
    for (std::size_t limit = 1; limit < 40; ++limit) {
        test::StreamScript script;
        test::ScriptedStream stream(script);
        script.write_limit = limit;
        script.write_room = 0;
        TxBuffer tx(1000);
        std::string expected;
        for (int i = 0; i < 20; ++i) {
            const std::string unit = "unit " + std::to_string(i) + ";";
            expected += unit;
            ASSERT_TRUE(tx.append(bytes_of(unit)));
            script.write_room += 3;
            EXPECT_EQ(tx.flush(stream).status, IoStatus::would_block);
        }
        script.write_room = 10'000;
        EXPECT_EQ(tx.flush(stream).status, IoStatus::ok);
        EXPECT_EQ(tx.size(), 0U);
        EXPECT_EQ(script.written, expected);
    }
}

TEST(TxBuffer, RefusesAUnitAboveTheLimitCompletely) {
    TxBuffer tx(10);
    EXPECT_TRUE(tx.append(bytes_of("12345678")));
    EXPECT_FALSE(tx.append(bytes_of("123")));
    EXPECT_EQ(tx.size(), 8U);
    EXPECT_TRUE(tx.append(bytes_of("12")));
}

TEST(TxBuffer, AWriteErrorIsPassedOn) {
    test::StreamScript script;
    test::ScriptedStream stream(script);
    script.write_error = Errc::connection_reset;
    TxBuffer tx(10);
    ASSERT_TRUE(tx.append(bytes_of("x")));
    EXPECT_EQ(tx.flush(stream).error, Errc::connection_reset);
}

TEST(TxBuffer, SendsAUnitInOneWrite) {
    test::StreamScript script;
    test::ScriptedStream stream(script);
    TxBuffer tx(100'000);
    ASSERT_TRUE(tx.append(bytes_of(std::string(90'000, 'x'))));
    EXPECT_EQ(tx.flush(stream).status, IoStatus::ok);
    EXPECT_EQ(script.writes, 1);
    EXPECT_EQ(script.written.size(), 90'000U);
}

TEST(TxBuffer, AUnitMayTurnOutSmallerThanClaimed) {
    test::StreamScript script;
    test::ScriptedStream stream(script);
    TxBuffer tx(100);
    const auto room = tx.claim(50);
    ASSERT_EQ(room.size(), 50U);
    EXPECT_EQ(tx.size(), 0U) << "a claim alone is nothing to send";
    std::ranges::copy(bytes_of("abc"), room.begin());
    tx.commit(3);
    ASSERT_TRUE(tx.append(bytes_of("de")));
    EXPECT_EQ(tx.flush(stream).status, IoStatus::ok);
    EXPECT_EQ(script.written, "abcde");
}

TEST(TxBuffer, TheLimitAppliesToTheBacklogNotToSentBytes) {
    test::StreamScript script;
    test::ScriptedStream stream(script);
    script.write_room = 6;
    TxBuffer tx(10);
    ASSERT_TRUE(tx.append(bytes_of("0123456789")));
    EXPECT_TRUE(tx.claim(1).empty());
    EXPECT_EQ(tx.flush(stream).status, IoStatus::would_block);
    EXPECT_EQ(tx.size(), 4U);
    EXPECT_TRUE(tx.append(bytes_of("abcdef")));
    EXPECT_FALSE(tx.append(bytes_of("g")));
    script.write_room = 100;
    EXPECT_EQ(tx.flush(stream).status, IoStatus::ok);
    EXPECT_EQ(script.written, "0123456789abcdef");
}

TEST(TxBuffer, RefusesSizesThatDoNotAddUp) {
    TxBuffer tx(std::numeric_limits<std::size_t>::max());
    ASSERT_TRUE(tx.append(bytes_of("x")));
    EXPECT_TRUE(tx.claim(std::numeric_limits<std::size_t>::max()).empty());
    EXPECT_EQ(tx.size(), 1U);
}

TEST(TxBuffer, FlushOfNothingWritesNothing) {
    test::StreamScript script;
    test::ScriptedStream stream(script);
    TxBuffer tx(10);
    EXPECT_EQ(tx.flush(stream).status, IoStatus::ok);
    EXPECT_EQ(script.writes, 0);
}

TEST(TxBuffer, ClearDropsTheBacklog) {
    test::StreamScript script;
    test::ScriptedStream stream(script);
    TxBuffer tx(10);
    ASSERT_TRUE(tx.append(bytes_of("0123456789")));
    tx.clear();
    EXPECT_EQ(tx.size(), 0U);
    ASSERT_TRUE(tx.append(bytes_of("abc")));
    EXPECT_EQ(tx.flush(stream).status, IoStatus::ok);
    EXPECT_EQ(script.written, "abc");
}

TEST(TxBuffer, AnErrorInTheMiddleKeepsTheRest) {
    test::StreamScript script;
    test::ScriptedStream stream(script);
    script.write_room = 4;
    TxBuffer tx(10);
    ASSERT_TRUE(tx.append(bytes_of("0123456789")));
    EXPECT_EQ(tx.flush(stream).status, IoStatus::would_block);
    script.write_error = Errc::connection_reset;
    EXPECT_EQ(tx.flush(stream).status, IoStatus::error);
    EXPECT_EQ(tx.size(), 6U);
}

}  // namespace
}  // namespace pinwheel
