#include "../../../proto/websocket/message_assembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "../../support/frames.h"
#include "../../support/message_log.h"

namespace pinwheel {
namespace {

using namespace test;

/// The decoded content of the stream, which must not depend on the cuts.
std::string decoded(std::string_view stream, Role role = Role::client) {
    const std::string whole = MessageLog(role).decode(stream, stream.size());
    EXPECT_EQ(MessageLog(role).decode(stream, 1), whole);
    for (std::size_t split = 1; split < std::min<std::size_t>(stream.size(), 300); ++split) {
        MessageLog log(role);
        const std::string first = log.decode(stream.substr(0, split), split);
        if (first.find("error") == std::string::npos && first.find("close") == std::string::npos) {
            EXPECT_EQ(log.decode(stream.substr(split), stream.size()), whole) << split;
        } else {
            EXPECT_EQ(first, whole) << split;
        }
    }
    return whole;
}

TEST(MessageAssembler, SizesAtEveryEdgeOfTheLengthsEncoding) {
    for (const std::size_t size :
         {0UL, 1UL, 125UL, 126UL, 127UL, 4095UL, 4096UL, 4097UL, 65535UL, 65536UL, 1UL << 20})
        EXPECT_EQ(MessageLog().decode(binary_frame(std::string(size, 'x')) + text_frame("next"), 1 << 14),
                  "B:" + std::to_string(size) + " T:next ");
}

TEST(MessageAssembler, FragmentsWithControlFramesBetweenThem) {
    EXPECT_EQ(decoded(text_frame("Hel", false) + ping_frame("1") + continuation("", false) + pong_frame("2") +
                      continuation("lo") + text_frame("after")),
              "ping:1 pong:2 T:Hello T:after ");
}

TEST(MessageAssembler, EmptyMessagesAndEmptyFragments) {
    EXPECT_EQ(decoded(text_frame("") + text_frame("", false) + continuation("", false) + continuation("")),
              "T: T: ");
}

TEST(MessageAssembler, AMillionEmptyFragmentsAreOneSmallMessage) {
    std::string stream = text_frame("a", false);
    for (int i = 0; i < 1'000'000; ++i) stream += continuation("", false);
    EXPECT_EQ(MessageLog().decode(stream + continuation("b"), 1 << 15), "T:ab ");
}

TEST(MessageAssembler, BrokenFramesAreRefusedWhereTheyAre) {
    const std::string frame_error = "error:" + std::string(describe(Errc::bad_frame));
    for (unsigned rsv = 1; rsv < 8; ++rsv) EXPECT_EQ(decoded(raw_frame({.rsv = rsv}, "x")), frame_error);
    for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U})
        EXPECT_EQ(decoded(text_frame("ok") + raw_frame({.opcode = opcode}, "x")), "T:ok " + frame_error)
            << opcode;
    EXPECT_EQ(decoded(raw_frame({.opcode = 9}, std::string(126, 'x'))), frame_error);
    EXPECT_EQ(decoded(raw_frame({.fin = false, .opcode = 9}, "x")), frame_error);
    EXPECT_EQ(decoded(raw_frame({.length_bytes = 2}, std::string(125, 'x'))), frame_error);
    EXPECT_EQ(decoded(raw_frame({.length_bytes = 8}, std::string(125, 'x'))), frame_error);
    EXPECT_EQ(decoded(raw_frame({.length_bytes = 8, .claimed = std::uint64_t{1} << 63}, "x")), frame_error);
}

TEST(MessageAssembler, MaskedFramesFromAServerAreRefusedAndUnmaskedOnesFromAClient) {
    EXPECT_EQ(decoded(raw_frame({.masked = true}, "x")),
              "error:" + std::string(describe(Errc::masked_frame)));
    EXPECT_EQ(decoded(raw_frame({.masked = true}, "hello"), Role::server), "T:hello ");
    EXPECT_EQ(decoded(text_frame("x"), Role::server), "error:" + std::string(describe(Errc::bad_frame)));
}

TEST(MessageAssembler, FragmentsOutOfTurnAreRefused) {
    const std::string error = "error:" + std::string(describe(Errc::bad_fragment));
    EXPECT_EQ(decoded(continuation("x")), error);
    EXPECT_EQ(decoded(text_frame("a", false) + text_frame("b")), error);
    EXPECT_EQ(decoded(text_frame("a", false) + continuation("b") + continuation("c")), "T:ab " + error);
}

TEST(MessageAssembler, AMessageBeyondTheLimitIsRefusedBeforeItIsStored) {
    const std::string error = "error:" + std::string(describe(Errc::message_too_large));
    EXPECT_EQ(decoded(raw_frame({.opcode = 2, .claimed = (std::uint64_t{1} << 63) - 1}, "x")), error);
    EXPECT_EQ(
        MessageLog().decode(binary_frame(std::string(kMaxMessage, 'x'), false) + continuation("y"), 1 << 16),
        error);
    EXPECT_EQ(MessageLog().decode(binary_frame(std::string(kMaxMessage + 1, 'x')), 1 << 16), error);
}

TEST(MessageAssembler, TextMustBeUtf8OverFragmentsToo) {
    const std::string error = "error:" + std::string(describe(Errc::bad_utf8));
    EXPECT_EQ(decoded(text_frame("\xce\xba\xe1\xbd\xb9", false) + continuation("\xcf\x83")),
              "T:\xce\xba\xe1\xbd\xb9\xcf\x83 ");
    EXPECT_EQ(decoded(text_frame("\xe1\xbd", false) + continuation("\xb9!")), "T:\xe1\xbd\xb9! ");
    EXPECT_EQ(decoded(text_frame("\xe1\xbd")), error);
    EXPECT_EQ(decoded(text_frame("\xed\xa0\x80")), error);
    EXPECT_EQ(decoded(text_frame("\xe1\xbd", false) + continuation("x")), error);
    EXPECT_EQ(decoded(binary_frame("\xff\xff")), "B:2 ");
}

TEST(MessageAssembler, AnImpossiblePrefixFailsBeforeTheMessageIsComplete) {
    const std::string error = "error:" + std::string(describe(Errc::bad_utf8));
    for (const char* prefix :
         {"\xf5", "\xc0", "\xed\xa0", "\xf4\x90", "\xe0\x80", "\xf0\x8f", "\x80", "ok \xff"}) {
        EXPECT_EQ(decoded(text_frame(prefix, false)), error) << prefix;
        EXPECT_EQ(
            MessageLog().decode(
                raw_frame({.claimed = 100'000}, std::string(5000, 'a') + prefix + std::string(5000, 'a')), 1),
            error);
    }
    for (const char* prefix : {"\xf4", "\xf4\x8f", "\xe0\xa0", "\xf0\x90\x80", "\xed\x9f"})
        EXPECT_EQ(decoded(text_frame(prefix, false)), "") << prefix;
}

TEST(MessageAssembler, CloseFramesAndTheirIllegalForms) {
    const std::string error = "error:" + std::string(describe(Errc::bad_close));
    EXPECT_EQ(decoded(close_frame(1000, "bye") + text_frame("never seen")), "close:1000:bye ");
    EXPECT_EQ(decoded(raw_frame({.opcode = 8}, "")), "close:1005: ");
    EXPECT_EQ(decoded(raw_frame({.opcode = 8}, "\x03")), error);
    for (const unsigned code :
         {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U})
        EXPECT_EQ(decoded(close_frame(code)), error) << code;
    for (const unsigned code :
         {1000U, 1001U, 1002U, 1003U, 1007U, 1011U, 1012U, 1013U, 1014U, 3000U, 3999U, 4000U, 4999U})
        EXPECT_EQ(decoded(close_frame(code)), "close:" + std::to_string(code) + ": ");
    EXPECT_EQ(decoded(close_frame(1000, "\xff")), "error:" + std::string(describe(Errc::bad_utf8)));
}

TEST(MessageAssembler, AStopInsideACallbackEndsItThere) {
    struct Stopper : MessageLog {
        void on_ping(std::span<const std::byte> payload) override {
            MessageLog::on_ping(payload);
            assembler.stop();
        }
    } log;
    EXPECT_EQ(log.decode(text_frame("a") + ping_frame("p") + text_frame("b"), 1000), "T:a ping:p ");
}

TEST(MessageAssembler, TenThousandPingsInOneBurstAreAnsweredOneByOne) {
    std::string stream;
    std::string expected;
    for (int i = 0; i < 10'000; ++i) {
        stream += ping_frame(std::to_string(i));
        expected += "ping:" + std::to_string(i) + " ";
    }
    MessageLog log;
    EXPECT_TRUE(log.decode(stream, stream.size()) == expected);
}

}  // namespace
}  // namespace pinwheel
