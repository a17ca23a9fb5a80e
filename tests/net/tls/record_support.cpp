#include "record_support.h"

namespace pinwheel::test {

void OpensslPair::log(const SSL* ssl, const char* line) {
    auto& self = *static_cast<OpensslPair*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const std::string_view text(line);
    const auto secret = detail::Secret::from_hex(text.substr(text.rfind(' ') + 1));
    if (text.starts_with("CLIENT_TRAFFIC_SECRET_0 ")) self.client_secret = secret;
    if (text.starts_with("SERVER_TRAFFIC_SECRET_0 ")) self.server_secret = secret;
}

OpensslPair::OpensslPair(SSL_CTX* server_context, const char* suite_name)
    : server(SSL_new(server_context)), client_context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX* const context = client_context_.get();
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_set_keylog_callback(context, &log);
    SSL_CTX_set_ciphersuites(context, suite_name);
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    const detail::SslPtr client(SSL_new(context));
    BIO* const up = BIO_new(BIO_s_mem());
    BIO* const down = BIO_new(BIO_s_mem());
    BIO_up_ref(up);
    BIO_up_ref(down);
    SSL_set_bio(client.get(), down, up);
    SSL_set_bio(server.get(), up, down);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    // The client's flight is the last one. The server's tickets stay unread for the record layer.
    SSL_do_handshake(client.get());
    SSL_do_handshake(server.get());
    if (SSL_do_handshake(client.get()) != 1 || SSL_do_handshake(server.get()) != 1)
        throw std::runtime_error("the handshake of OpenSSL with itself failed");
    suite = std::string_view(suite_name) == "TLS_AES_128_GCM_SHA256" ? detail::TlsSuite::aes_128_gcm_sha256
                                                                     : detail::TlsSuite::aes_256_gcm_sha384;
    ERR_clear_error();
}

std::string OpensslPair::from_server() const {
    std::string out;
    std::array<char, 4096> buffer;
    int got = 0;
    while ((got = BIO_read(SSL_get_wbio(server.get()), buffer.data(), buffer.size())) > 0)
        out.append(buffer.data(), static_cast<std::size_t>(got));
    return out;
}

std::string OpensslPair::to_server(std::string_view bytes) {
    if (!bytes.empty()) BIO_write(SSL_get_rbio(server.get()), bytes.data(), static_cast<int>(bytes.size()));
    std::string out;
    std::array<char, 16'384> buffer;
    int got = 0;
    while ((got = SSL_read(server.get(), buffer.data(), buffer.size())) > 0)
        out.append(buffer.data(), static_cast<std::size_t>(got));
    state = SSL_get_error(server.get(), got);
    return out;
}

}  // namespace pinwheel::test
