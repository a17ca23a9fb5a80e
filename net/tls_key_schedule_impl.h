#pragma once

// The part of TLS 1.3's key schedule that follows the handshake. Not installed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "aead_impl.h"

namespace pinwheel::detail {

/// Up to 48 secret bytes. Wiped at destruction and by wipe().
class Secret {
  public:
    static constexpr std::size_t kLargest = 48;

    Secret() = default;
    /// Empty if `bytes` has more than kLargest.
    explicit Secret(std::span<const std::uint8_t> bytes) noexcept;
    /// From hexadecimal digits. Empty unless their number is even and at most 96.
    [[nodiscard]] static Secret from_hex(std::string_view digits) noexcept;
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret() { wipe(); }

    void wipe() noexcept;
    void resize(std::size_t size) noexcept { size_ = size; }  ///< at most kLargest
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }
    [[nodiscard]] std::span<std::uint8_t> bytes() noexcept { return {bytes_.data(), size_}; }

  private:
    std::array<std::uint8_t, kLargest> bytes_{};
    std::size_t size_ = 0;
};

/// The two suites with AES-GCM (RFC 8446 appendix B.4).
enum class TlsSuite : std::uint16_t { aes_128_gcm_sha256 = 0x1301, aes_256_gcm_sha384 = 0x1302 };

[[nodiscard]] constexpr std::size_t key_size(TlsSuite suite) noexcept {
    return suite == TlsSuite::aes_128_gcm_sha256 ? 16 : 32;
}
[[nodiscard]] constexpr std::size_t secret_size(TlsSuite suite) noexcept {
    return suite == TlsSuite::aes_128_gcm_sha256 ? 32 : 48;
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1); `label` without "tls13 ", at most 12
/// characters. False: OpenSSL failed.
[[nodiscard, gnu::visibility("hidden")]] bool expand_label(TlsSuite suite, const Secret& secret,
                                                           std::string_view label,
                                                           std::span<std::uint8_t> out) noexcept;

/// What protects the records of one direction (section 7.3).
struct TrafficKeys {
    Secret key;
    Secret iv;
};
[[nodiscard, gnu::visibility("hidden")]] bool derive_traffic_keys(TlsSuite suite, const Secret& secret,
                                                                  TrafficKeys& out) noexcept;

/// The application traffic secrets of both sides, from OpenSSL's key log.
struct TrafficSecrets {
    Secret client;
    Secret server;

    /// Takes one line of the log. Lines about other secrets are ignored.
    void note(std::string_view line) noexcept;
    void wipe() noexcept {
        client.wipe();
        server.wipe();
    }
};

/// Replaces an application traffic secret by the next one (section 7.2).
[[nodiscard, gnu::visibility("hidden")]] bool advance_secret(TlsSuite suite, Secret& secret) noexcept;

}  // namespace pinwheel::detail
