#include "tls_in_place_impl.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "turn_bounds.h"

namespace pinwheel::detail {
namespace {

/// A last alert fits behind an unsent record.
constexpr std::size_t kSealedBuffer = kMostSealed + kShortRecord;

std::optional<TlsSuite> suite_of(const SSL* ssl) noexcept {
    if (SSL_is_server(ssl) != 0 || SSL_version(ssl) != TLS1_3_VERSION) return std::nullopt;
    const auto suite = static_cast<TlsSuite>(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl)));
    if (suite == TlsSuite::aes_128_gcm_sha256 || suite == TlsSuite::aes_256_gcm_sha384) return suite;
    return std::nullopt;
}

/// The place for a record's plaintext.
std::span<std::byte> behind_header(std::span<std::byte> in) noexcept {
    return in.subspan(std::min(in.size(), kRecordHeader));
}

/// OpenSSL's reason code for an alert of the peer.
int reason_for(std::uint8_t alert) noexcept {
    return SSL_AD_REASON_OFFSET + alert;
}

const char* describe_reason(int reason) noexcept {
    constexpr auto kLibrary = static_cast<unsigned long>(ERR_LIB_SSL) << ERR_LIB_OFFSET;
    const char* const text = ERR_reason_error_string(kLibrary | static_cast<unsigned long>(reason));
    return text != nullptr ? text : "the peer sent a fatal alert";
}

}  // namespace

TlsInPlace::TlsInPlace(TlsStream::Impl& stream)
    : stream_(stream), info_(stream.info()), sealed_(kSealedBuffer) {}

std::unique_ptr<TlsInPlace> TlsInPlace::take_over(TlsStream::Impl& stream) noexcept {
    const SSL* const ssl = stream.ssl.get();
    if (stream.context.records != TlsRecords::in_place) return nullptr;
    const auto suite = suite_of(ssl);
    // OpenSSL has counted the records that it holds. Our counts begin at 0.
    if (!suite || stream.record_left > 0 || SSL_has_pending(ssl) != 0) return nullptr;
    try {
        std::unique_ptr<TlsInPlace> made(new TlsInPlace(stream));
        made->info_.records = TlsContext::in_place_records();
        const bool started = made->layer_.start({.suite = *suite, .backend = best_aead_backend()},
                                                stream.secrets.server, stream.secrets.client);
        return started ? std::move(made) : nullptr;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

// Receiving

IoResult TlsInPlace::read(std::span<const std::byte>& bytes) noexcept {
    bytes = {};
    if (!rest_.empty()) [[unlikely]] {
        bytes = std::exchange(rest_, {});
        return IoResult::done(bytes.size());
    }
    if (TlsRecordLayer::whole_record(stream_.rx.readable()) == 0) std::ignore = stream_.refill();
    for (int without_data = 0; without_data < turn_bounds::kRecordsWithoutData; ++without_data) {
        const auto in = stream_.rx.editable();
        const auto opened = stream_.ssl ? open_before_data(in) : layer_.open(in, behind_header(in));
        stream_.rx.consume(opened.consumed);
        if (opened.what == What::data) [[likely]] {
            bytes = in.subspan(kRecordHeader, opened.size);
            return IoResult::done(opened.size);
        }
        if (opened.what != What::nothing && opened.what != What::ticket) return without(opened.what);
    }
    return IoResult::again();
}

/// No more data for now, or permanently.
IoResult TlsInPlace::without(What what) noexcept {
    if (what == What::incomplete)
        return stream_.ended.status == IoStatus::would_block ? IoResult::again() : cut_off();
    return what == What::closed ? IoResult::end() : failed();
}

IoResult TlsInPlace::read_some(std::span<std::byte> out) noexcept {
    std::span<const std::byte> bytes;
    const IoResult got = read(bytes);
    if (got.status != IoStatus::ok) return got;
    const std::size_t count = std::min(out.size(), bytes.size());
    std::memcpy(out.data(), bytes.data(), count);
    rest_ = bytes.subspan(count);
    return IoResult::done(count);
}

/// OpenSSL reads a ticket's record from a copy, because opening in place destroys the record.
[[gnu::noinline]] TlsRecordLayer::Opened TlsInPlace::open_before_data(std::span<std::byte> in) noexcept {
    std::array<std::byte, kRecordHeader + kMostCiphertext> record;
    const std::size_t size = std::min(TlsRecordLayer::whole_record(in), record.size());
    std::copy_n(in.begin(), size, record.begin());
    const auto opened = layer_.open(in, behind_header(in));
    if (opened.what == What::incomplete) return opened;
    if (opened.what == What::ticket) {
        if (openssl_takes(std::span(record).first(size))) return opened;
        layer_.refuse_ticket();
        return {.what = What::failed};
    }
    stream_.release_openssl();
    return opened;
}

bool TlsInPlace::openssl_takes(std::span<const std::byte> ticket) noexcept {
    ticket_ = ticket;
    forget_earlier_errors();
    char none = 0;
    const int got = SSL_read(stream_.ssl.get(), &none, 1);
    const bool taken = SSL_get_error(stream_.ssl.get(), got) == SSL_ERROR_WANT_READ && ticket_.empty();
    ticket_ = {};
    forget_earlier_errors();
    return taken;
}

std::size_t TlsInPlace::give_ticket(std::span<std::byte> out) noexcept {
    const std::size_t count = std::min(out.size(), ticket_.size());
    std::copy_n(ticket_.begin(), count, out.begin());
    ticket_ = ticket_.subspan(count);
    return count;
}

IoResult TlsInPlace::failed() noexcept {
    send_last_alert();
    const bool by_peer = layer_.peer_alert() != 0;
    if (by_peer) stream_.reason = reason_for(layer_.peer_alert());
    try {
        stream_.detail = by_peer ? std::string_view(describe_reason(stream_.reason)) : layer_.failure();
    } catch (const std::bad_alloc&) {
        stream_.detail.clear();
    }
    return IoResult::failed(Errc::tls_failure);
}

IoResult TlsInPlace::cut_off() noexcept {
    try {
        stream_.detail = stream_.ended.status == IoStatus::error ? stream_.lower->details().error_detail()
                                                                 : "cut off without a TLS close_notify";
    } catch (const std::bad_alloc&) {
        stream_.detail.clear();
    }
    return IoResult::failed(stream_.ended.error);
}

// Sending

IoResult TlsInPlace::write(std::span<const std::byte> in) noexcept {
    if (head_ != tail_) [[unlikely]] {
        const IoResult flushed = flush();
        if (flushed.status != IoStatus::ok) return flushed;
        if (taken_ > 0) return IoResult::done(std::exchange(taken_, 0));
    }
    const auto data = in.first(std::min(in.size(), kMostPlaintext));
    tail_ = layer_.seal(data, sealed_);
    if (tail_ == 0) return IoResult::failed(Errc::tls_failure);
    taken_ = data.size();
    const IoResult flushed = flush();
    return flushed.status == IoStatus::ok ? IoResult::done(std::exchange(taken_, 0)) : flushed;
}

IoResult TlsInPlace::flush() noexcept {
    while (head_ < tail_) {
        const IoResult wrote = stream_.lower->write_some({sealed_.data() + head_, tail_ - head_});
        stream_.blocked_write = wrote.status == IoStatus::would_block;
        if (wrote.status == IoStatus::error && stream_.ended.status != IoStatus::error) stream_.ended = wrote;
        if (wrote.status != IoStatus::ok) return wrote;
        head_ += wrote.bytes;
    }
    head_ = tail_ = 0;
    return IoResult::done(0);
}

void TlsInPlace::send_last_alert() noexcept {
    tail_ += layer_.seal_last_alert(std::span(sealed_).subspan(tail_));
    std::ignore = flush();
}

void TlsInPlace::close() noexcept {
    if (!layer_.failed()) send_last_alert();
}

}  // namespace pinwheel::detail
