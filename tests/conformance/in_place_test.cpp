// Every case of the suite over TLS with records opened in place, with a few cuts each.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "../../core/bytes.h"
#include "../../net/tls_context.h"
#include "../../net/tls_stream.h"
#include "../../tools/feed/cert_authority.h"
#include "../net/tls/openssl_peer.h"
#include "../support/memory_stream.h"
#include "../support/require.h"
#include "../support/temp_dir.h"
#include "play.h"

namespace pinwheel::conformance {
namespace {

using namespace test;

/// The client's stream. Its peer is OpenSSL and sends the bytes of a scripted stream.
class InPlaceStream final : public ByteStream {
  public:
    explicit InPlaceStream(std::unique_ptr<ByteStream> script) : script_(std::move(script)) {
        for (int turns = 0; turns < 3 && client_->handshake().status != IoStatus::ok; ++turns)
            std::ignore = peer_.shake();
        std::ignore = peer_.shake();
        require(client_->tls_info().records != TlsRecordsBy::openssl, "not in place");
    }

    [[nodiscard]] IoResult read_some(std::span<std::byte> out) noexcept override {
        return follow_script() ? client_->read_some(out) : failure_;
    }
    [[nodiscard]] IoResult read_view(std::span<std::byte> room,
                                     std::span<const std::byte>& bytes) noexcept override {
        return follow_script() ? client_->read_view(room, bytes) : failure_;
    }
    [[nodiscard]] IoResult write_some(std::span<const std::byte> in) noexcept override {
        const IoResult wrote = client_->write_some(in);
        const std::string plain = peer_.read();
        if (!plain.empty()) std::ignore = script_->write_some(bytes_of(plain));
        return wrote;
    }
    void shutdown_write() noexcept override {
        client_->shutdown_write();
        std::ignore = peer_.read();
        if (peer_.ended()) script_->shutdown_write();
    }
    void abort() noexcept override { script_->abort(); }
    [[nodiscard]] int fd() const noexcept override { return script_->fd(); }
    [[nodiscard]] StreamStatus status() const noexcept override { return client_->status(); }

  private:
    struct Setup {
        CertAuthority authority;
        Identity identity = authority.issue({.common_name = "localhost", .dns_names = {"localhost"}});
        TempDir dir;
        TlsContext context{
            {.ca_file = dir.write("ca.pem", authority.certificate()), .records = TlsRecords::in_place}};
    };
    static Setup& setup() {
        static Setup made;
        return made;
    }

    /// The peer sends the next bytes of the script. False: the script fails.
    [[nodiscard]] bool follow_script() noexcept {
        if (client_->status().has_buffered_input) return true;
        const IoResult got = script_->read_some(room_);
        if (got.status == IoStatus::ok)
            peer_.write({reinterpret_cast<const char*>(room_.data()), got.bytes});
        else if (got.status == IoStatus::eof)
            peer_.close_notify();
        else if (got.status == IoStatus::error)
            failure_ = got;
        return got.status != IoStatus::error;
    }

    const std::unique_ptr<ByteStream> script_;
    const MemoryStream::Way up_ = std::make_shared<MemoryWay>();
    const MemoryStream::Way down_ = std::make_shared<MemoryWay>();
    OpensslPeer peer_{{.identity = setup().identity}, up_, down_};
    const std::unique_ptr<TlsStream> client_ =
        setup().context.client(std::make_unique<MemoryStream>(down_, up_), "localhost", 443);
    std::array<std::byte, 20'000> room_{};
    IoResult failure_ = IoResult::again();
};

class InPlace : public testing::TestWithParam<std::size_t> {
  protected:
    static const Cases& cases() {
        static const Cases all = all_cases();
        return all;
    }
};

/// Every eighth case, starting with the parameter. A failing test names its case.
TEST_P(InPlace, EachCaseHasTheSameOutcome) {
    for (std::size_t i = GetParam(); i < cases().size(); i += 8) {
        const Case& one = *std::next(cases().begin(), static_cast<std::ptrdiff_t>(i));
        for (const Cut& cut : cuts_of(one, true)) {
            const Outcome outcome = play(one, cut, [](std::unique_ptr<ByteStream> script) {
                return std::unique_ptr<ByteStream>(std::make_unique<InPlaceStream>(std::move(script)));
            });
            EXPECT_EQ(outcome.received, one.received);
            EXPECT_EQ(outcome.sent, one.sent);
            EXPECT_EQ(outcome.end, one.end) << outcome.error;
            EXPECT_NE(outcome.error.find(one.says), std::string::npos) << outcome.error;
            if (HasFailure()) FAIL() << "section " << one.section << ", \"" << one.name << "\", " << cut.name;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Cases, InPlace, testing::Range<std::size_t>(0, 8));

}  // namespace
}  // namespace pinwheel::conformance
