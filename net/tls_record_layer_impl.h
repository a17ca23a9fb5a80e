#pragma once

// The record layer of a TLS 1.3 connection after its handshake. Pure: no socket, no SSL object. Not
// installed.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "aead_impl.h"
#include "tls_key_schedule_impl.h"

namespace pinwheel::detail {

inline constexpr std::size_t kRecordHeader = 5;
inline constexpr std::size_t kMostPlaintext = std::size_t{1} << 14;       // RFC 8446 section 5.1
inline constexpr std::size_t kMostCiphertext = kMostPlaintext + 256;      // section 5.2
inline constexpr std::size_t kRecordCost = kRecordHeader + 1 + kAeadTag;  // the overhead of a record
inline constexpr std::size_t kShortRecord = kRecordCost + 5;              // an alert or a KeyUpdate
inline constexpr std::size_t kMostSealed = kShortRecord + kRecordCost + kMostPlaintext;

/// Alerts that this side sends (RFC 8446 section 6).
enum class TlsAlert : std::uint8_t {
    close_notify = 0,
    unexpected_message = 10,
    bad_record_mac = 20,
    record_overflow = 22,
    illegal_parameter = 47,
    decode_error = 50,
    internal_error = 80,
};

/// One direction: its keys and the number of records that they have protected.
struct TlsDirection {
    [[nodiscard]] bool start(AeadBackend backend, TlsSuite suite, const Secret& first) noexcept;
    /// Changes to the next keys. The record numbers restart.
    [[nodiscard]] bool advance(TlsSuite suite) noexcept;
    /// The nonce of the next record (section 5.3). Each number is used once.
    [[nodiscard]] AeadNonce next_nonce() noexcept {
        std::uint64_t number = records++;
        if constexpr (std::endian::native == std::endian::little) number = __builtin_bswap64(number);
        AeadNonce nonce = iv;
        std::uint64_t tail = 0;
        std::memcpy(&tail, nonce.data() + nonce.size() - sizeof tail, sizeof tail);
        tail ^= number;
        std::memcpy(nonce.data() + nonce.size() - sizeof tail, &tail, sizeof tail);
        return nonce;
    }

    std::unique_ptr<Aead> aead;
    Secret secret;
    AeadNonce iv{};
    std::uint64_t records = 0;
};

/// Opens and seals records with AES-GCM (RFC 8446 sections 4.6.3 and 5.1 to 5.5). Threading: one thread.
/// Allocates: in start(), and within OpenSSL when a key is updated.
class TlsRecordLayer {
  public:
    struct Settings {
        TlsSuite suite = TlsSuite::aes_128_gcm_sha256;
        AeadBackend backend = AeadBackend::openssl;
        /// The number of records after which this side replaces its key. AES-GCM allows 2^24.5 full records
        /// (section 5.5). A peer that keeps a key for longer is asked for a new one.
        std::uint64_t records_a_key = std::uint64_t{1} << 24;
    };

    /// Each record with data pays for one record without data. This is the credit at the start.
    static constexpr unsigned kMostWithoutData = 128;

    enum class What : std::uint8_t {
        incomplete,  ///< the first record is incomplete
        data,        ///< `size` bytes are at `out`; never 0
        nothing,     ///< a record that the caller can ignore
        ticket,      ///< a record that the caller can ignore, with parts of NewSessionTicket messages only
        no_room,     ///< the record is complete, but its plaintext may need more room than `out` has
        closed,      ///< close_notify; later bytes are ignored
        failed,      ///< fatal: see failure()
    };
    struct Opened {
        What what = What::incomplete;
        std::size_t consumed = 0;  ///< bytes of `in`
        std::size_t size = 0;      ///< of the plaintext
    };

    /// Both directions begin at record 0. False: a secret has a wrong size, or OpenSSL or memory failed.
    [[nodiscard]] bool start(const Settings& settings, const Secret& read, const Secret& write) noexcept;

    /// Opens the first record of `in` to `out`. `out` does not overlap `in`, or is the address of the
    /// record's first ciphertext byte, `in + kRecordHeader`. Bytes at `out` behind the plaintext are scratch.
    [[nodiscard]] Opened open(std::span<const std::byte> in, std::span<std::byte> out) noexcept;

    /// The size of the first record of `in` with its header; 0: incomplete. An impossible record counts as
    /// complete, so that open() refuses it at once.
    [[nodiscard]] static std::size_t whole_record(std::span<const std::byte> in) noexcept {
        if (in.size() < kRecordHeader) return in.empty() || in[0] == kApplicationData ? 0 : in.size();
        const std::size_t length = fragment_length(in.data());
        if (in[0] != kApplicationData || length > kMostCiphertext) [[unlikely]]
            return in.size();
        return in.size() - kRecordHeader >= length ? kRecordHeader + length : 0;
    }

    /// Seals `data`, 1 to kMostPlaintext bytes, behind a KeyUpdate if one is due. `out` has room for
    /// kShortRecord + kRecordCost + data.size(), and does not overlap `data`. Returns the number of bytes
    /// written; 0: no record may be sent any more.
    [[nodiscard]] std::size_t seal(std::span<const std::byte> data, std::span<std::byte> out) noexcept;
    /// Seals the alert for the failure, or close_notify, once; needs kShortRecord bytes of room. 0: nothing
    /// to send. Nothing can be sealed after it.
    [[nodiscard]] std::size_t seal_last_alert(std::span<std::byte> out) noexcept;

    /// The content of a ticket is malformed, which the layer cannot detect: ends as open() would.
    void refuse_ticket() noexcept;

    [[nodiscard]] bool failed() const noexcept { return !failure_.empty(); }
    /// The fault; empty: none. Static storage.
    [[nodiscard]] std::string_view failure() const noexcept { return failure_; }
    /// The fatal alert that the peer sent; 0: none.
    [[nodiscard]] std::uint8_t peer_alert() const noexcept { return peer_alert_; }
    /// The number of key replacements, of both directions.
    [[nodiscard]] std::uint64_t key_updates() const noexcept { return key_updates_; }

  private:
    enum class Type : std::uint8_t { alert = 21, handshake = 22, application_data = 23 };
    static constexpr std::byte kApplicationData{23};

    /// The values in a record's header.
    [[nodiscard]] static std::size_t fragment_length(const std::byte* header) noexcept {
        return std::to_integer<std::size_t>(header[3]) << 8 | std::to_integer<std::size_t>(header[4]);
    }

    [[nodiscard]] Opened refuse(TlsAlert alert, std::string_view why) noexcept;
    [[nodiscard]] Opened content(Type type, std::span<const std::byte> text, std::size_t consumed) noexcept;
    [[nodiscard]] Opened alert(std::span<const std::byte> text, std::size_t consumed) noexcept;
    [[nodiscard]] Opened handshake(std::span<const std::byte> text, std::size_t consumed) noexcept;
    [[nodiscard]] Opened without_data(What what, std::size_t consumed) noexcept;
    [[nodiscard]] bool update_read_keys(std::byte request) noexcept;
    [[nodiscard]] std::size_t seal_record(Type type, std::span<const std::byte> text,
                                          std::byte* out) noexcept;
    [[nodiscard]] std::size_t seal_key_update(std::byte* out) noexcept;

    Settings settings_;
    TlsDirection read_;
    TlsDirection write_;
    unsigned credit_ = kMostWithoutData;
    bool update_due_ = false;    // the peer asked for a key update
    bool update_asked_ = false;  // a key update was asked of the peer, for its current keys
    bool peer_closed_ = false;
    bool write_closed_ = false;
    // A handshake message may span records: its header, then the number of bytes left of a ticket.
    std::array<std::byte, 4> header_{};
    std::size_t header_size_ = 0;
    std::size_t ticket_left_ = 0;
    std::uint8_t peer_alert_ = 0;
    TlsAlert our_alert_ = TlsAlert::close_notify;
    std::string_view failure_;
    std::uint64_t key_updates_ = 0;
};

}  // namespace pinwheel::detail
