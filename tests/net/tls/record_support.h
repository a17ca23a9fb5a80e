#pragma once

// Hand-made records and OpenSSL's records, for tests of the record layer.

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "../../../net/tls_impl.h"
#include "../../../net/tls_record_layer_impl.h"

namespace pinwheel::test {

/// All backends of this build and this CPU.
[[nodiscard]] inline std::vector<detail::AeadBackend> backends() {
    std::vector<detail::AeadBackend> all{detail::AeadBackend::openssl};
    if (detail::is_available(detail::AeadBackend::ipsec_mb)) all.push_back(detail::AeadBackend::ipsec_mb);
    return all;
}

/// Seals any content under a traffic secret, valid or not.
class RecordForge {
  public:
    explicit RecordForge(const detail::Secret& secret,
                         detail::TlsSuite suite = detail::TlsSuite::aes_128_gcm_sha256)
        : suite_(suite) {
        if (!direction_.start(detail::AeadBackend::openssl, suite, secret)) throw std::runtime_error("forge");
    }
    [[nodiscard]] std::string record(int type, std::string_view content, std::size_t padding = 0) {
        return inner(std::string(content) + static_cast<char>(type) + std::string(padding, '\0'));
    }
    /// With content, type and padding given as one text.
    [[nodiscard]] std::string inner(const std::string& text) {
        const std::size_t length = text.size() + detail::kAeadTag;
        std::string made{'\x17', '\x03', '\x03', static_cast<char>(length >> 8), static_cast<char>(length)};
        made.resize(detail::kRecordHeader + length);
        auto* const bytes = reinterpret_cast<std::byte*>(made.data());
        std::ignore = direction_.aead->seal(direction_.next_nonce(), {bytes, 5},
                                            reinterpret_cast<const std::byte*>(text.data()), text.size(),
                                            bytes + 5, bytes + 5 + text.size());
        return made;
    }
    [[nodiscard]] std::string key_update(bool ask) {
        const std::string made = record(22, std::string("\x18\0\0\x01", 4) + (ask ? '\x01' : '\0'));
        advance();
        return made;
    }
    void advance() { std::ignore = direction_.advance(suite_); }

  private:
    detail::TlsSuite suite_;
    detail::TlsDirection direction_;
};

/// A client and a server of OpenSSL after their handshake. The client's part can then be taken over.
class OpensslPair {
  public:
    using CtxPtr = detail::SslCtxPtr;

    OpensslPair(SSL_CTX* server_context, const char* suite);
    OpensslPair(const OpensslPair&) = delete;
    OpensslPair& operator=(const OpensslPair&) = delete;

    /// The server's output since the last call.
    [[nodiscard]] std::string from_server() const;
    /// All data that the server reads from `bytes`. `state` is its last SSL_get_error().
    [[nodiscard]] std::string to_server(std::string_view bytes);

    detail::SslPtr server;
    detail::Secret client_secret;
    detail::Secret server_secret;
    detail::TlsSuite suite{};
    int state = SSL_ERROR_NONE;

  private:
    static void log(const SSL* ssl, const char* line);
    CtxPtr client_context_;
};

}  // namespace pinwheel::test
