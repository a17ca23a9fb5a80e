#include "tls_support.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;

class Certificate : public TlsPairTest {
  protected:
    void expect_certificate_refused(const Identity& identity, const std::string& why_and_advice,
                                    const std::string& host = "localhost") {
        serve({.identity = identity});
        dial(trusting(), host);
        expect_refused(shake(), Errc::tls_certificate,
                       "the certificate of '" + host + "' was refused: " + why_and_advice);
        EXPECT_FALSE(client->tls_info().verified);
        EXPECT_TRUE(peer->read().empty());
    }
    [[nodiscard]] static CertificateSpec spec() { return {.common_name = "x", .dns_names = {"localhost"}}; }
};

TEST_P(Certificate, ThatIsRightIsTaken) {
    for (const auto* host : {"localhost", "LOCALHOST", "localhost.", "127.0.0.1", "::1"}) {
        connect({}, host);
        EXPECT_TRUE(client->tls_info().verified) << host;
    }
}

TEST_P(Certificate, ThatHasExpired) {
    auto expired = spec();
    expired.valid_from = -2h;
    expired.valid_until = -1s;
    expect_certificate_refused(
        authority().issue(expired),
        "certificate has expired; the server must renew it, unless this machine's clock is wrong");
}

TEST_P(Certificate, ThatIsNotYetValid) {
    auto early = spec();
    early.valid_from = 1h;
    expect_certificate_refused(authority().issue(early),
                               "certificate is not yet valid; is this machine's clock right?");
}

TEST_P(Certificate, ThatSignsItself) {
    expect_certificate_refused(CertAuthority::self_signed(spec()),
                               "self-signed certificate; if it is to be trusted, give its CA with ca_file");
}

TEST_P(Certificate, OfAnUnknownAuthority) {
    expect_certificate_refused(
        CertAuthority("another authority").issue(spec()),
        "unable to get local issuer certificate; if it is to be trusted, give its CA with ca_file; if its CA "
        "is trusted, the server leaves out an intermediate certificate");
}

TEST_P(Certificate, OfAnUnknownAuthorityThatTheServerSends) {
    const CertAuthority unknown("another authority");
    Identity identity = unknown.issue(spec());
    identity.certificate += unknown.certificate();
    expect_certificate_refused(identity,
                               "self-signed certificate in certificate chain; if it is to be trusted, give "
                               "its CA with ca_file");
}

TEST_P(Certificate, OfAnAuthorityThatOnlyHasTheNameOfTheTrustedOne) {
    serve({.identity = CertAuthority().issue(spec())});  // another authority with the same name
    dial(trusting());
    EXPECT_EQ(shake().error, Errc::tls_certificate);
    EXPECT_NE(client->error_detail().find("the certificate of 'localhost' was refused"), std::string::npos);
}

TEST_P(Certificate, WithoutTheIntermediateOfItsChain) {
    const CertAuthority intermediate(authority(), "an intermediate");
    Identity identity = intermediate.issue(spec());
    connect({.identity = identity});
    EXPECT_TRUE(client->tls_info().verified);
    const std::string end = "-----END CERTIFICATE-----\n";
    identity.certificate.erase(identity.certificate.find(end) + end.size());
    expect_certificate_refused(
        identity,
        "unable to get local issuer certificate; if it is to be trusted, give its CA with ca_file; if its CA "
        "is trusted, the server leaves out an intermediate certificate");
}

TEST_P(Certificate, ThatAnotherLeafHasSigned) {
    // A certificate of no authority must not sign.
    const CertAuthority leaf(authority(), "a leaf that signs", false);
    expect_certificate_refused(leaf.issue(spec()), "invalid CA certificate; the server needs another one");
}

TEST_P(Certificate, ForAnotherHost) {
    const auto identity = authority().issue(
        {.common_name = "localhost", .dns_names = {"example.com"}, .addresses = {"127.0.0.1"}});
    expect_certificate_refused(identity,
                               "hostname mismatch; it is for other hosts; is the host in the URL right?");
}

TEST_P(Certificate, WhoseCommonNameAloneIsTheHost) {
    expect_certificate_refused(authority().issue({.common_name = "localhost"}),
                               "hostname mismatch; it is for other hosts; is the host in the URL right?");
}

TEST_P(Certificate, ForAnotherAddress) {
    const auto identity = authority().issue(
        {.common_name = "127.0.0.1", .dns_names = {"127.0.0.1"}, .addresses = {"127.0.0.2"}});
    expect_certificate_refused(
        identity, "IP address mismatch; it is for other hosts; is the host in the URL right?", "127.0.0.1");
}

TEST_P(Certificate, WithAWildcardStandsForOneWholeLabel) {
    const auto wildcard = authority().issue({.common_name = "x", .dns_names = {"*.feed.example"}});
    connect({.identity = wildcard}, "a.feed.example");
    for (const auto* host : {"feed.example", "a.b.feed.example"})
        expect_certificate_refused(
            wildcard, "hostname mismatch; it is for other hosts; is the host in the URL right?", host);
    expect_certificate_refused(authority().issue({.common_name = "x", .dns_names = {"a*.feed.example"}}),
                               "hostname mismatch; it is for other hosts; is the host in the URL right?",
                               "ab.feed.example");
}

TEST_P(Certificate, WithAWeakKey) {
    auto weak = spec();
    weak.rsa_bits = 1024;
    expect_certificate_refused(authority().issue(weak),
                               "EE certificate key too weak; the server needs one with a key of at least RSA "
                               "2048 or P-256, signed over SHA-256 or better");
}

TEST_P(Certificate, OfRsa2048IsTaken) {
    auto strong = spec();
    strong.rsa_bits = 2048;
    connect({.identity = authority().issue(strong)});
    EXPECT_TRUE(client->tls_info().verified);
}

TEST_P(Certificate, IsNotLookedAtOnlyByTheDangerousOption) {
    serve({.identity = CertAuthority::self_signed({.common_name = "nobody"})});
    dial({.records = GetParam(), .dangerously_disable_certificate_verification = true});
    EXPECT_FALSE(context->verifies());
    EXPECT_EQ(shake().status, IoStatus::ok);
    EXPECT_FALSE(client->tls_info().verified);
}

class ClientCertificate : public TlsPairTest {
  protected:
    [[nodiscard]] TlsOptions bringing(const Identity& identity) {
        auto options = trusting();
        options.certificate_file = dir.write("client.pem", identity.certificate);
        options.key_file = dir.write("client.key", identity.key);
        return options;
    }
    /// TLS 1.2 fails inside the handshake, TLS 1.3 after the client's part of it.
    IoResult shake_and_read(TlsOptions options, int version) {
        serve({.oldest = version, .newest = version, .client_ca = clients.certificate()});
        dial(options);
        auto result = shake();
        if (result.status == IoStatus::ok) {
            std::ignore = peer->shake();
            result = read_once();
        }
        return result;
    }

    CertAuthority clients{"the clients' authority"};
};

TEST_P(ClientCertificate, ThatIsRightIsTaken) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto result = shake_and_read(bringing(clients.issue({.common_name = "desk 7"})), version);
        EXPECT_EQ(result.status, IoStatus::would_block) << client->error_detail();
        EXPECT_EQ(peer->client_subject(), "/CN=desk 7");
    }
}

TEST_P(ClientCertificate, ThatIsMissing) {
    expect_refused(shake_and_read(trusting(), TLS1_3_VERSION), Errc::tls_failure,
                   "tlsv13 alert certificate required; the server demands a client certificate: give "
                   "certificate_file and key_file");
    expect_refused(shake_and_read(trusting(), TLS1_2_VERSION), Errc::tls_handshake,
                   "the TLS handshake with 'localhost' failed: sslv3 alert handshake failure; the two sides "
                   "have no cipher in common, or the server demands a client certificate (certificate_file "
                   "and key_file)");
}

TEST_P(ClientCertificate, ThatIsNotOfTheServersAuthority) {
    const auto wrong = authority().issue({.common_name = "a stranger"});
    const std::string why =
        "tlsv1 alert unknown ca; the server refuses the client certificate in certificate_file";
    expect_refused(shake_and_read(bringing(wrong), TLS1_3_VERSION), Errc::tls_failure, why);
    expect_refused(shake_and_read(bringing(wrong), TLS1_2_VERSION), Errc::tls_handshake,
                   "the TLS handshake with 'localhost' failed: " + why);
}

TEST_P(ClientCertificate, ThatHasExpired) {
    const auto old = clients.issue({.common_name = "desk 7", .valid_from = -2h, .valid_until = -1h});
    expect_refused(shake_and_read(bringing(old), TLS1_3_VERSION), Errc::tls_failure,
                   "sslv3 alert certificate expired; the server refuses the client certificate in "
                   "certificate_file");
}

/// The server's last message matters more than the reset after it.
TEST_P(ClientCertificate, ThatIsMissingIsReportedAlsoAfterAFailedWrite) {
    serve({.client_ca = clients.certificate()});
    dial(trusting());
    ASSERT_EQ(shake().status, IoStatus::ok);
    std::ignore = peer->shake();
    to_peer->shut = true;
    EXPECT_EQ(client->write_some(bytes_of("x")).error, Errc::connection_reset);
    EXPECT_EQ(read_once().error, Errc::tls_failure);
    EXPECT_NE(client->error_detail().find("the server demands a client certificate"), std::string::npos)
        << client->error_detail();
}

INSTANTIATE_TEST_SUITE_P(, Certificate, kBothRecords, records_name);
INSTANTIATE_TEST_SUITE_P(, ClientCertificate, kBothRecords, records_name);

}  // namespace
}  // namespace pinwheel::test
