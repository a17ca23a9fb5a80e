// M5, M6, M7: closed descriptors, full disks, endless files, text that would control a terminal.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "../../core/text_file.h"
#include "../../tools/feed/temporary_identity.h"
#include "../../tools/pinwheel/terminal/screen_text.h"
#include "../support/frames.h"
#include "../support/temp_dir.h"
#include "command.h"
#include "scripted.h"

namespace pinwheel::test {
namespace {

/// The command behind a shell's redirections.
Subprocess::Outcome run_in_shell(const std::string& words, const std::string& redirections) {
    const std::string line = "exec '" PINWHEEL_COMMAND "' " + words + " " + redirections;
    return Subprocess({"sh", "-c", line}, Subprocess::Errors::kept).finish();
}

TEST(HostileSurroundings, M6FullOutputFailsEachCommand) {
    const FeedCommand feed;
    const TempDir folder;
    const std::string config = folder.write("config.json", "{}");
    for (const std::string& words :
         {std::string("--help"), std::string("--version"), std::string("tail --help"), std::string("doctor"),
          std::string("doctor --json"), "config check " + config, "rtt --count 10 " + feed.url("/echo"),
          "latency --seconds 0.2 --subscribe '*' " + feed.url(),
          "tail --count 3 --subscribe '*' " + feed.url(), std::string("demo --seconds 0.3 --plain"),
          std::string("feed")}) {
        const auto outcome = run_in_shell(words, ">/dev/full");
        EXPECT_EQ(outcome.status, 1) << words;
        EXPECT_NE(outcome.errors.find("standard output cannot be written"), std::string::npos)
            << words << ": " << outcome.errors;
    }
}

/// Every other output: one line, and an exit status that reports the failure.
TEST(HostileSurroundings, M6FullFilesFailTheCommandThatWritesThem) {
    const FeedCommand feed;
    const auto outcome =
        run({"latency", feed.url(), "--subscribe", "*", "--seconds", "0.2", "--plot", "/dev/full"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.errors, "pinwheel: --plot '/dev/full' cannot be written: No space left on device\n");
    expect_refusal(run({"feed", "--tls", "--ca-out", "/dev/full"}), 2, {"--ca-out '/dev/full'", "No space"});
    // If both outputs are lost, only the exit status is left.
    EXPECT_EQ(run_in_shell("tail ws://127.0.0.1:1/", "2>/dev/full").status, 1);
    EXPECT_EQ(run_in_shell("tail http://127.0.0.1:1/", "2>/dev/full").status, 2);
}

/// Each subcommand with each standard descriptor closed. Its output never reaches a socket or a file with
/// that number, and only a lost standard output changes the exit status.
TEST(HostileSurroundings, M5EachCommandToleratesEachClosedDescriptor) {
    const FeedCommand feed;
    const TempDir folder;
    const std::string config = folder.write("config.json", "{}");
    const std::string plot = folder.path("plot.svg");
    const RawServer closing(upgraded_and(close_frame(1000)));
    for (const std::string& words :
         {"tail --verbose --count 3 --subscribe '*' " + feed.url(),
          "latency --seconds 0.2 --subscribe '*' --plot '" + plot + "' " + feed.url(),
          "echo ws://" + closing.authority() + "/", "rtt --count 10 " + feed.url("/echo"),
          std::string("demo --seconds 0.3 --plain"), "config check '" + config + "'", std::string("doctor"),
          std::string("--version")}) {
        const bool prints = !words.starts_with("echo");
        for (const auto& [redirections, lost] : {std::pair<std::string, bool>("<&-", false),
                                                 {"2>&-", false},
                                                 {"<&- 2>&-", false},
                                                 {">&-", true},
                                                 {"<&- >&- 2>&-", true}}) {
            const auto outcome = run_in_shell(words, redirections);
            EXPECT_EQ(outcome.status, lost && prints ? 1 : 0)
                << words << " " << redirections << outcome.errors;
        }
        if (words.starts_with("latency")) {
            const auto svg = read_text_file(plot);
            ASSERT_TRUE(svg);
            EXPECT_TRUE(svg->starts_with("<svg") && svg->ends_with("</svg>\n"));
        }
    }
    for (const std::string redirections : {"<&-", "2>&-", "<&- 2>&-"}) {
        Subprocess server({"sh", "-c", "exec '" PINWHEEL_COMMAND "' feed " + redirections});
        const std::string port = server.read_line();
        EXPECT_EQ(run({"tail", "ws://127.0.0.1:" + port + "/", "--count", "1", "--subscribe", "*"}).status,
                  0);
        server.signal(SIGTERM);
        EXPECT_EQ(server.wait(), 0) << redirections;
    }
    EXPECT_EQ(run_in_shell("feed", ">&-").status, 1);
}

TEST(HostileSurroundings, M5ClosedDescriptorsAreTakenBeforeASocketIs) {
    FeedCommand feed;
    // The server would refuse an error message sent into the socket: it accepts masked frames only.
    const auto outcome =
        run_in_shell("tail --verbose --count 3 --subscribe '*' " + feed.url(), "<&- >/dev/null 2>&-");
    EXPECT_EQ(outcome.status, 0);
    // The output is lost.
    EXPECT_EQ(run_in_shell("rtt --count 10 " + feed.url("/echo"), "<&- >&- 2>&-").status, 1);
    for (const std::string& words :
         {std::string("--help"), std::string("doctor"), "rtt --count 10 " + feed.url("/echo")}) {
        const auto closed = run_in_shell(words, ">&-");
        EXPECT_EQ(closed.status, 1) << words;
        EXPECT_NE(closed.errors.find("standard output cannot be written: Bad file"), std::string::npos)
            << words << ": " << closed.errors;
    }
}

TEST(HostileSurroundings, M6FilesWithoutAnEndAreRefused) {
    const TempDir folder;
    for (const auto& [path, reason] :
         {std::pair(std::string("/dev/zero"), "it has more than"), std::pair(folder.path(""), "directory")}) {
        expect_refusal(run({"config", "check", path}), 2, {path, "cannot be read", reason});
        expect_refusal(run({"feed", "--capture", path}), 2, {path, "cannot be read", reason});
        expect_refusal(run({"rtt", "wss://127.0.0.1:1/", "--ca", path}), 2, {path, "--ca", reason});
        expect_refusal(run({"feed", "--cert", path}), 2, {path, "--cert", reason});
    }
}

TEST(HostileSurroundings, M6PipesAreRead) {
    const TemporaryIdentity identity;
    const std::string command = "'" PINWHEEL_COMMAND "' ";
    const std::string both = "cat '" + identity.certificate_file() + "' '" + identity.key_file() + "'";
    for (const std::string& line :
         {"echo '{\"tls\":{}}' | " + command + "config check /dev/stdin",
          command + "config check <(echo '{\"tls\":{}}')",
          command + "rtt wss://127.0.0.1:1/ --ca <(cat '" + identity.authority_file() + "')",
          command + "feed --address 192.0.2.7 --capture <(printf '1\\t<\\tx\\n')",
          command + "feed --address 192.0.2.7 --cert <(" + both + ")",
          command + "feed --address 192.0.2.7 --cert '" + identity.certificate_file() + "' --key <(cat '" +
              identity.key_file() + "')"}) {
        const auto outcome = Subprocess({"bash", "-c", line}, Subprocess::Errors::kept).finish();
        // Past the file checks: nothing answers there, or the address belongs to another machine.
        EXPECT_EQ(outcome.status, line.find("config check") != std::string::npos ? 0 : 1)
            << line << ": " << outcome.errors;
    }
}

TEST(HostileSurroundings, M6CoresOutOfRangeAreRefused) {
    const TempDir folder;
    for (const std::string cpu : {"4294967296", "-1", "1024", "-4294967296"}) {
        const std::string file = folder.write("config.json", R"({"reactor":{"cpu":)" + cpu + "}}");
        expect_refusal(run({"config", "check", file}), 2, {"reactor.cpu", cpu});
    }
    for (const std::string cpu : {"9223372036854775807", "18446744073709551616", "1e400", "-1e400", "1e3"}) {
        const std::string file = folder.write("config.json", R"({"reactor":{"cpu":)" + cpu + "}}");
        if (cpu != "1e3")
            expect_refusal(run({"config", "check", file}), 2,
                           {"reactor.cpu", "is not a core from 0 to 1023"});
        else  // the same number as 1000
            EXPECT_EQ(run({"config", "check", file}).status, 0);
    }
    for (const auto& [cpu, found] :
         {std::pair("1.5", "a fraction"), {"\"1\"", "a string"}, {"null", "null"}}) {
        const std::string file =
            folder.write("config.json", R"({"reactor":{"cpu":)" + std::string(cpu) + "}}");
        expect_refusal(run({"config", "check", file}), 2,
                       {"reactor.cpu: expected a whole number, found", found});
    }
}

/// Decimal digits and nothing else, in the range that the message names.
TEST(HostileSurroundings, M6WholeNumbersOfTheCommandLineAreDecimalAndInTheirRange) {
    using Words = std::vector<std::string>;
    const Words nowhere{"ws://127.0.0.1:1/"};
    for (const auto& [command, option] : {std::pair<std::string, std::string>("tail", "--cpu"),
                                          {"latency", "--cpu"},
                                          {"echo", "--cpu"},
                                          {"rtt", "--cpu"},
                                          {"tail", "--count"},
                                          {"tail", "--retries"},
                                          {"tail", "--metrics"},
                                          {"latency", "--retries"},
                                          {"rtt", "--size"},
                                          {"rtt", "--count"},
                                          {"feed", "--port"},
                                          {"feed", "--seed"}}) {
        for (const std::string text : {"", " 1", "1 ", "+1", "-1", "0x1", "010", "1e0", "1.0", "1_0", "1'0",
                                       "18446744073709551616", "99999999999999999999999"}) {
            Words words{command};
            if (command != "feed") words.push_back(nowhere.front());
            words.insert(words.end(), {option, text});
            expect_refusal(run(words), 2, {option + ": '" + text + "' is not a whole number from "});
        }
    }
    expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--cpu", "2147483648"}), 2, {"--cpu", "2147483647"});
}

TEST(HostileSurroundings, M6CapturesThatAreNotUtf8AreRefusedWithTheirLine) {
    const TempDir folder;
    const std::string file = folder.write("c.tsv", "1\t<\tgood\n2\t<\tbad \xff\n");
    expect_refusal(run({"feed", "--capture", file}), 2, {"'" + file + "', line 2", "UTF-8"});
}

TEST(HostileSurroundings, M6ATemporaryKeyIsItsOwnersAlone) {
    const mode_t before = ::umask(0);
    const TemporaryIdentity identity;
    ::umask(before);
    struct stat kind {};
    ASSERT_EQ(::stat(identity.key_file().c_str(), &kind), 0);
    EXPECT_EQ(kind.st_mode & 0777U, 0600U);
}

TEST(HostileSurroundings, M6TheAuthorityIsWrittenOnceThePortIsOpen) {
    const FeedCommand feed;
    const TempDir folder;
    const std::string file = folder.write("ca.pem", "old");
    EXPECT_EQ(run({"feed", "--tls", "--ca-out", file, "--port", feed.port()}).status, 1);
    EXPECT_EQ(std::filesystem::file_size(file), 3U);
    expect_refusal(run({"feed", "--tls", "--ca-out", "/dev/full"}), 2, {"--ca-out", "No space"});
    const FeedCommand other({"--tls", "--ca-out", file});
    EXPECT_GT(std::filesystem::file_size(file), 100U);
}

TEST(HostileSurroundings, M6HangupsEndTheFeedCleanly) {
    for (const int number : {SIGHUP, SIGQUIT, SIGINT, SIGTERM}) {
        FeedCommand feed({"--tls"});
        feed.process().signal(number);
        EXPECT_EQ(feed.process().finish().status, 0) << number;
    }
}

TEST(HostileSurroundings, M6HangupsLeaveNoKeyBehind) {
    for (const int number : {SIGHUP, SIGQUIT, SIGINT, SIGTERM}) {
        const TempDir folder;
        const std::string temporary = "TMPDIR=" + folder.path("");
        const auto holds_a_key = [&] {
            const auto files = std::filesystem::recursive_directory_iterator(folder.path(""));
            return std::any_of(begin(files), end(files),
                               [](const auto& file) { return file.path().filename() == "key.pem"; });
        };
        {
            Subprocess demo({"env", temporary, PINWHEEL_COMMAND, "demo", "--seconds", "600"},
                            Subprocess::Errors::kept);
            while (!holds_a_key()) std::this_thread::yield();
            demo.signal(number);
            EXPECT_GE(demo.finish().status, 0) << "ended by the signal " << number;
        }
        {
            Subprocess feed({"env", temporary, PINWHEEL_COMMAND, "feed", "--tls"}, Subprocess::Errors::kept);
            std::ignore = feed.read_line();
            feed.signal(number);
            EXPECT_EQ(feed.finish().status, 0) << number;
        }
        EXPECT_TRUE(std::filesystem::is_empty(folder.path(""))) << number;
    }
}

TEST(HostileSurroundings, M7NothingThatATerminalObeysIsPrinted) {
    EXPECT_EQ(tool::printable("a\x1b]0;x\x07"
                              "b"),
              "a\\x1b]0;x\\x07"
              "b");
    EXPECT_EQ(tool::printable("\xc2\x9b"), "\\u{009b}");
    EXPECT_EQ(tool::printable("\x9b"
                              "1m"),
              "\\x9b1m");
    EXPECT_EQ(tool::printable("\xe2\x80\xae"), "\\u{202e}");
    EXPECT_EQ(tool::printable("\xc0\x9b\xed\xa0\x80"), "\\xc0\\x9b\\xed\\xa0\\x80");
    EXPECT_EQ(tool::printable("\xc3\xa9\n", "\n"), "\xc3\xa9\n");
}

TEST(HostileSurroundings, M7ConfigCheckEscapesTextOfTheFile) {
    const TempDir folder;
    const std::string file =
        folder.write("config.json", R"({"subscriptions":["\u001b[2J\u009b1m\u202e\u0007"]})");
    const auto outcome = run({"config", "check", file});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.output.find("\\x1b[2J\\u{009b}1m\\u{202e}\\x07"), std::string::npos) << outcome.output;
}

}  // namespace
}  // namespace pinwheel::test
