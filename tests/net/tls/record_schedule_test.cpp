#include <gtest/gtest.h>
#include <openssl/err.h>

#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "record_support.h"
#include "tls_support.h"

namespace pinwheel::test {
namespace {

using detail::TlsRecordLayer;
using What = TlsRecordLayer::What;

/// PINWHEEL_SCHEDULES=1000000 for the long run.
std::size_t schedules() {
    const char* const wanted = std::getenv("PINWHEEL_SCHEDULES");
    return wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 4'000;
}

constexpr std::size_t kSchedulesAConnection = 250;

/// One connection: the server is OpenSSL's, the client's record layer is ours.
class Line {
  public:
    Line(SSL_CTX* context, std::mt19937& random, detail::AeadBackend backend)
        : random_(random),
          pair(context, below(2) == 0 ? "TLS_AES_128_GCM_SHA256" : "TLS_AES_256_GCM_SHA384") {
        EXPECT_TRUE(layer.start({.suite = pair.suite, .backend = backend, .records_a_key = 5 + below(60)},
                                pair.server_secret, pair.client_secret));
        SSL_set_record_padding_callback(pair.server.get(), [](SSL*, int, std::size_t size, void* self) {
            auto& line = *static_cast<Line*>(self);
            return line.below(3) == 0 ? line.below(16'385 - size) : 0;
        });
        SSL_set_record_padding_callback_arg(pair.server.get(), this);
    }

    [[nodiscard]] std::size_t below(std::size_t bound) {
        return bound == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
    }
    /// Mostly small sizes, and the largest.
    [[nodiscard]] std::size_t size() {
        switch (below(8)) {
            case 0:
                return 1 + below(16'384);
            case 1:
                return 16'384 - below(3);
            default:
                return 1 + below(400);
        }
    }
    [[nodiscard]] std::string text(std::size_t size) {
        std::string made(size, '\0');
        for (auto& c : made) c = static_cast<char>(made.size() < 64 ? random_() : seed_++);
        return made;
    }

    void server_does_something() {
        switch (below(10)) {
            case 0:
                SSL_new_session_ticket(pair.server.get());
                break;
            case 1:
                SSL_key_update(pair.server.get(), static_cast<int>(below(2)));
                SSL_do_handshake(pair.server.get());
                break;
            default:
                break;
        }
        const std::string sent = text(size());
        ASSERT_EQ(SSL_write(pair.server.get(), sent.data(), static_cast<int>(sent.size())),
                  static_cast<int>(sent.size()));
        expected += sent;
    }

    /// Feeds all of `bytes` to the layer, in pieces.
    void deliver(const std::string& bytes) {
        std::size_t at = 0;
        while (at < bytes.size()) {
            const std::size_t piece = below(4) == 0   ? bytes.size() - at
                                      : below(3) == 0 ? 1
                                                      : 1 + below(2'000);
            waiting += bytes.substr(at, piece);
            at += std::min(piece, bytes.size() - at);
            open_all();
        }
    }

    void open_all() {
        while (true) {
            const auto in = std::as_writable_bytes(std::span(waiting));
            const bool in_place = below(2) == 0;
            const auto out = in_place ? in.subspan(std::min(in.size(), detail::kRecordHeader))
                                      : std::as_writable_bytes(std::span(apart));
            const auto opened = layer.open(in, out);
            if (opened.what == What::data) got.append(reinterpret_cast<const char*>(out.data()), opened.size);
            if (opened.what == What::incomplete || opened.what == What::closed) {
                last = opened.what;
                return;
            }
            if (opened.what == What::failed || opened.what == What::no_room) {
                last = opened.what;
                FAIL() << layer.failure();
            }
            waiting.erase(0, opened.consumed);
        }
    }

    void client_writes() {
        const std::string sent = text(size());
        std::vector<std::byte> out(detail::kShortRecord + detail::kRecordCost + sent.size());
        out.resize(layer.seal(bytes_of(sent), out));
        ASSERT_GT(out.size(), sent.size());
        const std::string_view wire(reinterpret_cast<const char*>(out.data()), out.size());
        const std::size_t cut = below(wire.size());
        ASSERT_EQ(pair.to_server(wire.substr(0, cut)).append(pair.to_server(wire.substr(cut))), sent);
        ASSERT_EQ(pair.state, SSL_ERROR_WANT_READ);
    }

  private:
    std::mt19937& random_;
    unsigned char seed_ = 0;

  public:
    OpensslPair pair;
    TlsRecordLayer layer;
    std::string waiting;
    std::string apart = std::string(17'000, '\0');
    std::string expected;
    std::string got;
    What last = What::incomplete;
};

class RecordSchedules : public testing::TestWithParam<detail::AeadBackend> {
  protected:
    void SetUp() override {
        if (!detail::is_available(GetParam())) GTEST_SKIP() << "not in this build, or not on this CPU";
        SSL_CTX* const made = SSL_CTX_new(TLS_server_method());
        context.reset(made);
        const Identity identity = good_identity();
        use(made, identity);
    }
    static void use(SSL_CTX* made, const Identity& identity) {
        const TempDir dir;
        const auto certificate = dir.write("cert.pem", identity.certificate);
        const auto key = dir.write("key.pem", identity.key);
        ASSERT_EQ(SSL_CTX_use_certificate_chain_file(made, certificate.c_str()), 1);
        ASSERT_EQ(SSL_CTX_use_PrivateKey_file(made, key.c_str(), SSL_FILETYPE_PEM), 1);
    }
    detail::SslCtxPtr context;
};

TEST_P(RecordSchedules, AgreeWithOpensslInBothDirections) {
    std::mt19937 random(16);
    std::uint64_t updates = 0;
    for (std::size_t done = 0; done < schedules(); done += kSchedulesAConnection) {
        Line line(context.get(), random, GetParam());
        for (std::size_t i = 0; i < kSchedulesAConnection; ++i) {
            for (std::size_t n = line.below(4); n > 0; --n) line.server_does_something();
            line.deliver(line.pair.from_server());
            if (line.below(2) == 0) line.client_writes();
            ASSERT_EQ(line.got, std::exchange(line.expected, {})) << done + i;
            line.got.clear();
            ASSERT_FALSE(testing::Test::HasFailure()) << done + i;
        }
        updates += line.layer.key_updates();
        SSL_shutdown(line.pair.server.get());
        line.deliver(line.pair.from_server());
        EXPECT_EQ(line.last, What::closed);
        std::array<std::byte, detail::kShortRecord> alert;
        const std::size_t size = line.layer.seal_last_alert(alert);
        EXPECT_EQ(line.pair.to_server({reinterpret_cast<const char*>(alert.data()), size}), "");
        EXPECT_EQ(line.pair.state, SSL_ERROR_ZERO_RETURN);
    }
    EXPECT_GT(updates, schedules() / 20);
}

TEST_P(RecordSchedules, AWrongBitAnywhereEndsTheConnectionWithBadRecordMac) {
    const OpensslPair pair(context.get(), "TLS_AES_128_GCM_SHA256");
    for (std::size_t bit = 0; bit < 8 * 59; ++bit) {
        RecordForge forge(pair.server_secret);
        std::string sealed = forge.record(23, "a secret that is not for us to see...");
        ASSERT_EQ(sealed.size(), 59U);
        TlsRecordLayer layer;
        ASSERT_TRUE(layer.start({.backend = GetParam()}, pair.server_secret, pair.client_secret));
        auto wire = std::as_writable_bytes(std::span(sealed));
        wire[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
        std::string more = forge.record(23, "the next");
        const auto opened = layer.open(wire, wire.subspan(5));
        if (bit / 8 == 0 || bit / 8 == 3 || bit / 8 == 4) {  // another type or length
            EXPECT_TRUE(opened.what == What::failed || opened.what == What::incomplete);
            continue;
        }
        ASSERT_EQ(opened.what, What::failed) << bit;
        EXPECT_EQ(opened.size, 0U);
        EXPECT_EQ(layer.failure(), "decryption failed or bad record mac");
        EXPECT_EQ(sealed.find("secret"), std::string::npos);
        EXPECT_EQ(layer.open(std::as_bytes(std::span(more)), wire).what, What::failed);
    }
}

INSTANTIATE_TEST_SUITE_P(, RecordSchedules,
                         testing::Values(detail::AeadBackend::openssl, detail::AeadBackend::ipsec_mb),
                         [](const auto& tested) {
                             return tested.param == detail::AeadBackend::openssl ? "Openssl" : "IpsecMb";
                         });

}  // namespace
}  // namespace pinwheel::test
