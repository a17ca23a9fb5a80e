#include "ledger.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "../../../core/message_queue.h"
#include "../../../proto/policy/disconnect_reason.h"

namespace pinwheel::test {
namespace {

/// A ring with the records of a server's connections, and the ledger of its reader.
class LedgerTest : public testing::Test {
  protected:
    void connected() { put({.kind = RecordKind::connected, .generation = ++generation}); }
    void disconnected(DisconnectReason reason = DisconnectReason::network_error) {
        put({.kind = RecordKind::disconnected,
             .generation = generation,
             .reason = static_cast<std::uint8_t>(reason)});
    }
    void dropped(std::uint64_t count) {
        sequence += count;
        put({.kind = RecordKind::dropped, .count = count, .generation = generation});
    }
    void message(std::uint64_t connection, std::uint64_t number) {
        text(soak_message(connection, number, 100));
    }
    void text(const std::string& payload) {
        std::memcpy(queue.claim(payload.size()), payload.data(), payload.size());
        queue.commit({.size = static_cast<std::uint32_t>(payload.size()),
                      .sequence = ++sequence,
                      .generation = generation});
        queue.publish();
        book();
    }
    void put(const RecordHeader& record) {
        queue.push_control(record);
        book();
    }
    void book() {
        for (; queue.front() != nullptr; queue.pop()) ledger.book(*queue.front());
    }
    std::size_t problems_after(const std::vector<ServedConnection>& served) {
        ledger.settle(served, 0);
        return ledger.problems().size();
    }

    std::uint32_t generation = 0;
    std::uint64_t sequence = 0;
    MessageQueue queue;
    Ledger ledger;
};

TEST_F(LedgerTest, AddsUpOverDropsAndDisconnects) {
    connected();
    message(1, 1);
    dropped(2);
    message(1, 4);
    disconnected();
    connected();
    message(3, 1);
    disconnected(DisconnectReason::server_closed);
    EXPECT_EQ(
        problems_after(
            {{.id = 1, .sent = 9}, {.id = 2, .sent = 5}, {.id = 3, .sent = 1, .closed_in_order = true}}),
        0U);
    EXPECT_EQ(ledger.totals().received, 3U);
    EXPECT_EQ(ledger.totals().dropped, 2U);
    EXPECT_EQ(ledger.totals().cut_off, 10U);
    EXPECT_EQ(ledger.totals().sent, 15U);
    EXPECT_EQ(ledger.totals().in_order_ends, 1U);
}

TEST_F(LedgerTest, SeesAMessageThatIsMissing) {
    connected();
    message(1, 1);
    message(1, 3);
    EXPECT_EQ(ledger.problems().size(), 1U);
}

TEST_F(LedgerTest, DetectsADuplicatedMessage) {
    connected();
    message(1, 1);
    message(1, 1);
    EXPECT_EQ(ledger.problems().size(), 1U);
}

TEST_F(LedgerTest, SeesADamagedMessage) {
    connected();
    std::string payload = soak_message(1, 1, 100);
    payload.back() = '?';
    text(payload);
    EXPECT_EQ(ledger.problems().size(), 1U);
    text(soak_message(1, 2, 100) + " and more");
    EXPECT_EQ(ledger.problems().size(), 2U);
}

TEST_F(LedgerTest, SeesAMessageOfAnotherConnection) {
    connected();
    message(2, 1);
    message(3, 2);
    EXPECT_EQ(ledger.problems().size(), 1U);
    disconnected();
    connected();
    message(1, 1);
    EXPECT_EQ(ledger.problems().size(), 2U);
}

TEST_F(LedgerTest, SeesAMessageOutsideOfAConnection) {
    message(1, 1);
    EXPECT_EQ(ledger.problems().size(), 1U);
}

TEST_F(LedgerTest, SeesAConnectWithoutADisconnect) {
    connected();
    connected();
    EXPECT_EQ(ledger.problems().size(), 1U);
}

TEST_F(LedgerTest, SeesALossBeforeAnOrderlyEnd) {
    connected();
    message(1, 1);
    disconnected(DisconnectReason::server_closed);
    EXPECT_EQ(problems_after({{.id = 1, .sent = 2, .closed_in_order = true}}), 1U);
}

TEST_F(LedgerTest, SeesMessagesThatWereNeverSent) {
    connected();
    message(1, 1);
    message(1, 2);
    disconnected();
    EXPECT_EQ(problems_after({{.id = 1, .sent = 1}}), 1U);
}

TEST_F(LedgerTest, AcceptsThatABrokenMessageIsDropped) {
    connected();
    message(1, 1);
    dropped(1);
    disconnected();
    EXPECT_EQ(problems_after({{.id = 1, .sent = 1, .begun_one_more = true}}), 0U);
}

TEST_F(LedgerTest, AddsUpWhenAConnectionsMessagesWereAllDropped) {
    connected();
    dropped(3);
    disconnected();
    EXPECT_EQ(problems_after({{.id = 1, .sent = 5}}), 0U);
    EXPECT_EQ(ledger.totals().sent, 5U);
    EXPECT_EQ(ledger.totals().dropped, 3U);
    EXPECT_EQ(ledger.totals().cut_off, 2U);
}

TEST_F(LedgerTest, SeesMoreDroppedThanWereSent) {
    connected();
    dropped(3);
    disconnected();
    EXPECT_EQ(problems_after({{.id = 1, .sent = 2}}), 1U);
}

TEST_F(LedgerTest, SeesAnOrderlyConnectionThatNeverShowed) {
    EXPECT_EQ(problems_after({{.id = 1, .sent = 1, .closed_in_order = true}}), 1U);
}

TEST(ServedConnectionTest, IsReadAsItWasWritten) {
    const auto read = ServedConnection::parse(
        ServedConnection{.id = 7, .sent = 8, .closed_in_order = true, .begun_one_more = true}.to_line());
    EXPECT_EQ(read.id, 7U);
    EXPECT_EQ(read.sent, 8U);
    EXPECT_TRUE(read.closed_in_order && read.begun_one_more);
    EXPECT_THROW((void)ServedConnection::parse("7 8 "), std::runtime_error);
}

}  // namespace
}  // namespace pinwheel::test
