// Records in place: the conditions for them, and hostile records, which end as with OpenSSL.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record_support.h"
#include "tls_support.h"

namespace pinwheel::test {
namespace {

constexpr int kChangeCipherSpec = 20;
constexpr int kAlert = 21;
constexpr int kHandshake = 22;
constexpr int kData = 23;

class InPlace : public TlsPairTest {
  protected:
    void connect_without_tickets() { connect({.suites = "TLS_AES_128_GCM_SHA256", .tickets = 0}); }
    [[nodiscard]] RecordForge forge() { return RecordForge(peer->secrets().server); }
    /// The alert that the client has sent; empty: none.
    [[nodiscard]] std::optional<int> alert_sent() {
        detail::TlsRecordLayer witness;
        EXPECT_TRUE(witness.start({}, peer->secrets().client, peer->secrets().server));
        const auto wire = std::as_writable_bytes(std::span(to_peer->bytes));
        if (wire.empty()) return std::nullopt;
        EXPECT_EQ(detail::TlsRecordLayer::whole_record(wire), wire.size())
            << "one record, and nothing behind it";
        const auto opened = witness.open(wire, wire.subspan(detail::kRecordHeader));
        if (opened.what == detail::TlsRecordLayer::What::closed) return 0;
        return witness.peer_alert();
    }
};

TEST_P(InPlace, OnlyOnRequestAndOnlyWhereSupported) {
    struct Case {
        PeerOptions peer;
        bool can;
    };
    const std::vector<Case> cases{{{.suites = "TLS_AES_128_GCM_SHA256"}, true},
                                  {{.suites = "TLS_AES_256_GCM_SHA384"}, true},
                                  {{.suites = "TLS_CHACHA20_POLY1305_SHA256"}, false},
                                  {{.newest = TLS1_2_VERSION}, false}};
    for (const auto& [options, can] : cases) {
        serve(options);
        dial(trusting());
        ASSERT_EQ(shake().status, IoStatus::ok);
        const bool in_place = can && GetParam() == TlsRecords::in_place;
        EXPECT_EQ(client->tls_info().records,
                  in_place ? TlsContext::in_place_records() : TlsRecordsBy::openssl);
        peer->write("there");
        EXPECT_EQ(read(), "there");
        ASSERT_EQ(client->write_some(bytes_of("and back")).bytes, 8U);
        EXPECT_EQ(peer->read(), "and back");
    }
}

TEST_P(InPlace, TheResultOfTheHandshakeIsAvailableAfterTheFirstData) {
    connect();
    const TlsInfo before = client->tls_info();
    peer->write("x");
    EXPECT_EQ(read(), "x");
    const TlsInfo after = client->tls_info();
    EXPECT_EQ(after.version, before.version);
    EXPECT_EQ(after.cipher, before.cipher);
    EXPECT_TRUE(after.verified);
}

TEST_P(InPlace, AViewShowsRecordsInTurnWithoutACopy) {
    connect();
    for (const char* const text : {"one", "two", "three"}) peer->write(text);
    std::span<const std::byte> bytes;
    std::vector<const std::byte*> seen;
    for (const std::string_view text : {"one", "two", "three"}) {
        ASSERT_EQ(client->read_view(buffer, bytes).bytes, text.size());
        EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), text);
        seen.push_back(bytes.data());
    }
    ASSERT_EQ(client->read_view(buffer, bytes).status, IoStatus::would_block);
    EXPECT_TRUE(bytes.empty());
    const std::byte* const room = buffer.data();
    if (GetParam() == TlsRecords::in_place) {
        EXPECT_EQ(seen[1] - seen[0], 3 + std::ptrdiff_t{detail::kRecordCost}) << "where the records lay";
        EXPECT_EQ(seen[2] - seen[1], 3 + std::ptrdiff_t{detail::kRecordCost});
        EXPECT_TRUE(seen[0] < room || seen[0] >= room + buffer.size());
    } else {
        EXPECT_EQ(seen[0], room);
    }
}

TEST_P(InPlace, AMessageIsOneWriteOfTheStreamBelow) {
    connect();
    to_peer->writes = 0;
    ASSERT_EQ(client->write_some(bytes_of(std::string(16'384, 'x'))).bytes, 16'384U);
    EXPECT_EQ(to_peer->writes, 1);
    EXPECT_EQ(peer->read().size(), 16'384U);
}

TEST_P(InPlace, DataIsTakenOnlyOnceItsRecordIsSent) {
    connect();
    to_peer->room = 20;
    EXPECT_EQ(client->write_some(bytes_of("hello")).status, IoStatus::would_block);
    EXPECT_TRUE(client->status().wants_write);
    EXPECT_EQ(peer->read(), "");
    EXPECT_EQ(client->write_some(bytes_of("hello")).bytes, 5U);
    EXPECT_FALSE(client->status().wants_write);
    EXPECT_EQ(peer->read(), "hello");
}

TEST_P(InPlace, TicketsInAnyCutAreGoodForResumption) {
    for (const std::size_t size : {1UL, 3UL, 100UL, MemoryWay::kUnlimited}) {
        connect({.tickets = 0});
        serve({.tickets = 3});
        dial(trusting());
        to_client->bytes_a_read = size;
        ASSERT_EQ(shake().status, IoStatus::ok);
        for (int i = 0; i < 2'000 && !to_client->bytes.empty(); ++i) EXPECT_EQ(read(), "");
        peer->write("data");
        std::string got;
        for (int i = 0; i < 2'000 && got.size() < 4; ++i) got += read();
        ASSERT_EQ(got, "data") << client->error_detail();
        fresh_ways();
        peer->reconnect(to_peer, to_client);
        dial_again();
        ASSERT_EQ(shake().status, IoStatus::ok);
        EXPECT_TRUE(client->tls_info().resumed) << size;
    }
}

TEST_P(InPlace, ATicketAfterTheFirstDataIsNotAFailure) {
    connect();
    peer->write("x");
    EXPECT_EQ(read(), "x");
    peer->send_ticket();
    peer->write("y");
    EXPECT_EQ(read(), "y");
    EXPECT_EQ(last.status, IoStatus::would_block);
}

/// RFC 8446 section 5.2: a record that does not authenticate ends the connection. None of it is delivered.
TEST_P(InPlace, AWrongBitInTheTagOfAnyRecordIsABadRecordMac) {
    constexpr int kRecords = 3;
    for (int spoilt = 0; spoilt < kRecords; ++spoilt) {
        for (std::size_t bit = 0; bit < 8 * detail::kAeadTag; bit += spoilt == 0 ? 1 : 7) {
            connect_without_tickets();
            std::string expected;
            for (int i = 0; i < kRecords; ++i) {
                peer->write(std::string(10, static_cast<char>('a' + i)));
                if (i < spoilt) expected += std::string(10, static_cast<char>('a' + i));
                if (i != spoilt) continue;
                auto& byte = to_client->bytes[to_client->bytes.size() - 1 - bit / 8];
                byte = static_cast<char>(byte ^ 1 << bit % 8);
            }
            EXPECT_EQ(read(), expected);
            expect_refused(last, Errc::tls_failure, "decryption failed or bad record mac");
            EXPECT_EQ(alert_sent(), 20);
            EXPECT_EQ(read(), "");
        }
    }
}

/// A hostile server's bytes, and the outcome in both modes.
struct Hostile {
    const char* what;
    std::function<std::string(RecordForge&)> wire;
    std::optional<int> alert;                     ///< the alert that the server receives; nothing: none
    std::optional<int> alert_of_openssl = alert;  ///< if OpenSSL sends another one
};

std::string ticket(std::size_t nonce_size) {
    std::string body("\0\0\x1c\x20\0\0\0\0", 8);
    body += static_cast<char>(nonce_size);
    body += std::string("\x01\0\x05tickt\0\0", 10);
    return std::string("\x04\0\0", 3) + static_cast<char>(body.size()) + body;
}

std::vector<Hostile> hostile() {
    const auto inner = [](const std::string& text) { return [=](RecordForge& f) { return f.inner(text); }; };
    const auto of = [](int type, const std::string& text) {
        return [=](RecordForge& f) { return f.record(type, text); };
    };
    const auto raw = [](const std::string& bytes) { return [=](RecordForge&) { return bytes; }; };
    const std::string update("\x18\0\0\x01", 4);
    return {
        {"nothing but padding", inner(std::string(20, '\0')), 10},
        {"an unknown type", of(24, "x"), 10},
        {"a change of ciphers, sealed", of(kChangeCipherSpec, "\x01"), 10},
        {"a ClientHello", of(kHandshake, std::string("\x01\0\0\0", 4)), 10},
        {"a HelloRequest", of(kHandshake, std::string("\0\0\0\0", 4)), 10},
        {"a Finished", of(kHandshake, std::string("\x14\0\0\x20", 4) + std::string(32, 'f')), 10},
        {"a request for a certificate", of(kHandshake, std::string("\x0d\0\0\x03\0\0\0", 7)), 10},
        {"an empty handshake record", of(kHandshake, ""), 10},
        {"a ticket of a wrong form", of(kHandshake, ticket(200)), 50},
        {"a key update of two bytes", of(kHandshake, std::string("\x18\0\0\x02\0\0", 6)), 50, 47},
        {"a key update of no kind", of(kHandshake, update + '\x02'), 47},
        {"bytes behind a key update", of(kHandshake, update + '\0' + ticket(0)), 10},
        {"data within a handshake message",
         [=](RecordForge& f) {
             const std::string cut = f.record(kHandshake, ticket(0).substr(0, 6));
             return cut + f.record(kData, "x");
         },
         10},
        {"more than TLS allows", of(kData, std::string(16'385, 'x')), 22},
        {"a length that no record has",
         raw(std::string("\x17\x03\x03\x41\x01", 5) + std::string(0x4101, 'x')), 22},
        {"a record shorter than its tag", raw(std::string("\x17\x03\x03\0\x04xxxx", 9)), 20},
        {"a record out of its order",
         [](RecordForge& f) {
             std::ignore = f.record(kData, "first");
             return f.record(kData, "second");
         },
         20},
        {"the old keys after an update",
         [=](RecordForge& f) {
             const std::string changed = f.record(kHandshake, update + '\0');
             return changed + f.record(kData, "x");
         },
         20},
        {"an alert of one byte", of(kAlert, "\x02"), 50, 10},
        {"an alert of four bytes", of(kAlert, std::string("\x01\0\x01\0", 4)), 50, 10},
        {"a fatal alert", of(kAlert, "\x02\x50"), std::nullopt},
        {"an alert of an unknown kind", of(kAlert, "\x02\xee"), std::nullopt},
        {"an alert in the open", raw(std::string("\x15\x03\x03\0\x02\x02\x50", 7)), 10},
        {"a change of ciphers in the open", raw(std::string("\x14\x03\x03\0\x01\x01", 6)), 10},
        {"a handshake in the open", raw(std::string("\x16\x03\x03\0\x04\x04\0\0\0", 9)), 10},
        {"data in the open", raw(std::string("\x17\x03\x03\0\x14", 5) + std::string(20, 'x')), 20},
    };
}

TEST_P(InPlace, HostileRecordsMeetTheSameEnd) {
    for (const auto& [what, wire, alert, alert_of_openssl] : hostile()) {
        connect_without_tickets();
        RecordForge server = forge();
        to_client->bytes = wire(server);
        EXPECT_EQ(read(), "") << what;
        EXPECT_EQ(last.status, IoStatus::error) << what;
        EXPECT_EQ(last.error, Errc::tls_failure) << what;
        EXPECT_NE(client->error_detail(), "") << what;
        EXPECT_EQ(alert_sent(), GetParam() == TlsRecords::in_place ? alert : alert_of_openssl)
            << what << ": " << client->error_detail();
    }
}

/// RFC 8446 section 5.4 allows content, type and padding of 2^14 + 1 bytes together; OpenSSL takes more
/// padding.
TEST_P(InPlace, IsStricterThanOpensslAboutPadding) {
    connect_without_tickets();
    RecordForge server = forge();
    to_client->bytes = server.record(kData, "x", 16'384);
    EXPECT_EQ(read(), GetParam() == TlsRecords::in_place ? "" : "x");
    EXPECT_EQ(last.status, GetParam() == TlsRecords::in_place ? IoStatus::error : IoStatus::would_block);
}

INSTANTIATE_TEST_SUITE_P(, InPlace, kBothRecords, records_name);

}  // namespace
}  // namespace pinwheel::test
