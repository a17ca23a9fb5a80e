// Venues on the command line: `venues`, and tail and latency with --venue. Section 10 of the feed's rules.
#include <chrono>
#include <filesystem>

#include "../support/frames.h"
#include "../support/temp_dir.h"
#include "command.h"
#include "scripted.h"

namespace pinwheel::test {
namespace {

constexpr std::string_view kSmall = R"({
  "format": "pinwheel.venue/1", "name": "small", "title": "A small one", "sources": {},
  "endpoints": [{"name": "all", "url": "ws://127.0.0.1:1/"}],
  "subscribe": {"message": "{\"sub\":\"{channel}\"}"},
  "ack": {"match": {"at": "/ok", "exists": true}, "confirms": "channel", "channel_at": "/ok"},
  "error": {"match": {"at": "/err", "exists": true}, "channel_at": "/err", "message_at": "/why"},
  "data": {"match": {"at": "/c", "exists": true}, "channel_at": "/c"},
  "channels": [{"name": "trades", "text": "trades.{symbol}", "sequence": {"rule": "contiguous", "last_at": "/n"}}]
})";

TEST(Venues, AreListed) {
    const auto outcome = run({"venues"});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(lines_of(outcome.output), 9U) << outcome.output;
    EXPECT_NE(outcome.output.find("okx-v5             OKX v5 public market data: books, "), std::string::npos)
        << outcome.output;
}

TEST(Venues, CheckNamesTheFaultOfAProfile) {
    const TempDir folder;
    const std::string good = folder.write("small.json", std::string(kSmall));
    EXPECT_EQ(run({"venues", "check", good}).output,
              "small is valid: A small one; endpoints all; channels trades\n");
    std::string text(kSmall);
    text.replace(text.find("\"exists\""), 8, "\"exist\"");
    const std::string bad = folder.write("bad.json", text);
    expect_refusal(run({"venues", "check", bad}), 2, {bad + ": /ack/match", "exist"});
    expect_refusal(run({"venues", "check", folder.path("none.json")}), 2, {"none.json", "No such file"});
    expect_refusal(run({"venues", "check", "okx"}), 2, {"unknown venue 'okx'", "okx-v5", "kraken-v2"});
    expect_refusal(run({"venues", "check", good, "--capture", folder.path("none.tsv")}), 2,
                   {"none.tsv", "No such file"});
    expect_refusal(run({"venues", "check", good, "--each"}), 2, {"--each", "--capture"});
    expect_refusal(run({"venues", "check"}), 2, {"FILE", "venues check --help"});
    expect_refusal(run({"venues", "chek"}), 2, {"unknown command 'chek'; did you mean 'check'?"});
}

TEST(Venues, CheckPrintsTheClassOfEachFrame) {
    const TempDir folder;
    const std::string profile = folder.write("small.json", std::string(kSmall));
    const std::string capture = folder.write("small.tsv",
                                             "1\t=\tws://127.0.0.1/\n"
                                             "1\t>\t{\"sub\":\"trades.A\"}\n"
                                             "2\t<\t{\"ok\":\"trades.A\"}\n"
                                             "3\t<\t{\"c\":\"trades.A\",\"n\":7}\n"
                                             "4\t<\t{\"c\":\"trades.A\",\"n\":9}\n"
                                             "5\t<\t{\"c\":\"trades.A\",\"n\":9}\n"
                                             "6\t<\t{\"c\":\"other\"}\n");
    const auto matched = run({"venues", "check", profile, "--capture", capture, "--each"});
    EXPECT_EQ(matched.status, 0) << matched.errors;
    EXPECT_EQ(matched.output,
              "small is valid: A small one; endpoints all; channels trades\n"
              "line 3: ack\n"
              "line 4: data trades.A 7\n"
              "line 5: data trades.A 9, after a gap\n"
              "line 6: data trades.A 9, duplicate\n"
              "line 7: data other\n" +
                  capture +
                  ": 5 messages received\n"
                  "  data 4: other 1, trades 3\n"
                  "  ack 1\n"
                  "  unmatched 0\n"
                  "  numbers: 1 gaps, 1 duplicates\n");
    const std::string strange = folder.write("strange.tsv", "1\t<\t{\"what\":\"\x7f\"}\n");
    const auto unmatched = run({"venues", "check", profile, "--capture", strange});
    EXPECT_EQ(unmatched.status, 1);
    EXPECT_NE(unmatched.output.find("  unmatched 1\n"), std::string::npos) << unmatched.output;
    EXPECT_NE(unmatched.output.find("\nunmatched, line 1: {\"what\":\""), std::string::npos)
        << unmatched.output;
    EXPECT_EQ(unmatched.output.find('\x7f'), std::string::npos);
}

TEST(Venues, CheckReadsRecordings) {
    const TempDir folder;
    const std::string profile = folder.write("small.json", std::string(kSmall));
    const RawServer server(upgraded_and(text_frame(R"({"ok":"trades.A"})") +
                                        text_frame(R"({"c":"trades.A","n":1})") +
                                        text_frame(R"({"c":"trades.A","n":3})") + close_frame(1000)));
    const auto recorded = run({"record", "--venue", profile, "--channel", "trades:A", "--url",
                               "ws://" + server.authority() + "/", "--epoll", "--out", folder.path("out")});
    ASSERT_EQ(recorded.status, 0) << recorded.errors;
    std::string file;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path("out")))
        file = entry.path().string();
    const auto outcome = run({"venues", "check", profile, "--capture", file, "--each"});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(outcome.output,
              "small is valid: A small one; endpoints all; channels trades\n"
              "message 1: ack\n"
              "message 2: data trades.A 1\n"
              "message 3: data trades.A 3, after a gap\n" +
                  file +
                  ": 3 messages received\n"
                  "  data 2: trades 2\n"
                  "  ack 1\n"
                  "  unmatched 0\n"
                  "  numbers: 1 gaps, 0 duplicates\n");
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    const auto torn = run({"venues", "check", profile, "--capture", file});
    EXPECT_EQ(torn.status, 1);
    EXPECT_NE(torn.errors.find(file + ": "), std::string::npos) << torn.errors;
    expect_refusal(run({"venues", "check", profile, "--capture", folder.path("none.zst")}), 2,
                   {"none.zst", "No such file"});
}

TEST(Venues, AnotherEndpointIsChosenByName) {
    const TempDir folder;
    const RawServer server(upgraded_and(text_frame(R"({"ok":"trades.A"})") +
                                        text_frame(R"({"c":"trades.A","n":1})") + close_frame(1000)));
    std::string text(kSmall);
    text.replace(text.find("}],\n  \"subscribe\""), 1,
                 "}, {\"name\": \"near\", \"url\": \"ws://" + server.authority() + "/\"}");
    const std::string profile = folder.write("small.json", text);
    const std::vector<std::string> tail{"tail", "--venue", profile, "--channel", "trades:A", "--epoll"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), tail.begin(), tail.end());
        return run(more);
    };
    const auto outcome = with({"--endpoint", "near"});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(outcome.output, "{\"c\":\"trades.A\",\"n\":1}\n");
    expect_refusal(with({"--endpoint", "far"}), 2, {"--endpoint 'far'", "small", "all, near"});
    expect_refusal(with({"--endpoint", "near", "--url", "ws://127.0.0.1:1/"}), 2, {"--endpoint"});
    expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--endpoint", "near"}), 2, {"--endpoint", "--venue"});
}

TEST(Venues, RecordedSessionsAreClassifiedCompletely) {
    const std::filesystem::path sessions = std::filesystem::path(PINWHEEL_SOURCE) / "../shared/captures";
    if (!std::filesystem::exists(sessions)) {
        std::puts("recorded sessions not found, skipped");
        GTEST_SKIP();
    }
    for (const auto& [venue, file] :
         {std::pair{"binance-spot", "binance-spot.tsv"}, std::pair{"binance-usdm", "binance-futures.tsv"},
          std::pair{"coinbase-exchange", "coinbase.tsv"}, std::pair{"deribit-v2", "deribit.tsv"},
          std::pair{"bitstamp-v2", "bitstamp.tsv"}, std::pair{"okx-v5", "okx.tsv"}}) {
        const auto outcome = run({"venues", "check", venue, "--capture", (sessions / file).string()});
        EXPECT_EQ(outcome.status, 0) << outcome.output;
        EXPECT_NE(outcome.output.find("  unmatched 0\n  numbers: 0 gaps, 0 duplicates\n"), std::string::npos)
            << outcome.output;
        EXPECT_EQ(outcome.output.find("of no channel"), std::string::npos) << outcome.output;
    }
}

TEST(Venues, TailPrintsDataAloneAndReportsRefusals) {
    const TempDir folder;
    const std::string profile = folder.write("small.json", std::string(kSmall));
    const RawServer server(upgraded_and(text_frame(R"({"ok":"trades.A"})") +
                                        text_frame(R"({"c":"trades.A","n":1})") +
                                        text_frame(R"({"err":"trades.B","why":"closed"})") +
                                        text_frame(R"({"c":"trades.A","n":3})") + close_frame(1000)));
    const auto outcome = run({"tail", "--venue", profile, "--channel", "trades:A", "--channel", "trades.B",
                              "--url", "ws://" + server.authority() + "/", "--epoll"});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(outcome.output, "{\"c\":\"trades.A\",\"n\":1}\n{\"c\":\"trades.A\",\"n\":3}\n");
    EXPECT_NE(outcome.errors.find("refused: trades.B"), std::string::npos) << outcome.errors;
    EXPECT_NE(outcome.errors.find("message closed"), std::string::npos) << outcome.errors;
    EXPECT_NE(outcome.errors.find("messages are missing: trades A, from 2, to 2"), std::string::npos)
        << outcome.errors;
}

TEST(Venues, LatencyMeasuresAVenuesMessages) {
    const TempDir folder;
    const std::string profile = folder.write("small.json", std::string(kSmall));
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string stamp = std::to_string(std::chrono::nanoseconds(now).count());
    const RawServer server(upgraded_and(text_frame(R"({"ok":"trades.A"})") +
                                        text_frame(R"({"c":"trades.A","n":1,"t":)" + stamp + "}") +
                                        close_frame(1000)));
    const auto outcome = run({"latency", "--venue", profile, "--channel", "trades:A", "--stamp", "/t",
                              "--url", "ws://" + server.authority() + "/", "--json", "--epoll"});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(number_at(outcome.output, "/messages"), 1U) << outcome.output;
}

TEST(Venues, WrongUseIsOneLineOfText) {
    const TempDir folder;
    const std::string bad = folder.write("bad.json", "{");
    for (const std::string command : {"tail", "latency"}) {
        expect_refusal(run({command, "--venue", "okx", "--channel", "books:A"}), 2,
                       {"unknown venue 'okx'", "binance-spot, ", "okx-v5", "profile's file"});
        expect_refusal(run({command, "--venue", bad, "--channel", "books:A"}), 2,
                       {bad + ": not valid JSON: line 1, column 2"});
        expect_refusal(run({command, "--venue", "okx-v5"}), 2,
                       {"needs a --channel NAME:SYMBOL", "books, bbo-tbt"});
        for (const std::string channel : {"", ":BTC-USDT", "books:"})
            expect_refusal(run({command, "--venue", "okx-v5", "--channel", channel}), 2,
                           {"--channel '" + channel + "' is not NAME:SYMBOL"});
        expect_refusal(run({command, "--venue", "bybit-v5", "--channel", "publictrade:A"}), 2,
                       {"unknown channel 'publictrade'", "did you mean 'publicTrade'?"});
        expect_refusal(run({command, "--channel", "books:A"}), 2, {"--channel", "--venue"});
        expect_refusal(run({command, "ws://127.0.0.1:1/", "--url", "ws://127.0.0.1:1/"}), 2,
                       {"--url", "--venue"});
        expect_refusal(run({command, "ws://127.0.0.1:1/", "--venue", "okx-v5", "--channel", "books:A",
                            "--url", "ws://127.0.0.1:1/"}),
                       2, {"--url"});
        expect_refusal(run({command, "--venue", "okx-v5", "--subscribe", "a"}), 2,
                       {"--subscribe", "--venue"});
    }
}

TEST(Venues, AreSimulated) {
    for (const std::string channel :
         {"okx-v5 books:BTC-USDT", "binance-spot depth@100ms:BTCUSDT", "coinbase-exchange matches:BTC-USD"}) {
        const auto space = channel.find(' ');
        FeedCommand feed({"--venue", channel.substr(0, space), "--rate", "500"});
        EXPECT_EQ(feed.greeting(), "serving ws://127.0.0.1:" + feed.port() + "/");
        const auto tail = run({"tail", "--venue", channel.substr(0, space), "--channel",
                               channel.substr(space + 1), "--url", feed.url(), "--count", "20", "--epoll"});
        EXPECT_EQ(tail.status, 0) << tail.errors;
        EXPECT_EQ(lines_of(tail.output), 20U) << tail.output;
        EXPECT_EQ(tail.errors, "");
        feed.process().signal(SIGTERM);
        const auto outcome = feed.process().finish();
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.output.substr(0, 27), "0 violations; 1 connects, 1") << outcome.output;
    }
}

TEST(Venues, AProfilesFileAloneIsSimulated) {
    const TempDir folder;
    const std::string profile = folder.write("small.json", std::string(kSmall));
    FeedCommand feed({"--venue", profile, "--rate", "500"});
    const auto tail = run({"tail", "--venue", profile, "--channel", "trades:A", "--channel", "trades:B",
                           "--url", feed.url(), "--count", "20", "--epoll"});
    EXPECT_EQ(tail.status, 0) << tail.errors;
    EXPECT_EQ(tail.errors, "");
    EXPECT_EQ(lines_of(tail.output), 20U) << tail.output;
    EXPECT_NE(tail.output.find(R"("c":"trades.A")"), std::string::npos) << tail.output;
    const auto refused = run({"tail", "--venue", profile, "--channel", "quotes", "--url", feed.url(),
                              "--seconds", "0.5", "--epoll"});
    EXPECT_NE(refused.errors.find("refused: quotes"), std::string::npos) << refused.errors;
    feed.process().signal(SIGTERM);
    EXPECT_EQ(feed.process().finish().output.substr(0, 12), "0 violations");
}

TEST(Venues, ASimulatedOnePrintsTheViolationsOfAClient) {
    FeedCommand feed({"--venue", "kraken-v2"});
    const auto tail = run({"tail", feed.url(), "--subscribe", "trades", "--retries", "0", "--epoll"});
    EXPECT_EQ(tail.status, 1);
    EXPECT_NE(tail.errors.find("1008"), std::string::npos) << tail.errors;
    EXPECT_EQ(feed.process().read_line(), "violation: a message that is not a request");
    feed.process().signal(SIGTERM);
    EXPECT_EQ(feed.process().finish().output.substr(0, 12), "1 violations");
}

TEST(Venues, ASimulatedOneTakesItsOptions) {
    expect_refusal(run({"feed", "--venue", "okx"}), 2, {"unknown venue 'okx'", "okx-v5"});
    expect_refusal(run({"feed", "--faults", "1"}), 2, {"--faults", "--venue"});
    expect_refusal(run({"feed", "--venue", "okx-v5", "--capture", "a.tsv"}), 2, {"--venue", "--capture"});
    expect_refusal(run({"feed", "--venue", "okx-v5", "--faults", "x"}), 2, {"--faults"});
    const TempDir folder;
    std::string text(kSmall);
    text.resize(text.find("\"channels\""));
    const std::string profile = folder.write("small.json", text + "\"channels\": []}");
    expect_refusal(run({"feed", "--venue", profile}), 2, {"'small' cannot be simulated", "no channel"});
}

}  // namespace
}  // namespace pinwheel::test
