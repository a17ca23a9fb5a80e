#include <openssl/err.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "../../../net/endpoint.h"
#include "../../../net/turn_bounds.h"
#include "tls_support.h"

namespace pinwheel::test {
namespace {

using Handshake = TlsPairTest;

TEST_P(Handshake, IsOfTheNewestVersionThatBothAllow) {
    connect();
    EXPECT_EQ(client->tls_info().version, "TLSv1.3");
    connect({.newest = TLS1_2_VERSION});
    EXPECT_EQ(client->tls_info().version, "TLSv1.2");
    serve();
    auto options = trusting();
    options.allow_tls13 = false;
    dial(options);
    ASSERT_EQ(shake().status, IoStatus::ok);
    EXPECT_EQ(client->tls_info().version, "TLSv1.2");
}

TEST_P(Handshake, WithAnOldServerIsRefused) {
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        serve({.oldest = version, .newest = version});
        dial(trusting());
        const auto result = shake();
        EXPECT_EQ(result.error, Errc::tls_handshake);
        EXPECT_EQ(client->error_detail(),
                  "the TLS handshake with 'localhost' failed: tlsv1 alert protocol version; the two sides "
                  "allow no common TLS version; this side asks for TLS 1.2 at least");
    }
}

TEST_P(Handshake, WithAServerThatAnswersInAnOldVersionIsRefused) {
    serve();
    dial(trusting());
    std::ignore = client->handshake();
    // A ServerHello of TLS 1.0, whatever the client offers.
    std::string hello(2 + 32, '\x01');
    hello[0] = '\x03';
    hello += std::string("\0\xc0\x13\0", 4);
    const std::string body = std::string("\x02\0\0", 3) + static_cast<char>(hello.size()) + hello;
    to_client->bytes = std::string("\x16\x03\x01\0", 4) + static_cast<char>(body.size()) + body;
    expect_refused(client->handshake(), Errc::tls_handshake,
                   "the TLS handshake with 'localhost' failed: unsupported protocol; the two sides allow no "
                   "common TLS version; this side asks for TLS 1.2 at least");
}

TEST_P(Handshake, WithAVersionThatTheClientForbidsIsRefused) {
    serve({.newest = TLS1_2_VERSION});
    auto options = trusting();
    options.allow_tls12 = false;
    dial(options);
    EXPECT_EQ(shake().error, Errc::tls_handshake);
    options.allow_tls13 = false;
    try {
        const TlsContext none(options);
        FAIL() << "a context without any version";
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), Errc::tls_setup);
        EXPECT_NE(std::string(error.what()).find("allow_tls12 and allow_tls13"), std::string::npos);
    }
}

TEST_P(Handshake, WithoutACommonCipherIsRefused) {
    serve({.newest = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"});
    auto options = trusting();
    options.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    dial(options);
    EXPECT_EQ(shake().error, Errc::tls_handshake);
    EXPECT_NE(client->error_detail().find("no cipher in common"), std::string::npos)
        << client->error_detail();
}

TEST_P(Handshake, SendsTheServerANameButNoAddress) {
    connect();
    EXPECT_EQ(peer->name_seen(), "localhost");
    connect({}, "localhost.");
    EXPECT_EQ(peer->name_seen(), "localhost");
    for (const auto* address : {"127.0.0.1", "::1"}) {
        connect({}, address);
        EXPECT_EQ(peer->name_seen(), "") << address;
    }
}

TEST_P(Handshake, WithAServerThatDoesNotKnowTheNameIsReported) {
    serve({.knows_the_name = false});
    dial(trusting());
    expect_refused(shake(), Errc::tls_handshake,
                   "the TLS handshake with 'localhost' failed: tlsv1 unrecognized name; the server does not "
                   "know the host in the URL");
}

TEST_P(Handshake, ANameThatNoCertificateCanHaveIsRefusedBeforehand) {
    serve();
    context.emplace(trusting());
    EXPECT_THROW(dial_again(std::string(300, 'a')), std::system_error);
}

TEST_P(Handshake, OffersHttp11) {
    connect({.protocol = "http/1.1"});
    EXPECT_EQ(peer->protocols_seen(), "\x08http/1.1");
    connect();  // the server does not answer it
    EXPECT_EQ(peer->protocols_seen(), "\x08http/1.1");
    serve({.protocol = "h2"});
    dial(trusting());
    EXPECT_EQ(shake().error, Errc::tls_handshake);
    EXPECT_NE(client->error_detail().find("no application protocol"), std::string::npos)
        << client->error_detail();
}

TEST_P(Handshake, ThatTheServerEndsIsReported) {
    serve();
    dial(trusting());
    std::ignore = client->handshake();
    to_client->shut = true;
    expect_refused(client->handshake(), Errc::end_of_stream,
                   "the TLS handshake with 'localhost' failed: the peer closed the connection; does this "
                   "port speak TLS?");
}

TEST_P(Handshake, WithAServerOfAnotherProtocolFailsAtItsFirstBytes) {
    for (const auto* greeting : {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n", "220 mail ESMTP\r\n"}) {
        serve();
        dial(trusting());
        std::ignore = client->handshake();
        to_client->bytes = greeting;
        EXPECT_EQ(client->handshake().error, Errc::tls_handshake) << greeting;
        EXPECT_NE(client->error_detail().find("does this port speak TLS?"), std::string::npos);
    }
}

TEST_P(Handshake, WorksWithAnyCutOfTheBytes) {
    for (const std::size_t size : {1UL, 2UL, 7UL, 100UL}) {
        serve();
        to_client->bytes_a_read = to_peer->bytes_a_write = size;
        dial(trusting());
        IoResult result = IoResult::again();
        for (int turns = 0; turns < 20 && result.status == IoStatus::would_block; ++turns) {
            result = client->handshake();
            std::ignore = peer->shake();
        }
        EXPECT_EQ(result.status, IoStatus::ok) << size << " " << client->error_detail();
    }
}

TEST_P(Handshake, AnErrorThatSomebodyElseLeftInTheThreadsQueueIsNotTakenForItsOwn) {
    const auto leave_error = [] { ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE); };
    serve();
    dial(trusting());
    leave_error();
    EXPECT_EQ(client->handshake().status, IoStatus::would_block);
    ASSERT_EQ(shake().status, IoStatus::ok);
    leave_error();
    EXPECT_EQ(read(), "");
    EXPECT_EQ(last.status, IoStatus::would_block);
    to_peer->room = 0;
    leave_error();
    EXPECT_EQ(client->write_some(bytes_of("x")).status, IoStatus::would_block);
    peer->close_notify();
    leave_error();
    EXPECT_EQ(read_once().status, IoStatus::eof);
    ERR_clear_error();
    connect();
    peer->write("in one burst with the end");
    peer->close_notify();
    EXPECT_EQ(read_once().status, IoStatus::ok);
    leave_error();  // as if by a handler
    const unsigned long left = ERR_peek_error();
    EXPECT_EQ(read_once().status, IoStatus::eof);
    EXPECT_EQ(ERR_peek_error(), GetParam() == TlsRecords::openssl ? 0UL : left) << "it is not looked at";
    ERR_clear_error();
}

class Resumption : public TlsPairTest {
  protected:
    bool resumes(const std::string& host = "localhost") {
        fresh_ways();
        peer->reconnect(to_peer, to_client);
        dial_again(host);
        EXPECT_EQ(shake().status, IoStatus::ok);
        std::ignore = read();
        return client->tls_info().resumed;
    }
};

TEST_P(Resumption, ContinuesFromConnectionToConnection) {
    for (const bool tickets : {true, false}) {
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            connect({.oldest = version, .newest = version, .session_tickets = tickets});
            EXPECT_FALSE(client->tls_info().resumed);
            for (int i = 0; i < 3; ++i) EXPECT_TRUE(resumes()) << version << " " << tickets;
            EXPECT_TRUE(client->tls_info().verified);
        }
    }
}

TEST_P(Resumption, DoesNotCrossHosts) {
    connect();
    EXPECT_FALSE(resumes("127.0.0.1"));
    EXPECT_TRUE(resumes("localhost"));
}

TEST_P(Resumption, IsOffIfNotWanted) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        serve({.oldest = version, .newest = version});
        auto options = trusting();
        options.session_resumption = false;
        dial(options);
        ASSERT_EQ(shake().status, IoStatus::ok);
        std::ignore = read();
        EXPECT_FALSE(resumes());
    }
}

TEST_P(Resumption, OutlivesAConnectionThatWasCut) {
    connect();
    to_client->shut = true;
    EXPECT_EQ(read_once().error, Errc::end_of_stream);
    EXPECT_TRUE(resumes());
}

TEST_P(Resumption, ThatTheServerHasForgottenIsAFullHandshake) {
    connect();
    auto forgotten = std::move(context);
    serve();
    context = std::move(forgotten);
    dial_again();
    ASSERT_EQ(shake().status, IoStatus::ok) << client->error_detail();
    EXPECT_FALSE(client->tls_info().resumed);
    EXPECT_TRUE(client->tls_info().verified);
}

TEST_P(Handshake, WritesItsKeysOnlyOnRequest) {
    const std::string file = dir.path("keys");
    ASSERT_EQ(::setenv("SSLKEYLOGFILE", file.c_str(), 1), 0);
    connect();
    EXPECT_FALSE(std::filesystem::exists(file));
    serve();
    auto options = trusting();
    options.honour_sslkeylogfile = true;
    dial(options);
    ASSERT_EQ(shake().status, IoStatus::ok);
    ::unsetenv("SSLKEYLOGFILE");
    std::ifstream in(file);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    EXPECT_NE(text.find("CLIENT_TRAFFIC_SECRET_0 "), std::string::npos);
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_P(Handshake, AKeyLogWithoutTheVariableIsNotAFailure) {
    ::unsetenv("SSLKEYLOGFILE");
    serve();
    auto options = trusting();
    options.honour_sslkeylogfile = true;
    dial(options);
    EXPECT_EQ(shake().status, IoStatus::ok);
}

/// T1: HelloRequests are ignored (RFC 5246 section 7.4.1.1), a bounded number in each call.
TEST_P(Handshake, UnderAFloodOfHelloRequestsTakesABoundedNumberACall) {
    serve({.newest = TLS1_2_VERSION});
    dial(trusting());
    std::ignore = client->handshake();
    ASSERT_FALSE(peer->shake());
    constexpr int kRequests = 3000;
    std::string flood;
    for (int i = 0; i < kRequests; ++i) flood += std::string("\x16\x03\x03\0\x04\0\0\0\0", 9);
    to_client->bytes.insert(0, flood);
    int calls = 0;
    while (client->handshake().status == IoStatus::would_block && client->status().has_buffered_input)
        ++calls;
    EXPECT_GE(calls, kRequests / turn_bounds::kRecordsWithoutData);
    EXPECT_EQ(shake().status, IoStatus::ok) << client->error_detail();
}

INSTANTIATE_TEST_SUITE_P(, Handshake, kBothRecords, records_name);
INSTANTIATE_TEST_SUITE_P(, Resumption, kBothRecords, records_name);

}  // namespace
}  // namespace pinwheel::test
