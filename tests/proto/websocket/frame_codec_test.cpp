#include "../../../proto/websocket/frame_codec.h"

#include <gtest/gtest.h>
#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "../../support/frames.h"

namespace pinwheel {
namespace {

using namespace test;

std::string random_text(std::mt19937& random, std::size_t size) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

struct Frame {
    unsigned opcode = 0;
    bool fin = false;
    std::string payload;
    bool operator==(const Frame&) const = default;
};

/// The decoded content of a stream.
struct Outcome {
    std::vector<Frame> frames;
    Errc error = Errc::ok;
    bool operator==(const Outcome&) const = default;
};

enum class By { wslay_alone, whole_frames_first };

/// Decodes a stream piece by piece into frames, and checks the contracts of chunks.
class Decoding {
  public:
    explicit Decoding(Role role, By by = By::whole_frames_first) : decoder_(role), by_(by) {}

    /// False once the decoder has refused the stream.
    bool feed(std::string_view piece) {
        decoder_.feed(bytes_of(piece));
        while (true) {
            take_whole_frames(bytes_of(piece));
            const auto status = decoder_.next();
            if (status == FrameDecoder::Status::need_input) return true;
            if (status == FrameDecoder::Status::failed) {
                outcome.error = decoder_.error();
                return false;
            }
            take(decoder_.chunk(), bytes_of(piece));
        }
    }
    bool feed(std::string_view stream, std::size_t piece) {
        for (std::size_t at = 0; at < stream.size(); at += piece)
            if (!feed(stream.substr(at, piece))) return false;
        return true;
    }

    Outcome outcome;
    std::size_t in_place = 0;  // payload bytes that were not copied
    std::size_t whole_frames = 0;

  private:
    void take_whole_frames(std::span<const std::byte> input) {
        if (by_ == By::wslay_alone || !decoder_.may_read_whole()) return;
        for (WholeMessage message; decoder_.next_whole(message); ++whole_frames) {
            EXPECT_FALSE(inside_);
            EXPECT_GE(message.payload.data(), input.data());
            EXPECT_LE(message.payload.data() + message.payload.size(), input.data() + input.size());
            outcome.frames.push_back({message.is_text ? 1U : 2U, true, text_of(message.payload)});
            in_place += message.payload.size();
        }
    }
    void take(const FrameChunk& chunk, std::span<const std::byte> input) {
        EXPECT_EQ(chunk.begins_frame, !inside_);
        if (chunk.begins_frame)
            outcome.frames.push_back({static_cast<unsigned>(chunk.opcode), chunk.fin, {}});
        else
            EXPECT_FALSE(chunk.data.empty());
        Frame& frame = outcome.frames.back();
        frame.payload += text_of(chunk.data);
        EXPECT_EQ(static_cast<unsigned>(chunk.opcode), frame.opcode);
        EXPECT_EQ(chunk.fin, frame.fin);
        EXPECT_EQ(chunk.ends_frame, frame.payload.size() == chunk.payload_length);
        inside_ = !chunk.ends_frame;
        const bool is_inside = !chunk.data.empty() && chunk.data.data() >= input.data() &&
                               chunk.data.data() < input.data() + input.size();
        if (is_inside) in_place += chunk.data.size();
    }

    FrameDecoder decoder_;
    const By by_;
    bool inside_ = false;
};

/// The decoded content of a stream. It is independent of the cuts and of the path of complete frames.
Outcome decoded(std::string_view stream, Role role = Role::client) {
    Decoding whole(role, By::wslay_alone);
    std::ignore = whole.feed(stream);
    const auto check = [&](std::size_t first, std::size_t rest) {
        for (const By by : {By::wslay_alone, By::whole_frames_first}) {
            Decoding cut(role, by);
            std::ignore = cut.feed(stream.substr(0, first)) && cut.feed(stream.substr(first), rest);
            EXPECT_EQ(cut.outcome, whole.outcome) << "cut at " << first;
        }
    };
    check(stream.size(), 1);
    check(1, 1);
    for (std::size_t split = 1; split < std::min<std::size_t>(stream.size(), 300); ++split)
        check(split, stream.size());
    return whole.outcome;
}

const std::vector<std::size_t> kEdges = {0,    1,    2,    124,  125,  126,   127,
                                         2047, 2048, 4095, 4096, 4097, 65535, 65536};

TEST(FrameDecoder, EveryKnownOpcodeIsDecodedWithOrWithoutFin) {
    for (const bool masked : {false, true}) {
        const Role role = masked ? Role::server : Role::client;
        for (const unsigned opcode : {0U, 1U, 2U, 8U, 9U, 10U})
            EXPECT_EQ(decoded(raw_frame({.opcode = opcode, .masked = masked}, "pay"), role).frames,
                      (std::vector<Frame>{{opcode, true, "pay"}}));
        for (const unsigned opcode : {0U, 1U, 2U})
            EXPECT_EQ(decoded(raw_frame({.fin = false, .opcode = opcode, .masked = masked}, ""), role).frames,
                      (std::vector<Frame>{{opcode, false, ""}}));
    }
}

TEST(FrameDecoder, SizesAtEveryEdgeOfTheEncodingAndOfTheBuffers) {
    std::mt19937 random(1);
    for (const bool masked : {false, true}) {
        const Role role = masked ? Role::server : Role::client;
        for (const std::size_t size : kEdges) {
            const std::string payload = random_text(random, size);
            const std::string stream =
                raw_frame({.opcode = 2, .masked = masked}, payload) + raw_frame({.masked = masked}, "next");
            for (const std::size_t piece : {1UL, 13UL, 14UL, 4096UL, 5000UL, 100'000UL}) {
                Decoding decoding(role);
                EXPECT_TRUE(decoding.feed(stream, piece));
                EXPECT_EQ(decoding.outcome.frames,
                          (std::vector<Frame>{{2, true, payload}, {1, true, "next"}}))
                    << size << " bytes in pieces of " << piece;
            }
        }
    }
}

TEST(FrameDecoder, ReservedBitsAndUnknownOpcodesAreRefused) {
    for (const bool masked : {false, true}) {
        const Role role = masked ? Role::server : Role::client;
        for (unsigned rsv = 1; rsv < 8; ++rsv)
            EXPECT_EQ(decoded(raw_frame({.rsv = rsv, .masked = masked}, ""), role).error, Errc::bad_frame)
                << rsv;
        for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U})
            EXPECT_EQ(decoded(raw_frame({.opcode = opcode, .masked = masked}, "x"), role).error,
                      Errc::bad_frame)
                << opcode;
    }
}

TEST(FrameDecoder, ControlFramesAreUnfragmentedAndShort) {
    for (const unsigned opcode : {8U, 9U, 10U}) {
        EXPECT_EQ(decoded(raw_frame({.opcode = opcode}, std::string(125, 'x'))).error, Errc::ok);
        EXPECT_EQ(decoded(raw_frame({.opcode = opcode}, std::string(126, 'x'))).error, Errc::bad_frame);
        EXPECT_EQ(decoded(raw_frame({.opcode = opcode, .claimed = 65536}, "x")).error, Errc::bad_frame);
        EXPECT_EQ(decoded(raw_frame({.fin = false, .opcode = opcode}, "")).error, Errc::bad_frame);
    }
}

TEST(FrameDecoder, LengthsAreEncodedInTheFewestBytes) {
    const auto error = [](int bytes, std::uint64_t claimed) {
        return decoded(raw_frame({.opcode = 2, .length_bytes = bytes, .claimed = claimed}, "x")).error;
    };
    for (const std::uint64_t length : {0ULL, 1ULL, 125ULL}) EXPECT_EQ(error(2, length), Errc::bad_frame);
    for (const std::uint64_t length : {126ULL, 65535ULL}) EXPECT_EQ(error(2, length), Errc::ok);
    for (const std::uint64_t length : {0ULL, 125ULL, 126ULL, 65535ULL})
        EXPECT_EQ(error(8, length), Errc::bad_frame);
    for (const std::uint64_t length : {65536ULL, (1ULL << 32), (1ULL << 63) - 1})
        EXPECT_EQ(error(8, length), Errc::ok);
    for (const std::uint64_t length : {1ULL << 63, ~0ULL - 1}) EXPECT_EQ(error(8, length), Errc::bad_frame);
}

TEST(FrameDecoder, AServerMustNotMaskAndAClientMust) {
    EXPECT_EQ(decoded(raw_frame({.masked = true}, "")).error, Errc::masked_frame);
    EXPECT_EQ(decoded(raw_frame({.masked = true}, "x")).error, Errc::masked_frame);
    EXPECT_EQ(decoded(raw_frame({.masked = false}, "x"), Role::server).error, Errc::bad_frame);
}

TEST(FrameDecoder, FramesBeforeABrokenFrameAreDecoded) {
    EXPECT_EQ(
        decoded(text_frame("a") + binary_frame("b") + raw_frame({.rsv = 4}, "c") + text_frame("d")).frames,
        (std::vector<Frame>{{1, true, "a"}, {2, true, "b"}}));
}

TEST(FrameDecoder, NoPayloadWithoutAMaskIsCopied) {
    for (const By by : {By::wslay_alone, By::whole_frames_first})
        for (const std::size_t size : kEdges) {
            const std::string stream = binary_frame(std::string(size, 'x')) + text_frame("next");
            Decoding decoding(Role::client, by);
            ASSERT_TRUE(decoding.feed(stream));
            EXPECT_EQ(decoding.in_place, size + 4) << size;
        }
}

TEST(FrameDecoder, OnlyACompleteMessageIsTakenInPlace) {
    const auto whole_frames = [](const std::string& stream) {
        Decoding decoding(Role::client);
        std::ignore = decoding.feed(stream);
        return decoding.whole_frames;
    };
    for (const std::size_t size : {0UL, 1UL, 125UL, 126UL, 65535UL})
        EXPECT_EQ(whole_frames(text_frame(std::string(size, 'x')) + binary_frame("b")), 2U) << size;
    EXPECT_EQ(whole_frames(binary_frame(std::string(65536, 'x'))), 0U) << "64 bits of length";
    for (const auto& other : {ping_frame("p"), text_frame("part", false), continuation("end"),
                              raw_frame({.rsv = 4}, "x"), raw_frame({.masked = true}, "x"),
                              raw_frame({.length_bytes = 2}, "not minimal"), text_frame("cut").substr(0, 4)})
        EXPECT_EQ(whole_frames(other), 0U) << testing::PrintToString(other);
    EXPECT_EQ(whole_frames(text_frame("a") + ping_frame("") + text_frame("b")), 2U)
        << "wslay holds nothing between";
    Decoding server(Role::server);
    EXPECT_FALSE(server.feed(text_frame("unmasked")));
    EXPECT_EQ(server.whole_frames, 0U);
}

TEST(FrameDecoder, ThePayloadOfAMaskedFrameIsUnmaskedInACopy) {
    const std::string payload(100'000, 'x');
    const std::string frame = raw_frame({.opcode = 2, .masked = true}, payload);
    Decoding decoding(Role::server);
    ASSERT_TRUE(decoding.feed(frame));
    EXPECT_EQ(decoding.in_place, 0U);
    EXPECT_EQ(decoding.outcome.frames, (std::vector<Frame>{{2, true, payload}}));
}

TEST(FrameDecoder, LargeAndSmallFramesInAnyMixtureAndAnyCut) {
    std::mt19937 random(7);
    for (int round = 0; round < 400; ++round) {
        const bool masked = random() % 4 == 0;
        std::vector<Frame> sent;
        std::string stream;
        for (int i = 0; i < 20; ++i) {
            const std::size_t limit = kEdges[random() % kEdges.size()] % 10'000;
            const std::string payload = random_text(random, limit == 0 ? 0 : random() % limit);
            const unsigned opcode =
                payload.size() <= 125 && random() % 3 == 0 ? 9U : static_cast<unsigned>(random() % 3);
            sent.push_back({opcode, true, payload});
            stream += raw_frame({.opcode = opcode, .masked = masked}, payload);
        }
        Decoding decoding(masked ? Role::server : Role::client,
                          random() % 2 == 0 ? By::wslay_alone : By::whole_frames_first);
        for (std::string_view rest = stream; !rest.empty();) {
            const std::size_t piece =
                std::min<std::size_t>(rest.size(), 1 + random() % (random() % 5 == 0 ? 20 : 9000));
            ASSERT_TRUE(decoding.feed(rest.substr(0, piece)));
            rest.remove_prefix(piece);
        }
        ASSERT_EQ(decoding.outcome.frames, sent) << "round " << round;
    }
}

std::string encoded(Opcode opcode, std::string_view payload, std::optional<std::uint32_t> mask) {
    std::string frame(frame_size(payload.size()), '\xee');
    frame.resize(encode_frame(opcode, bytes_of(payload), mask, std::as_writable_bytes(std::span(frame))));
    return frame;
}

TEST(EncodeFrame, WritesTheBytesOfTheStandardAtEveryEdge) {
    std::mt19937 random(3);
    const std::uint32_t mask = 0x04030201;  // the bytes 1 2 3 4 in memory, as raw_frame() masks
    for (const std::size_t size : kEdges) {
        const std::string payload = random_text(random, size);
        EXPECT_TRUE(encoded(Opcode::binary, payload, std::nullopt) == binary_frame(payload)) << size;
        EXPECT_TRUE(encoded(Opcode::text, payload, mask) == raw_frame({.masked = true}, payload)) << size;
    }
    EXPECT_EQ(encoded(Opcode::ping, "p", std::nullopt), ping_frame("p"));
    EXPECT_EQ(encoded(Opcode::close, "", mask), std::string("\x88\x80\x01\x02\x03\x04"));
}

TEST(EncodeFrame, NeedsAtMostFrameSizeBytes) {
    for (const std::size_t size : kEdges) {
        const std::string payload(size, 'x');
        EXPECT_EQ(encoded(Opcode::text, payload, 7).size(), frame_size(size));
        EXPECT_EQ(encoded(Opcode::text, payload, std::nullopt).size(), frame_size(size) - 4);
    }
    EXPECT_LE(frame_size(1 << 20) - (1 << 20), kMaxFrameHeader);
}

/// The same frame from wslay's sender.
std::string encoded_by_wslay(std::string_view payload, std::uint32_t mask) {
    struct Out {
        std::string bytes;
        std::uint32_t mask;
    } out{{}, mask};
    wslay_frame_callbacks callbacks{};
    callbacks.send_callback = [](const std::uint8_t* data, std::size_t size, int, void* user) -> ssize_t {
        static_cast<Out*>(user)->bytes.append(reinterpret_cast<const char*>(data), size);
        return static_cast<ssize_t>(size);
    };
    callbacks.genmask_callback = [](std::uint8_t* bytes, std::size_t, void* user) {
        std::memcpy(bytes, &static_cast<Out*>(user)->mask, 4);
        return 0;
    };
    wslay_frame_context_ptr context = nullptr;
    EXPECT_EQ(wslay_frame_context_init(&context, &callbacks, &out), 0);
    wslay_frame_iocb frame{};
    frame.fin = frame.mask = 1;
    frame.opcode = WSLAY_BINARY_FRAME;
    frame.payload_length = frame.data_length = payload.size();
    frame.data = reinterpret_cast<const std::uint8_t*>(payload.data());
    EXPECT_EQ(wslay_frame_send(context, &frame), static_cast<ssize_t>(payload.size()));
    wslay_frame_context_free(context);
    return out.bytes;
}

TEST(EncodeFrame, AgreesWithWslaysSender) {
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        const std::string payload = random_text(random, random() % (round % 10 == 0 ? 70'000 : 300));
        const auto mask = static_cast<std::uint32_t>(random());
        ASSERT_TRUE(encoded(Opcode::binary, payload, mask) == encoded_by_wslay(payload, mask))
            << payload.size();
    }
}

}  // namespace
}  // namespace pinwheel
