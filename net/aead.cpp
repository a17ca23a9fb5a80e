#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <new>
#include <utility>

#include "aead_impl.h"
#include "openssl_ptr_impl.h"

namespace pinwheel::detail {
namespace {

const unsigned char* bytes(const std::byte* from) noexcept {
    return reinterpret_cast<const unsigned char*>(from);
}
unsigned char* bytes(std::byte* from) noexcept {
    return reinterpret_cast<unsigned char*>(from);
}

using CipherPtr = OpensslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

class EvpAead final : public Aead {
  public:
    [[nodiscard]] bool rekey(std::span<const std::uint8_t> key) noexcept override {
        const EVP_CIPHER* const cipher = key.size() == 16   ? EVP_aes_128_gcm()
                                         : key.size() == 32 ? EVP_aes_256_gcm()
                                                            : nullptr;
        if (cipher == nullptr || !seal_ || !open_) return false;
        return EVP_EncryptInit_ex(seal_.get(), cipher, nullptr, key.data(), nullptr) == 1 &&
               EVP_DecryptInit_ex(open_.get(), cipher, nullptr, key.data(), nullptr) == 1;
    }

    [[nodiscard]] bool seal(const AeadNonce& nonce, std::span<const std::byte> additional,
                            const std::byte* in, std::size_t size, std::byte* out,
                            std::byte* tag) noexcept override {
        int count = 0;
        EVP_CIPHER_CTX* const context = seal_.get();
        return EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
               EVP_EncryptUpdate(context, nullptr, &count, bytes(additional.data()),
                                 static_cast<int>(additional.size())) == 1 &&
               EVP_EncryptUpdate(context, bytes(out), &count, bytes(in), static_cast<int>(size)) == 1 &&
               EVP_EncryptFinal_ex(context, bytes(out) + size, &count) == 1 &&
               EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTag, tag) == 1;
    }

    [[nodiscard]] bool open(const AeadNonce& nonce, std::span<const std::byte> additional,
                            const std::byte* in, std::size_t size, const std::byte* tag,
                            std::byte* out) noexcept override {
        int count = 0;
        EVP_CIPHER_CTX* const context = open_.get();
        std::array<std::byte, kAeadTag> expected;
        std::copy_n(tag, kAeadTag, expected.begin());  // a copy: `out` may be `in`
        if (EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1 &&
            EVP_DecryptUpdate(context, nullptr, &count, bytes(additional.data()),
                              static_cast<int>(additional.size())) == 1 &&
            EVP_DecryptUpdate(context, bytes(out), &count, bytes(in), static_cast<int>(size)) == 1 &&
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTag, expected.data()) == 1 &&
            EVP_DecryptFinal_ex(context, bytes(out) + size, &count) == 1) [[likely]]
            return true;
        OPENSSL_cleanse(out, size);
        ERR_clear_error();
        return false;
    }

  private:
    // OpenSSL keeps the direction in the context.
    CipherPtr seal_{EVP_CIPHER_CTX_new()};
    CipherPtr open_{EVP_CIPHER_CTX_new()};
};

}  // namespace

bool is_available(AeadBackend backend) noexcept {
    return backend == AeadBackend::openssl || ipsec_mb_is_available();
}

AeadBackend best_aead_backend() noexcept {
    static const AeadBackend best =
        is_available(AeadBackend::ipsec_mb) ? AeadBackend::ipsec_mb : AeadBackend::openssl;
    return best;
}

std::string_view to_string(AeadBackend backend) noexcept {
    return backend == AeadBackend::ipsec_mb ? "ipsec-mb" : "openssl";
}

std::unique_ptr<Aead> make_aead(AeadBackend backend, std::span<const std::uint8_t> key) noexcept {
    if (key.size() != 16 && key.size() != 32) return nullptr;
    if (backend == AeadBackend::ipsec_mb) return make_ipsec_mb_aead(key);
    std::unique_ptr<Aead> made(new (std::nothrow) EvpAead);
    return made && made->rekey(key) ? std::move(made) : nullptr;
}

#ifndef PINWHEEL_IPSEC_MB
bool ipsec_mb_is_available() noexcept {
    return false;
}
std::unique_ptr<Aead> make_ipsec_mb_aead(std::span<const std::uint8_t>) noexcept {
    return nullptr;
}
#endif

}  // namespace pinwheel::detail
