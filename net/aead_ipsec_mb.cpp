// Its names of before version 0.54 are macros, among them SHA1.
#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include <new>

#include "aead_impl.h"

namespace pinwheel::detail {
namespace {

/// A table of functions for this CPU, made once and then immutable, so that threads may share it. Null if the
/// CPU lacks the instructions for AES-GCM in constant time.
const IMB_MGR* functions() noexcept {
    static const IMB_MGR* const made = []() -> const IMB_MGR* {
        IMB_MGR* const manager = alloc_mb_mgr(0);
        if (manager == nullptr) return nullptr;
        IMB_ARCH found = IMB_ARCH_NONE;
        init_mb_mgr_auto(manager, &found);
        constexpr std::uint64_t kNeeded = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
        if (found != IMB_ARCH_NONE && found != IMB_ARCH_NOAESNI && (manager->features & kNeeded) == kNeeded)
            return manager;
        free_mb_mgr(manager);
        return nullptr;
    }();
    return made;
}

class IpsecMbAead final : public Aead {
  public:
    IpsecMbAead() = default;
    ~IpsecMbAead() override {
        OPENSSL_cleanse(&key_, sizeof key_);
        OPENSSL_cleanse(&context_, sizeof context_);
    }

    [[nodiscard]] bool rekey(std::span<const std::uint8_t> key) noexcept override {
        const bool is_long = key.size() == 32;
        (is_long ? mb_->gcm256_pre : mb_->gcm128_pre)(key.data(), &key_);
        seal_ = is_long ? mb_->gcm256_enc : mb_->gcm128_enc;
        open_ = is_long ? mb_->gcm256_dec : mb_->gcm128_dec;
        return true;
    }

    [[nodiscard]] bool seal(const AeadNonce& nonce, std::span<const std::byte> additional,
                            const std::byte* in, std::size_t size, std::byte* out,
                            std::byte* tag) noexcept override {
        run(seal_, nonce, additional, in, size, out, tag);
        return true;
    }

    [[nodiscard]] bool open(const AeadNonce& nonce, std::span<const std::byte> additional,
                            const std::byte* in, std::size_t size, const std::byte* tag,
                            std::byte* out) noexcept override {
        std::array<std::byte, kAeadTag> computed;
        run(open_, nonce, additional, in, size, out, computed.data());
        if (CRYPTO_memcmp(computed.data(), tag, kAeadTag) == 0) [[likely]]
            return true;
        OPENSSL_cleanse(out, size);
        OPENSSL_cleanse(computed.data(), computed.size());  // whoever reads it could forge a record
        return false;
    }

  private:
    void run(aes_gcm_enc_dec_t function, const AeadNonce& nonce, std::span<const std::byte> additional,
             const std::byte* in, std::size_t size, std::byte* out, std::byte* tag) noexcept {
        function(&key_, &context_, reinterpret_cast<std::uint8_t*>(out),
                 reinterpret_cast<const std::uint8_t*>(in), size, nonce.data(),
                 reinterpret_cast<const std::uint8_t*>(additional.data()), additional.size(),
                 reinterpret_cast<std::uint8_t*>(tag), kAeadTag);
    }

    const IMB_MGR* const mb_ = functions();
    aes_gcm_enc_dec_t seal_ = nullptr;
    aes_gcm_enc_dec_t open_ = nullptr;
    gcm_key_data key_{};
    gcm_context_data context_{};
};

}  // namespace

bool ipsec_mb_is_available() noexcept {
    return functions() != nullptr;
}

std::unique_ptr<Aead> make_ipsec_mb_aead(std::span<const std::uint8_t> key) noexcept {
    if (!ipsec_mb_is_available()) return nullptr;
    std::unique_ptr<Aead> made(new (std::nothrow) IpsecMbAead);
    return made && made->rekey(key) ? std::move(made) : nullptr;
}

}  // namespace pinwheel::detail
