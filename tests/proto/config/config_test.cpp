#include "../../../proto/config/config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../../../core/bounded_text_impl.h"
#include "../../support/temp_dir.h"

namespace pinwheel {
namespace {

std::string error_of(std::string_view json) {
    const auto config = parse_config(json, "app.json");
    return config ? "no error" : config.error().message();
}

TEST(Config, AnEmptyOneIsAllDefaults) {
    const auto config = parse_config("{}");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_FALSE(config->url);
    EXPECT_TRUE(config->subscriptions.empty());
    EXPECT_FALSE(config->mode);
    EXPECT_FALSE(config->cpu);
    EXPECT_EQ(config->limits.limits, WebSocketLimits{});
}

// N8, M6: a file's texts of any size.
TEST(Config, N8AnErrorIsOfBoundedSize) {
    const std::string large(1'000'000, 'x');
    for (const std::string& json :
         {"{\"" + large + "\":1}", "{\"tls\":{\"" + large + "\":1}}", "{\"url\":\"" + large + "\"}",
          "{\"url\":\"ws://" + std::string(8000, 'x') + "_%\"}", "{\"reactor\":{\"mode\":\"" + large + "\"}}",
          "{\"websocket\":{\"" + large + "\":1}}", "{\"websocket\":{\"ping\":{\"" + large + "\":1}}}",
          "{\"websocket\":{\"upgrade\":{\"headers\":{\"" + large + " \":\"a\"}}}}",
          "{\"websocket\":{\"upgrade\":{\"headers\":{\"" + large + "\":\"\\n\"}}}}"}) {
        const auto config = parse_config(json, "app.json");
        ASSERT_FALSE(config) << json.substr(0, 40);
        EXPECT_LE(config.error().detail.size(), detail::kMaxErrorText) << json.substr(0, 40);
        EXPECT_NE(config.error().detail.find("app.json: "), std::string::npos);
    }
    const auto limits = get_websocket_limits("{\"websocket\":{\"" + large + "\":1}}");
    ASSERT_TRUE(limits);
    ASSERT_EQ(limits->warnings.size(), 1U);
    EXPECT_LE(limits->warnings.front().message().size(), 2 * detail::kMaxErrorText);
}

TEST(Config, EachKeyIsRead) {
    const auto config =
        parse_config(R"({"url": "wss://feed.example/x?key=secret", "subscriptions": ["a", "b"],
        "tls": {"ca_file": "ca.pem", "ca_path": "d", "certificate_file": "c", "key_file": "k", "ciphers": "x",
                "cipher_suites": "y", "allow_tls12": false, "allow_tls13": true, "session_resumption": false,
                "honour_sslkeylogfile": true, "records": "in_place"},
        "reactor": {"mode": "busy_spin", "cpu": 1},
        "websocket": {"ping": {"interval": 30}}})");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->url, "wss://feed.example/x?key=secret");
    EXPECT_EQ(config->subscriptions, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(config->tls.ca_file, "ca.pem");
    EXPECT_EQ(config->tls.ca_path, "d");
    EXPECT_EQ(config->tls.certificate_file, "c");
    EXPECT_EQ(config->tls.key_file, "k");
    EXPECT_EQ(config->tls.ciphers, "x");
    EXPECT_EQ(config->tls.cipher_suites, "y");
    EXPECT_FALSE(config->tls.allow_tls12);
    EXPECT_FALSE(config->tls.session_resumption);
    EXPECT_TRUE(config->tls.honour_sslkeylogfile);
    EXPECT_EQ(config->tls.records, TlsRecords::in_place);
    EXPECT_EQ(config->mode, ReactorMode::busy_spin);
    EXPECT_EQ(config->cpu, 1);
    EXPECT_EQ(config->limits.limits.ping_interval, std::chrono::seconds{30});
}

TEST(Config, AnUnknownKeyIsAnErrorWithItsPathAndTheNearestKnownOne) {
    EXPECT_EQ(error_of(R"({"ulr": "wss://a/"})"), "app.json: ulr: unknown key; did you mean 'url'?");
    EXPECT_EQ(error_of(R"({"tls": {"ca_fil": "x"}})"),
              "app.json: tls.ca_fil: unknown key; did you mean 'ca_file'?");
    EXPECT_EQ(error_of(R"({"reactor": {"moed": "epoll"}})"),
              "app.json: reactor.moed: unknown key; did you mean 'mode'?");
    EXPECT_EQ(error_of(R"({"websocket": {"pong": {}}})"),
              "app.json: websocket.pong: unknown key; did you mean 'ping'?");
    EXPECT_EQ(error_of(R"({"websocket": {"ping": {"intervall": 5}}})"),
              "app.json: websocket.ping.intervall: unknown key; did you mean 'interval'?");
    EXPECT_EQ(error_of(R"({"websocket": {"upgrade": {"header": {}}}})"),
              "app.json: websocket.upgrade.header: unknown key; did you mean 'headers'?");
    EXPECT_EQ(error_of(R"({"websocket": {"upgrad": {}}})"),
              "app.json: websocket.upgrad: unknown key; did you mean 'upgrade'?");
    EXPECT_EQ(error_of(R"({"colour": 1})"), "app.json: colour: unknown key");
    EXPECT_EQ(error_of(R"({"tls": {"kernel_tls": true}})"), "app.json: tls.kernel_tls: unknown key");  // N9
}

TEST(Config, AWrongTypeNamesTheExpectedAndTheFoundType) {
    EXPECT_EQ(error_of("[1]"), "app.json: the whole: expected an object, found an array");
    EXPECT_EQ(error_of(R"({"url": 5})"), "app.json: url: expected a string, found a number");
    EXPECT_EQ(error_of(R"({"subscriptions": "a"})"),
              "app.json: subscriptions: expected an array of strings, found a string");
    EXPECT_EQ(error_of(R"({"subscriptions": ["a", null]})"),
              "app.json: subscriptions.1: expected a string, found null");
    EXPECT_EQ(error_of(R"({"tls": {"allow_tls12": "yes"}})"),
              "app.json: tls.allow_tls12: expected true or false, found a string");
    EXPECT_EQ(error_of(R"({"reactor": {"cpu": 1.5}})"),
              "app.json: reactor.cpu: expected a whole number, found a fraction");
    EXPECT_EQ(error_of(R"({"tls": {"records": "fast"}})"),
              "app.json: tls.records: 'fast' is neither 'openssl' nor 'in_place'");
    EXPECT_EQ(error_of(R"({"tls": {"records": true}})"),
              "app.json: tls.records: expected a string, found true or false");
    EXPECT_EQ(error_of(R"({"reactor": {"mode": "fast"}})"),
              "app.json: reactor.mode: 'fast' is neither 'epoll' nor 'busy_spin'");
    const auto limits = parse_config(R"({"websocket": {"ping": {"interval": "often"}}})");
    ASSERT_TRUE(limits);
    EXPECT_EQ(limits->limits.warnings.size(), 1U);
}

TEST(Config, TheDangerousOptionHasNoKey) {
    EXPECT_NE(
        error_of(R"({"tls": {"dangerously_disable_certificate_verification": true}})").find("unknown key"),
        std::string::npos);
}

TEST(Config, AUrlThatCannotBeIsNamedWithoutItsQuery) {
    const auto error = error_of(R"({"url": "wss://host:0/?key=secret"})");
    EXPECT_EQ(error.find("app.json: url: "), 0U) << error;
    EXPECT_EQ(error.find("secret"), std::string::npos) << error;
}

TEST(Config, AHeaderThatCannotBeSentIsNamedWithoutItsValue) {
    const auto error = error_of(R"({"websocket": {"upgrade": {"headers": {"X-Key": "secret\r\nB: c"}}}})");
    EXPECT_EQ(error.find("app.json: websocket.upgrade: "), 0U) << error;
    EXPECT_NE(error.find("X-Key"), std::string::npos) << error;
    EXPECT_EQ(error.find("secret"), std::string::npos) << error;
}

TEST(Config, NoJsonIsAnErrorWithItsPlace) {
    EXPECT_EQ(error_of("{\n \"url\" 5}").find("app.json:2:"), 0U) << error_of("{\n \"url\" 5}");
}

TEST(Config, IsDescribedWithWhereEachValueCameFrom) {
    const auto config = parse_config(
        R"({"url": "wss://feed.example/x?key=secret", "websocket": {"ping": {"interval": 1, "timeout": 7}}})");
    ASSERT_TRUE(config);
    const auto lines = config->describe();
    const auto has = [&lines](std::string_view line) {
        return std::find(lines.begin(), lines.end(), line) != lines.end();
    };
    EXPECT_TRUE(has("url = wss://feed.example/x (config)"));
    EXPECT_TRUE(has("subscriptions = none (default)"));
    EXPECT_TRUE(has("tls.session_resumption = true (default)"));
    EXPECT_TRUE(has("tls.records = openssl (default)"));
    EXPECT_TRUE(has("ping_interval = 5 s (clamped: the config asks for 1 s, the bounds are 5 to 60)"));
    EXPECT_TRUE(has("ping_timeout = 7 s (config)"));
    EXPECT_TRUE(has("queue_size = 65536 (default)"));
}

TEST(Config, IsReadFromAFileWhoseNameIsInTheErrors) {
    const test::TempDir folder;
    const auto path = folder.write("app.json", R"({"ulr": 1})");
    EXPECT_EQ(load_config(path).error().message(), path + ": ulr: unknown key; did you mean 'url'?");
    const auto missing = folder.path("missing.json");
    EXPECT_EQ(load_config(missing).error().message(),
              missing + ": cannot be read (No such file or directory)");
}

}  // namespace
}  // namespace pinwheel
