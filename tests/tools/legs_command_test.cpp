// Several legs on the command line: tail, its metrics, and latency. Section 7 of the feed's rules.
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../../core/text_file.h"
#include "../support/temp_dir.h"
#include "command.h"
#include "scripted.h"

namespace pinwheel::test {
namespace {

/// Two servers of one venue.
class LegsCommand : public testing::Test {
  protected:
    [[nodiscard]] std::vector<std::string> words(const std::string& command,
                                                 std::vector<std::string> more) const {
        std::vector<std::string> all{command, "--venue", "okx-v5", "--channel", "books:BTC-USDT", "--legs",
                                     "2",     "--epoll", "--url",  one.url(),   "--url",          two.url()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    FeedCommand one{{"--venue", "okx-v5", "--by-clock", "--rate", "500"}};
    FeedCommand two{{"--venue", "okx-v5", "--by-clock", "--rate", "500"}};
};

/// The whole number behind a key; nothing if the key is not there.
std::optional<long long> value_of(const std::string& line, const std::string& key) {
    const auto at = line.find(key);
    if (at == std::string::npos) return std::nullopt;
    return std::stoll(line.substr(at + key.size()));
}

TEST_F(LegsCommand, TailPrintsEachMessageOnce) {
    const auto outcome = run(words("tail", {"--count", "400"}));
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(lines_of(outcome.output), 400U);
    std::optional<long long> last;
    for (std::size_t begin = 0; begin < outcome.output.size();) {
        const std::size_t end = outcome.output.find('\n', begin);
        const std::string line = outcome.output.substr(begin, end - begin);
        if (last) {
            ASSERT_EQ(value_of(line, R"("prevSeqId":)"), last) << line;
        }
        last = value_of(line, R"("seqId":)");
        ASSERT_TRUE(last) << line;
        begin = end + 1;
    }
}

TEST_F(LegsCommand, TailGoesOnWhileOneOfTwoServersIsGone) {
    Subprocess tail(pinwheel(words("tail", {})), Subprocess::Errors::kept);
    for (int i = 0; i < 50; ++i) std::ignore = tail.read_line();
    one.process().signal(SIGKILL);
    for (int i = 0; i < 200; ++i) std::ignore = tail.read_line();
    tail.signal(SIGTERM);
    const auto outcome = tail.finish();
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.errors.find("a leg is lost; the feed goes on"), std::string::npos) << outcome.errors;
    EXPECT_EQ(outcome.errors.find("messages are missing"), std::string::npos) << outcome.errors;
}

TEST_F(LegsCommand, WithoutAServerTheCommandFails) {
    one.process().signal(SIGKILL);
    two.process().signal(SIGKILL);
    one.process().wait();
    two.process().wait();
    const auto outcome = run(words("tail", {}));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.errors.find("refused"), std::string::npos) << outcome.errors;
}

TEST_F(LegsCommand, LatencyTellsWhichLegWasFirstAndByHowMuch) {
    const TempDir folder;
    const std::string plot = folder.path("legs.svg");
    const auto json = run(words("latency", {"--seconds", "1", "--json", "--plot", plot}));
    EXPECT_EQ(json.status, 0) << json.errors;
    EXPECT_GT(number_at(json.output, "/legs/0/firsts") + number_at(json.output, "/legs/1/firsts"), 0U);
    EXPECT_GT(
        number_at(json.output, "/legs/0/lead_ns/samples") + number_at(json.output, "/legs/1/lead_ns/samples"),
        0U);
    const auto svg = read_text_file(plot);
    ASSERT_TRUE(svg);
    for (const char* text : {"Lead of the first leg", ">leg 0, first ", ">leg 1, first "})
        EXPECT_NE(svg->find(text), std::string::npos) << text;
    EXPECT_TRUE(svg->ends_with("</svg>\n"));
    const auto text = run(words("latency", {"--seconds", "0.3"}));
    EXPECT_NE(text.output.find("leg 1: first with "), std::string::npos) << text.output;
}

TEST_F(LegsCommand, MetricsHaveEachLegAndChannel) {
    std::vector<std::string> command{"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1 >/dev/null", PINWHEEL_COMMAND};
    for (auto& word : words("tail", {"--metrics", "0"})) command.push_back(std::move(word));
    Subprocess tail(std::move(command), Subprocess::Errors::kept);
    const std::string line = tail.read_line();
    const auto port = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind("127.0.0.1:") + 10)));
    std::string metrics;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (metrics.find("pinwheel_feed_leg_up{leg=\"1\"} 1\n") == std::string::npos &&
           std::chrono::steady_clock::now() < deadline) {
        const std::string answer = answer_of(port, "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n");
        metrics = answer.substr(answer.find("\r\n\r\n") + 4);
    }
    for (const char* sample :
         {"pinwheel_feed_leg_up{leg=\"1\"} 1\n", "pinwheel_connects_total{leg=\"0\"} 1\n",
          "pinwheel_feed_channel_live{channel=\"books BTC-USDT\"} 1\n"})
        EXPECT_NE(metrics.find(sample), std::string::npos) << sample << metrics;
    Subprocess promtool({"promtool", "check", "metrics"}, Subprocess::Errors::kept);
    promtool.write(metrics);
    const auto outcome = promtool.finish();
    EXPECT_EQ(outcome.status, 0) << outcome.output << outcome.errors;
    tail.signal(SIGTERM);
    EXPECT_EQ(tail.finish().status, 0);
}

TEST(Legs, RefuseOptionsThatContradictEachOther) {
    expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--legs", "2"}), 2, {"--legs", "--venue"});
    for (const char* legs : {"0", "5", "two"})
        expect_refusal(run({"tail", "--venue", "okx-v5", "--channel", "books:A", "--legs", legs}), 2,
                       {"--legs", "from 1 to 4"});
    const TempDir folder;
    expect_refusal(run({"tail", "--venue", "okx-v5", "--channel", "books:A", "--legs", "2", "--record",
                        folder.path("a.zst")}),
                   2, {"several legs"});
    expect_refusal(run({"tail", "--venue", "okx-v5", "--channel", "books:A", "--url", "ws://127.0.0.1:1/",
                        "--url", "nonsense"}),
                   2, {"--url", "no scheme"});
}

}  // namespace
}  // namespace pinwheel::test
