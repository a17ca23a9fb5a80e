#pragma once

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../../core/bytes.h"
#include "../../../net/tls_context.h"
#include "../../../net/tls_stream.h"
#include "../../support/temp_dir.h"
#include "openssl_peer.h"

namespace pinwheel::test {

[[nodiscard]] inline const CertAuthority& authority() {
    static const CertAuthority made;
    return made;
}

/// For localhost and 127.0.0.1.
[[nodiscard]] inline Identity good_identity() {
    static const Identity made = authority().issue(
        {.common_name = "localhost", .dns_names = {"localhost"}, .addresses = {"127.0.0.1", "::1"}});
    return made;
}

/// For INSTANTIATE_TEST_SUITE_P.
inline const auto kBothRecords = testing::Values(TlsRecords::openssl, TlsRecords::in_place);
[[nodiscard]] inline std::string records_name(const testing::TestParamInfo<TlsRecords>& tested) {
    return tested.param == TlsRecords::openssl ? "Openssl" : "InPlace";
}

/// A client of this library, with either kind of records, and a peer of OpenSSL, in memory.
class TlsPairTest : public testing::TestWithParam<TlsRecords> {
  protected:
    [[nodiscard]] TlsOptions trusting() {
        return {.ca_file = dir.write("ca.pem", authority().certificate()), .records = GetParam()};
    }
    void serve(PeerOptions options = {}) {
        if (options.identity.certificate.empty()) options.identity = good_identity();
        fresh_ways();
        peer = std::make_unique<OpensslPeer>(std::move(options), to_peer, to_client);
    }
    void fresh_ways() {
        to_peer = std::make_shared<MemoryWay>();
        to_client = std::make_shared<MemoryWay>();
    }
    void dial(const TlsOptions& options, const std::string& host = "localhost") {
        client.reset();
        context.emplace(options);
        dial_again(host);
    }
    /// With the same context.
    void dial_again(const std::string& host = "localhost") {
        client.reset();
        client = context->client(std::make_unique<MemoryStream>(to_client, to_peer), host, 443);
    }
    /// Turns both sides until the client is done.
    IoResult shake() {
        IoResult result = IoResult::again();
        for (int turns = 0; turns < 100 && result.status == IoStatus::would_block; ++turns) {
            result = client->handshake();
            peer_up = peer->shake();
        }
        return result;
    }
    void connect(PeerOptions options = {}, const std::string& host = "localhost") {
        serve(std::move(options));
        dial(trusting(), host);
        ASSERT_EQ(shake().status, IoStatus::ok) << client->error_detail();
        ASSERT_TRUE(peer_up);
        const TlsInfo info = client->tls_info();
        const bool in_place = GetParam() == TlsRecords::in_place && info.version == "TLSv1.3";
        ASSERT_EQ(info.records != TlsRecordsBy::openssl, in_place);
        std::ignore = read();  // reads the tickets
    }
    [[nodiscard]] IoResult read_once() { return client->read_some(buffer); }
    /// All available bytes.
    [[nodiscard]] std::string read() {
        std::string text;
        while (true) {
            last = read_once();
            if (last.status != IoStatus::ok) return text;
            text.append(reinterpret_cast<const char*>(buffer.data()), last.bytes);
        }
    }
    void expect_refused(const IoResult& result, Errc code, const std::string& text) {
        EXPECT_EQ(result.status, IoStatus::error);
        EXPECT_EQ(result.error, code) << describe(result.error);
        EXPECT_EQ(client->error_detail(), text);
    }

    TempDir dir;
    MemoryStream::Way to_peer;
    MemoryStream::Way to_client;
    std::unique_ptr<OpensslPeer> peer;
    std::optional<TlsContext> context;
    std::unique_ptr<TlsStream> client;
    std::array<std::byte, 1 << 15> buffer{};
    IoResult last;
    bool peer_up = false;
};

}  // namespace pinwheel::test
