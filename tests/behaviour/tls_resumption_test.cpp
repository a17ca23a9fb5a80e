// TLS sessions are resumed over reconnects, and the statistics count it.

#include <gtest/gtest.h>

#include <string>

#include "../../proto/session/manager.h"
#include "../support/feed_thread.h"

namespace pinwheel::test {
namespace {

struct Case {
    const char* name;
    bool tls12;
    bool resumes;
    TlsRecords records = TlsRecords::openssl;

    friend void PrintTo(const Case& of, std::ostream* out) { *out << of.name; }
};

class TlsResumption : public testing::TestWithParam<Case> {
  public:
    static std::string name_of(const testing::TestParamInfo<Case>& of) { return of.param.name; }
};

TEST_P(TlsResumption, IsSeenInTheStats) {
    FeedThread feed(true);
    Reactor reactor;
    WebSocketOptions options;
    options.network.tls = {.ca_file = feed.authority_file(),
                           .allow_tls12 = GetParam().tls12,
                           .allow_tls13 = !GetParam().tls12,
                           .session_resumption = GetParam().resumes,
                           .records = GetParam().records};
    options.reconnect_strategy = ReconnectStrategy::immediate;
    WebSocketManager ws(reactor, feed.url("/echo"), options);
    ws.connect();
    for (std::uint64_t round = 0; round < 3; ++round) {
        ASSERT_TRUE(ws.wait_connected());
        EXPECT_EQ(ws.stats().connects, round + 1);
        EXPECT_EQ(ws.stats().resumed_handshakes, GetParam().resumes ? round : 0);
        const bool in_place = GetParam().records == TlsRecords::in_place && !GetParam().tls12;
        EXPECT_EQ(ws.stats().tls_openssl, in_place ? 0 : round + 1);
        EXPECT_EQ(ws.stats().tls_in_place_evp + ws.stats().tls_in_place_ipsec_mb, in_place ? round + 1 : 0);
        ws.send("a message, and with it the session's ticket");
        EXPECT_EQ(ws.receive().text(), "a message, and with it the session's ticket");
        ws.request_disconnect(Duration::zero());
        ASSERT_TRUE(ws.wait_disconnected());
    }
}

INSTANTIATE_TEST_SUITE_P(Versions, TlsResumption,
                         testing::Values(Case{"Tls12", true, true}, Case{"Tls13", false, true},
                                         Case{"SwitchedOff", false, false},
                                         Case{"Tls12InPlace", true, true, TlsRecords::in_place},
                                         Case{"Tls13InPlace", false, true, TlsRecords::in_place}),
                         TlsResumption::name_of);

}  // namespace
}  // namespace pinwheel::test
