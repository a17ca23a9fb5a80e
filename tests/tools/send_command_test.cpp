// What `pinwheel tail` sends: texts at each connect, lines of its input, headers and subprotocols.

#include <cstdlib>
#include <mutex>
#include <string>

#include "../support/frames.h"
#include "../support/temp_dir.h"
#include "command.h"
#include "scripted.h"

namespace pinwheel::test {
namespace {

TEST(Send, TextsLeaveInTheirOrder) {
    const FeedCommand feed;
    const auto outcome =
        run({"tail", feed.url("/echo"), "--send", "one", "--send", R"({"op":"two"})", "--count", "2"});
    EXPECT_EQ(outcome.output, "one\n{\"op\":\"two\"}\n");
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
}

TEST(Send, TextsLeaveAtEachConnect) {
    const RawServer server(upgraded_and(text_frame("hello")), RawServer::Then::close_after_text);
    const TempDir folder;
    const std::string config = folder.write("now.json", R"({"websocket": {"reconnect": {"delay": 0}}})");
    const auto outcome = run({"tail", "ws://" + server.authority() + "/", "--config", config, "--send",
                              "more", "--count", "3", "--retries", "1000", "--epoll"});
    EXPECT_EQ(outcome.output, "hello\nhello\nhello\n") << outcome.errors;
}

TEST(Send, LinesOfAPipeLeaveAsTheyCome) {
    const FeedCommand feed;
    for (const std::string mode : {"--spin", "--epoll"}) {
        std::vector<std::string> words{"tail", feed.url("/echo")};
        if (mode == "--epoll") words.push_back(mode);
        Subprocess tail(pinwheel(words), Subprocess::Errors::kept);
        tail.write("first\r\n\nsec");
        EXPECT_EQ(tail.read_line(), "first") << mode;
        tail.write("ond\n\xff\nthird");
        EXPECT_EQ(tail.read_line(), "second");
        tail.close_input();
        EXPECT_EQ(tail.read_line(), "third") << "the last line has no end";
        tail.signal(SIGTERM);
        const auto outcome = tail.finish();
        EXPECT_EQ(outcome.status, 0);
        EXPECT_NE(outcome.errors.find("not UTF-8"), std::string::npos) << outcome.errors;
    }
}

TEST(Send, AFileIsReadOnRequest) {
    const FeedCommand feed;
    const TempDir folder;
    std::string lines;
    for (int i = 0; i < 20'000; ++i) lines += "line " + std::to_string(i) + "\n";
    const std::string file = folder.write("lines", lines);
    for (const std::string mode : {"", " --epoll"}) {
        Subprocess tail(
            {"/bin/sh", "-c",
             "exec " PINWHEEL_COMMAND " tail " + feed.url("/echo") + mode + " -i --count 20000 < " + file},
            Subprocess::Errors::kept);
        EXPECT_EQ(tail.finish().output, lines) << mode;
    }
}

TEST(Send, AnInputWithoutLinesChangesNothing) {
    const RawServer server(upgraded_and(text_frame("one") + close_frame(1000)));
    Subprocess tail(
        {"/bin/sh", "-c", "exec " PINWHEEL_COMMAND " tail ws://" + server.authority() + "/ -i < /dev/null"},
        Subprocess::Errors::kept);
    const auto outcome = tail.finish();
    EXPECT_EQ(outcome.output, "one\n") << outcome.errors;
    EXPECT_EQ(outcome.status, 0);
}

TEST(Send, ATooLongLineEndsTheInputAlone) {
    const FeedCommand feed;
    Subprocess tail(
        {"/bin/sh", "-c", "exec " PINWHEEL_COMMAND " tail " + feed.url("/echo") + " --epoll 2>&1"},
        Subprocess::Errors::kept);
    tail.write("before\n");
    EXPECT_EQ(tail.read_line(), "before");
    tail.write(std::string((std::size_t{1} << 20) + 1000, 'x'));
    EXPECT_NE(tail.read_line().find("longer than a message may be"), std::string::npos);
    tail.signal(SIGTERM);
    EXPECT_EQ(tail.finish().status, 0);
}

TEST(Send, RefusesTextsThatCannotBeSent) {
    expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--send", "\xff"}), 2, {"--send '\\xff' is not UTF-8"});
    expect_refusal(run({"tail", "--venue", "okx-v5", "--channel", "trades:BTC-USDT", "--send", "x"}), 2,
                   {"--send", "--venue"});
}

/// Refuses the upgrade, and keeps its request.
class RequestKeeper {
  public:
    [[nodiscard]] std::string url() const { return "ws://" + server_.authority() + "/"; }
    [[nodiscard]] std::string request() const {
        const std::lock_guard lock(mutex_);
        return request_;
    }

  private:
    mutable std::mutex mutex_;
    std::string request_;
    RawServer server_{[this](const std::string& request) {
        const std::lock_guard lock(mutex_);
        request_ = request;
        return std::string("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    }};
};

TEST(Send, HeadersComeFromFilesAndTheEnvironment) {
    const TempDir folder;
    const std::string file = folder.write("headers", "# keys\r\nX-One: 1\r\n\nX-Two:two\n");
    const RequestKeeper server;
    Subprocess tail(
        {"/usr/bin/env", "TOKEN=Bearer abc", PINWHEEL_COMMAND, "tail", server.url(), "--header-file", file,
         "--header-env", "Authorization=TOKEN", "--subprotocol", "v2", "--subprotocol", "v1"},
        Subprocess::Errors::kept);
    const auto outcome = tail.finish();
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.errors.find("abc"), std::string::npos);
    for (const std::string line :
         {"\r\nX-One: 1\r\n", "\r\nX-Two: two\r\n", "\r\nAuthorization: Bearer abc\r\n",
          "\r\nSec-WebSocket-Protocol: v2, v1\r\n"})
        EXPECT_NE(server.request().find(line), std::string::npos) << line << " in " << server.request();
}

TEST(Send, NamesTheFaultOfAHeader) {
    const TempDir folder;
    const std::string file = folder.write("headers", "X-One: 1\nsecret without colon\n");
    const std::string url = "ws://127.0.0.1:1/";
    const auto outcome = run({"tail", url, "--header-file", file});
    expect_refusal(outcome, 2, {"--header-file '" + file + "' line 2", "'Name: value'"});
    EXPECT_EQ(outcome.errors.find("secret"), std::string::npos);
    expect_refusal(run({"tail", url, "--header-file", folder.path("none")}), 2, {"--header-file", "none"});
    expect_refusal(run({"tail", url, "--header-env", "X-Key"}), 2, {"NAME=VARIABLE"});
    expect_refusal(run({"tail", url, "--header-env", "X-Key=NO_SUCH_VARIABLE_HERE"}), 2,
                   {"'NO_SUCH_VARIABLE_HERE'", "export it"});
    expect_refusal(run({"tail", url, "--subprotocol", "a b"}), 2, {"subprotocol"});
    expect_refusal(run({"tail", url, "--cert", "a.pem"}), 2, {"--cert", "--key"});
}

TEST(Send, UnverifiedCertificatesAreAcceptedOnRequestAndTold) {
    FeedCommand feed({"--tls"});
    const auto refused = run({"tail", feed.tls_url(), "--subscribe", "*", "--count", "1"});
    EXPECT_EQ(refused.status, 1);
    const auto outcome = run({"tail", feed.tls_url(), "--subscribe", "*", "--count", "1",
                              "--dangerously-disable-certificate-verification"});
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_NE(outcome.errors.find("certificates are not verified"), std::string::npos);
}

}  // namespace
}  // namespace pinwheel::test
