#include <string>

#include "../support/temp_dir.h"
#include "command.h"

namespace pinwheel::test {
namespace {

TEST(ConfigCheck, PrintsEachValueWithWhereItCameFrom) {
    const TempDir folder;
    const std::string file = folder.write("feed.json", R"({"url": "wss://feed.example/a?key=secret",
        "subscriptions": ["trades"], "websocket": {"ping": {"interval": 1, "timeout": "soon"}}})");
    const auto outcome = run({"config", "check", file});
    EXPECT_EQ(outcome.status, 0);
    for (const std::string line :
         {"url = wss://feed.example/a (config)\n", "subscriptions = trades (config)\n",
          "ping_interval = 5 s (clamped: the config asks for 1 s", "reactor.cpu = none (default)\n"})
        EXPECT_NE(outcome.output.find(line), std::string::npos) << line << outcome.output;
    EXPECT_EQ(outcome.output.find("secret"), std::string::npos);
    EXPECT_EQ(lines_of(outcome.errors), 1U);
    EXPECT_NE(outcome.errors.find("warning: websocket.ping.timeout"), std::string::npos) << outcome.errors;
}

TEST(ConfigCheck, RefusesAFileThatIsNoConfig) {
    const TempDir folder;
    const auto refuses = [](const std::string& file, const std::vector<std::string>& words) {
        expect_refusal(run({"config", "check", file}), 2, words);
        expect_refusal(run({"tail", "--config", file}), 2, words);
    };
    refuses(folder.path("none.json"), {"none.json", "No such file"});
    refuses(folder.path(""), {folder.path("")});
    refuses(folder.write("cut.json", "{\n \"url\":"), {"cut.json:2:"});
    refuses(folder.write("unknown.json", R"({"subscription": []})"),
            {"unknown.json: subscription: unknown key; did you mean 'subscriptions'?"});
    refuses(folder.write("kind.json", R"({"reactor": {"cpu": "one"}})"),
            {"reactor.cpu: expected a whole number, found a string"});
    expect_refusal(run({"config", "check"}), 2, {"FILE is required", "pinwheel config check --help"});
    expect_refusal(run({"config", "chek", "x"}), 2, {"'chek'; did you mean 'check'?"});
}

TEST(ConfigKeys, AreListedInThreeForms) {
    const auto text = run({"config", "keys"});
    EXPECT_EQ(text.status, 0) << text.errors;
    EXPECT_NE(text.output.find("websocket.ping.interval\n    a number of seconds, 5 to 60; default 20 s\n"),
              std::string::npos)
        << text.output;
    const auto markdown = run({"config", "keys", "--format", "markdown"});
    EXPECT_NE(markdown.output.find("| `reactor.mode` |  | epoll | 'epoll' or 'busy_spin' | "),
              std::string::npos)
        << markdown.output;
    const auto man = run({"config", "keys", "--format", "man"});
    EXPECT_NE(man.output.find(".TP\n.B tls.ca_file\n"), std::string::npos) << man.output;
    expect_refusal(run({"config", "keys", "--format", "xml"}), 2, {"xml", "markdown"});
}

TEST(Config, SuppliesOptionsThatTheCommandLineOverrides) {
    const TempDir folder;
    const FeedCommand feed;
    const std::string file = folder.write(
        "feed.json", R"({"url": ")" + feed.url() +
                         R"(", "subscriptions": ["trades.BTC-USD"], "reactor": {"mode": "epoll"}})");
    const auto from_file = run({"tail", "--config", file, "--count", "3"});
    EXPECT_EQ(from_file.status, 0) << from_file.errors;
    EXPECT_NE(from_file.output.find("trades.BTC-USD"), std::string::npos);

    const std::string nowhere =
        folder.write("nowhere.json", R"({"url": "ws://127.0.0.1:1/", "subscriptions": ["trades.BTC-USD"]})");
    const auto overridden = run({"tail", feed.url(), "--config", nowhere, "--count", "1", "--spin"});
    EXPECT_EQ(overridden.status, 0) << overridden.errors;

    const std::string elsewhere = folder.write("none.json", R"({"reactor": {"mode": "epoll"}})");
    expect_refusal(run({"tail", "--config", elsewhere}), 2, {"URL is required", "--config"});
    const std::string authority =
        folder.write("ca.json", R"({"url": "wss://127.0.0.1:1/", "tls": {"ca_file": "/none.pem"}})");
    expect_refusal(run({"tail", "--config", authority}), 2, {authority + ": tls.ca_file '/none.pem'"});
}

}  // namespace
}  // namespace pinwheel::test
