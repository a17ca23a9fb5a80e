#include "tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <new>
#include <utility>

#include "network_error_impl.h"
#include "tls_impl.h"
#include "tls_in_place_impl.h"
#include "turn_bounds.h"

namespace pinwheel {
namespace {

/// Two of the largest records (RFC 8446 section 5.2).
constexpr std::size_t kCiphertextBuffer = std::size_t{36} << 10;
using detail::kRecordHeader;
constexpr std::size_t kLargestFragment = (std::size_t{16} << 10) + 2048;  // RFC 5246 section 6.2.3
static_assert(kCiphertextBuffer >= kRecordHeader + kLargestFragment);

TlsStream::Impl& stream_of(BIO* bio) {
    return *static_cast<TlsStream::Impl*>(BIO_get_data(bio));
}

/// Returns whole records only, so that the rest always begins with a record's header. OpenSSL reads one
/// record after the other within a call while it is given some, so the bound is enforced here.
int read_bio(BIO* bio, char* out, int size) {
    auto& stream = stream_of(bio);
    BIO_clear_retry_flags(bio);
    if (stream.in_place) {
        const std::size_t count = stream.in_place->give_ticket(
            std::as_writable_bytes(std::span(out, static_cast<std::size_t>(size))));
        if (count > 0) return static_cast<int>(count);
        BIO_set_retry_read(bio);
        return -1;
    }
    const bool ended = stream.ended.status != IoStatus::would_block;
    if (stream.record_left == 0) {
        stream.record_left = stream.whole_record();
        if (stream.record_left > 0 &&
            (stream.answer_is_stuck() || ++stream.records_taken > turn_bounds::kRecordsWithoutData)) {
            stream.record_left = 0;
            BIO_set_retry_read(bio);
            return -1;
        }
    }
    if (stream.record_left == 0 && ended) stream.record_left = stream.rx.readable().size();
    if (stream.record_left == 0) {
        if (!ended) BIO_set_retry_read(bio);
        return ended ? 0 : -1;
    }
    const std::size_t count = std::min(stream.record_left, static_cast<std::size_t>(size));
    std::memcpy(out, stream.rx.readable().data(), count);
    stream.rx.consume(count);
    stream.record_left -= count;
    return static_cast<int>(count);
}

int write_bio(BIO* bio, const char* in, int size) {
    auto& stream = stream_of(bio);
    BIO_clear_retry_flags(bio);
    // Dropped: OpenSSL would seal it under a nonce that is already used.
    if (stream.in_place) return size;
    const IoResult wrote =
        stream.lower->write_some(std::as_bytes(std::span(in, static_cast<std::size_t>(size))));
    stream.blocked_write = wrote.status == IoStatus::would_block;
    if (wrote.status == IoStatus::ok) return static_cast<int>(wrote.bytes);
    if (stream.blocked_write)
        BIO_set_retry_write(bio);
    else if (stream.ended.status != IoStatus::error)
        stream.ended = wrote;
    return -1;
}

long control_bio(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// The event that a call without result waits for. Does the work of SSL_get_error() without reading the
/// thread's error queue, which takes more than a tenth of the time of reading a record.
int awaited(SSL* ssl) noexcept {
    const BIO* const bio = SSL_get_rbio(ssl);
    const int wanted = SSL_want(ssl);
    if (wanted == SSL_READING && BIO_should_read(bio) != 0) return SSL_ERROR_WANT_READ;
    if (wanted == SSL_WRITING && BIO_should_write(bio) != 0) return SSL_ERROR_WANT_WRITE;
    return SSL_ERROR_NONE;
}

bool is_in_error(const SSL* ssl) noexcept {
    return std::strcmp(SSL_state_string(ssl), "SSLERR") == 0;
}

int create_bio(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

}  // namespace

namespace detail {

std::string openssl_reason() {
    const unsigned long code = ERR_peek_error();  // the first error is the root cause
    ERR_clear_error();
    if (code == 0) return "no reason given";
    if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "OpenSSL error " + std::to_string(code);
}

Errc exhaustion() noexcept {
    const unsigned long code = ERR_peek_error();
    if (code == 0 || !ERR_SYSTEM_ERROR(code)) return Errc::ok;
    const Errc said = errc_from_errno(ERR_GET_REASON(code));
    return is_exhausted(said) ? said : Errc::ok;
}

void forget_earlier_errors() noexcept {
    if (ERR_peek_error() != 0) [[unlikely]]
        ERR_clear_error();
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
    // OpenSSL does not resume a session whose connection ends without close_notify. Resumption is safe there.
    if (ssl) SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void TlsStream::Impl::release_openssl() noexcept {
    SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    ssl.reset();
}

bool TlsStream::Impl::refill() noexcept {
    const IoResult got = lower->read_some(rx.writable());
    if (got.status == IoStatus::ok) {
        rx.commit(got.bytes);
        return true;
    }
    if (got.status != IoStatus::would_block && ended.status != IoStatus::error) ended = got;
    return false;
}

std::size_t TlsStream::Impl::whole_record() const noexcept {
    const auto there = rx.readable();
    if (there.size() < kRecordHeader) return 0;
    const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(there[i]); };
    const std::size_t length = at(3) << 8 | at(4);
    const bool is_tls = at(0) >= SSL3_RT_CHANGE_CIPHER_SPEC && at(0) <= SSL3_RT_APPLICATION_DATA &&
                        at(1) == TLS1_VERSION_MAJOR && length <= kLargestFragment;
    if (!is_tls) return there.size();
    return there.size() >= kRecordHeader + length ? kRecordHeader + length : 0;
}

bool TlsStream::Impl::note_records(bool with_data) noexcept {
    const int taken = std::min(records_taken, turn_bounds::kRecordsWithoutData);
    if (taken == 0) return true;  // the rest of a record
    // Each record with data pays for one without.
    excess = with_data ? std::max(excess + taken - 2, 0) : excess + taken;
    return excess <= turn_bounds::kExcessRecordsWithoutData;
}

IoResult TlsStream::Impl::flooded() noexcept {
    try {
        detail = "the peer sends TLS records without data, such as key updates, without end";
    } catch (const std::bad_alloc&) {
        detail.clear();
    }
    return IoResult::failed(Errc::tls_failure);
}

IoResult TlsStream::Impl::failure(int result, Errc code) noexcept {
    const int error = SSL_get_error(ssl.get(), result);
    // A handler may have left an error on the thread, which would hide this one from SSL_get_error().
    const bool closed =
        SSL_is_init_finished(ssl.get()) != 0 && (SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    if (closed) {
        ERR_clear_error();
        return IoResult::end();
    }
    const bool ended_below = error != SSL_ERROR_SSL && ended.status != IoStatus::would_block;
    exhausted = detail::exhaustion();
    try {
        reason = ERR_GET_REASON(ERR_peek_error());
        detail = detail::openssl_reason();
        if (ended_below && ended.status == IoStatus::error) detail = lower->details().error_detail();
        if (ended_below && ended.status == IoStatus::eof)
            detail = established ? "cut off without a TLS close_notify" : "the peer closed the connection";
    } catch (const std::bad_alloc&) {
        detail.clear();
    }
    if (ended_below) return IoResult::failed(ended.error);
    if (exhausted != Errc::ok) return IoResult::failed(exhausted);
    const bool unverified = !established && SSL_get_verify_result(ssl.get()) != X509_V_OK;
    return IoResult::failed(unverified && context.verify ? Errc::tls_certificate : code);
}

TlsStream::TlsStream(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
TlsStream::~TlsStream() = default;

IoResult TlsStream::handshake() noexcept {
    auto& self = *impl_;
    self.records_taken = 0;
    for (int reads = 0;; ++reads) {
        detail::forget_earlier_errors();
        const int result = SSL_do_handshake(self.ssl.get());
        if (result == 1) {
            self.established = true;
            self.read_needs_write = false;
            self.in_place = detail::TlsInPlace::take_over(self);
            self.secrets.wipe();
            return IoResult::done(0);
        }
        const int error = SSL_get_error(self.ssl.get(), result);
        self.read_needs_write = error == SSL_ERROR_WANT_WRITE;
        if (self.read_needs_write) return IoResult::again();
        if (error != SSL_ERROR_WANT_READ) return self.failure(result, Errc::tls_handshake);
        if (self.whole_record() > 0 || reads == turn_bounds::kHandshakeReads) return IoResult::again();
        if (!self.refill() && self.ended.status == IoStatus::would_block) return IoResult::again();
    }
}

IoResult TlsStream::read_view(std::span<std::byte> room, std::span<const std::byte>& bytes) noexcept {
    if (impl_->in_place) return impl_->in_place->read(bytes);
    return ByteStream::read_view(room, bytes);
}

IoResult TlsStream::read_some(std::span<std::byte> out) noexcept {
    auto& self = *impl_;
    if (self.in_place) return self.in_place->read_some(out);
    if (!self.pending && !self.read_needs_write && self.whole_record() == 0) {
        std::ignore = self.refill();
        if (self.ended.status == IoStatus::would_block && self.whole_record() == 0) return IoResult::again();
        detail::forget_earlier_errors();  // once a burst, because it costs time
    }
    const int size = static_cast<int>(std::min<std::size_t>(out.size(), INT_MAX));
    self.records_taken = 0;
    self.read_needs_write = false;
    while (true) {
        const int got = SSL_read(self.ssl.get(), out.data(), size);
        if (got > 0) [[likely]] {
            self.pending = got == size && SSL_pending(self.ssl.get()) > 0;
            std::ignore = self.note_records(true);
            return IoResult::done(static_cast<std::size_t>(got));
        }
        const int error = awaited(self.ssl.get());
        // The answer to a key update is stuck, and until it is sent OpenSSL reads nothing. Or the alert for a
        // broken record is stuck, and OpenSSL does not retry it.
        const bool is_broken = error == SSL_ERROR_WANT_WRITE && is_in_error(self.ssl.get());
        self.read_needs_write = (error == SSL_ERROR_WANT_WRITE && !is_broken) || self.answer_is_stuck();
        if (!self.read_needs_write && error != SSL_ERROR_WANT_READ)
            return self.failure(got, Errc::tls_failure);
        // The records had no data: session tickets, key updates. More records may follow.
        const bool may_go_on = self.whole_record() > 0 && !self.read_needs_write &&
                               self.records_taken <= turn_bounds::kRecordsWithoutData;
        if (!may_go_on) return self.note_records(false) ? IoResult::again() : self.flooded();
    }
}

IoResult TlsStream::write_some(std::span<const std::byte> in) noexcept {
    auto& self = *impl_;
    if (self.in_place) return self.in_place->write(in);
    const int size = static_cast<int>(std::min<std::size_t>(in.size(), INT_MAX));
    detail::forget_earlier_errors();
    self.records_taken = 0;
    const int wrote = SSL_write(self.ssl.get(), in.data(), size);
    if (wrote > 0) [[likely]]
        return IoResult::done(static_cast<std::size_t>(wrote));
    const int error = SSL_get_error(self.ssl.get(), wrote);
    self.write_needs_read = error == SSL_ERROR_WANT_READ;
    if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) return IoResult::again();
    const IoResult failed = self.failure(wrote, Errc::tls_failure);
    return failed.status == IoStatus::error ? failed : IoResult::failed(Errc::connection_reset);
}

void TlsStream::shutdown_write() noexcept {
    // Not during a handshake, nor after a fatal error.
    if (impl_->in_place)
        impl_->in_place->close();
    else if (SSL_is_init_finished(impl_->ssl.get()))
        std::ignore = SSL_shutdown(impl_->ssl.get());
    detail::forget_earlier_errors();
    impl_->blocked_write = false;
    impl_->lower->shutdown_write();
}

void TlsStream::abort() noexcept {
    impl_->lower->abort();
}

int TlsStream::fd() const noexcept {
    return impl_->lower->fd();
}

StreamStatus TlsStream::status() const noexcept {
    const auto& self = *impl_;
    StreamStatus status = self.lower->status();  // the arrival time of its bytes, and whether more may wait
    status.has_buffered_input =
        self.in_place ? self.in_place->has_input() : self.pending || self.whole_record() > 0;
    status.wants_write = self.blocked_write;
    status.reads_wait_for_write = self.read_needs_write && self.blocked_write;
    status.writes_wait_for_read = self.write_needs_read && SSL_in_init(self.ssl.get()) != 0;
    return status;
}

std::string TlsStream::error_detail() const {
    const auto& self = *impl_;
    const std::string who = self.host.empty() ? "the client" : "'" + self.host + "'";
    const auto with_advice = [](std::string text, std::string_view advice) {
        return advice.empty() ? text : std::move(text) + "; " + std::string(advice);
    };
    const long verified = self.established ? X509_V_OK : SSL_get_verify_result(self.ssl.get());
    if (self.exhausted != Errc::ok)
        return with_advice("TLS with " + who + " failed: " + self.detail,
                           detail::connection_advice(self.exhausted));
    if (!self.established && verified != X509_V_OK && self.context.verify)
        return with_advice(
            "the certificate of " + who + " was refused: " + X509_verify_cert_error_string(verified),
            self.host.empty() ? "" : detail::certificate_advice(verified));
    const auto advice = self.host.empty() ? std::string_view() : detail::failure_advice(self.reason);
    if (self.established) return with_advice(self.detail, advice);
    return with_advice("the TLS handshake with " + who +
                           " failed: " + (self.detail.empty() ? "the connection was lost" : self.detail),
                       advice.empty() ? "does this port speak TLS?" : advice);
}

void TlsStream::rate_peer(bool works) noexcept {
    impl_->lower->details().rate_peer(works);
}

TlsInfo TlsStream::Impl::info() const {
    return {.version = SSL_get_version(ssl.get()),
            .cipher = SSL_get_cipher_name(ssl.get()),
            .resumed = SSL_session_reused(ssl.get()) == 1,
            .verified = context.verify && SSL_get_verify_result(ssl.get()) == X509_V_OK};
}

TlsInfo TlsStream::tls_info() const {
    return impl_->in_place ? impl_->in_place->info() : impl_->info();
}

}  // namespace pinwheel
