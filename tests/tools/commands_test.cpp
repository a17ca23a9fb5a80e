#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "../../proto/websocket/frame_codec.h"
#include "../support/frames.h"
#include "../support/raw_server.h"
#include "../support/temp_dir.h"
#include "command.h"
#include "scripted.h"

namespace pinwheel::test {
namespace {

using Words = std::vector<std::string>;

TEST(Command, ShowsHelpWithAnExampleForEachCommand) {
    const auto general = run({"--help"});
    EXPECT_EQ(general.status, 0);
    EXPECT_EQ(general.errors, "");
    for (const std::string command :
         {"tail", "latency", "echo", "rtt", "feed", "demo", "config", "venues", "doctor"}) {
        EXPECT_NE(general.output.find("\n  " + command + " "), std::string::npos) << command;
        const auto outcome = run({command, "--help"});
        EXPECT_EQ(outcome.status, 0) << command;
        EXPECT_EQ(outcome.errors, "") << command;
        EXPECT_NE(outcome.output.find("Example:\n  pinwheel " + command), std::string::npos) << command;
    }
}

TEST(Command, NamesItsValuesAndTheirDefaultsInItsHelp) {
    for (const Words& words : {Words{"tail"},
                               {"latency"},
                               {"echo"},
                               {"rtt"},
                               {"record"},
                               {"record", "info"},
                               {"replay"},
                               {"feed"},
                               {"demo"},
                               {"config", "check"},
                               {"config", "keys"},
                               {"venues", "check"},
                               {"doctor"}}) {
        Words asked = words;
        asked.emplace_back("--help");
        const std::string help = run(asked).output;
        for (const std::string type : {" TEXT", " UINT", " INT", " FLOAT", "REQUIRED", "Excludes:", "Needs:"})
            EXPECT_EQ(help.find(type), std::string::npos) << words.front() << type;
    }
    const std::string tail = run({"tail", "--help"}).output;
    for (const std::string part :
         {"--timeout SECONDS ", "--count COUNT ", "--metrics PORT ", "--ca FILE ", "--flush each|batch|end ",
          "(default batch)", "(not with --spin)", "(needs --venue)", "(default 10, or the config's)"})
        EXPECT_NE(tail.find(part), std::string::npos) << part;
    EXPECT_NE(run({"feed", "--help"}).output.find("--port PORT "), std::string::npos);
    EXPECT_NE(run({"rtt", "--help"}).output.find("(default 10000)"), std::string::npos);
}

TEST(Command, PrintsItsVersion) {
    const auto outcome = run({"--version"});
    EXPECT_EQ(outcome.status, 0);
    ASSERT_TRUE(outcome.output.starts_with("pinwheel ")) << outcome.output;
    EXPECT_EQ(outcome.output.find_first_not_of("0123456789.\n", 9), std::string::npos) << outcome.output;
}

TEST(Command, RefusesUnknownWords) {
    expect_refusal(run({}), 2, {"no command given", "--help"});
    expect_refusal(run({"sing"}), 2, {"sing", "--help"});
    expect_refusal(run({"--loud"}), 2, {"--loud", "--help"});
    for (const std::string command : {"tail", "latency", "echo", "rtt"}) {
        expect_refusal(run({command}), 2, {"URL is required", "pinwheel " + command + " --help"});
        expect_refusal(run({command, "ws://127.0.0.1:1/", "--loud"}), 2, {"--loud", command + " --help"});
    }
    expect_refusal(run({"tial", "ws://feed.example/"}), 2,
                   {"unknown command 'tial'; did you mean 'tail'?", "pinwheel --help"});
    expect_refusal(run({"tail", "ws://feed.example/", "--subscrbe=secret"}), 2,
                   {"unknown option '--subscrbe'; did you mean '--subscribe'?", "pinwheel tail --help"});
    const auto stray = run({"tail", "ws://feed.example/", "wss://other.example/a?key=secret"});
    expect_refusal(stray, 2, {"unexpected argument 'wss://other.example/a'"});
    EXPECT_EQ(stray.errors.find("secret"), std::string::npos);
    expect_refusal(run({"feed", "--loud"}), 2, {"--loud", "feed --help"});
    expect_refusal(run({"demo", "--loud"}), 2, {"--loud", "demo --help"});
}

TEST(Command, RefusesNumbersOutOfRange) {
    for (const std::string text : {"-1", "1.5", "many"})
        expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--count", text}), 2, {"--count", "whole number"});
    for (const std::string text : {"-1", "nan", "1e300"})
        expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--seconds", text}), 2, {"--seconds", "seconds"});
    for (const std::string text : {"-1", "99999999999999999"})
        expect_refusal(run({"rtt", "ws://127.0.0.1:1/", "--size", text}), 2, {"--size", "16000000"});
    expect_refusal(run({"rtt", "ws://127.0.0.1:1/", "--count", "0"}), 2, {"--count", "from 1"});
    expect_refusal(run({"demo", "--seconds", "0"}), 2, {"--seconds", "above 0"});
    expect_refusal(run({"demo", "--rate", "nan"}), 2, {"--rate", "number"});
}

TEST(Tail, PrintsSubscribedMessagesUntilTheCount) {
    const FeedCommand feed;
    const auto outcome = run({"tail", feed.url(), "--subscribe", "trades.BTC-USD", "--subscribe",
                              "book.ETH-USD", "--count", "20", "--stats-json"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.errors, "") << "a pipe gets no status line";
    ASSERT_EQ(lines_of(outcome.output), 21U);
    EXPECT_EQ(outcome.output.substr(0, outcome.output.find('\n')),
              R"({"type":"subscribed","channel":"trades.BTC-USD"})");
    EXPECT_NE(outcome.output.find(R"({"type":"subscribed","channel":"book.ETH-USD"})"), std::string::npos);
    EXPECT_NE(outcome.output.find(R"({"type":"trade","channel":"trades.BTC-USD")"), std::string::npos);
    EXPECT_EQ(number_at(last_line(outcome.output), "/messages"), 20U);
    EXPECT_EQ(number_at(last_line(outcome.output), "/bytes"),
              outcome.output.size() - last_line(outcome.output).size() - 1 - 20);
}

TEST(Tail, EndsAfterItsSeconds) {
    const FeedCommand feed;
    for (const Words& mode : {Words{}, Words{"--epoll"}}) {
        Words words{"tail", feed.url(), "--seconds", "0.2", "--json-stats"};  // a synonym of --stats-json
        words.insert(words.end(), mode.begin(), mode.end());
        const auto outcome = run(words);
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.output, "{\"messages\":0,\"bytes\":0}\n");
        EXPECT_EQ(outcome.errors, "");
    }
}

TEST(Tail, ReadsVerifiedTls) {
    const TempDir folder;
    const std::string authority = folder.path("ca.pem");
    const FeedCommand feed({"--tls", "--ca-out", authority});
    const auto outcome =
        run({"tail", feed.tls_url("localhost"), "--ca", authority, "--subscribe", "*", "--count", "9"});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(lines_of(outcome.output), 9U);
}

TEST(Tail, LeavesQuietlyWhenItsReaderDoes) {
    const FeedCommand feed;
    Subprocess tail(pinwheel({"tail", feed.url(), "--subscribe", "*"}), Subprocess::Errors::kept);
    std::ignore = tail.read_line();
    tail.close_output();
    const auto outcome = tail.finish();
    EXPECT_TRUE(outcome.status == 0 || outcome.status == -SIGPIPE) << outcome.status;
    EXPECT_EQ(outcome.errors, "");
}

TEST(Tail, LeavesQuietlyWhenItsReaderDoesAndTheSignalIsIgnored) {
    const FeedCommand feed;
    Subprocess tail({"/bin/sh", "-c", "trap '' PIPE; exec \"$0\" tail \"$1\" --subscribe '*'",
                     PINWHEEL_COMMAND, feed.url()},
                    Subprocess::Errors::kept);
    std::ignore = tail.read_line();
    tail.close_output();
    const auto outcome = tail.finish();
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.errors, "");
}

TEST(Tail, ReportsThatItsOutputIsFull) {
    const FeedCommand feed;
    const auto outcome = Subprocess({"/bin/sh", "-c", "exec \"$0\" tail \"$1\" --subscribe '*' > /dev/full",
                                     PINWHEEL_COMMAND, feed.url()},
                                    Subprocess::Errors::kept)
                             .finish();
    expect_refusal(outcome, 1, {"standard output", "No space left"});
}

TEST(Tail, SucceedsAfterANormalCloseAndReportsAnyOtherEnd) {
    const RawServer normal(upgraded_and(text_frame("last") + close_frame(1000)));
    const auto good = run({"tail", "ws://" + normal.authority() + "/"});
    EXPECT_EQ(good.status, 0);
    EXPECT_EQ(good.output, "last\n");
    EXPECT_EQ(good.errors, "");

    const RawServer leaving(upgraded_and(close_frame(1013, "busy")));
    expect_refusal(run({"tail", "ws://" + leaving.authority() + "/", "--retries", "0"}), 1,
                   {leaving.authority(), "1013", "busy"});
    const RawServer lost(upgraded_and(""));
    expect_refusal(run({"tail", "ws://" + lost.authority() + "/", "--retries", "0"}), 1, {lost.authority()});
    const RawServer broken(upgraded_and(raw_frame({.opcode = 3}, "what?")), RawServer::Then::hold);
    expect_refusal(run({"tail", "ws://" + broken.authority() + "/", "--retries", "0"}), 1,
                   {broken.authority(), "invalid frame"});
}

TEST(Tail, RetriesTheFirstConnectionIfAsked) {
    const std::string url = "ws://127.0.0.1:1/";
    const auto once = run({"tail", url});
    EXPECT_EQ(once.status, 1);
    EXPECT_EQ(once.errors.find("connecting again"), std::string::npos) << once.errors;
    const auto outcome = run({"tail", url, "--retries", "1"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(lines_of(outcome.errors), 2U) << outcome.errors;
    EXPECT_NE(outcome.errors.find("; connecting again\n"), std::string::npos) << outcome.errors;
    EXPECT_NE(outcome.errors.find("gave up after 1 try: "), std::string::npos) << outcome.errors;
}

TEST(Tail, SucceedsWhenASignalEndsIt) {
    const FeedCommand feed;
    for (const int signal : {SIGINT, SIGTERM}) {
        Subprocess tail(pinwheel({"tail", feed.url(), "--subscribe", "trades.BTC-USD", "--epoll"}),
                        Subprocess::Errors::kept);
        std::ignore = tail.read_line();
        tail.signal(signal);
        const auto outcome = tail.finish();
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.errors, "");
    }
}

TEST(Echo, SendsBackUntilACleanClose) {
    const std::string before = text_frame("one") + binary_frame("two");
    for (const unsigned code : {1000U, 1001U}) {
        const RawServer server(upgraded_and(before + close_frame(code)), RawServer::Then::hold);
        const auto outcome = run({"echo", "ws://" + server.authority() + "/"});
        EXPECT_EQ(outcome.status, 0);
        EXPECT_EQ(outcome.output, "");
        EXPECT_EQ(outcome.errors, "");
    }
}

TEST(Echo, ReportsALostConnection) {
    const RawServer server(upgraded_and(text_frame("one")));
    expect_refusal(run({"echo", "ws://" + server.authority() + "/"}), 1, {server.authority()});
}

TEST(Rtt, PrintsItsPercentiles) {
    const FeedCommand feed;
    const auto text = run({"rtt", feed.url("/echo"), "--count", "50", "--size", "0"});
    EXPECT_EQ(text.status, 0) << text.errors;
    EXPECT_EQ(lines_of(text.output), 1U);
    EXPECT_EQ(text.output.find("50 round trips of 0 bytes: p50 "), 0U) << text.output;
    EXPECT_NE(text.output.find(" us, p99 "), std::string::npos) << text.output;

    const auto json =
        run({"rtt", feed.url("/echo"), "--count", "50", "--size", "70000", "--json", "--epoll"});
    EXPECT_EQ(json.status, 0) << json.errors;
    EXPECT_EQ(number_at(json.output, "/count"), 50U);
    EXPECT_EQ(number_at(json.output, "/size"), 70'000U);
    const auto p50 = number_at(json.output, "/rtt_ns/p50"), p99 = number_at(json.output, "/rtt_ns/p99"),
               p999 = number_at(json.output, "/rtt_ns/p999"), max = number_at(json.output, "/rtt_ns/max");
    EXPECT_TRUE(0 < p50 && p50 <= p99 && p99 <= p999 && p999 <= max) << json.output;
}

TEST(Rtt, ReportsAServerThatDoesNotEcho) {
    const FeedCommand feed;
    expect_refusal(run({"rtt", feed.url("/")}), 1, {"127.0.0.1:" + feed.port(), "does it echo?"});
    const RawServer mute(upgraded_and(""), RawServer::Then::hold);
    expect_refusal(run({"rtt", "ws://" + mute.authority() + "/", "--timeout", "0.2"}), 1,
                   {mute.authority(), "does not answer", "does it echo?"});
}

TEST(Demo, EndsWithOneJsonObject) {
    for (const Words& options : {Words{"--json"}, Words{"--json", "--plain"}}) {
        Words words{"demo", "--seconds", "0.5", "--rate", "2000"};
        words.insert(words.end(), options.begin(), options.end());
        const auto outcome = run(words);
        EXPECT_EQ(outcome.status, 0) << outcome.errors;
        EXPECT_EQ(outcome.errors, "") << "a pipe gets no status line";
        EXPECT_EQ(outcome.output.find("wss://") != std::string::npos, options.size() == 1);
        const std::string result = last_line(outcome.output);
        EXPECT_GT(number_at(result, "/messages"), 0U);
        EXPECT_GT(number_at(result, "/bytes"), number_at(result, "/messages"));
        EXPECT_EQ(number_at(result, "/dropped"), 0U);
        EXPECT_EQ(number_at(result, "/generations"), 3U);
        EXPECT_EQ(number_at(result, "/own_cuts"), 1U);
        EXPECT_EQ(number_at(result, "/forced_cuts"), 1U);
        EXPECT_EQ(number_at(result, "/lost"), 0U);
        EXPECT_GT(number_at(result, "/missed_while_disconnected"), 0U);
        EXPECT_EQ(number_at(result, "/resumed_handshakes"), options.size() == 1 ? 2U : 0U);
        for (const std::string name : {"p50", "p99", "p999", "max"})
            EXPECT_GT(number_at(result, "/latency_ns/" + name), 0U) << name;
    }
}

TEST(Demo, EndsEvenIfItsTimeIsOverBeforeTheConnectionIsUp) {
    const auto outcome = run({"demo", "--seconds", "0.001"});
    if (outcome.status == 1)
        EXPECT_NE(outcome.errors.find("no message came"), std::string::npos) << outcome.errors;
    else
        EXPECT_EQ(outcome.status, 0) << outcome.errors;
}

TEST(Demo, ShowsThreeMessagesAndASummary) {
    const auto outcome = run({"demo", "--seconds", "0.3"});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_EQ(lines_of(outcome.output), 7U) << outcome.output;
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '{'), 3) << outcome.output;
    EXPECT_TRUE(outcome.output.starts_with('{')) << outcome.output;
    EXPECT_NE(outcome.output.find("}\n...\n"), std::string::npos) << outcome.output;
    EXPECT_TRUE(last_line(outcome.output).starts_with("disconnects: 1 by the client, 1 by the feed"))
        << outcome.output;
}

TEST(Demo, LeavesNothingBehindWhenItIsInterrupted) {
    const TempDir folder;
    Subprocess demo(
        {"/usr/bin/env", "TMPDIR=" + folder.path(""), PINWHEEL_COMMAND, "demo", "--seconds", "60"},
        Subprocess::Errors::kept);
    while (std::filesystem::is_empty(folder.path(""))) std::this_thread::yield();
    demo.signal(SIGINT);
    const auto outcome = demo.finish();
    EXPECT_GE(outcome.status, 0) << "ended by the signal";
    EXPECT_TRUE(std::filesystem::is_empty(folder.path("")));
}

}  // namespace
}  // namespace pinwheel::test
