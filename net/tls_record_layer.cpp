#include <algorithm>
#include <limits>
#include <tuple>

#include "tls_record_layer_impl.h"

namespace pinwheel::detail {
namespace {

constexpr std::byte kNewSessionTicket{4};
constexpr std::byte kKeyUpdate{24};
constexpr std::size_t kLargestTicket = 4 + 4 + 1 + 255 + 2 + 65535 + 2 + 65534;  // RFC 8446 section 4.6.1
constexpr std::uint8_t kUserCanceled = 90;

std::size_t number(std::span<const std::byte> bytes) noexcept {
    std::size_t value = 0;
    for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::size_t>(byte);
    return value;
}

}  // namespace

bool TlsDirection::start(AeadBackend backend, TlsSuite suite, const Secret& first) noexcept {
    TrafficKeys keys;
    if (!derive_traffic_keys(suite, first, keys)) return false;
    aead = make_aead(backend, keys.key.bytes());
    std::copy_n(keys.iv.bytes().begin(), iv.size(), iv.begin());
    secret = first;
    records = 0;
    return aead != nullptr;
}

bool TlsDirection::advance(TlsSuite suite) noexcept {
    TrafficKeys keys;
    if (!advance_secret(suite, secret) || !derive_traffic_keys(suite, secret, keys) ||
        !aead->rekey(keys.key.bytes()))
        return false;
    std::copy_n(keys.iv.bytes().begin(), iv.size(), iv.begin());
    records = 0;
    return true;
}

bool TlsRecordLayer::start(const Settings& settings, const Secret& read, const Secret& write) noexcept {
    settings_ = settings;
    return read_.start(settings.backend, settings.suite, read) &&
           write_.start(settings.backend, settings.suite, write);
}

TlsRecordLayer::Opened TlsRecordLayer::refuse(TlsAlert alert, std::string_view why) noexcept {
    if (failure_.empty()) {
        failure_ = why;
        our_alert_ = alert;
    }
    return {.what = What::failed};
}

void TlsRecordLayer::refuse_ticket() noexcept {
    std::ignore = refuse(TlsAlert::decode_error, "a session ticket of a wrong form");
}

TlsRecordLayer::Opened TlsRecordLayer::open(std::span<const std::byte> in,
                                            std::span<std::byte> out) noexcept {
    if (failed() || peer_closed_) [[unlikely]]
        return {.what = failed() ? What::failed : What::closed};
    const std::size_t whole = whole_record(in);
    if (whole == 0) return {};
    // A type or length that no record has. The version is not checked (section 5.1), but is authenticated.
    if (in[0] != kApplicationData || fragment_length(in.data()) > kMostCiphertext) [[unlikely]]
        return in[0] != kApplicationData
                   ? refuse(TlsAlert::unexpected_message, "a record of a type that is not encrypted")
                   : refuse(TlsAlert::record_overflow, "a record longer than TLS allows");
    const auto sealed = in.subspan(kRecordHeader, whole - kRecordHeader);
    if (sealed.size() <= kAeadTag) [[unlikely]]
        return refuse(TlsAlert::bad_record_mac, "a record shorter than its tag");
    const std::size_t inner = sealed.size() - kAeadTag;
    if (inner > out.size()) return {.what = What::no_room};
    if (read_.records == std::numeric_limits<std::uint64_t>::max()) [[unlikely]]
        return refuse(TlsAlert::internal_error, "the record numbers are used up");
    if (!read_.aead->open(read_.next_nonce(), in.first(kRecordHeader), sealed.data(), inner,
                          sealed.data() + inner, out.data())) [[unlikely]]
        return refuse(TlsAlert::bad_record_mac, "decryption failed or bad record mac");

    std::size_t size = inner;  // of content, type and padding (section 5.4)
    while (size > 0 && out[size - 1] == std::byte{0}) --size;
    if (size == 0) return refuse(TlsAlert::unexpected_message, "a record without a type");
    --size;
    if (inner > kMostPlaintext + 1)
        return refuse(TlsAlert::record_overflow, "a record with more content than TLS allows");
    if (out[size] == kApplicationData && size > 0 && header_size_ == 0 && ticket_left_ == 0) [[likely]] {
        credit_ = std::min(credit_ + 1, kMostWithoutData);
        return {.what = What::data, .consumed = whole, .size = size};
    }
    return content(static_cast<Type>(out[size]), out.first(size), whole);
}

TlsRecordLayer::Opened TlsRecordLayer::content(Type type, std::span<const std::byte> text,
                                               std::size_t consumed) noexcept {
    if (type != Type::handshake && (header_size_ > 0 || ticket_left_ > 0))
        return refuse(TlsAlert::unexpected_message, "another record within a handshake message");
    switch (type) {
        case Type::application_data:
            return without_data(What::nothing, consumed);
        case Type::alert:
            return alert(text, consumed);
        case Type::handshake:
            return handshake(text, consumed);
    }
    return refuse(TlsAlert::unexpected_message, "a record of unknown content");
}

TlsRecordLayer::Opened TlsRecordLayer::without_data(What what, std::size_t consumed) noexcept {
    if (credit_ == 0) return refuse(TlsAlert::unexpected_message, "too many records without data");
    --credit_;
    return {.what = what, .consumed = consumed};
}

TlsRecordLayer::Opened TlsRecordLayer::alert(std::span<const std::byte> text, std::size_t consumed) noexcept {
    if (text.size() != 2) return refuse(TlsAlert::decode_error, "an alert of another size than 2 bytes");
    const auto code = std::to_integer<std::uint8_t>(text[1]);  // TLS 1.3 ignores the level
    if (code == kUserCanceled) return without_data(What::nothing, consumed);
    if (code == static_cast<std::uint8_t>(TlsAlert::close_notify)) {
        peer_closed_ = true;
        return {.what = What::closed, .consumed = consumed};
    }
    peer_alert_ = code;
    write_closed_ = true;  // section 6.2: nothing is sent after a fatal alert
    return refuse(TlsAlert::close_notify, "the peer sent a fatal alert");
}

TlsRecordLayer::Opened TlsRecordLayer::handshake(std::span<const std::byte> text,
                                                 std::size_t consumed) noexcept {
    if (text.empty()) return refuse(TlsAlert::unexpected_message, "an empty handshake record");
    What what = What::ticket;
    while (!text.empty()) {
        if (ticket_left_ > 0) {
            const std::size_t count = std::min(ticket_left_, text.size());
            ticket_left_ -= count;
            text = text.subspan(count);
            continue;
        }
        while (header_size_ < header_.size() && !text.empty()) {
            header_[header_size_++] = text.front();
            text = text.subspan(1);
        }
        const bool is_ticket = header_[0] == kNewSessionTicket;
        if (!is_ticket && header_[0] != kKeyUpdate)
            return refuse(TlsAlert::unexpected_message, "a handshake message that may not come now");
        if (!is_ticket) what = What::nothing;
        if (header_size_ < header_.size()) break;
        const std::size_t length = number(std::span(header_).subspan(1));
        if (is_ticket) {
            if (length > kLargestTicket || length == 0)
                return refuse(TlsAlert::decode_error, "a session ticket of an impossible size");
            ticket_left_ = length;
            header_size_ = 0;
            continue;
        }
        if (length != 1) return refuse(TlsAlert::decode_error, "a key update of another size than 1 byte");
        if (text.empty()) break;
        // Section 5.1: a message before a change of keys ends its record.
        if (text.size() > 1) return refuse(TlsAlert::unexpected_message, "bytes behind a key update");
        if (!update_read_keys(text.front())) return {.what = What::failed};
        header_size_ = 0;
        text = {};
    }
    return without_data(what, consumed);
}

bool TlsRecordLayer::update_read_keys(std::byte request) noexcept {
    if (request > std::byte{1}) {
        std::ignore = refuse(TlsAlert::illegal_parameter, "a key update that asks for something unknown");
        return false;
    }
    if (!read_.advance(settings_.suite)) {
        std::ignore = refuse(TlsAlert::internal_error, "the keys could not be updated");
        return false;
    }
    ++key_updates_;
    update_asked_ = false;
    if (request == std::byte{1}) update_due_ = true;
    return true;
}

std::size_t TlsRecordLayer::seal_record(Type type, std::span<const std::byte> text, std::byte* out) noexcept {
    const std::size_t inner = text.size() + 1;
    const std::size_t length = inner + kAeadTag;
    out[0] = kApplicationData;
    out[1] = out[2] = std::byte{3};
    out[3] = static_cast<std::byte>(length >> 8);
    out[4] = static_cast<std::byte>(length & 0xff);
    // The type follows the data, so the plaintext is assembled first and then encrypted in place.
    std::byte* const body = std::copy(text.begin(), text.end(), out + kRecordHeader) - text.size();
    body[text.size()] = static_cast<std::byte>(type);
    if (!write_.aead->seal(write_.next_nonce(), {out, kRecordHeader}, body, inner, body, body + inner)) {
        write_closed_ = true;
        return 0;
    }
    return kRecordHeader + length;
}

std::size_t TlsRecordLayer::seal_key_update(std::byte* out) noexcept {
    const bool ask = read_.records >= settings_.records_a_key && !update_asked_;
    const std::array<std::byte, 5> message{kKeyUpdate, {}, {}, std::byte{1}, std::byte{ask}};
    const std::size_t size = seal_record(Type::handshake, message, out);
    if (size == 0) return 0;
    if (!write_.advance(settings_.suite)) {
        write_closed_ = true;
        return 0;
    }
    ++key_updates_;
    update_due_ = false;
    update_asked_ = update_asked_ || ask;
    return size;
}

std::size_t TlsRecordLayer::seal(std::span<const std::byte> data, std::span<std::byte> out) noexcept {
    if (failed() || write_closed_) return 0;
    std::size_t before = 0;
    const bool peer_is_over = read_.records >= settings_.records_a_key && !update_asked_;
    if (update_due_ || peer_is_over || write_.records >= settings_.records_a_key) [[unlikely]] {
        before = seal_key_update(out.data());
        if (before == 0) return 0;
    }
    const std::size_t size = seal_record(Type::application_data, data, out.data() + before);
    return size == 0 ? 0 : before + size;
}

std::size_t TlsRecordLayer::seal_last_alert(std::span<std::byte> out) noexcept {
    if (write_closed_) return 0;
    write_closed_ = true;
    constexpr std::byte kWarning{1};
    constexpr std::byte kFatal{2};
    const std::array<std::byte, 2> message{failed() ? kFatal : kWarning, static_cast<std::byte>(our_alert_)};
    return seal_record(Type::alert, message, out.data());
}

}  // namespace pinwheel::detail
