#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12 under a sanitizer, inside std::regex
#endif

#include <chrono>
#include <csignal>
#include <functional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "../support/temp_dir.h"
#include "command.h"

namespace pinwheel::test {
namespace {

/// A terminal of 90 columns by 24 rows. A shell in it prints `before`, runs `pinwheel tail`, and prints its
/// status and whether the terminal's modes are unchanged.
class Pane {
  public:
    explicit Pane(const std::vector<std::string>& words) {
        std::string command = "'" PINWHEEL_COMMAND "' tail";
        for (const auto& word : words) command += " '" + word + "'";
        const std::string script =
            folder_.write("script", "trap : INT\nprintf 'before\\n'\na=$(stty -g)\nsh -c 'echo $$ > " +
                                        pid_file_ + "; exec \"$@\"' - " + command +
                                        "\ns=$?\nb=$(stty -g)\n[ \"$a\" = \"$b\" ] && m=same || m=changed\n"
                                        "echo \"status $s, modes $m\"\nexec cat\n");
        const std::string config = folder_.write("tmux.conf", "set -g status off\n");
        std::ignore = tmux({"-u", "-f", config, "new-session", "-d", "-x", "90", "-y", "24", "env",
                            "LC_ALL=C.UTF-8", "/bin/sh", script});
    }
    ~Pane() {
        try {
            std::ignore = tmux({"kill-server"});
        } catch (const std::exception&) {
            ADD_FAILURE() << "tmux cannot be ended";
        }
    }
    Pane(const Pane&) = delete;
    Pane& operator=(const Pane&) = delete;

    [[nodiscard]] std::vector<std::string> screen() const {
        std::istringstream in(tmux({"-u", "capture-pane", "-p"}));
        std::vector<std::string> lines;
        for (std::string line; std::getline(in, line);) {
            line.resize(line.find_last_not_of(' ') + 1);
            lines.push_back(line);
        }
        while (!lines.empty() && lines.back().empty()) lines.pop_back();
        return lines;
    }
    /// The first screen that satisfies the condition, or the last one seen.
    [[nodiscard]] std::vector<std::string> wait_for(
        const std::function<bool(const std::vector<std::string>&)>& wanted) const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        auto lines = screen();
        while (!wanted(lines) && std::chrono::steady_clock::now() < deadline) lines = screen();
        return lines;
    }
    [[nodiscard]] std::vector<std::string> wait_for_line(const std::string& pattern) const {
        const std::regex line(pattern);
        return wait_for([&](const auto& lines) {
            return std::any_of(lines.begin(), lines.end(),
                               [&](const std::string& one) { return std::regex_match(one, line); });
        });
    }
    void press(const std::string& key) const { std::ignore = tmux({"send-keys", key}); }
    void resize(const std::string& columns, const std::string& rows) const {
        std::ignore = tmux({"resize-window", "-x", columns, "-y", rows});
    }
    /// Sent to the command itself.
    void signal(int number) const {
        std::ifstream in(pid_file_);
        pid_t pid = 0;
        in >> pid;
        ASSERT_GT(pid, 0);
        ASSERT_EQ(::kill(pid, number), 0);
    }
    /// True if the cursor is visible, and the screen is the normal one.
    void expect_as_found() const {
        EXPECT_EQ(tmux({"display-message", "-p", "#{cursor_flag} #{alternate_on} #{wrap_flag}"}), "1 0 1\n");
    }

  private:
    [[nodiscard]] std::string tmux(std::vector<std::string> words) const {
        const std::vector<std::string> start{"tmux", "-S", folder_.path("socket")};
        words.insert(words.begin(), start.begin(), start.end());
        const auto outcome = Subprocess(std::move(words), Subprocess::Errors::kept).finish();
        if (outcome.status != 0) throw std::runtime_error("tmux: " + outcome.errors);
        return outcome.output;
    }

    const TempDir folder_;
    const std::string pid_file_ = folder_.path("pid");
};

using Lines = std::vector<std::string>;

const std::string kTime = R"( *[\d.]+ (ns|us|ms|s))";

TEST(LiveTerminal, HasTheLayoutThatIsExpected) {
    const FeedCommand feed({"--rate", "2000"});
    const Pane pane({feed.url(), "--subscribe", "trades.BTC-USD", "--epoll"});
    const auto lines = pane.wait_for_line("  last 1 s " + kTime + kTime + kTime);
    const Lines expected{
        R"(pinwheel tail  ws://127\.0\.0\.1:\d+/ +\d:\d\d:\d\d)",
        "",
        R"(state       CONNECTED, connection 1, up \d:\d\d:\d\d)",
        R"(rate        [\d,]+ messages/s, [\d.]+ k?B/s +(▁|▂|▃|▄|▅|▆|▇|█)+)",
        R"(total       [\d,]+ messages, [\d.]+ k?B)",
        "",
        "latency           p50      p99      max  arrival to handler",
        "  last 1 s " + kTime + kTime + kTime,
        "  overall  " + kTime + kTime + kTime,
        "  p99 by s  (▁|▂|▃|▄|▅|▆|▇|█)+",
        "",
        "gaps        0 dropped, 0 disconnects",
        "round trip  -",
        R"(ring        \d+ queued, high water \d+)",
        "",
        R"(last        \{"type":"trade","channel":"trades\.BTC-USD".*(\}|\.\.))",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "ctrl-C ends",
    };
    ASSERT_EQ(lines.size(), expected.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
        EXPECT_TRUE(std::regex_match(lines[i], std::regex(expected[i]))) << lines[i];
    EXPECT_EQ(lines[0].size(), 90U);
}

TEST(LiveTerminal, LeavesTheTerminalAsItWas) {
    const FeedCommand feed({"--rate", "2000"});
    const auto leave = [&](const std::function<void(const Pane&)>& end, const std::string& status) {
        const Pane pane({feed.url(), "--subscribe", "*"});
        std::ignore = pane.wait_for_line("ctrl-C ends");
        end(pane);
        EXPECT_EQ(pane.wait_for_line("status .*"), (Lines{"before", "status " + status + ", modes same"}));
        pane.expect_as_found();
    };
    leave([](const Pane& pane) { pane.press("C-c"); }, "0");
    leave([](const Pane& pane) { pane.signal(SIGTERM); }, "0");
    const Pane pane({feed.url(), "--subscribe", "*"});
    std::ignore = pane.wait_for_line("ctrl-C ends");
    pane.signal(SIGHUP);
    const auto lines = pane.wait_for_line("status .*");
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines.front(), "before");
    EXPECT_EQ(lines.back(), "status 129, modes same");
    pane.expect_as_found();
}

TEST(LiveTerminal, PrintsAnErrorOnTheRestoredScreen) {
    FeedCommand feed;
    const Pane pane({feed.url(), "--subscribe", "*", "--retries", "0"});
    std::ignore = pane.wait_for_line("state +CONNECTED.*");
    feed.process().signal(SIGKILL);
    const auto lines = pane.wait_for_line("status .*");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0], "before");
    EXPECT_TRUE(lines[1].starts_with("pinwheel: ")) << lines[1];
    EXPECT_EQ(lines[2], "status 1, modes same");
    pane.expect_as_found();
}

TEST(LiveTerminal, FollowsTheSizeOfTheScreenAndReportsTheLeast) {
    const FeedCommand feed({"--rate", "2000"});
    const Pane pane({feed.url(), "--subscribe", "*", "--epoll"});
    std::ignore = pane.wait_for_line("ctrl-C ends");
    pane.resize("80", "16");
    const auto smaller = pane.wait_for([](const Lines& lines) {
        return lines.size() == 16 && lines[0].size() == 80 && lines.back() == "ctrl-C ends";
    });
    ASSERT_EQ(smaller.size(), 16U);
    EXPECT_EQ(smaller[1].substr(0, 5), "state") << "without blank lines";
    pane.resize("90", "14");
    const auto line = pane.wait_for_line(R"(CONNECTED, [\d,]+ messages, .*)");
    ASSERT_EQ(line.size(), 4U);
    EXPECT_EQ(line[1] + line[2],
              "pinwheel: the terminal has 90 columns by 14 rows, the live view needs 60 columns by 15 "
              "rows; showing a status line instead");
    pane.resize("90", "24");
    EXPECT_EQ(pane.wait_for([](const Lines& lines) { return lines.size() == 24; }).size(), 24U);
    pane.press("C-c");
    EXPECT_EQ(pane.wait_for_line("status .*").back(), "status 0, modes same");
    pane.expect_as_found();
}

TEST(LiveTerminal, PrintsMessagesOnRequest) {
    const FeedCommand feed;
    const Pane pane(
        {feed.url(), "--subscribe", "trades.BTC-USD", "--count", "2", "--filter", "/type", "--messages"});
    EXPECT_EQ(pane.wait_for_line("status .*"),
              (Lines{"before", "\"subscribed\"", "\"trade\"", "status 0, modes same"}));
}

}  // namespace
}  // namespace pinwheel::test
