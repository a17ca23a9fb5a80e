// The lines of a recording, as text.

#include "../../../proto/record/record_line.h"

#include <gtest/gtest.h>

#include <string>

#include "../../support/recorded.h"

namespace pinwheel {
namespace {

using namespace test;

constexpr SystemTime kTime{Duration{1'700'000'000'123'456'789}};

std::string line_of(const RecordLine& line) {
    std::string text;
    append_line(text, line);
    return text;
}

/// Parses the line again, from memory with padding behind it.
std::optional<RecordLine> read(LineParser& parser, std::string& memory, const RecordLine& line) {
    memory.clear();
    append_line(memory, line);
    EXPECT_EQ(memory.back(), '\n');
    EXPECT_EQ(memory.find('\n'), memory.size() - 1) << "a line break inside: " << memory;
    EXPECT_EQ(memory.find('\r'), std::string::npos);
    memory.pop_back();
    const std::size_t size = memory.size();
    memory.append(64, '\0');
    return parser.parse(std::string_view(memory).substr(0, size));
}

TEST(RecordLines, AMessageIsItsTimeInNineteenDigitsASpaceAndThePayloadAsItCame) {
    EXPECT_EQ(line_of({.time = kTime, .payload = bytes_of(R"({"a":1})")}), "1700000000123456789 {\"a\":1}\n");
    EXPECT_EQ(line_of({.time = SystemTime{Duration{42}}, .payload = {}}), "0000000000000000042 \n");
}

TEST(RecordLines, EverythingElseIsOneJsonObjectBehindTheColumnsOfTheTime) {
    const std::string line = line_of({.kind = LineKind::disconnected,
                                      .time = kTime,
                                      .leg = 2,
                                      .generation = 3,
                                      .sequence = 77,
                                      .reason = 5,
                                      .code = 1001,
                                      .text = "so \"long\""});
    EXPECT_EQ(line,
              "#                   {\"pinwheel\":\"disconnected\",\"ns\":1700000000123456789,\"leg\":2,"
              "\"generation\":3,\"sequence\":77,\"code\":1001,\"reason\":\"SERVER_CLOSED\","
              "\"close_reason\":\"so \\\"long\\\"\"}\n");
    EXPECT_EQ(line.substr(kLinePrefix, 1), "{");  // the output of cut -c21-
    EXPECT_EQ(line_of({.kind = LineKind::header, .time = kTime, .text = "1.2"}).substr(0, 35),
              "#                   {\"pinwheel\":1,\"");
}

TEST(RecordLines, AllKindsAreReadBackAsTheyWereWritten) {
    const std::string binary("\x00\xff\n#", 4);
    std::vector<RecordLine> lines;
    const auto add = [&lines](LineKind kind, std::uint32_t generation,
                              std::uint64_t sequence) -> RecordLine& {
        return lines.emplace_back(RecordLine{.kind = kind,
                                             .time = kTime,
                                             .leg = 1,
                                             .generation = generation,
                                             .sequence = sequence,
                                             .kernel_time = false});
    };
    add(LineKind::header, 4, 9).text = "0.1";
    add(LineKind::connected, 5, 9).text = "wss://h/\"x\"";
    add(LineKind::sent, 5, 9).payload = bytes_of("{\"op\":\"sub\"}\n");
    auto& sent = add(LineKind::sent, 5, 9);
    sent.is_text = false;
    sent.payload = bytes_of(binary);
    add(LineKind::sent, 5, 9).hidden = true;
    add(LineKind::dropped, 5, 12).count = 3;
    add(LineKind::gap, 5, 12).text = "7 to 9";
    add(LineKind::leg, 5, 12).text = "leads";
    auto& disconnected = add(LineKind::disconnected, 5, 12);
    disconnected.reason = 9;
    disconnected.code = 1006;
    LineParser parser;
    std::string memory;
    for (const auto& line : lines) {
        const auto back = read(parser, memory, line);
        ASSERT_TRUE(back) << memory;
        EXPECT_EQ(text_of_line(*back), text_of_line(line));
        EXPECT_EQ(back->leg, line.leg);
        EXPECT_EQ(back->kernel_time, line.kernel_time);
    }
}

TEST(RecordLines, BinaryMessagesAndTextWithALineBreakAreBase64) {
    LineParser parser;
    std::string memory;
    std::uint64_t sequence = 0;
    for (const std::string_view payload :
         {std::string_view("a\nb"), std::string_view("a\rb"), std::string_view("\n"),
          std::string_view("ab\n"), std::string_view("abc\n")})
        for (const bool is_text : {true, false}) {
            const RecordLine line{
                .time = kTime, .sequence = ++sequence, .is_text = is_text, .payload = bytes_of(payload)};
            const auto back = read(parser, memory, line);
            ASSERT_TRUE(back) << memory;
            EXPECT_EQ(memory[0], '#');
            EXPECT_EQ(back->kind, LineKind::message);
            EXPECT_EQ(text_of_line(*back), text_of_line(line));
        }
    for (std::size_t size = 0; size < 70; ++size) {
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + size);
        const RecordLine line{
            .time = kTime, .sequence = ++sequence, .is_text = false, .payload = bytes_of(bytes)};
        const auto back = read(parser, memory, line);
        ASSERT_TRUE(back);
        EXPECT_EQ(text_of_line(*back), text_of_line(line));
    }
}

TEST(RecordLines, MessagesCountFromTheLastLineWithASequence) {
    LineParser parser;
    std::string memory;
    std::ignore =
        read(parser, memory,
             {.kind = LineKind::connected, .time = kTime, .leg = 3, .generation = 2, .sequence = 10});
    auto message = read(parser, memory, {.time = kTime, .payload = bytes_of("#x")});
    ASSERT_TRUE(message);
    EXPECT_EQ(text_of_line(*message), "message 2/11 @1700000000123456789 text #x");
    EXPECT_EQ(message->leg, 3U);
    std::ignore =
        read(parser, memory,
             {.kind = LineKind::dropped, .time = kTime, .generation = 2, .sequence = 15, .count = 4});
    message = read(parser, memory, {.time = kTime, .payload = bytes_of("y")});
    ASSERT_TRUE(message);
    EXPECT_EQ(message->sequence, 16U);
}

TEST(RecordLines, OtherTextIsRefused) {
    LineParser parser;
    for (const std::string_view text :
         {"", "1700000000123456789", "1700000000123456789x{}", "170000000012345678x {}",
          "9999999999999999999 {}", "#", "# {}", "#{\"pinwheel\":2}",
          "#{\"pinwheel\":\"nothing\",\"ns\":1,\"leg\":0,\"generation\":1,\"sequence\":1}",
          "#{\"pinwheel\":\"dropped\",\"ns\":1,\"leg\":0,\"generation\":1,\"sequence\":1}",
          "#{\"pinwheel\":\"dropped\",\"ns\":-1,\"leg\":0,\"generation\":1,\"sequence\":1,\"count\":1}",
          "#{\"pinwheel\":\"connected\",\"ns\":1,\"leg\":4294967296,\"generation\":1,\"sequence\":1}",
          "#{\"pinwheel\":\"bytes\",\"ns\":1,\"leg\":0,\"generation\":1,\"sequence\":1,\"base64\":\"AAA\"}",
          "#{\"pinwheel\":\"bytes\",\"ns\":1,\"leg\":0,\"generation\":1,\"sequence\":1,\"base64\":\"A="
          "AA\"}"}) {
        std::string memory(text);
        memory.append(64, '\0');
        EXPECT_FALSE(parser.parse(std::string_view(memory).substr(0, text.size()))) << text;
    }
    std::string spaced = "#{\"pinwheel\":\"connected\",\"ns\":1,\"leg\":0,\"generation\":1,\"sequence\":1}";
    const std::size_t size = spaced.size();
    spaced.append(64, '\0');
    EXPECT_TRUE(parser.parse(std::string_view(spaced).substr(0, size)))
        << "the spaces are no part of the format";
}

}  // namespace
}  // namespace pinwheel
