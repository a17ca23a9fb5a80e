#include "accept_key.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <span>

namespace pinwheel {
namespace {

std::string base64(std::span<const unsigned char> bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                    static_cast<int>(bytes.size()));
    return text;
}

}  // namespace

std::string make_upgrade_key(SecureRandom& random) {
    std::array<unsigned char, 16> bytes{};
    random.fill(std::as_writable_bytes(std::span(bytes)));
    return base64(bytes);
}

std::string accept_for_key(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    return base64(digest);
}

}  // namespace pinwheel
