#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "record_support.h"
#include "tls_support.h"

namespace pinwheel::test {
namespace {

using detail::Secret;
using detail::TlsRecordLayer;
using What = TlsRecordLayer::What;

constexpr int kAlert = 21;
constexpr int kHandshake = 22;
constexpr int kData = 23;

const std::string kTicket = std::string("\x04\0\0\x05", 4) + "tickt";

/// The layer between two test layers: `peer` seals the records that it opens, `witness` opens the records
/// that it seals.
class RecordLayer : public testing::Test {
  protected:
    RecordLayer() { restart({}); }
    void restart(const TlsRecordLayer::Settings& settings) {
        layer = std::make_unique<TlsRecordLayer>();
        witness = std::make_unique<TlsRecordLayer>();
        EXPECT_TRUE(layer->start(settings, theirs, ours));
        EXPECT_TRUE(witness->start({}, ours, theirs));
        peer = std::make_unique<RecordForge>(theirs);
    }
    /// Opens the first record of `wire`; `text` is its data.
    What open(std::string wire) {
        const auto in = std::as_writable_bytes(std::span(wire));
        const auto opened = layer->open(in, in.subspan(std::min<std::size_t>(in.size(), 5)));
        text = opened.what == What::data ? wire.substr(5, opened.size) : "";
        return opened.what;
    }
    /// Opens a record that must be refused. Returns the alert that the peer gets.
    int alert_for(const std::string& wire) {
        EXPECT_EQ(open(wire), What::failed);
        EXPECT_NE(layer->failure(), "");
        EXPECT_EQ(open(peer->record(kData, "more")), What::failed);
        std::array<std::byte, 64> out;
        EXPECT_EQ(layer->seal(bytes_of("x"), out), 0U);
        const std::size_t size = layer->seal_last_alert(out);
        if (size == 0) return -1;
        EXPECT_EQ(witness->open(std::span(out).first(size), std::span(out).subspan(5)).what,
                  layer->failure().empty() ? What::closed : What::failed);
        EXPECT_EQ(layer->seal_last_alert(out), 0U);
        return witness->peer_alert();
    }
    std::vector<What> seal_and_witness(std::string_view data) {
        std::vector<std::byte> out(data.size() + 100);
        std::span<std::byte> left = std::span(out).first(layer->seal(bytes_of(data), out));
        std::vector<What> seen;
        while (!left.empty()) {
            const auto opened = witness->open(left, left.subspan(5));
            seen.push_back(opened.what);
            if (opened.consumed == 0) break;
            left = left.subspan(opened.consumed);
        }
        return seen;
    }

    const Secret ours{std::vector<std::uint8_t>(32, 1)};
    const Secret theirs{std::vector<std::uint8_t>(32, 2)};
    std::unique_ptr<TlsRecordLayer> layer;
    std::unique_ptr<TlsRecordLayer> witness;
    std::unique_ptr<RecordForge> peer;
    std::string text;
};

TEST_F(RecordLayer, ReturnsCompleteRecordsOnly) {
    const std::string wire = peer->record(kData, "hello", 30);
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_EQ(open(wire.substr(0, size)), What::incomplete);
    EXPECT_EQ(open(wire + "junk behind"), What::data);
    EXPECT_EQ(text, "hello");
}

TEST_F(RecordLayer, TakesTheLargestRecordsAndNoLargerOnes) {
    EXPECT_EQ(open(peer->record(kData, std::string(16'384, 'x'))), What::data);
    EXPECT_EQ(text.size(), 16'384U);
    EXPECT_EQ(open(peer->record(kData, "x", 16'383)), What::data);
    EXPECT_EQ(alert_for(peer->record(kData, std::string(16'385, 'x'))), 22);
    restart({});
    EXPECT_EQ(alert_for(peer->record(kData, "x", 16'384)), 22);
    restart({});
    EXPECT_EQ(alert_for(std::string("\x17\x03\x03\x41\x01", 5)), 22);
}

TEST_F(RecordLayer, ReportsMissingRoomAndContinues) {
    const std::string wire = peer->record(kData, "hello");
    std::array<std::byte, 6> out;
    EXPECT_EQ(layer->open(bytes_of(wire), std::span(out).first(5)).what, What::no_room);
    EXPECT_EQ(layer->open(bytes_of(wire), out).size, 5U);
}

TEST_F(RecordLayer, RefusesRecordsThatAreNotEncryptedAtTheirFirstByte) {
    for (const char* const type : {"\x14", "\x15", "\x16", "\x18", "\x81"}) {
        restart({});
        EXPECT_EQ(alert_for(type), 10);
    }
}

TEST_F(RecordLayer, RefusesARecordShorterThanItsTag) {
    for (const int length : {0, 1, 15, 16}) {
        restart({});
        EXPECT_EQ(alert_for(std::string("\x17\x03\x03\0", 4) + static_cast<char>(length) +
                            std::string(static_cast<std::size_t>(length), 'x')),
                  20);
    }
}

TEST_F(RecordLayer, RefusesContentThatMayNotCome) {
    EXPECT_EQ(alert_for(peer->inner(std::string(20, '\0'))), 10);  // no type
    for (const int type : {20, 24, 1, 255}) {
        restart({});
        EXPECT_EQ(alert_for(peer->record(type, "x")), 10) << type;
    }
    for (const int message : {0, 1, 2, 8, 11, 13, 15, 20, 25}) {
        restart({});
        EXPECT_EQ(alert_for(peer->record(kHandshake, std::string(1, static_cast<char>(message)))), 10);
    }
    restart({});
    EXPECT_EQ(alert_for(peer->record(kHandshake, "")), 10);
}

TEST_F(RecordLayer, RefusesRecordsOutOfTheirOrder) {
    const std::string first = peer->record(kData, "first");
    const std::string second = peer->record(kData, "second");
    EXPECT_EQ(alert_for(second), 20);
    restart({});
    EXPECT_EQ(open(first), What::data);
    EXPECT_EQ(alert_for(first), 20);
}

TEST_F(RecordLayer, KnowsTicketsInAnyCut) {
    const std::string two = kTicket + kTicket;
    for (std::size_t cut = 1; cut < two.size(); ++cut) {
        restart({});
        EXPECT_EQ(open(peer->record(kHandshake, two.substr(0, cut))), What::ticket);
        EXPECT_EQ(open(peer->record(kHandshake, two.substr(cut))), What::ticket);
        EXPECT_EQ(open(peer->record(kData, "data")), What::data);
    }
    EXPECT_EQ(alert_for(peer->record(kHandshake, std::string("\x04\x03\0\0", 4))), 50);
}

TEST_F(RecordLayer, RefusesOtherRecordsWithinAHandshakeMessage) {
    for (const std::string& part :
         {std::string("\x18"), std::string("\x18\0\0\x01", 4), kTicket.substr(0, 6)}) {
        for (const int type : {kData, kAlert}) {
            restart({});
            EXPECT_NE(open(peer->record(kHandshake, part)), What::failed);
            EXPECT_EQ(alert_for(peer->record(type, std::string("\x01\0", 2))), 10);
        }
    }
}

TEST_F(RecordLayer, FollowsTheKeysOfThePeerAndAnswersOnRequest) {
    for (const bool ask : {false, true, true, false}) {
        EXPECT_EQ(open(peer->key_update(ask)), What::nothing);
        EXPECT_EQ(open(peer->record(kData, "after")), What::data);
        EXPECT_EQ(seal_and_witness("back"),
                  ask ? (std::vector{What::nothing, What::data}) : std::vector{What::data});
        EXPECT_EQ(seal_and_witness("again"), std::vector{What::data});
    }
    // One answer for several requests (RFC 8446 section 4.6.3).
    for (int i = 0; i < 3; ++i) EXPECT_EQ(open(peer->key_update(true)), What::nothing);
    EXPECT_EQ(seal_and_witness("x"), (std::vector{What::nothing, What::data}));
    EXPECT_EQ(seal_and_witness("x"), std::vector{What::data});
}

TEST_F(RecordLayer, RefusesKeyUpdatesThatAreNone) {
    const std::string head("\x18\0\0\x01", 4);
    EXPECT_EQ(alert_for(peer->record(kHandshake, head + '\x02')), 47);
    restart({});
    EXPECT_EQ(alert_for(peer->record(kHandshake, std::string("\x18\0\0\x02\0\0", 6))), 50);
    restart({});
    EXPECT_EQ(alert_for(peer->record(kHandshake, head + '\0' + kTicket)), 10);
    restart({});
    // Sealed with the keys that the peer has just replaced.
    EXPECT_EQ(open(peer->record(kHandshake, head + '\0')), What::nothing);
    EXPECT_EQ(alert_for(peer->record(kData, "old keys")), 20);
}

TEST_F(RecordLayer, ReplacesItsKeysBeforeTheirLimit) {
    restart({.records_a_key = 3});
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 3; ++i) EXPECT_EQ(seal_and_witness("x").size(), round > 0 && i == 0 ? 2U : 1U);
    }
}

TEST_F(RecordLayer, AsksThePeerOnceForNewKeysAfterTheLimit) {
    restart({.records_a_key = 4});
    for (int i = 0; i < 4; ++i) EXPECT_EQ(open(peer->record(kData, "x")), What::data);
    std::array<std::byte, 200> out;
    const std::size_t size = layer->seal(bytes_of("x"), out);
    const auto update = witness->open(std::span(out).first(size), std::span(out).subspan(5));
    EXPECT_EQ(update.what, What::nothing);
    EXPECT_EQ(out[9], std::byte{1}) << "update_requested";
    EXPECT_EQ(witness
                  ->open(std::span(out).subspan(update.consumed, size - update.consumed),
                         std::span(out).subspan(update.consumed + 5))
                  .what,
              What::data);
    EXPECT_EQ(seal_and_witness("x").size(), 1U);
    EXPECT_EQ(open(peer->record(kData, "late")), What::data);
    EXPECT_EQ(seal_and_witness("x").size(), 1U);
    EXPECT_EQ(open(peer->key_update(false)), What::nothing);
}

/// T1 and T3 for this layer: each record without data must be paid for by one with data.
TEST_F(RecordLayer, EndsAfterTooManyRecordsWithoutData) {
    const auto update = [&] { return peer->key_update(true); };
    const auto ticket = [&] { return peer->record(kHandshake, kTicket); };
    const auto empty = [&] { return peer->record(kData, ""); };
    const auto canceled = [&] { return peer->record(kAlert, "\x01\x5a"); };
    const std::vector<std::function<std::string()>> kinds{update, ticket, empty, canceled};
    for (const auto& kind : kinds) {
        restart({});
        for (int i = 0; i < 1000; ++i) {  // one each is no flood
            ASSERT_NE(open(kind()), What::failed);
            ASSERT_EQ(open(peer->record(kData, "x")), What::data);
        }
        for (unsigned i = 0; i < TlsRecordLayer::kMostWithoutData; ++i) ASSERT_NE(open(kind()), What::failed);
        EXPECT_EQ(alert_for(kind()), 10);
    }
}

TEST_F(RecordLayer, EndsWithTheCloseNotifyOfThePeer) {
    EXPECT_EQ(open(peer->record(kAlert, std::string("\x01\0", 2))), What::closed);
    EXPECT_EQ(open(peer->record(kData, "more")), What::closed);
    EXPECT_EQ(seal_and_witness("half open"), std::vector{What::data});
}

TEST_F(RecordLayer, EndsWithAnyOtherAlertOfWhateverLevelAndSendsNothingMore) {
    for (const char* const alert : {"\x02\x14", "\x01\x28", "\x02\x50", "\x09\x09"}) {
        restart({});
        EXPECT_EQ(alert_for(peer->record(kAlert, alert)), -1);
        EXPECT_EQ(layer->peer_alert(), static_cast<std::uint8_t>(alert[1]));
    }
    for (const std::string& wrong : {std::string(), std::string("\x02"), std::string("\x02\x14\x02\x14")}) {
        restart({});
        EXPECT_EQ(alert_for(peer->record(kAlert, wrong)), 50);
    }
}

TEST_F(RecordLayer, SealsNothingBehindItsCloseNotify) {
    std::array<std::byte, 64> out;
    EXPECT_EQ(layer->seal_last_alert(out), 24U);
    EXPECT_EQ(witness->open(std::span(out).first(24), std::span(out).subspan(5)).what, What::closed);
    EXPECT_EQ(layer->seal(bytes_of("x"), out), 0U);
    EXPECT_EQ(layer->seal_last_alert(out), 0U);
    EXPECT_EQ(open(peer->record(kData, "still heard")), What::data);
}

}  // namespace
}  // namespace pinwheel::test
