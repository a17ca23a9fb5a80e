#include <array>
#include <atomic>
#include <chrono>
#include <new>
#include <string>
#include <thread>
#include <tuple>

#include "../../tools/pinwheel/commands/latest.h"
#include "../../tools/pinwheel/terminal/metrics_server.h"
#include "../support/frames.h"
#include "command.h"
#include "scripted.h"

namespace pinwheel::test {
namespace {

const std::string kGoodbye = close_frame(1000);

TEST(TailOutput, IsFilteredAndIndented) {
    const RawServer server(upgraded_and(text_frame(R"({"a":{"b":[1,2]}})") + text_frame("plain") +
                                        text_frame(R"({"c":1})") + kGoodbye));
    const std::string url = "ws://" + server.authority() + "/";
    EXPECT_EQ(run({"tail", url, "--filter", "/a/b"}).output, "[1,2]\n");
    EXPECT_EQ(run({"tail", url, "--filter", "/a", "--pretty"}).output,
              "{\n  \"b\": [\n    1,\n    2\n  ]\n}\n");
    EXPECT_EQ(run({"tail", url, "--pretty", "--count", "2"}).output,
              "{\n  \"a\": {\n    \"b\": [\n      1,\n      2\n    ]\n  }\n}\nplain\n");
    const auto counted = run({"tail", url, "--filter", "/c", "--stats-json"});
    EXPECT_EQ(counted.output, "1\n{\"messages\":1,\"bytes\":7}\n");
    expect_refusal(run({"tail", url, "--filter", "a"}), 2, {"--filter 'a' is not a JSON pointer"});
}

TEST(TailOutput, ExitsOnRequest) {
    const RawServer server(upgraded_and(text_frame("one") + text_frame("two")), RawServer::Then::hold);
    const std::string url = "ws://" + server.authority() + "/";
    for (const std::string when : {"each", "batch"}) {
        Subprocess tail(pinwheel({"tail", url, "--flush", when, "--epoll"}), Subprocess::Errors::kept);
        EXPECT_EQ(tail.read_line(), "one") << when;
        EXPECT_EQ(tail.read_line(), "two") << when;
        tail.signal(SIGTERM);
        EXPECT_EQ(tail.finish().status, 0);
    }
    EXPECT_EQ(run({"tail", url, "--flush", "end", "--count", "2"}).output, "one\ntwo\n");
    expect_refusal(run({"tail", url, "--flush", "never"}), 2, {"--flush 'never'", "each, batch or end"});
}

TEST(TailOutput, PrintsEachStepOnRequest) {
    const RawServer server(upgraded_and(text_frame("one") + kGoodbye));
    const auto outcome = run({"tail", "ws://" + server.authority() + "/?key=secret", "-v"});
    EXPECT_EQ(outcome.output, "one\n");
    EXPECT_NE(outcome.errors.find("s: connect -> connecting"), std::string::npos) << outcome.errors;
    EXPECT_NE(outcome.errors.find("-> open"), std::string::npos) << outcome.errors;
    EXPECT_EQ(outcome.errors.find("secret"), std::string::npos);
}

TEST(TailMetrics, AreServedWhileItRuns) {
    const FeedCommand feed;
    Subprocess tail({"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1 >/dev/null", PINWHEEL_COMMAND, "tail",
                     feed.url(), "--subscribe", "*", "--metrics", "0", "--epoll"},
                    Subprocess::Errors::kept);
    const std::string line = tail.read_line();
    const std::string before = "metrics are at http://127.0.0.1:";
    ASSERT_NE(line.find(before), std::string::npos) << line;
    const auto port = static_cast<std::uint16_t>(std::stoi(line.substr(line.find(before) + before.size())));
    std::string answer;
    const auto has_samples = [&] {
        const auto at = answer.find("\npinwheel_message_latency_seconds_count ");
        return at != std::string::npos && answer.substr(at + 40, 2) != "0\n";
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!has_samples() && std::chrono::steady_clock::now() < deadline)
        answer = answer_of(port, "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n");
    EXPECT_TRUE(has_samples()) << answer;
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
    for (const std::string name :
         {"pinwheel_connects_total 1\n", "pinwheel_messages_received_total ", "le=\"+Inf\"} "})
        EXPECT_NE(answer.find(name), std::string::npos) << name << answer;
    tail.signal(SIGTERM);
    EXPECT_EQ(tail.finish().status, 0);
}

TEST(TailMetrics, RefuseAPortInUse) {
    const FeedCommand feed;
    expect_refusal(run({"tail", feed.url(), "--metrics", feed.port()}), 1,
                   {"--metrics", "127.0.0.1:" + feed.port(), "Address already in use", "another port"});
}

TEST(MetricsServer, AnswersGetOfOnePath) {
    const auto status = [](const std::string& head) {
        const std::string all = tool::answer_metrics_request(head, [] { return std::string("metrics"); });
        return all.substr(9, 3) + (all.ends_with("\r\n\r\nmetrics") ? " with metrics" : "");
    };
    EXPECT_EQ(status("GET /metrics HTTP/1.1\r\n"), "200 with metrics");
    EXPECT_EQ(status("GET /metrics?a=b HTTP/1.0\r\n"), "200 with metrics");
    EXPECT_EQ(status("HEAD /metrics HTTP/1.1\r\n"), "200");
    EXPECT_EQ(status("GET / HTTP/1.1\r\n"), "404");
    EXPECT_EQ(status("POST /metrics HTTP/1.1\r\n"), "405");
    for (const std::string bad : {"", "\r\n", "GET\r\n", "GET /metrics\r\n", "GET /metrics SPDY\r\n"})
        EXPECT_EQ(status(bad), "400") << bad;
}

TEST(MetricsServer, TakesARequestInPieces) {
    const tool::MetricsServer server(0, [] { return std::string(100'000, 'm'); });
    const std::string answer =
        answer_of(server.port(), "GET /metrics HTTP/1.1\r\nX: " + std::string(4000, 'x') + "\r\n\r\n");
    EXPECT_TRUE(answer.ends_with(std::string(100'000, 'm')));
    EXPECT_EQ(answer_of(server.port(), std::string(20'000, 'x')), "");
}

/// M1: a request has a size limit, even if its end comes. A visitor is cut off there.
TEST(MetricsServer, M1EndsAVisitorWhoseRequestIsLargerThanTheBound) {
    const tool::MetricsServer server(0, [] { return std::string("m"); });
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Endpoint there = *Endpoint::parse("127.0.0.1", server.port());
    ASSERT_EQ(::connect(fd.get(), there.data(), there.size()), 0);
    const std::string request =
        "GET /metrics HTTP/1.1\r\nX: " + std::string(std::size_t{64} << 10, 'x') + "\r\n\r\n";
    std::ignore = ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);  // a reset may come between
    std::array<char, 64> answer{};
    EXPECT_LE(::recv(fd.get(), answer.data(), answer.size(), 0), 0);
    EXPECT_TRUE(answer_of(server.port(), "GET /metrics HTTP/1.1\r\n\r\n").ends_with("m"));
}

/// M1: if an allocation for one visitor fails, the rest are served.
TEST(MetricsServer, M1BadAllocEndsOneVisitor) {
    std::atomic<int> calls{0};
    const tool::MetricsServer server(0, [&] {
        if (calls++ == 0) throw std::bad_alloc();
        return std::string("m");
    });
    EXPECT_EQ(answer_of(server.port(), "GET /metrics HTTP/1.1\r\n\r\n"), "");
    EXPECT_TRUE(answer_of(server.port(), "GET /metrics HTTP/1.1\r\n\r\n").ends_with("m"));
}

TEST(Latest, HandsOverTheNewestAcrossThreads) {
    tool::Latest<std::array<std::uint64_t, 64>> latest;
    constexpr std::uint64_t kRounds = 20'000;
    std::jthread writer([&] {
        std::array<std::uint64_t, 64> value{};
        for (std::uint64_t i = 1; i <= kRounds; ++i) {
            value.fill(i);
            latest.publish(value);
        }
    });
    std::uint64_t last = 0;
    while (last < kRounds) {
        const auto& value = latest.read();
        ASSERT_GE(value[0], last);
        last = value[0];
        for (const auto one : value) ASSERT_EQ(one, last);
    }
    writer.join();
    EXPECT_EQ(latest.read()[0], kRounds);
}

}  // namespace
}  // namespace pinwheel::test
