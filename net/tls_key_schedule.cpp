#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <algorithm>

#include "openssl_ptr_impl.h"
#include "tls_key_schedule_impl.h"

namespace pinwheel::detail {
namespace {

int digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

Secret::Secret(std::span<const std::uint8_t> bytes) noexcept {
    if (bytes.size() > kLargest) return;
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
    size_ = bytes.size();
}

Secret Secret::from_hex(std::string_view digits) noexcept {
    Secret made;
    if (digits.size() % 2 != 0 || digits.size() / 2 > kLargest) return made;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = digit(digits[i]);
        const int low = digit(digits[i + 1]);
        if (high < 0 || low < 0) {
            made.wipe();
            return made;
        }
        made.bytes_[i / 2] = static_cast<std::uint8_t>(high * 16 + low);
    }
    made.size_ = digits.size() / 2;
    return made;
}

void Secret::wipe() noexcept {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    size_ = 0;
}

void TrafficSecrets::note(std::string_view line) noexcept {
    // The label, the client's random, the secret.
    const auto secret = [&] { return Secret::from_hex(line.substr(line.rfind(' ') + 1)); };
    if (line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")) client = secret();
    if (line.starts_with("SERVER_TRAFFIC_SECRET_0 ")) server = secret();
}

bool expand_label(TlsSuite suite, const Secret& secret, std::string_view label,
                  std::span<std::uint8_t> out) noexcept {
    constexpr std::string_view kPrefix = "tls13 ";
    std::array<std::uint8_t, 2 + 1 + 18 + 1> info{};
    if (label.size() > 18 - kPrefix.size() || out.size() > 0xff) return false;
    info[1] = static_cast<std::uint8_t>(out.size());
    info[2] = static_cast<std::uint8_t>(kPrefix.size() + label.size());
    auto* const end =
        std::copy(label.begin(), label.end(), std::copy(kPrefix.begin(), kPrefix.end(), info.begin() + 3));
    const auto info_size = static_cast<std::size_t>(end - info.begin()) + 1;  // + 1: an empty context

    const OpensslPtr<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    const OpensslPtr<EVP_KDF_CTX, EVP_KDF_CTX_free> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    std::string_view digest = suite == TlsSuite::aes_128_gcm_sha256 ? "SHA256" : "SHA384";
    const auto key = secret.bytes();
    // OpenSSL's parameters are not const, but it only reads them.
    const std::array<OSSL_PARAM, 5> parameters{
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(digest.data()),
                                         digest.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<std::uint8_t*>(key.data()),
                                          key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info_size),
        OSSL_PARAM_construct_end()};
    if (context && EVP_KDF_derive(context.get(), out.data(), out.size(), parameters.data()) == 1) return true;
    ERR_clear_error();
    return false;
}

bool derive_traffic_keys(TlsSuite suite, const Secret& secret, TrafficKeys& out) noexcept {
    out.key.resize(key_size(suite));
    out.iv.resize(kAeadNonce);
    return secret.bytes().size() == secret_size(suite) &&
           expand_label(suite, secret, "key", out.key.bytes()) &&
           expand_label(suite, secret, "iv", out.iv.bytes());
}

bool advance_secret(TlsSuite suite, Secret& secret) noexcept {
    Secret next;
    next.resize(secret_size(suite));
    if (!expand_label(suite, secret, "traffic upd", next.bytes())) return false;
    secret = next;
    return true;
}

}  // namespace pinwheel::detail
