// pinwheel record and replay, from a user's point of view.

#include <filesystem>
#include <fstream>
#include <sstream>

#include "../../proto/record/record_reader.h"
#include "../support/temp_dir.h"
#include "command.h"

namespace pinwheel {
namespace {

using namespace test;

class RecordCommand : public testing::Test {
  protected:
    /// Records a capture, and returns the file.
    std::string record_capture(const std::string& text) {
        const FeedCommand feed({"--capture", folder.write("session.tsv", text), "--speed", "max"});
        const auto outcome = run({"record", feed.url("/?key=secret"), "--epoll", "--out", folder.path("out"),
                                  "--subscribe", "trades"});
        EXPECT_EQ(outcome.status, 0) << outcome.errors;
        std::string file;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path("out")))
            file = entry.path().string();
        return file;
    }
    static std::string printed(const std::string& file) {
        const auto outcome = run({"replay", "--print", file});
        EXPECT_EQ(outcome.status, 0) << outcome.errors;
        return outcome.output;
    }
    /// The messages of the output, without their times.
    static std::string messages_of(const std::string& lines) {
        std::istringstream in(lines);
        std::string messages;
        for (std::string line; std::getline(in, line);)
            if (!line.starts_with('#')) messages += line.substr(20) + "\n";
        return messages;
    }

    const TempDir folder;
};

// N4
TEST_F(RecordCommand, N4TimesThatNanosecondsCannotHoldAreRefused) {
    const std::string file = record_capture("1\t=\tws://x\n1\t<\t{}\n");
    for (const char* const option : {"--from", "--to"})
        for (const char* const time : {"9999-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
                                       "2262-01-01T00:00:00Z", "99999999999", "9999999999999999999", "1e9"})
            expect_refusal(run({"replay", "--print", option, time, file}), 2,
                           {std::string(option) + " '" + time + "' is neither a time"});
}

TEST_F(RecordCommand, RecordsAFeedThatReplayServesAndPrintsAgain) {
    const std::string file = record_capture("1\t=\tws://x\n1\t<\t{\"a\":1}\n1.1\t<\tsecond\n");
    EXPECT_NE(std::filesystem::path(file).filename().string().find("recording.20"), std::string::npos);
    const std::string lines = printed(file);
    EXPECT_EQ(messages_of(lines), "{\"a\":1}\nsecond\n");
    EXPECT_EQ(lines.find("secret"), std::string::npos) << "the query is left out";
    EXPECT_NE(lines.find(R"("pinwheel":"sent")"), std::string::npos);
    EXPECT_NE(lines.find(R"("code":1000,"reason":"SERVER_CLOSED")"), std::string::npos) << lines;
    EXPECT_EQ(printed(file), lines) << "byte by byte";
    for (const char* const command : {"replay", "feed"}) {
        std::vector<std::string> words{command, "--speed", "max"};
        if (std::string(command) == "feed") words.emplace_back("--capture");
        words.push_back(file);
        Subprocess server(pinwheel(words), Subprocess::Errors::kept);
        const std::string port = server.read_line();
        const std::string copy = folder.path(std::string(command) + ".zst");
        const auto tail =
            run({"tail", "ws://127.0.0.1:" + port + "/", "--epoll", "--messages", "--record", copy});
        EXPECT_EQ(tail.status, 0) << tail.errors;
        EXPECT_EQ(tail.output, "{\"a\":1}\nsecond\n");
        EXPECT_EQ(messages_of(printed(copy)), tail.output);
    }
}

TEST_F(RecordCommand, PartsAreChosenByTime) {
    const std::string file = record_capture("1\t<\tone\n2\t<\ttwo\n");
    const std::string lines = printed(file);
    std::string second;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);)
        if (line.ends_with("two")) second = line.substr(0, 19);
    const std::string rest = run({"replay", "--print", file, "--from", second}).output;
    EXPECT_NE(messages_of(rest).find("two\n"), std::string::npos) << rest;
    EXPECT_EQ(rest, lines.substr(lines.size() - rest.size()));
    EXPECT_EQ(run({"replay", "--print", file, "--to", "2001-01-01T00:00:00Z"}).output, "");
    EXPECT_EQ(run({"replay", "--print", file, "--from", "2001-01-01T00:00:00.5Z"}).output, lines);
    expect_refusal(run({"replay", "--print", file, "--from", "yesterday"}), 2,
                   {"--from 'yesterday'", "Unix time"});
}

TEST_F(RecordCommand, EndsOfConnectionsAreServedAsTheyWere) {
    Subprocess listener(
        pinwheel({"feed", "--capture", folder.write("s.tsv", "1\t<\tx\n2\t<\ty\n3\t<\tz\n")}));
    const std::string port = listener.read_line();
    Subprocess recorder(pinwheel({"record", "ws://127.0.0.1:" + port + "/", "--epoll", "--out",
                                  folder.path("out"), "--seconds", "0.5"}));
    EXPECT_EQ(recorder.finish().status, 0);
    const std::string file = std::filesystem::directory_iterator(folder.path("out"))->path().string();
    EXPECT_NE(printed(file).find(R"("reason":"USER_REQUESTED")"), std::string::npos)
        << "an end by the user is told, too";
}

TEST_F(RecordCommand, InfoAndVerifyReportTheContentsAndTheLosses) {
    const std::string file = record_capture("1\t<\tone\n2\t<\ttwo\n");
    const auto info = run({"record", "info", file});
    EXPECT_EQ(info.status, 0);
    for (const char* const line :
         {"messages     2\n", "connections  1\n", "ends         1\n", "bytes        6\n", "ratio "})
        EXPECT_NE(info.output.find(line), std::string::npos) << info.output;
    EXPECT_EQ(run({"record", "verify", file}).status, 0);
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 30);
    const auto torn = run({"record", "verify", file});
    EXPECT_EQ(torn.status, 1);
    EXPECT_NE(torn.output.find("a torn tail at byte 0"), std::string::npos) << torn.output;
    expect_refusal(run({"record", "info", folder.path("none.zst")}), 2, {folder.path("none.zst")});
    expect_refusal(run({"record", "ws://127.0.0.1:1/"}), 2, {"--out"});
}

constexpr const char* kVenueOfNumbers = R"({
  "format": "pinwheel.venue/1", "name": "small", "title": "Small", "sources": {"test": "none"},
  "endpoints": [{"name": "public", "url": "ws://feed.example/"}], "ids": "integer",
  "subscribe": {"message": "sub {args} {id}", "arg": "{channel}"},
  "unsubscribe": {"message": "unsub {args} {id}", "arg": "{channel}"}, "batch": {"max_args": 1},
  "ack": {"match": {"at": "/ok", "exists": true}, "confirms": "request", "id_at": "/ok"},
  "data": {"match": {"at": "/c", "exists": true}, "channel_at": "/c"}, "time_unit": "ms",
  "channels": [{"name": "t", "text": "t.{symbol}", "sequence": {"rule": "contiguous", "last_at": "/n"}}]
})";

/// The channel's messages with these numbers, as a capture.
std::string numbered(const std::vector<int>& numbers) {
    std::string capture;
    for (const int number : numbers)
        capture += R"(1	<	{"c":"t.a","n":)" + std::to_string(number) + "}\n";
    return capture;
}

TEST_F(RecordCommand, AFeedsHoleAndItsLegsStatesAreSeenInEveryLookAtTheFile) {
    const FeedCommand feed({"--capture", folder.write("s.tsv", numbered({1, 2, 5, 6})), "--speed", "max"});
    const auto outcome = run({"record", "--venue", folder.write("small.json", kVenueOfNumbers), "--channel",
                              "t:a", "--url", feed.url(), "--epoll", "--out", folder.path("out")});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    const std::string file = std::filesystem::directory_iterator(folder.path("out"))->path().string();
    const std::string lines = printed(file);
    EXPECT_NE(lines.find(R"("pinwheel":"leg")"), std::string::npos) << lines;
    EXPECT_NE(lines.find(R"("detail":"up"})"), std::string::npos) << lines;
    const auto gap = lines.find(R"("detail":"t a: 3 to 4"})");
    EXPECT_NE(gap, std::string::npos) << lines;
    EXPECT_GT(gap, lines.find(R"("n":2})"));
    EXPECT_LT(gap, lines.find(R"("n":5})"));
    EXPECT_NE(run({"record", "info", file}).output.find("gaps         1\n"), std::string::npos);
    const auto verify = run({"record", "verify", file});
    EXPECT_EQ(verify.status, 0);
    EXPECT_NE(verify.output.find("4 messages, 0 dropped, 1 gaps: whole"), std::string::npos) << verify.output;
    // Served again, the same feed sees the same hole.
    Subprocess server(pinwheel({"replay", "--speed", "max", file}), Subprocess::Errors::kept);
    const std::string port = server.read_line();
    const auto again = run({"record", "--venue", folder.path("small.json"), "--channel", "t:a", "--url",
                            "ws://127.0.0.1:" + port + "/", "--epoll", "--out", folder.path("again")});
    EXPECT_EQ(again.status, 0) << again.errors;
    EXPECT_NE(printed(std::filesystem::directory_iterator(folder.path("again"))->path().string())
                  .find(R"("detail":"t a: 3 to 4"})"),
              std::string::npos);
}

TEST_F(RecordCommand, EachLegOfAFeedIsRecordedToAFileOfItsOwn) {
    const FeedCommand feed({"--capture", folder.write("s.tsv", numbered({1, 2})), "--speed", "max"});
    const auto outcome =
        run({"record", "--venue", folder.write("small.json", kVenueOfNumbers), "--channel", "t:a", "--url",
             feed.url(), "--legs", "2", "--epoll", "--out", folder.path("out"), "--name", "two"});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    int legs = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path("out"))) {
        ++legs;
        EXPECT_NE(entry.path().filename().string().find("two.leg"), std::string::npos);
        EXPECT_EQ(run({"record", "verify", entry.path().string()}).status, 0);
    }
    EXPECT_EQ(legs, 2);
    EXPECT_EQ(lines_of(outcome.output), 3U) << outcome.output;
    expect_refusal(run({"tail", "--venue", folder.path("small.json"), "--channel", "t:a", "--url",
                        "ws://127.0.0.1:1/", "--legs", "2", "--record", folder.path("one.zst")}),
                   2, {"several legs"});
}

TEST_F(RecordCommand, AConfigNamesTheFeed) {
    const FeedCommand feed({"--capture", folder.write("s.tsv", "1\t<\tx\n"), "--speed", "max"});
    const std::string config =
        folder.write("config.json", R"({"url": ")" + feed.url() + R"(", "subscriptions": ["trades"]})");
    const auto outcome = run({"record", "--config", config, "--epoll", "--out", folder.path("out")});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    const std::string lines =
        printed(std::filesystem::directory_iterator(folder.path("out"))->path().string());
    EXPECT_EQ(messages_of(lines), "x\n");
    EXPECT_NE(lines.find("trades"), std::string::npos) << "the subscription that was sent: " << lines;
}

TEST_F(RecordCommand, ATerminalShowsRateSizeLagAndDrops) {
    const FeedCommand feed({"--rate", "2000"});
    const std::string command = "'" PINWHEEL_COMMAND "' record " + feed.url() +
                                " --subscribe '*' --epoll --seconds 1.3 --out " + folder.path("out");
    const auto outcome = Subprocess({"env", "TERM=xterm", "script", "-qec", command, "/dev/null"}).finish();
    EXPECT_EQ(outcome.status, 0);
    const auto progress = outcome.output.find(" messages, ");
    ASSERT_NE(progress, std::string::npos) << outcome.output;
    const std::string line = outcome.output.substr(progress, 60);
    for (const char* const part : {"/s, ", " MB, lag ", " s, dropped 0"})
        EXPECT_NE(line.find(part), std::string::npos) << line;
}

/// The pipes of README.md: jq reads every line, and hftbacktest's converter reads `int(line[:19])` and
/// `json.loads(line[20:])` of each line of a gzip file.
TEST_F(RecordCommand, ThePipesOfTheReadmeWork) {
    const std::string file = record_capture("1\t<\t{\"a\":1}\n1.5\t<\t{\"a\":\"#\"}\n");
    std::ifstream readme(std::string(PINWHEEL_SOURCE) + "/README.md");
    std::string text((std::istreambuf_iterator<char>(readme)), {});
    std::erase(text, '\\');  // a table needs it before a bar
    const auto shell = [&](std::string pipe) {
        EXPECT_NE(text.find("`" + pipe + "`"), std::string::npos) << "not in the README: " << pipe;
        for (auto at = pipe.find("FILE"); at != std::string::npos; at = pipe.find("FILE", at + file.size()))
            pipe.replace(at, 4, file);
        const auto outcome = Subprocess({"bash", "-o", "pipefail", "-c", pipe}).finish();
        EXPECT_EQ(outcome.status, 0) << pipe;
        return outcome.output;
    };
    const std::string shown = shell("zstdcat FILE | cut -c21- | jq");
    for (const char* const part :
         {"\"a\": 1\n", "\"a\": \"#\"\n", "\"pinwheel\": \"connected\"", "\"pinwheel\": \"disconnected\""})
        EXPECT_NE(shown.find(part), std::string::npos) << shown;
    EXPECT_EQ(shell("zstdcat FILE | grep -v '^#' | gzip > FILE.gz"), "");
    const auto converted = Subprocess({"/usr/bin/python3", "-c",
                                       "import gzip, json, sys\n"
                                       "last = 0\n"
                                       "for line in gzip.open(sys.argv[1], 'rt'):\n"
                                       "    assert int(line[:19]) >= last\n"
                                       "    last = int(line[:19])\n"
                                       "    print(json.loads(line[20:])['a'])\n",
                                       file + ".gz"})
                               .finish();
    EXPECT_EQ(converted.output, "1\n#\n");
}

TEST_F(RecordCommand, AFileOfSomethingElseIsNotTouched) {
    const std::string other = folder.write("notes.txt", "mine\n");
    expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--record", other}), 2, {other, "is not a recording"});
    std::ifstream in(other);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "mine\n");
}

TEST_F(RecordCommand, TailPutsTimesInFront) {
    const FeedCommand feed({"--capture", folder.write("s.tsv", "1\t<\tx\n"), "--speed", "max"});
    const auto tail = run({"tail", feed.url(), "--epoll", "--timestamps"});
    ASSERT_EQ(tail.output.size(), 22U) << tail.output;
    EXPECT_EQ(tail.output.find_first_not_of("0123456789"), 19U);
    EXPECT_EQ(tail.output.substr(19), " x\n");
}

}  // namespace
}  // namespace pinwheel
