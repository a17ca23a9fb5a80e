#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "../../../net/aead_impl.h"
#include "../../../net/tls_key_schedule_impl.h"
#include "../../../net/tls_record_layer_impl.h"
#include "record_support.h"

namespace pinwheel::test {
namespace {

using detail::Secret;
using detail::TlsSuite;

std::string hex(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const auto byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::vector<std::byte> from_hex(std::string_view digits) {
    std::vector<std::byte> bytes;
    for (; !digits.empty(); digits.remove_prefix(2)) {
        const Secret byte = Secret::from_hex(digits.substr(0, 2));
        bytes.push_back(static_cast<std::byte>(byte.bytes()[0]));
    }
    return bytes;
}

// RFC 8448 section 3, the simple 1-RTT handshake.
constexpr std::string_view kServerSecret = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643";
constexpr std::string_view kClientSecret = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";

TEST(TlsKeySchedule, DerivesTheKeysOfTheTrace) {
    struct Case {
        std::string_view secret, key, iv;
    };
    for (const auto& [secret, key, iv] :
         {Case{"b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
               "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"},
          Case{"b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
               "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"},
          Case{kServerSecret, "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"},
          Case{kClientSecret, "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"}}) {
        detail::TrafficKeys keys;
        ASSERT_TRUE(
            detail::derive_traffic_keys(TlsSuite::aes_128_gcm_sha256, Secret::from_hex(secret), keys));
        EXPECT_EQ(hex(keys.key.bytes()), key);
        EXPECT_EQ(hex(keys.iv.bytes()), iv);
    }
}

TEST(TlsKeySchedule, RefusesASecretOfAnotherSuite) {
    detail::TrafficKeys keys;
    EXPECT_FALSE(
        detail::derive_traffic_keys(TlsSuite::aes_256_gcm_sha384, Secret::from_hex(kServerSecret), keys));
}

TEST(TlsKeySchedule, TakesHexadecimalDigitsOnly) {
    EXPECT_EQ(hex(Secret::from_hex("00fFa1").bytes()), "00ffa1");
    for (const std::string& bad : {std::string("0"), std::string("0g"), std::string(98, '0')})
        EXPECT_TRUE(Secret::from_hex(bad).empty()) << bad;
}

/// The client's first two records and the server's second and third, as on the wire.
TEST(TlsKeySchedule, SealsTheRecordsOfTheTrace) {
    std::vector<std::byte> data(50);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i);
    for (const auto backend : backends()) {
        detail::TlsRecordLayer layer;
        ASSERT_TRUE(layer.start({.backend = backend}, Secret::from_hex(kServerSecret),
                                Secret::from_hex(kClientSecret)));
        std::vector<std::byte> out(200);
        out.resize(layer.seal(data, out));
        EXPECT_EQ(out, from_hex("1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b4"
                                "6b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4"));
        out.resize(200);
        out.resize(layer.seal_last_alert(out));
        EXPECT_EQ(out.size(), 24U);
        EXPECT_EQ(std::vector(out.begin() + 5, out.end()),
                  from_hex("c9872760655666b74d7ff1153efd6db6d0b0e3"));
    }
}

TEST(Aead, BackendsAgreeForEverySize) {
    for (const std::size_t key_size : {16U, 32U}) {
        std::vector<std::uint8_t> key(key_size, 7);
        const auto reference = detail::make_aead(detail::AeadBackend::openssl, key);
        for (const auto backend : backends()) {
            const auto tried = detail::make_aead(backend, key);
            ASSERT_TRUE(tried);
            std::vector<std::byte> plain(16'385);
            for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<std::byte>(i * 31);
            const std::vector<std::byte> additional(5, std::byte{9});
            for (std::size_t size = 1; size <= plain.size(); size += size < 600 ? 1 : 631) {
                detail::AeadNonce nonce{};
                nonce[11] = static_cast<std::uint8_t>(size);
                std::vector<std::byte> expected(size + 16);
                std::vector<std::byte> got(size + 16);
                ASSERT_TRUE(reference->seal(nonce, additional, plain.data(), size, expected.data(),
                                            expected.data() + size));
                ASSERT_TRUE(
                    tried->seal(nonce, additional, plain.data(), size, got.data(), got.data() + size));
                ASSERT_EQ(got, expected) << size;
                ASSERT_TRUE(tried->open(nonce, additional, got.data(), size, got.data() + size, got.data()));
                ASSERT_TRUE(std::equal(got.begin(), got.end() - 16, plain.begin())) << size;
            }
        }
    }
}

TEST(Aead, AWrongBitAnywhereIsFoundAndNoPlaintextLeft) {
    const std::vector<std::uint8_t> key(16, 7);
    const std::vector<std::byte> plain(37, std::byte{'p'});
    const std::vector<std::byte> additional(5, std::byte{9});
    for (const auto backend : backends()) {
        const auto aead = detail::make_aead(backend, key);
        std::vector<std::byte> sealed(plain.size() + 16);
        ASSERT_TRUE(aead->seal({}, additional, plain.data(), plain.size(), sealed.data(),
                               sealed.data() + plain.size()));
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            auto wrong = sealed;
            wrong[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
            ASSERT_FALSE(aead->open({}, additional, wrong.data(), plain.size(), wrong.data() + plain.size(),
                                    wrong.data()));
            ASSERT_EQ(std::count(wrong.begin(), wrong.begin() + 37, std::byte{0}), 37) << bit;
        }
        EXPECT_TRUE(aead->open({}, additional, sealed.data(), plain.size(), sealed.data() + plain.size(),
                               sealed.data()));
    }
}

TEST(Aead, TakesNoKeyOfAnotherSize) {
    for (const auto backend : backends())
        for (const std::size_t size : {0U, 15U, 24U, 33U})
            EXPECT_FALSE(detail::make_aead(backend, std::vector<std::uint8_t>(size))) << size;
}

}  // namespace
}  // namespace pinwheel::test
