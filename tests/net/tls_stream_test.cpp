#include "../../net/tls_stream.h"

#include <sys/ioctl.h>

#include "../../core/bytes.h"
#include "../../net/socket_dialer.h"
#include "../../tools/feed/cert_authority.h"
#include "../support/scripted_stream.h"
#include "../support/temp_dir.h"
#include "dial_support.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using test::DialOutcome;
using test::turn_until;

/// A stream that counts the reads of the one below it.
class CountingStream final : public ByteStream {
  public:
    CountingStream(std::unique_ptr<ByteStream> lower, int& reads) : lower_(std::move(lower)), reads_(reads) {}
    IoResult read_some(std::span<std::byte> out) noexcept override {
        ++reads_;
        return lower_->read_some(out);
    }
    IoResult write_some(std::span<const std::byte> in) noexcept override { return lower_->write_some(in); }
    void shutdown_write() noexcept override { lower_->shutdown_write(); }
    void abort() noexcept override { lower_->abort(); }
    int fd() const noexcept override { return lower_->fd(); }
    StreamStatus status() const noexcept override { return lower_->status(); }

  private:
    std::unique_ptr<ByteStream> lower_;
    int& reads_;
};

const CertAuthority& authority() {
    static const CertAuthority made;
    return made;
}

Identity loopback_identity() {
    return authority().issue(
        {.common_name = "localhost", .dns_names = {"localhost"}, .addresses = {"127.0.0.1"}});
}

class TlsTest : public testing::Test {
  protected:
    void serve(const Identity& identity, TlsOptions options = {}) {
        options.certificate_file = dir.write("cert.pem", identity.certificate);
        options.key_file = dir.write("key.pem", identity.key);
        server_context.emplace(TlsContext::server(options));
        listener.emplace(reactor, *Endpoint::parse("127.0.0.1", 0),
                         Listener::Accepted::member<&TlsTest::accept>(*this));
    }
    void accept(UniqueFd socket) {
        std::ignore = apply({}, socket.get());
        served = server_context->accept(std::make_unique<TcpStream>(std::move(socket)));
        server_up = false;
    }
    [[nodiscard]] TlsOptions trusting() {
        return {.ca_file = dir.write("ca.pem", authority().certificate())};
    }

    /// Dials and makes the handshake on both sides until the client has an outcome.
    void dial(TlsContext& context, const std::string& host = "127.0.0.1",
              const std::string& server_name = {}) {
        SocketDialer dialer(reactor, resolver, &context);
        const auto dialing = dialer.dial({host, listener->endpoint().port(), true, server_name}, outcome);
        turn_until(reactor, [&] {
            serve_handshake();
            return outcome.over();
        });
        while (outcome.stream && !server_up) serve_handshake();
    }
    void serve_handshake() {
        if (!served || server_up) return;
        const auto result = served->handshake();
        server_up = result.status == IoStatus::ok;
        if (result.status == IoStatus::error) served.reset();
    }
    [[nodiscard]] std::string read_all(ByteStream& stream, std::size_t size) {
        std::string text;
        std::array<std::byte, 1 << 15> buffer{};
        while (text.size() < size) {
            const auto got = stream.read_some(buffer);
            if (got.status == IoStatus::eof || got.status == IoStatus::error) break;
            text.append(reinterpret_cast<const char*>(buffer.data()), got.bytes);
        }
        return text;
    }
    void expect_refused(const std::string& words, Errc code = Errc::tls_certificate) {
        ASSERT_TRUE(outcome.error);
        EXPECT_EQ(outcome.error->code, code);
        EXPECT_NE(outcome.error->message().find(words), std::string::npos) << outcome.error->message();
    }

    test::TempDir dir;
    Reactor reactor;
    Resolver resolver{reactor};
    std::optional<TlsContext> server_context;
    std::optional<Listener> listener;
    std::unique_ptr<TlsStream> served;
    bool server_up = false;
    DialOutcome outcome;
};

TEST_F(TlsTest, L8TheNameIsVerifiedWhereverTheDialerConnects) {
    serve(authority().issue({.common_name = "x", .dns_names = {"feed.test"}, .addresses = {}}));
    TlsContext context(trusting());
    dial(context, "127.0.0.1", "feed.test");
    ASSERT_NE(outcome.stream, nullptr) << outcome.error->message();
    outcome.stream.reset();
    serve(loopback_identity());
    dial(context, "127.0.0.1", "feed.test");
    expect_refused("'feed.test'");
}

TEST_F(TlsTest, BytesGoBothWaysOverAVerifiedConnection) {
    serve(loopback_identity());
    TlsContext context(trusting());
    dial(context);
    ASSERT_TRUE(outcome.stream) << outcome.error->message();
    EXPECT_EQ(outcome.stream->details().tls_info().version, "TLSv1.3");
    EXPECT_TRUE(outcome.stream->details().tls_info().verified);
    ASSERT_EQ(outcome.stream->write_some(bytes_of("to the server")).bytes, 13U);
    EXPECT_EQ(read_all(*served, 13), "to the server");
    ASSERT_EQ(served->write_some(bytes_of("to the client")).bytes, 13U);
    EXPECT_EQ(read_all(*outcome.stream, 13), "to the client");
}

TEST_F(TlsTest, ABurstOfRecordsCostsOneReadOfTheSocket) {
    serve(loopback_identity());
    TlsContext context(trusting());
    SocketDialer dialer(reactor, resolver, nullptr);
    const auto dialing = dialer.dial({"127.0.0.1", listener->endpoint().port(), false}, outcome);
    turn_until(reactor, [&] { return outcome.over() && served; });
    int reads = 0;
    auto client = context.client(std::make_unique<CountingStream>(std::move(outcome.stream), reads),
                                 "127.0.0.1", listener->endpoint().port());
    while (client->handshake().status != IoStatus::ok) serve_handshake();
    while (!server_up) serve_handshake();
    std::array<std::byte, 1 << 15> buffer{};
    while (client->read_some(buffer).status != IoStatus::would_block) {
    }  // the session tickets
    for (int i = 0; i < 64; ++i) ASSERT_EQ(served->write_some(bytes_of(std::string(200, 'r'))).bytes, 200U);
    constexpr int kRecordBytes = 64 * (5 + 200 + 1 + 16);
    for (int waiting = 0; waiting < kRecordBytes;) ASSERT_EQ(::ioctl(client->fd(), FIONREAD, &waiting), 0);
    reads = 0;
    std::size_t records = 0;
    do {
        const auto got = client->read_some(buffer);
        ASSERT_EQ(got.bytes, 200U) << records << " " << describe(got.error);
        ++records;
    } while (client->status().has_buffered_input);
    EXPECT_EQ(records, 64U);
    EXPECT_EQ(reads, 1);
    EXPECT_FALSE(client->status().filled);
    constexpr int kLargeRecord = 16 << 10;
    for (int i = 0; i < 3; ++i)  // more than one read takes
        ASSERT_EQ(served->write_some(bytes_of(std::string(kLargeRecord, 'r'))).bytes,
                  std::size_t{kLargeRecord});
    for (int waiting = 0; waiting < 3 * kLargeRecord;)
        ASSERT_EQ(::ioctl(client->fd(), FIONREAD, &waiting), 0);
    ASSERT_EQ(client->read_some(buffer).status, IoStatus::ok);
    EXPECT_TRUE(client->status().filled);
}

TEST_F(TlsTest, AResumedSessionIsSeenInTheInfo) {
    for (const auto* newest : {"TLSv1.3", "TLSv1.2"}) {
        serve(loopback_identity(), {.allow_tls13 = newest == std::string("TLSv1.3")});
        TlsContext context(trusting());
        dial(context);
        ASSERT_TRUE(outcome.stream);
        EXPECT_EQ(outcome.stream->details().tls_info().version, newest);
        EXPECT_FALSE(outcome.stream->details().tls_info().resumed);
        ASSERT_EQ(served->write_some(bytes_of("x")).bytes, 1U);
        EXPECT_EQ(read_all(*outcome.stream, 1), "x");  // the tickets have arrived with it
        outcome = {};
        served.reset();
        dial(context);
        ASSERT_TRUE(outcome.stream);
        EXPECT_TRUE(outcome.stream->details().tls_info().resumed) << newest;
        outcome = {};
        served.reset();
        listener.reset();
    }
}

TEST_F(TlsTest, ACloseNotifyIsTheEndAndAMereEndIsATruncation) {
    for (const bool polite : {true, false}) {
        serve(loopback_identity());
        TlsContext context(trusting());
        dial(context);
        ASSERT_TRUE(outcome.stream);
        if (polite) served->shutdown_write();
        served.reset();
        std::array<std::byte, 100> buffer{};
        IoResult got = IoResult::again();
        while (got.status == IoStatus::would_block) got = outcome.stream->read_some(buffer);
        EXPECT_EQ(got.status, polite ? IoStatus::eof : IoStatus::error);
        EXPECT_EQ(got.error, Errc::end_of_stream);
        outcome = {};
        listener.reset();
    }
}

TEST_F(TlsTest, AnUnknownAuthorityIsRefused) {
    serve(CertAuthority("another authority").issue({.common_name = "x", .addresses = {"127.0.0.1"}}));
    TlsContext context(trusting());
    dial(context);
    expect_refused("the certificate of '127.0.0.1' was refused: unable to get local issuer certificate");
}

TEST_F(TlsTest, ASelfSignedCertificateIsRefused) {
    serve(CertAuthority::self_signed({.common_name = "localhost", .addresses = {"127.0.0.1"}}));
    TlsContext context(trusting());
    dial(context);
    expect_refused("self-signed certificate; if it is to be trusted, give its CA with ca_file");
}

TEST_F(TlsTest, AnExpiredCertificateIsRefused) {
    serve(authority().issue(
        {.common_name = "x", .addresses = {"127.0.0.1"}, .valid_from = -2h, .valid_until = -1h}));
    TlsContext context(trusting());
    dial(context);
    expect_refused("certificate has expired");
}

TEST_F(TlsTest, ACertificateThatIsNotYetValidIsRefused) {
    serve(authority().issue(
        {.common_name = "x", .addresses = {"127.0.0.1"}, .valid_from = 1h, .valid_until = 2h}));
    TlsContext context(trusting());
    dial(context);
    expect_refused("certificate is not yet valid");
}

TEST_F(TlsTest, ACertificateForAnotherHostIsRefused) {
    serve(authority().issue({.common_name = "x", .dns_names = {"example.com"}, .addresses = {"127.0.0.2"}}));
    TlsContext context(trusting());
    dial(context, "localhost");
    expect_refused("hostname mismatch");
}

TEST_F(TlsTest, ACertificateForAnotherAddressIsRefused) {
    serve(authority().issue(
        {.common_name = "127.0.0.1", .dns_names = {"127.0.0.1"}, .addresses = {"127.0.0.2"}}));
    TlsContext context(trusting());
    dial(context);
    expect_refused("IP address mismatch");
}

TEST_F(TlsTest, AWeakKeyIsRefused) {
    serve(authority().issue({.common_name = "x", .addresses = {"127.0.0.1"}, .rsa_bits = 1024}),
          {.ciphers = "ALL:@SECLEVEL=0"});
    TlsContext context(trusting());
    dial(context);
    expect_refused("key too weak");
}

TEST_F(TlsTest, ACertificateUnderAnIntermediateIsTakenWithItsChainOnly) {
    const CertAuthority intermediate(authority(), "an intermediate");
    Identity identity = intermediate.issue({.common_name = "x", .addresses = {"127.0.0.1"}});
    serve(identity);
    TlsContext context(trusting());
    dial(context);
    EXPECT_TRUE(outcome.stream);
    outcome = {};
    served.reset();
    listener.reset();
    identity.certificate.erase(identity.certificate.find("-----END CERTIFICATE-----") + 26);
    serve(identity);
    dial(context);
    expect_refused("unable to get local issuer certificate");
}

TEST_F(TlsTest, VerificationIsOffOnlyByItsOwnOption) {
    serve(CertAuthority::self_signed({.common_name = "nobody"}));
    TlsContext context({.dangerously_disable_certificate_verification = true});
    EXPECT_FALSE(context.verifies());
    dial(context);
    ASSERT_TRUE(outcome.stream);
    EXPECT_FALSE(outcome.stream->details().tls_info().verified);
}

TEST_F(TlsTest, AServerThatDemandsACertificateGetsTheOneOfTheOptions) {
    const auto client_identity = authority().issue({.common_name = "a client"});
    serve(loopback_identity(), {.ca_file = dir.write("client-ca.pem", authority().certificate())});
    TlsOptions options = trusting();
    options.certificate_file = dir.write("client.pem", client_identity.certificate);
    options.key_file = dir.write("client.key", client_identity.key);
    TlsContext context(options);
    dial(context);
    ASSERT_TRUE(outcome.stream);
    EXPECT_TRUE(served->details().tls_info().verified);
}

TEST_F(TlsTest, APlainHttpServerIsNamedAsSuch) {
    TlsContext context(trusting());
    auto answer = [](UniqueFd socket) {
        static UniqueFd kept;
        kept = std::move(socket);
        std::ignore = ::send(kept.get(), "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0);
    };
    listener.emplace(reactor, *Endpoint::parse("127.0.0.1", 0), Listener::Accepted(answer));
    dial(context);
    expect_refused("does this port speak TLS?", Errc::tls_handshake);
}

TEST(TlsContext, FilesThatCannotBeUsedAreNamed) {
    const test::TempDir dir;
    const auto text_of = [](const TlsOptions& options) -> std::string {
        try {
            const TlsContext context(options);
        } catch (const std::system_error& error) {
            EXPECT_EQ(error.code(), Errc::tls_setup);
            return error.what();
        }
        return "no error";
    };
    EXPECT_NE(text_of({.ca_file = dir.path("missing.pem")}).find("missing.pem"), std::string::npos);
    EXPECT_NE(text_of({.ca_file = dir.path("missing.pem")}).find("No such file"), std::string::npos);
    EXPECT_NE(text_of({.ca_file = dir.write("junk.pem", "junk")}).find("junk.pem"), std::string::npos);
    EXPECT_NE(text_of({.certificate_file = dir.path("none.pem")}).find("certificate_file"),
              std::string::npos);
    const auto one = authority().issue({.common_name = "one"});
    const auto two = authority().issue({.common_name = "two"});
    EXPECT_NE(text_of({.certificate_file = dir.write("one.pem", one.certificate),
                       .key_file = dir.write("two.key", two.key)})
                  .find("two.key"),
              std::string::npos);
    EXPECT_NE(text_of({.ciphers = "NO-SUCH-CIPHER"}).find("NO-SUCH-CIPHER"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel
