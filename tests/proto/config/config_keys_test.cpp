#include "../../../proto/config/config_keys.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../../../proto/config/config.h"

namespace pinwheel {
namespace {

/// A config that has null at this path.
std::string config_with(const std::string& path) {
    std::string text = "null";
    for (std::size_t end = path.size(); end != std::string::npos;) {
        const auto dot = path.rfind('.', end - 1);
        const auto begin = dot == std::string::npos ? 0 : dot + 1;
        text = "{\"" + path.substr(begin, end - begin) + "\": " + text + "}";
        end = dot;
    }
    return text;
}

TEST(ConfigKeys, AreKnownToTheReader) {
    for (const ConfigKey& key : config_keys()) {
        const auto config = parse_config(config_with(key.path));
        const std::string said = config ? config->limits.warnings.at(0).message() : config.error().message();
        EXPECT_NE(said.find(key.path + ": expected "), std::string::npos) << said;
    }
}

TEST(ConfigKeys, TellTheDefaultsThatAnEmptyConfigHas) {
    const auto lines = parse_config("{}")->describe();
    const auto keys = config_keys();
    EXPECT_EQ(lines.size(), keys.size());
    for (const ConfigKey& key : keys) {
        const std::string line =
            (key.field.empty() ? key.path : key.field) + " = " + key.fallback + " (default)";
        EXPECT_NE(std::find(lines.begin(), lines.end(), line), lines.end()) << line;
        EXPECT_FALSE(key.expected.empty() || key.why.empty()) << key.path;
    }
}

TEST(ConfigKeys, TellBoundsAndWords) {
    const auto keys = config_keys();
    const auto expected = [&](std::string_view path) {
        const auto key =
            std::find_if(keys.begin(), keys.end(), [&](const auto& one) { return one.path == path; });
        return key == keys.end() ? "not there" : key->expected;
    };
    EXPECT_EQ(expected("websocket.ping.interval"), "a number of seconds, 5 to 60");
    EXPECT_EQ(expected("websocket.reconnect.max_attempts"), "a whole number or \"unlimited\", 0 to 100");
    EXPECT_EQ(expected("websocket.queue.overflow"), "one of 'drop_newest', 'backpressure'");
    EXPECT_EQ(expected("tls.allow_tls12"), "true or false");
    EXPECT_EQ(expected("websocket.upgrade.headers"), "an object of strings");
}

}  // namespace
}  // namespace pinwheel
