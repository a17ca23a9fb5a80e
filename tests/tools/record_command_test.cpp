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

TEST_F(RecordCommand, AFileOfSomethingElseIsNotTouched) {
    const std::string other = folder.write("notes.txt", "mine\n");
    expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--record", other}), 2, {other, "is no recording"});
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
