#include "openssl_peer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>

#include "../../../net/openssl_ptr_impl.h"

namespace pinwheel::test {
namespace {

using detail::OpensslPtr;

using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using CertPtr = OpensslPtr<X509, X509_free>;
using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;

BioPtr over(const std::string& text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("the OpenSSL peer failed at ") + what);
}

/// The first certificate is the server's. The rest accompanies it.
void use_identity(SSL_CTX* ctx, const Identity& identity) {
    const auto chain = over(identity.certificate);
    const CertPtr own(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    require(SSL_CTX_use_certificate(ctx, own.get()) == 1, "its certificate");
    while (X509* const next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr))
        require(SSL_CTX_ctrl(ctx, SSL_CTRL_EXTRA_CHAIN_CERT, 0, next) == 1, "its chain");
    ERR_clear_error();
    const auto bio = over(identity.key);
    const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    require(SSL_CTX_use_PrivateKey(ctx, key.get()) == 1, "its key");
}

}  // namespace

struct OpensslPeer::Impl {
    PeerOptions options;
    OpensslPtr<SSL_CTX, SSL_CTX_free> ctx;
    OpensslPtr<SSL, SSL_free> ssl;
};

OpensslPeer::OpensslPeer(PeerOptions options, MemoryStream::Way from_client, MemoryStream::Way to_client)
    : impl_(std::make_unique<Impl>()) {
    impl_->options = std::move(options);
    const auto& wanted = impl_->options;
    impl_->ctx.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* const ctx = impl_->ctx.get();
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_min_proto_version(ctx, wanted.oldest);
    SSL_CTX_set_max_proto_version(ctx, wanted.newest);
    SSL_CTX_set_num_tickets(ctx, wanted.tickets);
    if (!wanted.session_tickets) SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    const std::string ciphers = wanted.ciphers.empty() ? "ALL:@SECLEVEL=0" : wanted.ciphers;
    require(SSL_CTX_set_cipher_list(ctx, ciphers.c_str()) == 1, "its ciphers");
    if (!wanted.suites.empty())
        require(SSL_CTX_set_ciphersuites(ctx, wanted.suites.c_str()) == 1, "its suites");
    SSL_CTX_set_app_data(ctx, this);
    SSL_CTX_set_keylog_callback(ctx, [](const SSL* ssl, const char* line) {
        static_cast<OpensslPeer*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->secrets_.note(line);
    });
    if (!wanted.dh_group.empty())
        require(SSL_CTX_set1_groups_list(ctx, wanted.dh_group.c_str()) == 1, "its groups");
    use_identity(ctx, wanted.identity);
    const auto* const id = reinterpret_cast<const unsigned char*>("peer");
    SSL_CTX_set_session_id_context(ctx, id, 4);
    if (!wanted.client_ca.empty()) {
        const auto bio = over(wanted.client_ca);
        const CertPtr ca(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca.get());
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    // The macros for these two have C casts.
    SSL_CTX_callback_ctrl(ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                          reinterpret_cast<void (*)()>(&OpensslPeer::on_name));
    SSL_CTX_ctrl(ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, this);
    SSL_CTX_set_alpn_select_cb(
        ctx,
        [](SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
           unsigned int size, void* self) {
            auto& peer = *static_cast<OpensslPeer*>(self);
            peer.protocols_seen_.assign(reinterpret_cast<const char*>(offered), size);
            const auto& only = peer.impl_->options.protocol;
            if (only.empty()) return SSL_TLSEXT_ERR_NOACK;
            const auto at = peer.protocols_seen_.find(only);
            if (at == std::string::npos) return SSL_TLSEXT_ERR_ALERT_FATAL;
            *chosen = offered + at;
            *chosen_size = static_cast<unsigned char>(only.size());
            return SSL_TLSEXT_ERR_OK;
        },
        this);
    reconnect(std::move(from_client), std::move(to_client));
}

OpensslPeer::~OpensslPeer() = default;

int OpensslPeer::on_name(ssl_st* ssl, int*, void* self) {
    auto& peer = *static_cast<OpensslPeer*>(self);
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    peer.name_seen_ = name != nullptr ? name : "";
    return peer.impl_->options.knows_the_name ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void OpensslPeer::reconnect(MemoryStream::Way from_client, MemoryStream::Way to_client) {
    in_ = std::move(from_client);
    out_ = std::move(to_client);
    held_ = failed_ = false;
    if (impl_->ssl) SSL_set_shutdown(impl_->ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    impl_->ssl.reset(SSL_new(impl_->ctx.get()));
    SSL_set_bio(impl_->ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(impl_->ssl.get());
}

void OpensslPeer::take_in() {
    if (!in_->bytes.empty())
        BIO_write(SSL_get_rbio(impl_->ssl.get()), in_->bytes.data(), static_cast<int>(in_->bytes.size()));
    in_->bytes.clear();
    ERR_clear_error();
}

void OpensslPeer::give_out() {
    std::array<char, 4096> buffer{};
    int got = 0;
    while (!held_ && (got = BIO_read(SSL_get_wbio(impl_->ssl.get()), buffer.data(), buffer.size())) > 0)
        out_->bytes.append(buffer.data(), static_cast<std::size_t>(got));
    ERR_clear_error();  // the test's own thread must not see errors of the peer
}

void OpensslPeer::release() {
    held_ = false;
    give_out();
}

bool OpensslPeer::shake() {
    take_in();
    const int result = SSL_do_handshake(impl_->ssl.get());
    if (result != 1 && SSL_get_error(impl_->ssl.get(), result) != SSL_ERROR_WANT_READ) failed_ = true;
    give_out();
    return result == 1;
}

void OpensslPeer::write(std::string_view text) {
    SSL_write(impl_->ssl.get(), text.data(), static_cast<int>(text.size()));
    give_out();
}

std::string OpensslPeer::read() {
    take_in();
    std::string text;
    std::array<char, 4096> buffer{};
    int got = 0;
    while ((got = SSL_read(impl_->ssl.get(), buffer.data(), buffer.size())) > 0)
        text.append(buffer.data(), static_cast<std::size_t>(got));
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_NO_RENEGOTIATION) refused_renegotiation_ = true;
    give_out();
    return text;
}

void OpensslPeer::renegotiate() {
    SSL_renegotiate(impl_->ssl.get());
    SSL_do_handshake(impl_->ssl.get());
    give_out();
}

void OpensslPeer::update_keys(bool ask_the_client_too) {
    SSL_key_update(impl_->ssl.get(),
                   ask_the_client_too ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(impl_->ssl.get());
    give_out();
}

void OpensslPeer::send_ticket() {
    SSL_new_session_ticket(impl_->ssl.get());
    SSL_do_handshake(impl_->ssl.get());
    give_out();
}

void OpensslPeer::close_notify() {
    SSL_shutdown(impl_->ssl.get());
    give_out();
}

bool OpensslPeer::ended() const {
    return (SSL_get_shutdown(impl_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::string OpensslPeer::client_subject() const {
    const X509* const certificate = SSL_get0_peer_certificate(impl_->ssl.get());
    if (certificate == nullptr) return {};
    std::array<char, 256> text{};
    X509_NAME_oneline(X509_get_subject_name(certificate), text.data(), text.size());
    return text.data();
}

}  // namespace pinwheel::test
