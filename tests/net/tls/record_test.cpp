#include <algorithm>

#include "../../../net/turn_bounds.h"
#include "tls_support.h"

namespace pinwheel::test {
namespace {

using Records = TlsPairTest;

TEST_P(Records, OfOneBurstCostOneReadOfTheStreamBelow) {
    connect();
    for (int i = 0; i < 64; ++i) peer->write(std::string(200, 'r'));
    to_client->reads = 0;
    std::size_t records = 0;
    do {
        ASSERT_EQ(read_once().bytes, 200U) << records;
        ++records;
    } while (client->status().has_buffered_input);
    EXPECT_EQ(records, 64U);
    EXPECT_EQ(to_client->reads, 1);
}

TEST_P(Records, AreReturnedOnlyOnceTheyAreComplete) {
    connect();
    peer->write("one");
    const std::string record = std::exchange(to_client->bytes, {});
    for (const char byte : record.substr(0, record.size() - 1)) {
        to_client->bytes = byte;
        EXPECT_EQ(read_once().status, IoStatus::would_block);
        EXPECT_FALSE(client->status().has_buffered_input);
    }
    to_client->bytes = record.back();
    EXPECT_EQ(read(), "one");
}

/// The alert for the peer waits for the socket. The failure must not wait with it.
TEST_P(Records, ThatAreDamagedEndTheStreamEvenIfNothingCanBeWritten) {
    connect();
    to_peer->room = 0;
    peer->write("one");
    to_client->bytes.back() = static_cast<char>(to_client->bytes.back() ^ 1);
    peer->write("two");
    last = read_once();
    EXPECT_EQ(last.status, IoStatus::error);
    EXPECT_EQ(last.error, Errc::tls_failure);
    EXPECT_NE(client->error_detail(), "");
}

TEST_P(Records, OfTheLargestSizeComeThroughInAnyCut) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        for (const std::size_t size : {1'000UL, 9'999UL, 16'384UL, 20'000UL, 36'863UL, 36'864UL}) {
            connect({.newest = version});
            to_client->bytes_a_read = size;
            std::string sent;
            for (int i = 0; i < 12; ++i) sent += std::string(16'384, static_cast<char>('a' + i));
            peer->write(sent);
            std::string got;
            while (got.size() < sent.size()) {
                got += read();
                ASSERT_EQ(last.status, IoStatus::would_block) << client->error_detail();
            }
            EXPECT_EQ(got, sent) << size;
        }
    }
}

TEST_P(Records, LargerThanTheReadersBufferAreNotForgotten) {
    connect();
    peer->write(std::string(1000, 'x'));
    std::array<std::byte, 300> small{};
    std::size_t got = 0;
    do {
        got += client->read_some(small).bytes;
    } while (client->status().has_buffered_input);
    EXPECT_EQ(got, 1000U);
}

/// OpenSSL continues from a ticket to the bytes behind it. A partial record must not get lost inside OpenSSL.
TEST_P(Records, BehindTicketsComeThroughInAnyCut) {
    serve({.tickets = 3});
    dial(trusting());
    std::ignore = client->handshake();
    ASSERT_FALSE(peer->shake());
    ASSERT_EQ(client->handshake().status, IoStatus::ok);
    ASSERT_TRUE(peer->shake());  // its tickets follow
    peer->write("first");
    peer->update_keys(false);
    peer->write("second");
    const std::string all = std::exchange(to_client->bytes, {});
    const auto again = [&](std::size_t cut) {
        // The records are sealed for one connection, so that each cut needs its own.
        serve({.tickets = 3});
        dial(trusting());
        std::ignore = client->handshake();
        std::ignore = peer->shake();
        ASSERT_EQ(client->handshake().status, IoStatus::ok);
        std::ignore = peer->shake();
        peer->write("first");
        peer->update_keys(false);
        peer->write("second");
        const std::string bytes = std::exchange(to_client->bytes, {});
        to_client->bytes = bytes.substr(0, cut);
        std::string got = read();
        ASSERT_EQ(last.status, IoStatus::would_block) << cut << " " << client->error_detail();
        EXPECT_FALSE(client->status().has_buffered_input);
        if (cut < bytes.size()) to_client->bytes = bytes.substr(cut);
        got += read();
        EXPECT_EQ(got, "firstsecond") << "cut at " << cut;
        EXPECT_EQ(last.status, IoStatus::would_block);
    };
    for (std::size_t cut = 0; cut <= all.size(); cut += cut % 7 == 0 ? 3 : 4) again(cut);
}

TEST_P(Records, WithALengthThatNoRecordHasAreRefusedAtOnce) {
    for (const auto& junk :
         {std::string("\x17\x03\x03\xff\xff", 5), std::string("\x81\x05hello", 7), std::string(40, '\0')}) {
        connect();
        to_client->bytes = junk;
        EXPECT_EQ(read_once().error, Errc::tls_failure);
        EXPECT_EQ(client->error_detail().find("handshake"), std::string::npos) << client->error_detail();
    }
}

TEST_P(Records, ThatWereTamperedWithAreRefused) {
    connect();
    peer->write("the truth");
    to_client->bytes.back() ^= 1;
    expect_refused(read_once(), Errc::tls_failure, "decryption failed or bad record mac");
}

TEST_P(Records, AreSentInOrderOverALimitedStream) {
    for (std::size_t step = 1; step <= 64; ++step) {
        connect();
        to_peer->bytes_a_write = step;
        to_peer->room = 0;
        std::string sent;
        for (int i = 0; i < 40; ++i) sent += std::to_string(i) + ",";
        // Each call brings the rest, from another address and longer than the call before.
        std::size_t taken = 0;
        std::string got;
        for (std::size_t round = 1; taken < sent.size(); ++round) {
            const std::string copy = sent.substr(taken, 20 + round);
            const auto wrote = client->write_some(bytes_of(copy));
            if (wrote.status == IoStatus::would_block) {
                EXPECT_TRUE(client->status().wants_write);
                got += peer->read();
                to_peer->room += step;
                continue;
            }
            ASSERT_EQ(wrote.status, IoStatus::ok) << client->error_detail();
            taken += wrote.bytes;
        }
        got += peer->read();
        EXPECT_EQ(got, sent) << step;
        EXPECT_FALSE(client->status().wants_write);
    }
}

TEST_P(Records, AFailedWriteIsAnErrorAndStaysOne) {
    connect();
    to_peer->shut = true;
    EXPECT_EQ(client->write_some(bytes_of("x")).error, Errc::connection_reset);
    EXPECT_EQ(client->write_some(bytes_of("x")).error, Errc::connection_reset);
}

TEST_P(Records, TheEndIsTheCloseNotifyAndNothingElse) {
    connect();
    peer->write("last words");
    peer->close_notify();
    to_client->shut = true;
    EXPECT_EQ(read(), "last words");
    EXPECT_EQ(last.status, IoStatus::eof);
    EXPECT_EQ(read_once().status, IoStatus::eof);

    connect();
    peer->write("last words");
    to_client->shut = true;
    EXPECT_EQ(read(), "last words");
    EXPECT_EQ(last.status, IoStatus::error);
    EXPECT_EQ(last.error, Errc::end_of_stream);
    EXPECT_EQ(client->error_detail(), "cut off without a TLS close_notify");
}

TEST_P(Records, ThatAreCutInTheMiddleAreATruncation) {
    connect();
    peer->write("first");
    peer->write("second");
    to_client->bytes.pop_back();
    to_client->shut = true;
    EXPECT_EQ(read(), "first");
    EXPECT_EQ(last.error, Errc::end_of_stream);
    EXPECT_EQ(client->error_detail(), "cut off without a TLS close_notify");
}

TEST_P(Records, OurEndIsACloseNotifyToo) {
    connect();
    ASSERT_EQ(client->write_some(bytes_of("bye")).bytes, 3U);
    client->shutdown_write();
    EXPECT_EQ(peer->read(), "bye");
    EXPECT_TRUE(peer->ended());
    EXPECT_TRUE(to_peer->shut);
    peer->write("still heard");
    EXPECT_EQ(read(), "still heard");
}

TEST_P(Records, AnEndBeforeTheHandshakeOrAfterAnErrorIsOneOfTheStreamBelowOnly) {
    serve();
    dial(trusting());
    std::ignore = client->handshake();
    client->shutdown_write();
    EXPECT_TRUE(to_peer->shut);
    connect();
    to_client->bytes = std::string(40, '\0');
    EXPECT_EQ(read_once().error, Errc::tls_failure);
    to_peer->bytes.clear();
    client->shutdown_write();
    EXPECT_EQ(to_peer->bytes, "");
    EXPECT_TRUE(to_peer->shut);
}

TEST_P(Records, GoOnAfterTheServerHasUpdatedItsKeys) {
    connect();
    for (const bool ask : {false, true, true, false}) {
        peer->write("before;");
        peer->update_keys(ask);
        peer->write("after;");
        EXPECT_EQ(read(), "before;after;") << ask;
        EXPECT_EQ(last.status, IoStatus::would_block);
        ASSERT_EQ(client->write_some(bytes_of("and back")).bytes, 8U);
        EXPECT_EQ(peer->read(), "and back");
        EXPECT_FALSE(peer->failed());
    }
}

/// The answer to a key update is written together with the next data. If that blocks, OpenSSL reads nothing
/// until it is sent. Records in place continue to be read.
TEST_P(Records, WaitBehindAnAnswerThatIsStuck) {
    connect();
    peer->update_keys(true);
    EXPECT_EQ(read(), "");
    to_peer->room = 3;
    EXPECT_EQ(client->write_some(bytes_of("data")).status, IoStatus::would_block);
    EXPECT_TRUE(client->status().wants_write);
    peer->write("meanwhile");
    if (GetParam() == TlsRecords::in_place) {
        EXPECT_EQ(read(), "meanwhile");
        peer->write("meanwhile");
    } else {
        EXPECT_EQ(read(), "");
        EXPECT_TRUE(client->status().has_buffered_input);
    }
    EXPECT_EQ(last.status, IoStatus::would_block);
    EXPECT_TRUE(client->status().wants_write);
    EXPECT_EQ(client->status().reads_wait_for_write, GetParam() == TlsRecords::openssl)
        << "T4: a watch for reading would spin";
    to_peer->room = MemoryWay::kUnlimited;
    EXPECT_EQ(client->write_some(bytes_of("data")).bytes, 4U);
    EXPECT_FALSE(client->status().wants_write);
    EXPECT_FALSE(client->status().reads_wait_for_write);
    EXPECT_EQ(read(), "meanwhile");
    EXPECT_EQ(peer->read(), "data");
}

/// T3: a call takes a bounded number of key updates, and so does a connection.
TEST_P(Records, WithoutDataAreBoundedACallAndThenBreakTheProtocol) {
    for (const bool ask : {false, true}) {
        connect();
        for (int i = 0; i < 1000; ++i) peer->update_keys(ask);
        int calls = 0;
        do {
            last = read_once();
            ++calls;
        } while (last.status == IoStatus::would_block && client->status().has_buffered_input && calls < 1000);
        EXPECT_EQ(last.error, Errc::tls_failure);
        EXPECT_NE(client->error_detail().find("without data"), std::string::npos) << client->error_detail();
        const int least = turn_bounds::kExcessRecordsWithoutData / turn_bounds::kRecordsWithoutData;
        EXPECT_GE(calls, least);
        EXPECT_LE(calls, least + 1);
    }
}

TEST_P(Records, WithoutDataAmongOthersAreAllowed) {
    connect();
    std::size_t got = 0;
    for (int i = 0; i < 2 * turn_bounds::kExcessRecordsWithoutData; ++i) {
        peer->update_keys(false);
        peer->write("x");
        got += read().size();
        ASSERT_EQ(last.status, IoStatus::would_block) << client->error_detail();
    }
    EXPECT_EQ(got, 2U * turn_bounds::kExcessRecordsWithoutData);
}

TEST_P(Records, GoOnAfterARenegotiationWasRefused) {
    connect({.newest = TLS1_2_VERSION});
    peer->write("before;");
    peer->renegotiate();
    EXPECT_EQ(read(), "before;");
    EXPECT_EQ(last.status, IoStatus::would_block);
    ASSERT_EQ(client->write_some(bytes_of("still here")).bytes, 10U);
    EXPECT_EQ(peer->read(), "");
    EXPECT_TRUE(peer->refused_renegotiation());
}

INSTANTIATE_TEST_SUITE_P(, Records, kBothRecords, records_name);

}  // namespace
}  // namespace pinwheel::test
