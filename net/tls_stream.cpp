#include "tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <new>
#include <utility>

#include "tls_impl.h"

namespace pinwheel {
namespace {

/// Two of the largest records (RFC 8446 section 5.2).
constexpr std::size_t kCiphertextBuffer = std::size_t{36} << 10;
constexpr std::size_t kRecordHeader = 5;

TlsStream::Impl& stream_of(BIO* bio) {
    return *static_cast<TlsStream::Impl*>(BIO_get_data(bio));
}

int read_bio(BIO* bio, char* out, int size) {
    auto& stream = stream_of(bio);
    BIO_clear_retry_flags(bio);
    const auto there = stream.rx.readable();
    if (there.empty()) {
        if (stream.ended.status == IoStatus::would_block) BIO_set_retry_read(bio);
        return stream.ended.status == IoStatus::would_block ? -1 : 0;
    }
    const std::size_t count = std::min(there.size(), static_cast<std::size_t>(size));
    std::memcpy(out, there.data(), count);
    stream.rx.consume(count);
    return static_cast<int>(count);
}

int write_bio(BIO* bio, const char* in, int size) {
    auto& stream = stream_of(bio);
    BIO_clear_retry_flags(bio);
    const IoResult wrote =
        stream.lower->write_some(std::as_bytes(std::span(in, static_cast<std::size_t>(size))));
    stream.blocked_write = wrote.status == IoStatus::would_block;
    if (wrote.status == IoStatus::ok) return static_cast<int>(wrote.bytes);
    if (stream.blocked_write)
        BIO_set_retry_write(bio);
    else
        stream.ended = wrote;
    return -1;
}

long control_bio(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create_bio(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

}  // namespace

namespace detail {

std::string openssl_reason() {
    const unsigned long code = ERR_peek_error();  // the first is the root
    ERR_clear_error();
    if (code == 0) return "no reason given";
    if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "OpenSSL error " + std::to_string(code);
}

BIO* make_stream_bio(void* stream) {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pinwheel stream");
        BIO_meth_set_read(made, &read_bio);
        BIO_meth_set_write(made, &write_bio);
        BIO_meth_set_ctrl(made, &control_bio);
        BIO_meth_set_create(made, &create_bio);
        return made;
    }();
    BIO* const bio = BIO_new(method);
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio, stream);
    return bio;
}

}  // namespace detail

TlsStream::Impl::Impl(TlsContext::Impl& its_context, std::unique_ptr<ByteStream> its_lower)
    : context(its_context),
      lower(std::move(its_lower)),
      rx(kCiphertextBuffer),
      ssl(SSL_new(context.ctx.get())) {
    if (!ssl) throw std::bad_alloc();
    SSL_set_app_data(ssl.get(), this);
    BIO* const bio = detail::make_stream_bio(this);
    SSL_set_bio(ssl.get(), bio, bio);
}

TlsStream::Impl::~Impl() {
    // OpenSSL declares a session unfit if its connection ends without close_notify; for resumption it does no
    // harm.
    SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

bool TlsStream::Impl::refill() noexcept {
    const IoResult got = lower->read_some(rx.writable());
    if (got.status == IoStatus::ok) {
        rx.commit(got.bytes);
        return true;
    }
    if (got.status != IoStatus::would_block) ended = got;
    return false;
}

bool TlsStream::Impl::has_whole_record() const noexcept {
    const auto there = rx.readable();
    if (there.size() < kRecordHeader) return false;
    const std::size_t length =
        std::to_integer<std::size_t>(there[3]) << 8 | std::to_integer<std::size_t>(there[4]);
    // A length that no record may have is for OpenSSL to refuse.
    return there.size() >= std::min(kRecordHeader + length, kCiphertextBuffer / 2);
}

IoResult TlsStream::Impl::failure(int result, Errc code) noexcept {
    const int error = SSL_get_error(ssl.get(), result);
    if (error == SSL_ERROR_ZERO_RETURN) return IoResult::end();
    if (ended.status == IoStatus::error) {
        ERR_clear_error();
        return ended;
    }
    if (ended.status == IoStatus::eof && rx.readable().empty()) {
        ERR_clear_error();
        return IoResult::failed(Errc::end_of_stream);
    }
    const bool unverified = !SSL_is_init_finished(ssl.get()) && SSL_get_verify_result(ssl.get()) != X509_V_OK;
    try {
        detail = detail::openssl_reason();
    } catch (const std::bad_alloc&) {
        detail.clear();
    }
    return IoResult::failed(unverified && context.verify ? Errc::tls_certificate : code);
}

TlsStream::TlsStream(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
TlsStream::~TlsStream() = default;

IoResult TlsStream::handshake() noexcept {
    ERR_clear_error();
    while (true) {
        const int result = SSL_do_handshake(impl_->ssl.get());
        if (result == 1) return IoResult::done(0);
        const int error = SSL_get_error(impl_->ssl.get(), result);
        if (error == SSL_ERROR_WANT_WRITE) return IoResult::again();
        if (error != SSL_ERROR_WANT_READ) return impl_->failure(result, Errc::tls_handshake);
        if (!impl_->refill() && impl_->ended.status == IoStatus::would_block) return IoResult::again();
    }
}

IoResult TlsStream::read_some(std::span<std::byte> out) noexcept {
    auto& self = *impl_;
    if (SSL_pending(self.ssl.get()) == 0 && !self.has_whole_record()) {
        if (!self.refill() && self.ended.status == IoStatus::would_block) return IoResult::again();
        if (self.ended.status == IoStatus::would_block && !self.has_whole_record()) return IoResult::again();
    }
    const int size = static_cast<int>(std::min<std::size_t>(out.size(), INT_MAX));
    while (true) {
        const int got = SSL_read(self.ssl.get(), out.data(), size);
        if (got > 0) [[likely]]
            return IoResult::done(static_cast<std::size_t>(got));
        const int error = SSL_get_error(self.ssl.get(), got);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            return self.failure(got, Errc::tls_failure);
        // The record was not data: a session ticket, a key update. There may be more behind it.
        if (!self.has_whole_record()) return IoResult::again();
    }
}

IoResult TlsStream::write_some(std::span<const std::byte> in) noexcept {
    auto& self = *impl_;
    const int size = static_cast<int>(std::min<std::size_t>(in.size(), INT_MAX));
    const int wrote = SSL_write(self.ssl.get(), in.data(), size);
    if (wrote > 0) [[likely]]
        return IoResult::done(static_cast<std::size_t>(wrote));
    const int error = SSL_get_error(self.ssl.get(), wrote);
    if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) return IoResult::again();
    return self.failure(wrote, Errc::tls_failure);
}

void TlsStream::shutdown_write() noexcept {
    if (SSL_is_init_finished(impl_->ssl.get()) && SSL_in_init(impl_->ssl.get()) == 0)
        std::ignore = SSL_shutdown(impl_->ssl.get());
    ERR_clear_error();
    impl_->lower->shutdown_write();
}

void TlsStream::abort() noexcept {
    impl_->lower->abort();
}

int TlsStream::fd() const noexcept {
    return impl_->lower->fd();
}

bool TlsStream::has_buffered_input() const noexcept {
    return SSL_pending(impl_->ssl.get()) > 0 || impl_->has_whole_record();
}

bool TlsStream::wants_write() const noexcept {
    return impl_->blocked_write;
}

SystemTime TlsStream::arrival_time() const noexcept {
    return impl_->lower->arrival_time();
}

std::string TlsStream::error_detail() const {
    const auto& self = *impl_;
    const std::string who = self.host.empty() ? "the client" : "'" + self.host + "'";
    const long verified = SSL_get_verify_result(self.ssl.get());
    if (!SSL_is_init_finished(self.ssl.get()) && verified != X509_V_OK && self.context.verify)
        return "the certificate of " + who + " was refused: " + X509_verify_cert_error_string(verified) +
               (self.host.empty() ? "" : "; if it is to be trusted, give its CA with ca_file");
    if (!SSL_is_init_finished(self.ssl.get()))
        return "the TLS handshake with " + who +
               " failed: " + (self.detail.empty() ? "the connection ended" : self.detail) +
               "; does this port speak TLS?";
    return self.detail;
}

TlsInfo TlsStream::tls_info() const {
    SSL* const ssl = impl_->ssl.get();
    return {.version = SSL_get_version(ssl),
            .cipher = SSL_get_cipher_name(ssl),
            .resumed = SSL_session_reused(ssl) == 1,
            .kernel_tls = BIO_get_ktls_recv(SSL_get_rbio(ssl)) != 0,
            .verified = impl_->context.verify && SSL_get_verify_result(ssl) == X509_V_OK};
}

}  // namespace pinwheel
