#include "../../proto/message_assembler.h"

#include <gtest/gtest.h>
#include <wslay/wslay.h>

#include <random>
#include <string>
#include <vector>

#include "../../core/message_queue.h"
#include "../../proto/callback_sink.h"
#include "../../proto/queue_sink.h"
#include "../../proto/utf8.h"
#include "../support/frames.h"

namespace pinwheel {
namespace {

using namespace test;

constexpr std::size_t kMaxMessage = 1 << 20;

/// Decodes a stream and writes down what came: `T:text`, `B:size`, `ping:…`, `pong:…`, `close:code:reason`,
/// `error:…`.
class Log : public ControlSink {
  public:
    explicit Log(Role role = Role::client) : assembler(role, kMaxMessage, sink, *this) {}

    std::string decode(std::string_view stream, std::size_t piece) {
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            assembler.feed(bytes_of(stream.substr(at, piece)));
            const auto progress = assembler.run({});
            if (progress == MessageAssembler::Progress::failed)
                return text + "error:" + std::string(describe(assembler.error()));
            if (progress == MessageAssembler::Progress::stopped) break;
        }
        return text;
    }

    void on_ping(std::span<const std::byte> payload) override { text += "ping:" + text_of(payload) + " "; }
    void on_pong(std::span<const std::byte> payload) override { text += "pong:" + text_of(payload) + " "; }
    void on_close(const CloseFrame& frame) override {
        text += "close:" + std::to_string(frame.code) + ":" + std::string(frame.reason) + " ";
    }
    void on_message(const Message& message) {
        text += message.is_text ? "T:" + std::string(message.text())
                                : "B:" + std::to_string(message.payload.size());
        text += " ";
        for (const auto byte : message.payload) sum = sum * 31 + std::to_integer<unsigned>(byte);
    }

    std::string text;
    std::uint64_t sum = 0;
    CallbackSink sink{CallbackSink::Callback::member<&Log::on_message>(*this)};
    MessageAssembler assembler;
};

/// What the stream decodes to, which must not depend on how it is cut.
std::string decoded(std::string_view stream, Role role = Role::client) {
    const std::string whole = Log(role).decode(stream, stream.size());
    EXPECT_EQ(Log(role).decode(stream, 1), whole);
    for (std::size_t split = 1; split < std::min<std::size_t>(stream.size(), 300); ++split) {
        Log log(role);
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
        EXPECT_EQ(Log().decode(binary_frame(std::string(size, 'x')) + text_frame("next"), 1 << 14),
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
    EXPECT_EQ(Log().decode(stream + continuation("b"), 1 << 15), "T:ab ");
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
    EXPECT_EQ(Log().decode(binary_frame(std::string(kMaxMessage, 'x'), false) + continuation("y"), 1 << 16),
              error);
    EXPECT_EQ(Log().decode(binary_frame(std::string(kMaxMessage + 1, 'x')), 1 << 16), error);
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

TEST(MessageAssembler, AnImpossiblePrefixFailsBeforeTheMessageIsWhole) {
    const std::string error = "error:" + std::string(describe(Errc::bad_utf8));
    for (const char* prefix :
         {"\xf5", "\xc0", "\xed\xa0", "\xf4\x90", "\xe0\x80", "\xf0\x8f", "\x80", "ok \xff"}) {
        EXPECT_EQ(decoded(text_frame(prefix, false)), error) << prefix;
        EXPECT_EQ(
            Log().decode(
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
    struct Stopper : Log {
        void on_ping(std::span<const std::byte> payload) override {
            Log::on_ping(payload);
            assembler.stop();
        }
    } log;
    EXPECT_EQ(log.decode(text_frame("a") + ping_frame("p") + text_frame("b"), 1000), "T:a ping:p ");
}

TEST(QueueSink, AFragmentedMessageKeepsItsPlaceAsItGrowsOverRings) {
    Log control;
    MessageQueue queue(0, 1024);
    QueueSink sink(queue, OverflowPolicy::drop_newest);
    MessageAssembler assembler(Role::client, kMaxMessage, sink, control);
    std::string expected;
    std::string stream = text_frame("start", false);
    expected = "start";
    for (int i = 0; i < 200; ++i) {
        const std::string part(1 + i * 7 % 500, static_cast<char>('a' + i % 26));
        stream += continuation(part, false);
        expected += part;
    }
    stream += continuation("end");
    assembler.feed(bytes_of(stream));
    EXPECT_EQ(assembler.run({}), MessageAssembler::Progress::need_input);
    sink.batch_end();
    ASSERT_NE(queue.front(), nullptr);
    EXPECT_EQ(text_of(queue.front()->payload()), expected + "end");
}

TEST(Utf8, AgreesWithAPlainDecoderOnAllShortInputs) {
    const auto plain = [](std::string_view text) {
        for (std::size_t i = 0; i < text.size();) {
            const auto b = [&](std::size_t k) {
                return i + k < text.size() ? static_cast<std::uint8_t>(text[i + k]) : 0U;
            };
            const auto tail = [&](std::size_t k, unsigned lo, unsigned hi) {
                return b(k) >= lo && b(k) <= hi;
            };
            const unsigned c = b(0);
            if (c < 0x80)
                i += 1;
            else if (c >= 0xc2 && c <= 0xdf && tail(1, 0x80, 0xbf))
                i += 2;
            else if (c >= 0xe0 && c <= 0xef && tail(1, c == 0xe0 ? 0xa0 : 0x80, c == 0xed ? 0x9f : 0xbf) &&
                     tail(2, 0x80, 0xbf))
                i += 3;
            else if (c >= 0xf0 && c <= 0xf4 && tail(1, c == 0xf0 ? 0x90 : 0x80, c == 0xf4 ? 0x8f : 0xbf) &&
                     tail(2, 0x80, 0xbf) && tail(3, 0x80, 0xbf))
                i += 4;
            else
                return false;
        }
        return true;
    };
    std::mt19937 random(4);
    const std::string alphabet = "a\x80\xbf\xc0\xc2\xdf\xe0\xa0\x9f\xed\xef\xf0\x90\x8f\xf4\xf5\xff";
    for (int i = 0; i < 300'000; ++i) {
        std::string text;
        for (std::size_t n = random() % 7; n > 0; --n) text += alphabet[random() % alphabet.size()];
        ASSERT_EQ(is_utf8(bytes_of(text)), plain(text));
        // A prefix is possible exactly if some continuation of up to three bytes makes it valid.
        bool possible = plain(text);
        for (const char* tail : {"\x80", "\x80\x80", "\x80\x80\x80", "\xbf", "\xbf\xbf", "\xbf\xbf\xbf",
                                 "\x90\x80\x80", "\xa0\x80"})
            possible = possible || plain(text + tail);
        ASSERT_EQ(!check_utf8_prefix(bytes_of(text)).impossible, possible) << testing::PrintToString(text);
    }
}

/// What wslay's event layer makes of the same bytes.
std::string event_layer(std::string_view stream) {
    struct State {
        std::string_view input;
        std::string log;
    } state{stream, {}};
    wslay_event_callbacks callbacks{};
    callbacks.recv_callback = [](wslay_event_context_ptr context, std::uint8_t* out, std::size_t size, int,
                                 void* user) -> ssize_t {
        auto& input = static_cast<State*>(user)->input;
        const std::size_t count = std::min(size, input.size());
        if (count == 0) {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        std::copy_n(input.begin(), count, out);
        input.remove_prefix(count);
        return static_cast<ssize_t>(count);
    };
    callbacks.on_msg_recv_callback = [](wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message,
                                        void* user) {
        auto& log = static_cast<State*>(user)->log;
        const std::string payload(reinterpret_cast<const char*>(message->msg), message->msg_length);
        if (message->opcode == WSLAY_TEXT_FRAME) log += "T:" + payload + " ";
        if (message->opcode == WSLAY_BINARY_FRAME) log += "B:" + std::to_string(payload.size()) + " ";
        if (message->opcode == WSLAY_PING) log += "ping:" + payload + " ";
        if (message->opcode == WSLAY_PONG) log += "pong:" + payload + " ";
    };
    wslay_event_context_ptr context = nullptr;
    wslay_event_context_client_init(&context, &callbacks, &state);
    wslay_event_recv(context);
    wslay_event_context_free(context);
    return state.log;
}

TEST(MessageAssembler, AgreesWithWslaysEventLayerOnWhatBothAccept) {
    std::mt19937 random(11);
    for (int round = 0; round < 3000; ++round) {
        std::string stream;
        bool open = false;
        for (int frames = 0; frames < 12; ++frames) {
            const std::string payload(random() % (random() % 9 == 0 ? 5000 : 130),
                                      static_cast<char>('a' + random() % 26));
            switch (random() % 5) {
                case 0:
                    stream += ping_frame(payload.substr(0, 125));
                    break;
                case 1:
                    stream += pong_frame(payload.substr(0, 125));
                    break;
                default: {
                    const bool fin = random() % 2 == 0;
                    stream += open                ? continuation(payload, fin)
                              : random() % 2 == 0 ? text_frame(payload, fin)
                                                  : binary_frame(payload, fin);
                    open = !fin;
                }
            }
        }
        ASSERT_EQ(Log().decode(stream, 1 + random() % 3000), event_layer(stream));
    }
}

TEST(FrameCodec, WhatItEncodesASecondSideDecodes) {
    std::mt19937 random(5);
    for (const std::size_t size : {0UL, 1UL, 7UL, 8UL, 9UL, 125UL, 126UL, 65535UL, 65536UL, 100'000UL}) {
        std::string payload;
        for (std::size_t i = 0; i < size; ++i) payload += static_cast<char>(random());
        std::string frame(frame_size(size), '\0');
        const auto room = std::as_writable_bytes(std::span(frame));
        const std::size_t masked =
            encode_frame(Opcode::binary, bytes_of(payload), std::uint32_t{0x9f3c77e1}, room);
        EXPECT_EQ(masked, frame_size(size));
        Log server(Role::server);
        EXPECT_EQ(server.decode(frame, 1000), "B:" + std::to_string(size) + " ");
        frame.resize(encode_frame(Opcode::binary, bytes_of(payload), std::nullopt, room));
        EXPECT_EQ(frame.size(), masked - 4);
        Log client;
        client.decode(frame, 1000);
        EXPECT_EQ(client.sum, server.sum);
    }
}

}  // namespace
}  // namespace pinwheel
