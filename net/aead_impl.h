#pragma once

// AES-GCM for TLS 1.3 records (RFC 8446 section 5.2). Not installed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace pinwheel::detail {

/// The implementation of AES-GCM: OpenSSL's EVP, always present, or libipsec-mb, if it was built in and the
/// CPU has AES-NI and PCLMULQDQ.
enum class AeadBackend : std::uint8_t { openssl, ipsec_mb };

inline constexpr std::size_t kAeadTag = 16;
inline constexpr std::size_t kAeadNonce = 12;
using AeadNonce = std::array<std::uint8_t, kAeadNonce>;

/// AES-GCM under one key for one direction. Threading: one thread at a time. Allocates: at construction, and
/// possibly in rekey(). The key is wiped at destruction and by rekey().
class Aead {
  public:
    Aead() = default;
    virtual ~Aead() = default;
    Aead(const Aead&) = delete;
    Aead& operator=(const Aead&) = delete;

    /// Sets a key of 16 or 32 bytes, as long as the first one. False: the underlying library failed, and the
    /// object must not be used any more.
    [[nodiscard]] virtual bool rekey(std::span<const std::uint8_t> key) noexcept = 0;

    /// Encrypts `size` bytes from `in` to `out` and writes kAeadTag bytes to `tag`. `out` is `in`, or does
    /// not overlap it.
    [[nodiscard]] virtual bool seal(const AeadNonce& nonce, std::span<const std::byte> additional,
                                    const std::byte* in, std::size_t size, std::byte* out,
                                    std::byte* tag) noexcept = 0;

    /// Decrypts. False: the tag does not match (compared in constant time), and `out` has been zeroed.
    [[nodiscard]] virtual bool open(const AeadNonce& nonce, std::span<const std::byte> additional,
                                    const std::byte* in, std::size_t size, const std::byte* tag,
                                    std::byte* out) noexcept = 0;
};

/// True if this build and this CPU support it.
[[nodiscard, gnu::visibility("hidden")]] bool is_available(AeadBackend backend) noexcept;
/// The fastest available backend; decided once.
[[nodiscard, gnu::visibility("hidden")]] AeadBackend best_aead_backend() noexcept;
/// `openssl` or `ipsec-mb`. Static storage.
[[nodiscard, gnu::visibility("hidden")]] std::string_view to_string(AeadBackend backend) noexcept;

/// Null: out of memory, no such backend, or a key that has neither 16 nor 32 bytes.
[[nodiscard, gnu::visibility("hidden")]] std::unique_ptr<Aead> make_aead(
    AeadBackend backend, std::span<const std::uint8_t> key) noexcept;

/// The parts of make_aead() and is_available() that need libipsec-mb.
[[nodiscard, gnu::visibility("hidden")]] bool ipsec_mb_is_available() noexcept;
[[nodiscard, gnu::visibility("hidden")]] std::unique_ptr<Aead> make_ipsec_mb_aead(
    std::span<const std::uint8_t> key) noexcept;

}  // namespace pinwheel::detail
