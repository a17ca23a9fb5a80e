#include "tls_context.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "../core/text_file.h"
#include "endpoint.h"
#include "network_error_impl.h"
#include "tls_impl.h"
#include "unique_fd.h"

namespace pinwheel {
namespace {

/// OpenSSL's level 2: at least 112 bits, so RSA of 2048 bits and curves of 224 bits; no signatures over
/// SHA-1.
constexpr int kSecurityLevel = 2;

[[noreturn]] void refuse(const std::string& what, Errc code = Errc::tls_setup) {
    throw std::system_error(make_error_code(code), what);
}

/// A file that OpenSSL may read to its end and more than once. A file that is not regular (a FIFO, a device)
/// is first copied into memory, at most kLargestTextFile bytes.
class PemFile {
  public:
    PemFile(const char* option, const std::string& file) : path_(file) {
        struct stat kind {};
        if (::stat(file.c_str(), &kind) == 0 && S_ISREG(kind.st_mode) &&
            static_cast<std::uint64_t>(kind.st_size) <= kLargestTextFile)
            return;
        const auto text = read_text_file(file);
        if (!text)
            refuse(std::string(option) + " '" + file + "' cannot be used: " +
                   text.error().message().substr(file.size() + 2) + "; it must be a PEM file");
        copy_ = UniqueFd(::memfd_create("pem", MFD_CLOEXEC));
        if (!copy_ || ::write(copy_.get(), text->data(), text->size()) != static_cast<ssize_t>(text->size()))
            throw std::system_error(errno, std::system_category(), "a copy of " + file + " in memory");
        path_ = "/proc/self/fd/" + std::to_string(copy_.get());
    }
    [[nodiscard]] const char* path() const noexcept { return path_.c_str(); }

  private:
    std::string path_;
    UniqueFd copy_;
};

void require_file(bool done, const char* option, const std::string& file, const char* hint) {
    if (done) return;
    const Errc exhausted = detail::exhaustion();
    const std::string what =
        std::string(option) + " '" + file + "' cannot be used: " + detail::openssl_reason() + "; ";
    if (exhausted != Errc::ok) refuse(what + std::string(detail::connection_advice(exhausted)), exhausted);
    refuse(what + hint);
}

void append_to_key_log(const char* line) {
    const char* const name = std::getenv("SSLKEYLOGFILE");
    if (name == nullptr) return;
    const UniqueFd file(::open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file) ::dprintf(file.get(), "%s\n", line);
}

void take_keys(const SSL* ssl, const char* line) {
    auto& stream = *static_cast<TlsStream::Impl*>(SSL_get_app_data(ssl));
    if (stream.context.records == TlsRecords::in_place) stream.secrets.note(line);
    if (stream.context.logs_keys) append_to_key_log(line);
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
    auto& stream = *static_cast<TlsStream::Impl*>(SSL_get_app_data(ssl));
    try {
        stream.context.sessions[stream.peer].reset(session);
        return 1;  // OpenSSL: 1 keeps our reference to the session
    } catch (const std::bad_alloc&) {
        return 0;  // the next handshake is a full one
    }
}

int choose_http11(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                  unsigned int in_size, void*) {
    static constexpr unsigned char kOurs[] = "\x08http/1.1";  // NOLINT(modernize-avoid-c-arrays)
    unsigned char* chosen = nullptr;
    const int result = SSL_select_next_proto(&chosen, size, kOurs, sizeof kOurs - 1, in, in_size);
    *out = chosen;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

void load_trust(SSL_CTX* ctx, const TlsOptions& options) {
    if (options.ca_file.empty() && options.ca_path.empty()) {
        if (SSL_CTX_set_default_verify_paths(ctx) != 1) refuse("the system's certificates cannot be read");
        return;
    }
    if (!options.ca_file.empty()) {
        const PemFile file("ca_file", options.ca_file);
        require_file(SSL_CTX_load_verify_file(ctx, file.path()) == 1, "ca_file", options.ca_file,
                     "it must be a readable PEM file with at least one certificate");
    }
    if (!options.ca_path.empty())
        require_file(SSL_CTX_load_verify_dir(ctx, options.ca_path.c_str()) == 1, "ca_path", options.ca_path,
                     "it must be a folder that openssl rehash has prepared");
}

void load_identity(SSL_CTX* ctx, const TlsOptions& options) {
    if (options.certificate_file.empty() && options.key_file.empty()) return;
    const PemFile certificate("certificate_file", options.certificate_file);
    require_file(SSL_CTX_use_certificate_chain_file(ctx, certificate.path()) == 1, "certificate_file",
                 options.certificate_file, "it must be a readable PEM file");
    std::optional<PemFile> own_file;
    if (!options.key_file.empty()) own_file.emplace("key_file", options.key_file);
    const PemFile& key = own_file ? *own_file : certificate;
    require_file(SSL_CTX_use_PrivateKey_file(ctx, key.path(), SSL_FILETYPE_PEM) == 1, "key_file",
                 own_file ? options.key_file : options.certificate_file,
                 "it must be a readable PEM file with the certificate's key");
}

detail::SslCtxPtr make_context(const SSL_METHOD* method, const TlsOptions& options) {
    if (!options.allow_tls12 && !options.allow_tls13)
        refuse("allow_tls12 and allow_tls13 are both off: one of them must be on");
    detail::forget_earlier_errors();
    detail::SslCtxPtr ctx(SSL_CTX_new(method));
    if (!ctx) refuse("OpenSSL: " + detail::openssl_reason());
    SSL_CTX_set_security_level(ctx.get(), kSecurityLevel);
    SSL_CTX_set_min_proto_version(ctx.get(), options.allow_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(ctx.get(), options.allow_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(ctx.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(ctx.get(), options.ciphers.c_str()) != 1)
        refuse("ciphers '" + options.ciphers + "' name no TLS 1.2 cipher that OpenSSL knows");
    if (!options.cipher_suites.empty() &&
        SSL_CTX_set_ciphersuites(ctx.get(), options.cipher_suites.c_str()) != 1)
        refuse("cipher_suites '" + options.cipher_suites + "' name no TLS 1.3 suite that OpenSSL knows");
    load_identity(ctx.get(), options);
    return ctx;
}

void follow_keys(TlsContext::Impl& context, const TlsOptions& options) {
    context.logs_keys = options.honour_sslkeylogfile;
    if (context.logs_keys || context.records == TlsRecords::in_place)
        SSL_CTX_set_keylog_callback(context.ctx.get(), &take_keys);
}

/// The certificate must be for `host`. A name is also sent to the server (SNI).
void check_identity(SSL* ssl, const std::string& host) {
    bool done = false;
    if (Endpoint::parse(host, 0)) {
        const std::string plain = host.substr(0, host.find('%'));  // a zone is local
        done = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), plain.c_str()) == 1;
    } else {
        std::string name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        // SSL_set_tlsext_host_name() is a macro with a C cast
        done = SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1 &&
               SSL_set1_host(ssl, name.c_str()) == 1;
    }
    if (!done) refuse("no certificate can be for '" + host + "': " + detail::openssl_reason());
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options) : impl_(std::make_unique<Impl>()) {
    impl_->ctx = make_context(TLS_client_method(), options);
    impl_->verify = !options.dangerously_disable_certificate_verification;
    impl_->records = options.records;
    SSL_CTX* const ctx = impl_->ctx.get();
    follow_keys(*impl_, options);
    load_trust(ctx, options);
    SSL_CTX_set_verify(ctx, impl_->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_alpn_protos(ctx, reinterpret_cast<const unsigned char*>("\x08http/1.1"), 9);
    SSL_CTX_set_session_cache_mode(ctx, options.session_resumption
                                            ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                                            : SSL_SESS_CACHE_OFF);
    if (options.session_resumption) SSL_CTX_sess_set_new_cb(ctx, &keep_session);
}

TlsContext TlsContext::server(const TlsOptions& options) {
    if (options.certificate_file.empty()) refuse("a TLS server needs a certificate_file");
    auto impl = std::make_unique<Impl>();
    impl->ctx = make_context(TLS_server_method(), options);
    SSL_CTX* const ctx = impl->ctx.get();
    follow_keys(*impl, options);
    impl->verify = !options.ca_file.empty();
    if (impl->verify) {
        load_trust(ctx, options);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    static constexpr unsigned char kSessions[] = "pinwheel";  // NOLINT(modernize-avoid-c-arrays)
    SSL_CTX_set_session_id_context(ctx, kSessions, sizeof kSessions - 1);
    SSL_CTX_set_alpn_select_cb(ctx, &choose_http11, nullptr);
    return TlsContext(std::move(impl));
}

TlsContext::TlsContext(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;

TlsRecordsBy TlsContext::in_place_records() noexcept {
    return detail::best_aead_backend() == detail::AeadBackend::ipsec_mb ? TlsRecordsBy::in_place_ipsec_mb
                                                                        : TlsRecordsBy::in_place_evp;
}

bool TlsContext::verifies() const noexcept {
    return impl_->verify;
}

std::unique_ptr<TlsStream> TlsContext::client(std::unique_ptr<ByteStream> lower, const std::string& host,
                                              std::uint16_t port) {
    auto stream = std::make_unique<TlsStream::Impl>(*impl_, std::move(lower));
    stream->host = host;
    stream->peer = host + ":" + std::to_string(port);
    SSL* const ssl = stream->ssl.get();
    check_identity(ssl, host);
    const auto known = impl_->sessions.find(stream->peer);
    if (known != impl_->sessions.end()) {
        SSL_set_session(ssl, known->second.get());
        // A ticket of TLS 1.3 is used once (RFC 8446 appendix C.4).
        if (SSL_SESSION_get_protocol_version(known->second.get()) >= TLS1_3_VERSION)
            impl_->sessions.erase(known);
    }
    SSL_set_connect_state(ssl);
    return std::unique_ptr<TlsStream>(new TlsStream(std::move(stream)));
}

std::unique_ptr<TlsStream> TlsContext::accept(std::unique_ptr<ByteStream> lower) {
    auto stream = std::make_unique<TlsStream::Impl>(*impl_, std::move(lower));
    SSL_set_accept_state(stream->ssl.get());
    return std::unique_ptr<TlsStream>(new TlsStream(std::move(stream)));
}

}  // namespace pinwheel
