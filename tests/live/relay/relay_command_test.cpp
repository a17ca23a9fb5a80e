// pinwheel relay, and tail of its messages, from a user's point of view.
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

#include "../../tools/command.h"
#include "nats_server.h"
#include "relayed.h"

namespace pinwheel {
namespace {

using namespace test;
using namespace std::chrono_literals;

std::vector<std::string> relay_words(const FeedCommand& venue, const NatsServer& server,
                                     std::vector<std::string> more = {}) {
    std::vector<std::string> words{"relay",     "--venue",         "okx-v5", "--url",      venue.url(),
                                   "--channel", "trades:BTC-USDT", "--nats", server.url(), "--stream",
                                   "OKX",       "--epoll"};
    words.insert(words.end(), more.begin(), more.end());
    return pinwheel(words);
}

TEST(RelayCommand, WhatTheVenueSendsIsInTheStreamOnceThoughARelayIsKilled) {
    const NatsServer server;
    const FeedCommand venue({"--venue", "okx-v5"});
    Subprocess first(relay_words(venue, server), Subprocess::Errors::kept);
    Subprocess second(relay_words(venue, server, {"--seconds", "4"}), Subprocess::Errors::kept);
    EXPECT_EQ(first.read_line(), "relaying to md.okx-v5.>");
    EXPECT_EQ(second.read_line(), "relaying to md.okx-v5.>");
    // Once the stream has messages, both are up or about to be.
    const auto up =
        run({"tail", server.url() + "/md.okx-v5.>", "--epoll", "--retries", "0", "--count", "20"});
    EXPECT_EQ(up.status, 0) << up.errors;
    Subprocess reference(pinwheel({"tail", "--venue", "okx-v5", "--url", venue.url(), "--channel",
                                   "trades:BTC-USDT", "--epoll", "--count", "100"}),
                         Subprocess::Errors::kept);
    const std::string began = reference.read_line();
    first.signal(SIGKILL);
    const auto wanted = reference.finish();
    const auto outcome = second.finish();
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_NE(outcome.output.find(", 0 dropped\n"), std::string::npos) << outcome.output;
    const auto tail = run({"tail", server.url() + "/md.okx-v5.trades.*", "--epoll", "--since",
                           "2001-01-01T00:00:00Z", "--seconds", "1"});
    std::multiset<std::string> stored;
    std::istringstream lines(tail.output);
    for (std::string line; std::getline(lines, line);) stored.insert(line);
    EXPECT_GT(stored.size(), 100U);
    for (const auto& line : stored) EXPECT_EQ(stored.count(line), 1U) << line;
    std::istringstream all(began + "\n" + wanted.output);
    for (std::string line; std::getline(all, line);) EXPECT_EQ(stored.count(line), 1U) << line;
}

TEST(RelayCommand, TailShowsTheNewestThenFollows) {
    const NatsServer server;
    const FeedCommand venue({"--venue", "okx-v5"});
    Subprocess relay(relay_words(venue, server, {"--metrics", "0"}), Subprocess::Errors::kept);
    EXPECT_EQ(relay.read_line(), "relaying to md.okx-v5.>");
    const auto live = run({"tail", server.url() + "/md.>", "--epoll", "--retries", "0", "--count", "10",
                           "--filter", "/arg/channel"});
    std::string trades;
    for (int i = 0; i < 10; ++i) trades += "\"trades\"\n";
    EXPECT_EQ(live.output, trades) << live.errors;
    const auto newest = run({"tail", server.url() + "/md.okx-v5.trades.BTC-USDT", "--epoll", "--last", "5",
                             "--count", "12", "--timestamps"});
    EXPECT_EQ(newest.status, 0) << newest.errors;
    EXPECT_EQ(lines_of(newest.output), 12U);
    std::set<std::string> different;
    std::istringstream lines(newest.output);
    for (std::string line; std::getline(lines, line);) different.insert(line);
    EXPECT_EQ(different.size(), 12U);
}

TEST(RelayCommand, WhatCannotBeIsRefusedInOneLine) {
    const std::vector<std::string> venue{"relay", "--venue", "okx-v5", "--channel", "trades:BTC-USDT"};
    const auto with = [&](std::vector<std::string> more) {
        std::vector<std::string> words = venue;
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    };
    expect_refusal(run({"relay", "--nats", "nats://127.0.0.1:1"}), 2, {"--venue is required"});
    expect_refusal(with({}), 2, {"--nats is required", "nats://HOST:PORT"});
    expect_refusal(with({"--nats", "http://u:secret@h"}), 2, {"'http://h' is not nats://HOST:PORT"});
    expect_refusal(with({"--nats", "nats://127.0.0.1:1", "--duplicates", "11"}), 2, {"2 to 10 s"});
    expect_refusal(with({"--nats", "nats://127.0.0.1:1", "--stream", "a.b"}), 2, {"stream 'a.b'"});
    expect_refusal(with({"--nats", "nats://127.0.0.1:1", "--nats-creds", "/nowhere"}), 2, {"/nowhere"});
    expect_refusal(with({"--nats", "nats://127.0.0.1:1", "--nats-cert", "a.pem"}), 2, {"--nats-key"});
    expect_refusal(run({"tail", "nats://127.0.0.1:1"}), 2, {"nats://HOST:PORT/md.okx-v5.>"});
    expect_refusal(run({"tail", "nats://127.0.0.1:1/md.>", "--last", "1", "--since", "2001-01-01T00:00:00Z"}),
                   2, {"--since", "--last"});
    expect_refusal(run({"tail", "ws://127.0.0.1:1/", "--last", "1"}), 2, {"nats://HOST:PORT/SUBJECT"});
    expect_refusal(run({"tail", "nats://127.0.0.1:1/md.>", "--retries", "0"}), 1,
                   {"nats://127.0.0.1:1: No server available"});
    const auto secret = run({"tail", "nats://u:hunter2@127.0.0.1:1/md.>", "--retries", "0"});
    EXPECT_EQ(secret.status, 1);
    EXPECT_EQ(secret.errors.find("hunter2"), std::string::npos) << secret.errors;
}

TEST(RelayCommand, TheServersAbsenceIsToldAndLivedThrough) {
    NatsServer server;
    const FeedCommand venue({"--venue", "okx-v5"});
    server.stop(SIGTERM);
    Subprocess relay(relay_words(venue, server, {"--seconds", "3"}), Subprocess::Errors::kept);
    EXPECT_EQ(relay.read_line(), "relaying to md.okx-v5.>");
    std::this_thread::sleep_for(1s);  // the feed continues
    server.start();
    const auto outcome = relay.finish();
    EXPECT_EQ(outcome.status, 0) << outcome.errors;
    EXPECT_NE(outcome.errors.find("No server available"), std::string::npos) << outcome.errors;
    EXPECT_NE(outcome.errors.find("relaying again"), std::string::npos) << outcome.errors;
    EXPECT_NE(outcome.output.find(", 0 dropped\n"), std::string::npos) << outcome.output;
}

}  // namespace
}  // namespace pinwheel
