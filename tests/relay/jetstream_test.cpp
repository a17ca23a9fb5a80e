#include "../../tools/relay/jetstream.h"

#include <gtest/gtest.h>

namespace pinwheel {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kSubjects{"md.okx-v5.>", "md-late.okx-v5.>"};

std::string info(const std::string& config) {
    return R"({"type":"io.nats.jetstream.api.v1.stream_info_response","config":)" + config + "}";
}

TEST(JetStream, AStreamIsMadeWithItsLimits) {
    const std::string text = create_stream_request(
        {.name = "OKX", .subjects = kSubjects, .duplicates = 5s, .max_age = 1h, .max_bytes = 1 << 20});
    for (const char* const part :
         {R"("name":"OKX")", R"("subjects":["md.okx-v5.>","md-late.okx-v5.>"])", R"("discard":"old")",
          R"("duplicate_window":5000000000)", R"("max_age":3600000000000)", R"("max_bytes":1048576)"})
        EXPECT_NE(text.find(part), std::string::npos) << text;
    EXPECT_EQ(jetstream_subject("STREAM.CREATE", "OKX"), "$JS.API.STREAM.CREATE.OKX");
    EXPECT_EQ(last_message_request("md.a"), R"({"last_by_subj":"md.a"})");
}

TEST(JetStream, AnswersToPublications) {
    EXPECT_TRUE(parse_publish_answer(R"({"stream":"OKX", "seq":4})").is_stored);
    EXPECT_FALSE(parse_publish_answer(R"({"stream":"OKX", "seq":4})").is_duplicate);
    EXPECT_TRUE(parse_publish_answer(R"({"stream":"OKX", "seq":4,"duplicate": true})").is_duplicate);
    EXPECT_TRUE(parse_publish_answer(R"({"seq":4,"stream":"OKX","duplicate":true})").is_duplicate);
    const auto refused = parse_publish_answer(
        R"({"error":{"code":503,"err_code":10077,"description":"insufficient storage"},"stream":"O","seq":0})");
    EXPECT_FALSE(refused.is_stored);
    EXPECT_EQ(refused.why, "insufficient storage");
    for (const char* const odd : {"", "+OK", "{}", R"({"stream":)", R"({"stream":"O","error":{}})"})
        EXPECT_FALSE(parse_publish_answer(odd).is_stored && std::string(odd) != R"({"stream":)") << odd;
}

TEST(JetStream, AStreamThatCannotBeUsedIsTold) {
    const auto why = [](const std::string& config) {
        return parse_stream_answer(info(config), kSubjects).why;
    };
    const auto good = parse_stream_answer(
        info(
            R"({"discard":"old","retention":"limits","subjects":["md.>","md-late.>"],"duplicate_window":4000000000})"),
        kSubjects);
    EXPECT_EQ(good.why, "");
    EXPECT_EQ(good.duplicates, 4s);
    const std::string rest = R"("subjects":["md.>","md-late.>"],"duplicate_window":4000000000})";
    EXPECT_NE(why(R"({"discard":"new","retention":"limits",)" + rest).find("discard"), std::string::npos);
    EXPECT_NE(why(R"({"discard":"old","retention":"workqueue",)" + rest).find("retention"),
              std::string::npos);
    EXPECT_NE(why(R"({"discard":"old","retention":"limits","no_ack":true,)" + rest).find("no_ack"),
              std::string::npos);
    EXPECT_NE(
        why(R"({"discard":"old","retention":"limits","subjects":["md.>"],"duplicate_window":4000000000})")
            .find("md-late.okx-v5.>"),
        std::string::npos);
    EXPECT_NE(
        why(R"({"discard":"old","retention":"limits","subjects":["md.>","md-late.>"],"duplicate_window":0})")
            .find("duplicate window"),
        std::string::npos);
    const auto missing = parse_stream_answer(
        R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})", kSubjects);
    EXPECT_TRUE(missing.is_missing);
    EXPECT_FALSE(parse_stream_answer(R"({"error":{"code":503,"description":"x"}})", kSubjects).is_missing);
    EXPECT_NE(parse_stream_answer("nonsense", kSubjects).why, "");
}

TEST(JetStream, TheLastMessagesNumberStandsInItsId) {
    EXPECT_EQ(header_value("NATS/1.0\r\nA: b\r\nNats-Msg-Id: v|c|s|5..9\r\n\r\n", "Nats-Msg-Id"),
              "v|c|s|5..9");
    EXPECT_EQ(header_value("NATS/1.0\r\nA: b\r\n", "Nats-Msg-Id"), "");
    EXPECT_EQ(header_value("Nats-Msg-Id", "Nats-Msg-Id"), "");
    // NATS/1.0\r\nNats-Msg-Id: v|c|s|5..9\r\n\r\n
    const auto last = parse_last_message_answer(
        R"({"message":{"subject":"md.a","seq":4,"hdrs":"TkFUUy8xLjANCk5hdHMtTXNnLUlkOiB2fGN8c3w1Li45DQoNCg=="}})");
    EXPECT_FALSE(last.is_failed);
    EXPECT_EQ(last.number, 9);
    EXPECT_EQ(parse_last_message_answer(R"({"message":{"subject":"md.a","seq":4}})").number, std::nullopt);
    const auto none = parse_last_message_answer(R"({"error":{"code":404,"err_code":10037}})");
    EXPECT_FALSE(none.is_failed);
    EXPECT_EQ(none.number, std::nullopt);
    EXPECT_TRUE(parse_last_message_answer(R"({"error":{"code":503}})").is_failed);
    EXPECT_TRUE(parse_last_message_answer("").is_failed);
}

}  // namespace
}  // namespace pinwheel
