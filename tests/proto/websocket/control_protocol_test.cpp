// T2: the pings that are answered, the close frame that is sent, and the frames that may follow it.
#include "../../../proto/websocket/control_protocol.h"

#include <gtest/gtest.h>

#include <string>

#include "../../support/frames.h"

namespace pinwheel {
namespace {

using namespace test;
using Phase = ControlProtocol::Phase;

ControlProtocol in(Phase phase) {
    ControlProtocol protocol;
    if (phase != Phase::before) protocol.open();
    if (phase == Phase::closing) {
        EXPECT_TRUE(protocol.close(1000, "ours"));
    }
    if (phase == Phase::ended) protocol.end();
    return protocol;
}

std::string text(const std::optional<ControlPayload>& close) {
    return close ? "close " + text_of(close->bytes()) : "nothing";
}

/// Every event in every phase: the close frame, and the next phase.
TEST(ControlProtocol, EachEventInEachPhase) {
    const struct {
        const char* what;
        std::optional<ControlPayload> (*event)(ControlProtocol&);
        std::string sent_when_open;
        Phase after_before, after_open, after_closing;
    } rows[] = {
        {"close", [](ControlProtocol& p) { return p.close(1000, "bye"); },
         "close " + close_payload(1000, "bye"), Phase::before, Phase::closing, Phase::closing},
        {"close with a code that is not for the wire",
         [](ControlProtocol& p) { return p.close(1006, "bye"); }, "close ", Phase::before, Phase::closing,
         Phase::closing},
        {"the peer closes",
         [](ControlProtocol& p) {
             return p.peer_closed({1001, "going"});
         },
         "close " + close_payload(1001), Phase::ended, Phase::ended, Phase::ended},
        {"the peer closes without a code", [](ControlProtocol& p) { return p.peer_closed({}); }, "close ",
         Phase::ended, Phase::ended, Phase::ended},
        {"a bad frame", [](ControlProtocol& p) { return p.peer_broke(Errc::bad_frame); },
         "close " + close_payload(1002, describe(Errc::bad_frame)), Phase::ended, Phase::ended, Phase::ended},
        {"bad UTF-8", [](ControlProtocol& p) { return p.peer_broke(Errc::bad_utf8); },
         "close " + close_payload(1007, describe(Errc::bad_utf8)), Phase::ended, Phase::ended, Phase::ended},
        {"a message too large", [](ControlProtocol& p) { return p.peer_broke(Errc::message_too_large); },
         "close " + close_payload(1009, describe(Errc::message_too_large)), Phase::ended, Phase::ended,
         Phase::ended},
        {"the stream ends",
         [](ControlProtocol& p) {
             p.end();
             return std::optional<ControlPayload>();
         },
         "nothing", Phase::ended, Phase::ended, Phase::ended},
    };
    for (const auto& row : rows) {
        const struct {
            Phase before, after;
            std::string sent;
        } cells[] = {{Phase::before, row.after_before, "nothing"},
                     {Phase::open, row.after_open, row.sent_when_open},
                     {Phase::closing, row.after_closing, "nothing"},
                     {Phase::ended, Phase::ended, "nothing"}};
        for (const auto& cell : cells) {
            ControlProtocol protocol = in(cell.before);
            EXPECT_EQ(text(row.event(protocol)), cell.sent) << row.what << " in " << int(cell.before);
            EXPECT_EQ(protocol.phase(), cell.after) << row.what << " in " << int(cell.before);
            EXPECT_EQ(protocol.may_send(), cell.after == Phase::open);
        }
    }
}

TEST(ControlProtocol, ACloseReasonIsCutAtACharactersEndAndLeftOutIfItIsNotUtf8) {
    const std::string reason(122, 'x');
    EXPECT_EQ(text(in(Phase::open).close(1000, reason + "\xc3\xa9")), "close " + close_payload(1000, reason));
    EXPECT_EQ(text(in(Phase::open).close(1000, reason + "y")), "close " + close_payload(1000, reason + "y"));
    EXPECT_EQ(text(in(Phase::open).close(1000, "\xff")), "close " + close_payload(1000));
}

std::string pongs_of(ControlProtocol& protocol) {
    std::string all;
    for (const ControlPayload& payload : protocol.take_pongs()) all += text_of(payload.bytes()) + ";";
    return all;
}

std::string numbers(int first, int last) {
    std::string all;
    for (int i = first; i <= last; ++i) all += std::to_string(i) + ";";
    return all;
}

TEST(ControlProtocol, SixteenPingsAreAnsweredInOrderAndOfFurtherOnesTheLast) {
    for (const int pings : {1, 2, 10, 16, 17, 18, 1000}) {
        ControlProtocol protocol = in(Phase::open);
        EXPECT_FALSE(protocol.has_pings());
        for (int i = 1; i <= pings; ++i) protocol.ping_came(bytes_of(std::to_string(i)), false);
        EXPECT_TRUE(protocol.has_pings());
        const std::string last = pings > 16 ? std::to_string(pings) + ";" : "";
        EXPECT_EQ(pongs_of(protocol), numbers(1, std::min(pings, 16)) + last);
        EXPECT_EQ(pongs_of(protocol), "") << "each ping is answered once";
    }
}

TEST(ControlProtocol, APayloadOf125BytesIsKept) {
    ControlProtocol protocol = in(Phase::closing);
    protocol.ping_came(bytes_of(std::string(125, 'p')), false);
    protocol.ping_came({}, false);
    EXPECT_EQ(pongs_of(protocol), std::string(125, 'p') + ";;");
}

TEST(ControlProtocol, WhilePongsWaitForTheSocketOnlyTheLastPingCounts) {
    ControlProtocol protocol = in(Phase::open);
    for (int i = 1; i <= 10; ++i) protocol.ping_came(bytes_of(std::to_string(i)), true);
    EXPECT_EQ(pongs_of(protocol), "10;");
    for (int i = 1; i <= 3; ++i) protocol.ping_came(bytes_of(std::to_string(i)), false);
    for (int i = 4; i <= 6; ++i) protocol.ping_came(bytes_of(std::to_string(i)), true);
    EXPECT_EQ(pongs_of(protocol), "1;2;6;");
}

TEST(ControlProtocol, PingsThatWaitAtTheEndAreForgotten) {
    ControlProtocol protocol = in(Phase::open);
    protocol.ping_came(bytes_of("late"), false);
    protocol.end();
    EXPECT_FALSE(protocol.has_pings());
}

}  // namespace
}  // namespace pinwheel
