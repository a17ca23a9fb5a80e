// permessage-deflate (RFC 7692) of received messages.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../../../proto/delivery/callback_sink.h"
#include "../../../proto/websocket/connection.h"
#include "../../support/deflater.h"
#include "../../support/frames.h"
#include "../../support/message_log.h"
#include "../../support/scripted_dialer.h"
#include "../../support/scripted_sink.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr unsigned kCompressed = 4;  // RSV1
constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;

std::string compressed(std::string_view payload, bool fin = true, unsigned opcode = kText) {
    return raw_frame({.fin = fin, .rsv = kCompressed, .opcode = opcode}, payload);
}

/// The decoded content of a stream, which is independent of its cuts.
std::string inflated(const std::string& stream) {
    const auto decode = [](std::string_view bytes, std::size_t piece) {
        return MessageLog(MessageLog::Compressed{}).decode(bytes, piece);
    };
    const std::string whole = decode(stream, stream.size());
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) EXPECT_EQ(decode(stream, piece), whole) << piece;
    for (std::size_t split = 1; split < std::min<std::size_t>(stream.size(), 200); ++split) {
        const std::vector<std::size_t> pieces{split, stream.size()};
        EXPECT_EQ(MessageLog(MessageLog::Compressed{}).decode(stream, pieces), whole) << split;
    }
    return whole;
}

std::string error(Errc code) {
    return "error:" + std::string(describe(code));
}

TEST(Compression, ReadsTheExamplesOfTheRfc) {
    // RFC 7692 section 7.2.3: one block, a shared window, no compression, BFINAL, two blocks.
    const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    const std::string hello_again("\xf2\x00\x11\x00\x00", 5);
    EXPECT_EQ(inflated(compressed(hello)), "T:Hello ");
    EXPECT_EQ(inflated(compressed(hello.substr(0, 3), false) + continuation(hello.substr(3))), "T:Hello ");
    EXPECT_EQ(inflated(compressed(hello) + compressed(hello_again)), "T:Hello T:Hello ");
    EXPECT_EQ(inflated(compressed(hello) + compressed(hello)), "T:Hello T:Hello ");
    EXPECT_EQ(inflated(compressed({"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11})), "T:Hello ");
    EXPECT_EQ(inflated(compressed({"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8})), "T:Hello ");
    EXPECT_EQ(inflated(compressed({"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13})), "T:Hello ");
}

TEST(Compression, AMessageRefersToThoseBeforeItAndPlainOnesComeBetween) {
    Deflater server;
    std::string stream, expected;
    for (int i = 0; i < 50; ++i) {
        const std::string text = R"({"symbol":"BTC-USD","price":)" + std::to_string(i) + "}";
        const std::string payload = server.message(text);
        if (i > 1) {
            EXPECT_LT(payload.size(), text.size() / 2) << "nothing was shared";
        }
        stream += compressed(payload) + text_frame("plain") + ping_frame("p") +
                  compressed(server.message(std::string(3, 'b')), true, kBinary);
        expected += "T:" + text + " T:plain ping:p B:3 ";
    }
    EXPECT_EQ(inflated(stream), expected);
}

TEST(Compression, AServerMayForgetAndMayUseASmallerWindow) {
    for (const int bits : {9, 10, 15}) {
        Deflater server(bits);
        std::string stream, expected;
        for (int i = 0; i < 5; ++i) {
            const std::string text(3000, static_cast<char>('a' + i));
            stream += compressed(server.message(text));
            expected += "T:" + text + " ";
            server.forget();
        }
        EXPECT_EQ(inflated(stream), expected);
    }
}

TEST(Compression, EmptyMessagesAndEmptyFragments) {
    Deflater server;
    const std::string empty = server.message("");
    const std::string text = server.message("text");
    ASSERT_EQ(empty.size(), 1U);
    std::string cut = compressed("", false);
    std::string pings;
    for (const char c : text) {
        cut += continuation("", false) + continuation({&c, 1}, false) + ping_frame("");
        pings += "ping: ";
    }
    EXPECT_EQ(inflated(compressed(empty) + cut + continuation("") + compressed({"\0", 1}, true, kBinary)),
              "T: " + pings + "T:text B:0 ");
    EXPECT_EQ(inflated(compressed("")), error(Errc::bad_compression)) << "no block at all";
}

TEST(Compression, ALastBlockEndsNothingButItself) {
    Deflater server;
    const std::string one = server.last_block("one two three");
    const std::string zero(1, '\0');
    EXPECT_EQ(inflated(compressed(one + zero) + compressed(server.message("one two three"))),
              "T:one two three T:one two three ");
    EXPECT_EQ(inflated(compressed(one) + compressed(one) + compressed(one + one + zero)),
              "T:one two three T:one two three T:one two threeone two three ");
    // Five literals, then a message that refers to them across the last block.
    EXPECT_EQ(inflated(compressed({"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8}) +
                       compressed({"\xf2\x00\x11\x00\x00", 5})),
              "T:Hello T:Hello ");
}

TEST(Compression, DataThatDoNotInflateFailTheConnection) {
    Deflater server;
    const std::string whole = server.message("a text to be cut somewhere in the middle");
    EXPECT_EQ(inflated(text_frame("before") + compressed("\xff\xff\xff\xff")),
              "T:before " + error(Errc::bad_compression));
    EXPECT_EQ(inflated(compressed(whole.substr(0, whole.size() / 2))), error(Errc::bad_compression));
    EXPECT_EQ(inflated(compressed({"\xf2\x00\x11\x00\x00", 5})), error(Errc::bad_compression))
        << "there is nothing to refer to";
    EXPECT_EQ(close_code_for(Errc::bad_compression), CloseCode::invalid_payload);
}

TEST(Compression, TextIsUtf8AfterInflating) {
    Deflater server;
    const std::string euro = "\u20ac";
    const std::string payload = server.message(euro + euro);
    EXPECT_EQ(inflated(compressed(payload.substr(0, 2), false) + continuation(payload.substr(2))),
              "T:" + euro + euro + " ");
    EXPECT_EQ(inflated(compressed(server.message("a\xff"))), error(Errc::bad_utf8));
    EXPECT_EQ(inflated(compressed(Deflater().message("a\xe2\x82"))), error(Errc::bad_utf8));
    EXPECT_EQ(inflated(compressed(Deflater().message("a\xff"), true, kBinary)), "B:2 ");
}

TEST(Compression, Rsv1StandsOnTheFirstFrameOfAMessageOnly) {
    const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    const std::string refused = error(Errc::bad_frame);
    EXPECT_EQ(inflated(compressed(hello.substr(0, 3), false) +
                       raw_frame({.rsv = kCompressed, .opcode = 0}, hello.substr(3))),
              refused);
    EXPECT_EQ(inflated(text_frame("a", false) + raw_frame({.rsv = kCompressed, .opcode = 0}, "b")), refused);
    for (const unsigned opcode : {8U, 9U, 10U})
        EXPECT_EQ(inflated(raw_frame({.rsv = kCompressed, .opcode = opcode},
                                     opcode == 8 ? close_payload(1000) : "x")),
                  refused)
            << opcode;
    for (const unsigned rsv : {1U, 2U, 3U, 5U, 6U, 7U})
        EXPECT_EQ(inflated(raw_frame({.rsv = rsv, .opcode = kText}, hello)), refused) << rsv;
    EXPECT_EQ(inflated(compressed(hello, false) + compressed(hello)), error(Errc::bad_fragment));
    EXPECT_EQ(MessageLog().decode(compressed(hello), 100), refused) << "it was not agreed on";
}

TEST(Compression, TheLimitCountsInflatedBytes) {
    Deflater server;
    std::string noise(kMaxMessage, '\0');
    std::uint32_t seed = 1;
    for (char& c : noise) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
    const auto decode = [](const std::string& stream) {
        return MessageLog(MessageLog::Compressed{}).decode(stream, stream.size());
    };
    // Incompressible data takes more bytes on the wire.
    const std::string largest = server.message(noise);
    ASSERT_GT(largest.size(), noise.size());
    EXPECT_EQ(decode(compressed(largest, true, kBinary)), "B:" + std::to_string(kMaxMessage) + " ");
    EXPECT_EQ(decode(compressed(server.message(noise + "x"), true, kBinary)), error(Errc::message_too_large));
    const std::string zeros(kMaxMessage, '0');
    EXPECT_EQ(decode(compressed(Deflater().message(zeros))), "T:" + zeros + " ");
    EXPECT_EQ(decode(compressed(Deflater().message(zeros + "0"))), error(Errc::message_too_large));
    // An endless series of empty blocks inflates to nothing.
    std::string blocks;
    while (blocks.size() < kMaxMessage / 4) blocks += std::string("\0\0\0\xff\xff", 5);
    std::string endless = compressed(blocks, false);
    for (int i = 0; i < 5; ++i) endless += continuation(blocks, false);
    EXPECT_EQ(decode(endless), error(Errc::message_too_large));
}

class CompressedSink : public testing::Test, public ControlSink {
  public:
    void on_ping(std::span<const std::byte>) override {}
    void on_pong(std::span<const std::byte>) override {}
    void on_close(const CloseFrame&) override {}
};

TEST_F(CompressedSink, ABombIsRefusedBeforeItIsInflatedAndTakesManyTurns) {
    MessageLog log;
    MessageAssembler bounded(Role::client, 8 << 20, log.sink, *this);
    ASSERT_EQ(bounded.allow_compression(), Errc::ok);
    const std::string bomb = compressed(Deflater(15, 9).message(std::string(64 << 20, 'x')));
    ASSERT_LT(bomb.size(), std::size_t{64} << 10) << "1000:1";
    bounded.feed(bytes_of(bomb));
    int runs = 0;
    auto progress = MessageAssembler::Progress::more;
    while (progress == MessageAssembler::Progress::more) {
        int frames_left = 64;  // 1 MiB
        progress = bounded.run({}, frames_left);
        ++runs;
    }
    EXPECT_EQ(progress, MessageAssembler::Progress::failed);
    EXPECT_EQ(bounded.error(), Errc::message_too_large);
    EXPECT_EQ(bounded.refused_size(), (std::size_t{8} << 20) + 1);
    EXPECT_EQ(runs, 9);
    EXPECT_EQ(log.text, "");
}

TEST_F(CompressedSink, APausedSinkIsAskedAgainForTheInflatedMessage) {
    ScriptedSink sink;
    MessageAssembler assembler(Role::client, kMaxMessage, sink, *this);
    ASSERT_EQ(assembler.allow_compression(), Errc::ok);
    Deflater server;
    std::string stream = compressed(server.message("one"));
    stream += compressed(server.message("two"));
    sink.verdicts = {MessageSink::Verdict::pause, MessageSink::Verdict::take, MessageSink::Verdict::drop};
    assembler.feed(bytes_of(stream));
    EXPECT_EQ(assembler.run({}), MessageAssembler::Progress::paused);
    EXPECT_EQ(assembler.run({}), MessageAssembler::Progress::need_input);
    EXPECT_EQ(sink.log, "claim:3 claim:3 T:one claim:3 ");
}

class CompressedConnection : public testing::Test, public ConnectionHandler {
  protected:
    void on_open() override { opened = true; }
    void on_pong(std::span<const std::byte>) override {}
    void on_warning(const Error&) override {}
    void on_end(const ConnectionEnd& ended) override { end = ended; }
    void on_message(const Message& message) { messages.emplace_back(message.text()); }

    void start() {
        options.upgrade.permessage_deflate = true;
        connection = std::make_unique<Connection>(reactor, dialer, options, *this, sink);
        connection->start(*Url::parse("ws://feed.example/stream"));
    }
    void turn(int turns = 30) {
        for (int i = 0; i < turns; ++i) {
            clock.advance(1ms);
            reactor.poll();
        }
    }

    ManualClock clock;
    Reactor reactor{{.clock = &clock}};
    ScriptedDialer dialer{reactor};
    ScriptedDialer::Plan& plan = dialer.plan();
    ConnectionOptions options;
    CallbackSink sink{CallbackSink::Callback::member<&CompressedConnection::on_message>(*this)};
    std::unique_ptr<Connection> connection;
    std::vector<std::string> messages;
    ConnectionEnd end;
    bool opened = false;
};

TEST_F(CompressedConnection, WhatIsSentStaysUncompressed) {
    plan.headers = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
    plan.script.bytes(compressed(Deflater().message("glued to the answer")));
    start();
    turn();
    EXPECT_TRUE(connection->is_compressed());
    EXPECT_EQ(messages, std::vector<std::string>{"glued to the answer"});
    const std::string text(500, 'x');
    ASSERT_EQ(connection->send(Opcode::text, bytes_of(text)), Errc::ok);
    EXPECT_EQ(static_cast<unsigned char>(plan.script.written[0]), 0x81U);
    EXPECT_EQ(take_sent_frame(plan.script.written).payload, text);
}

TEST_F(CompressedConnection, WithoutTheServersAgreementACompressedFrameIsInvalid) {
    plan.script.bytes(text_frame("plain") + compressed(Deflater().message("x")));
    start();
    turn();
    EXPECT_FALSE(connection->is_compressed());
    EXPECT_EQ(messages, std::vector<std::string>{"plain"});
    EXPECT_EQ(end.error.code, Errc::bad_frame);
}

TEST_F(CompressedConnection, ABombEndsWith1009AndTheTimersOfTheTurnsBetweenFire) {
    options.max_message_size = 32 << 20;
    plan.headers = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    plan.script.bytes(compressed(Deflater(15, 9).message(std::string(40 << 20, 'x'))));
    start();
    while (!opened) turn(1);
    EXPECT_FALSE(end.error.failed()) << "32 MiB in one turn";
    turn();
    EXPECT_EQ(end.error.code, Errc::message_too_large);
    EXPECT_EQ(take_sent_frame(plan.script.written).payload.substr(0, 2), close_payload(1009));
}

}  // namespace
}  // namespace pinwheel
