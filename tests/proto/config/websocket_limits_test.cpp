#include "../../../proto/config/websocket_limits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>

#include "../../../proto/policy/reconnect_policy.h"
#include "../../support/temp_dir.h"

namespace pinwheel {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

ResolvedLimits resolve(std::string_view json) {
    auto resolved = get_websocket_limits(json);
    EXPECT_TRUE(resolved) << resolved.error().message();
    return resolved ? *resolved : ResolvedLimits{};
}

std::string config(const LimitRow& row, const std::string& value) {
    return R"({"websocket":{")" + std::string(row.group) + R"(":{")" + std::string(row.key) + R"(":)" +
           value + "}}}";
}

const LimitValue& value_of(const ResolvedLimits& resolved, std::string_view field) {
    for (const auto& value : resolved.values)
        if (value.row->field == field) return value;
    ADD_FAILURE() << "no field " << field;
    return resolved.values.front();
}

TEST(Limits, DefaultsAndBoundsAreThoseOfTheTable) {
    struct Expected {
        std::string_view field;
        std::string_view path;
        double fallback, min, max;
    };
    const Expected expected[] = {
        {"ping_interval", "websocket.ping.interval", 20, 5, 60},
        {"ping_timeout", "websocket.ping.timeout", 10, 5, 30},
        {"connection_timeout", "websocket.connection.timeout", 30, 5, 120},
        {"reconnect_delay", "websocket.reconnect.delay", 1, 0, 300},
        {"max_reconnect_delay", "websocket.reconnect.max_delay", 60, 1, 600},
        {"max_reconnect_attempts", "websocket.reconnect.max_attempts", 10, 0, 100},
        {"stable_connection_time", "websocket.reconnect.stable_connection_time", 60, 10, 300},
        {"server_unavailable_delay", "websocket.reconnect.server_unavailable_delay", 30, 10, 300},
        {"max_retry_after", "websocket.reconnect.max_retry_after", 3600, 1, 86'400},
        {"queue_size", "websocket.queue.size", 65536, 0, 4194304},
        {"queue_bytes", "websocket.queue.bytes", 268435456, 1048576, 17179869184},
        {"disconnect_check_interval", "websocket.proactive.disconnect_check_interval", 10, 1, 60},
        {"reconnect_check_interval", "websocket.proactive.reconnect_check_interval", 5, 0.5, 60},
        {"disconnect_margin", "websocket.proactive.disconnect_margin", 300, 60, 3600},
        {"disconnect_alert_interval", "websocket.alerts.disconnect_interval", 300, 30, 3600},
        {"connection_lifetime", "websocket.connection.lifetime", 0, 0, 604800},
        {"close_timeout", "websocket.connection.close_timeout", 2, 0.1, 30},
        {"reconnect_jitter", "websocket.reconnect.jitter", 0.1, 0, 1},
        {"max_message_size", "websocket.messages.max_size", 67108864, 1024, 4294967296},
        {"send_buffer_limit", "websocket.send.buffer_limit", 16777216, 4096, 4294967296},
    };
    const auto table = websocket_limit_table();
    const ResolvedLimits defaults;
    ASSERT_EQ(table.size(), std::size(expected));
    for (std::size_t i = 0; i < table.size(); ++i) {
        EXPECT_EQ(table[i].field, expected[i].field);
        EXPECT_EQ(table[i].path(), expected[i].path);
        EXPECT_EQ(table[i].min, expected[i].min) << table[i].field;
        EXPECT_EQ(table[i].max, expected[i].max) << table[i].field;
        EXPECT_FALSE(table[i].why.empty()) << table[i].field;
        EXPECT_EQ(defaults.values[i].value, expected[i].fallback) << table[i].field;
        EXPECT_EQ(defaults.values[i].origin, LimitOrigin::default_value);
    }
}

TEST(Limits, AnEmptyConfigGivesTheDefaults) {
    for (const auto* json : {"{}", R"({"websocket":{}})", R"({"websocket":{"ping":{}},"other":[1]})"}) {
        const auto resolved = resolve(json);
        EXPECT_EQ(resolved.limits, WebSocketLimits{}) << json;
        EXPECT_TRUE(resolved.warnings.empty()) << json;
    }
}

TEST(Limits, EachKeySetsItsOwnField) {
    for (const auto& row : websocket_limit_table()) {
        const double asked = row.is_count() ? row.max - 1 : row.max - 0.25;
        const auto resolved = resolve(config(row, std::to_string(asked)));
        EXPECT_TRUE(resolved.warnings.empty()) << row.field;
        for (const auto& value : resolved.values) {
            const bool is_set = value.row == &row;
            EXPECT_EQ(value.origin == LimitOrigin::config, is_set)
                << value.row->field << " by " << row.path();
            if (is_set) {
                EXPECT_EQ(value.value, asked) << row.field;
            }
        }
        EXPECT_NE(resolved.limits, WebSocketLimits{}) << row.field;
    }
}

TEST(Limits, ValuesReachTheLimitsInTheirUnits) {
    const auto limits = resolve(R"({"websocket":{
        "ping":{"interval":30,"timeout":7.5},
        "reconnect":{"max_attempts":3,"delay":0},
        "queue":{"size":0},
        "proactive":{"reconnect_check_interval":0.5},
        "alerts":{"disconnect_interval":60}}})")
                            .limits;
    EXPECT_EQ(limits.ping_interval, 30s);
    EXPECT_EQ(limits.ping_timeout, 7500ms);
    EXPECT_EQ(limits.max_reconnect_attempts, 3U);
    EXPECT_EQ(limits.reconnect_delay, 0s);
    EXPECT_EQ(limits.queue_size, 0U);
    EXPECT_EQ(limits.reconnect_check_interval, 500ms);
    EXPECT_EQ(limits.disconnect_alert_interval, 60s);
    EXPECT_EQ(limits.connection_timeout, 30s);
}

TEST(Limits, AValueBeyondABoundIsClampedAndSaidToBe) {
    for (const auto& row : websocket_limit_table()) {
        const auto low = resolve(config(row, "-1"));
        EXPECT_EQ(value_of(low, row.field).value, row.min) << row.field;
        EXPECT_EQ(value_of(low, row.field).origin, LimitOrigin::clamped) << row.field;
        EXPECT_EQ(value_of(low, row.field).asked, -1) << row.field;
        const auto high = resolve(config(row, "1e15"));
        EXPECT_EQ(value_of(high, row.field).value, row.max) << row.field;
        EXPECT_EQ(value_of(high, row.field).origin, LimitOrigin::clamped) << row.field;
        const auto bound = resolve(config(row, std::to_string(row.max)));
        EXPECT_EQ(value_of(bound, row.field).origin, LimitOrigin::config) << row.field;
    }
    EXPECT_EQ(resolve(R"({"websocket":{"ping":{"interval":1}}})").limits.ping_interval, 5s);
    EXPECT_EQ(resolve(R"({"websocket":{"queue":{"size":1e9}}})").limits.queue_size, 4'194'304U);
}

TEST(Limits, S9NumbersBeyondTheRangeOfTypesAreClampedLikeOthers) {
    for (const std::string huge :
         {"18446744073709551616", "1e15", "99999999999999999999999999", "1e400", "1000000000000000000000.0"})
        for (const auto& row : websocket_limit_table()) {
            EXPECT_EQ(value_of(resolve(config(row, huge)), row.field).value, row.max) << row.field << huge;
            EXPECT_EQ(value_of(resolve(config(row, "-" + huge)), row.field).value, row.min)
                << row.field << huge;
        }
    EXPECT_FALSE(get_websocket_limits(R"({"websocket":{"queue":{"size":01}}})"));
    EXPECT_FALSE(get_websocket_limits(R"({"websocket":{"queue":{"size":184467440737095516160-}}})"));
    EXPECT_TRUE(get_websocket_limits(R"({"18446744073709551616\"":"18446744073709551616"})"));
}

TEST(Limits, UnlimitedAttemptsMustBeRequested) {
    const auto resolved = resolve(R"({"websocket":{"reconnect":{"max_attempts":"unlimited"}}})");
    EXPECT_EQ(resolved.limits.max_reconnect_attempts, kUnlimited);
    EXPECT_TRUE(resolved.warnings.empty());
    EXPECT_EQ(value_of(resolved, "max_reconnect_attempts").describe(),
              "max_reconnect_attempts = unlimited (config)");
    EXPECT_EQ(resolve(R"({"websocket":{"queue":{"size":"unlimited"}}})").warnings.size(), 1U);
    EXPECT_EQ(
        resolve(R"({"websocket":{"reconnect":{"max_attempts":4294967295}}})").limits.max_reconnect_attempts,
        100U);
}

TEST(Limits, AWrongTypeTakesTheDefaultAndIsReported) {
    const std::pair<std::string, std::string> wrong[] = {{R"("20")", "a string"},
                                                         {"true", "true or false"},
                                                         {"null", "null"},
                                                         {"[20]", "an array"},
                                                         {R"({"s":20})", "an object"}};
    for (const auto& row : websocket_limit_table())
        for (const auto& [json, found] : wrong) {
            const auto resolved = resolve(config(row, json));
            EXPECT_EQ(resolved.limits, WebSocketLimits{}) << row.field;
            ASSERT_EQ(resolved.warnings.size(), 1U) << row.field;
            EXPECT_EQ(resolved.warnings[0].path, row.path());
            EXPECT_EQ(resolved.warnings[0].found, found);
            EXPECT_EQ(resolved.warnings[0].expected, row.can_be_unlimited ? "a whole number or \"unlimited\""
                                                     : row.is_count()     ? "a whole number"
                                                     : row.field == "reconnect_jitter"
                                                         ? "a number"
                                                         : "a number of seconds");
        }
}

TEST(Limits, AWarningHasTheExpectedTheFoundAndTheUsedValue) {
    const auto resolved = resolve(R"({"websocket":{"ping":{"interval":"20"},"queue":{"size":1.5}}})");
    ASSERT_EQ(resolved.warnings.size(), 2U);
    EXPECT_EQ(resolved.warnings[0].message(),
              "websocket.ping.interval: expected a number of seconds, found a string; 20 s is used");
    EXPECT_EQ(resolved.warnings[1].message(),
              "websocket.queue.size: expected a whole number, found a fraction; 65536 is used");
}

TEST(Limits, AGroupOfTheWrongTypeIsReported) {
    const auto message = [](std::string_view json) {
        const auto resolved = resolve(json);
        EXPECT_EQ(resolved.limits, WebSocketLimits{});
        return resolved.warnings.size() == 1 ? resolved.warnings[0].message() : "not one warning";
    };
    EXPECT_EQ(message("[]"), "the whole config: expected an object, found an array; ignored");
    EXPECT_EQ(message(R"({"websocket":7})"), "websocket: expected an object, found a number; ignored");
    EXPECT_EQ(message(R"({"websocket":{"ping":20}})"),
              "websocket.ping: expected an object, found a number; ignored");
}

TEST(Limits, AnUnknownKeyIsReported) {
    const auto resolved =
        resolve(R"({"websocket":{"ping":{"intervall":20},"pong":{"interval":20},"interval":20}})");
    ASSERT_EQ(resolved.warnings.size(), 3U);
    EXPECT_EQ(resolved.warnings[0].message(), "websocket.ping.intervall: unknown key, ignored");
    EXPECT_EQ(resolved.warnings[1].message(), "websocket.pong: unknown key, ignored");
    EXPECT_EQ(resolved.warnings[2].message(), "websocket.interval: unknown key, ignored");
}

TEST(Limits, EachValueHasItsSource) {
    auto resolved = resolve(R"({"websocket":{"ping":{"interval":1,"timeout":8}}})");
    EXPECT_FALSE(resolved.set_option("queue_size", 5.0).failed());
    EXPECT_EQ(value_of(resolved, "ping_interval").describe(),
              "ping_interval = 5 s (clamped: the config asks for 1 s, the bounds are 5 to 60)");
    EXPECT_EQ(value_of(resolved, "ping_timeout").describe(), "ping_timeout = 8 s (config)");
    EXPECT_EQ(value_of(resolved, "queue_size").describe(), "queue_size = 5 (option)");
    EXPECT_EQ(value_of(resolved, "reconnect_delay").describe(), "reconnect_delay = 1 s (default)");
}

TEST(Limits, AnOptionOverridesTheConfigAndIsNotClamped) {
    auto resolved = resolve(R"({"websocket":{"ping":{"interval":30}}})");
    EXPECT_FALSE(resolved.set_option("ping_interval", 50ms).failed());
    EXPECT_EQ(resolved.limits.ping_interval, 50ms);
    EXPECT_FALSE(resolved.set_option("queue_size", 4'000'000'000.0).failed());
    EXPECT_EQ(resolved.limits.queue_size, 4'000'000'000U);
    EXPECT_FALSE(resolved.set_option("max_reconnect_delay", Seconds(1e300)).failed());
    EXPECT_EQ(resolved.limits.max_reconnect_delay, Duration::max());
}

TEST(Limits, ANegativeNanOrInfiniteOptionIsAnErrorThatNamesTheField) {
    for (const auto& row : websocket_limit_table())
        for (const double value : {-1.0, -1e-9, std::nan(""), std::numeric_limits<double>::infinity(),
                                   -std::numeric_limits<double>::infinity()}) {
            ResolvedLimits resolved;
            const Error error = resolved.set_option(row.field, value);
            EXPECT_EQ(error.code, Errc::invalid_argument) << row.field;
            EXPECT_TRUE(error.message().starts_with(std::string(row.field) + " is ")) << error.message();
            EXPECT_EQ(resolved.limits, WebSocketLimits{});
        }
    ResolvedLimits resolved;
    EXPECT_EQ(resolved.set_option("queue_size", 1.5).message(),
              "queue_size is 1.5; give a whole number below 2^32");
    EXPECT_EQ(resolved.set_option("queue_size", 4294967296.0).code, Errc::invalid_argument);
    EXPECT_FALSE(resolved.set_option("queue_bytes", 4294967296.0).failed());
    EXPECT_EQ(resolved.limits.queue_bytes, 4294967296U);
    EXPECT_EQ(resolved.set_option("queue_bytes", 0x1p53).message(),
              "queue_bytes is 9.00719925474e+15; give a whole number below 2^53");
    EXPECT_EQ(resolved.set_option("ping_interval", Seconds(-1)).message(),
              "ping_interval is -1; give a finite value, 0 or more");
    EXPECT_EQ(resolved.set_option("no_such", 1.0).message(), "no_such: unknown option");
}

TEST(Limits, WordsAreRead) {
    const auto resolved = resolve(
        R"({"websocket":{"reconnect":{"strategy":"fixed_delay"},"queue":{"overflow":"backpressure"}}})");
    EXPECT_EQ(resolved.reconnect_strategy, ReconnectStrategy::fixed_delay);
    EXPECT_EQ(resolved.overflow, OverflowPolicy::backpressure);
    EXPECT_TRUE(resolved.warnings.empty());
    const auto all = resolve(R"({"websocket":{"reconnect":{"strategy":"callback_controlled"}}})");
    EXPECT_EQ(all.reconnect_strategy, ReconnectStrategy::callback_controlled);
    EXPECT_FALSE(all.overflow);
}

TEST(Limits, AnUnknownWordIsReportedWithThoseThatAreKnown) {
    const auto resolved =
        resolve(R"({"websocket":{"reconnect":{"strategy":"secret"},"queue":{"overflow":5}}})");
    EXPECT_FALSE(resolved.reconnect_strategy);
    EXPECT_FALSE(resolved.overflow);
    ASSERT_EQ(resolved.warnings.size(), 2U);
    EXPECT_EQ(
        resolved.warnings[0].message(),
        "websocket.reconnect.strategy: expected one of 'immediate', 'fixed_delay', "
        "'exponential_backoff', 'callback_controlled', found another word; exponential_backoff is used");
    EXPECT_EQ(resolved.warnings[1].message(),
              "websocket.queue.overflow: expected one of 'drop_newest', 'backpressure', found a number; "
              "drop_newest is used");
}

TEST(Limits, HeadersAndSubprotocolsAreReadInOrderAndValuesAreNotDescribed) {
    const auto resolved = resolve(
        R"({"websocket":{"upgrade":{"headers":{"X-Key":"secret","A":"b"},"subprotocols":["v2","v1"]}}})");
    EXPECT_TRUE(resolved.warnings.empty());
    ASSERT_EQ(resolved.upgrade.headers.size(), 2U);
    EXPECT_EQ(resolved.upgrade.headers[0].name, "X-Key");
    EXPECT_EQ(resolved.upgrade.headers[0].value, "secret");
    EXPECT_EQ(resolved.upgrade.headers[1].name, "A");
    EXPECT_EQ(resolved.upgrade.subprotocols, (std::vector<std::string>{"v2", "v1"}));
    std::string text;
    for (const auto& line : resolved.describe()) text += line + "\n";
    EXPECT_NE(text.find("upgrade.headers = X-Key, A (config)\n"), std::string::npos) << text;
    EXPECT_NE(text.find("upgrade.subprotocols = v2, v1 (config)\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("secret"), std::string::npos) << text;
}

TEST(Limits, HeadersOfTheWrongTypeAreReportedWithoutTheirValues) {
    const auto message = [](std::string_view json) {
        const auto resolved = resolve(json);
        EXPECT_TRUE(resolved.upgrade.headers.empty() && resolved.upgrade.subprotocols.empty());
        return resolved.warnings.size() == 1 ? resolved.warnings[0].message() : "not one warning";
    };
    EXPECT_EQ(message(R"({"websocket":{"upgrade":{"headers":["X: secret"]}}})"),
              "websocket.upgrade.headers: expected an object of strings, found an array; ignored");
    EXPECT_EQ(message(R"({"websocket":{"upgrade":{"headers":{"A":"secret","B":5}}}})"),
              "websocket.upgrade.headers: expected an object of strings, found a number in it; ignored");
    EXPECT_EQ(message(R"({"websocket":{"upgrade":{"subprotocols":"v1"}}})"),
              "websocket.upgrade.subprotocols: expected an array of strings, found a string; ignored");
    EXPECT_EQ(message(R"({"websocket":{"upgrade":{"subprotocols":["v1",null]}}})"),
              "websocket.upgrade.subprotocols: expected an array of strings, found null in it; ignored");
}

TEST(Limits, TextThatDoesNotParseIsAnErrorWithItsPlace) {
    const auto broken = get_websocket_limits("{\n  \"websocket\": {\n    \"ping\": {\"interval\": 20,}\n}}");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, Errc::invalid_argument);
    EXPECT_EQ(broken.error().message(), "config:3:29: not valid JSON: expected a key in double quotes");
    EXPECT_EQ(get_websocket_limits("", "app.json").error().message(),
              "app.json:1:1: not valid JSON: expected a value");
}

TEST(Limits, AFileThatDoesNotParseIsAnErrorWithItsPathAndPlace) {
    const test::TempDir dir;
    const std::string path = dir.write("limits.json", "{\"websocket\": nil}");
    EXPECT_EQ(load_websocket_limits(path).error().message(),
              path + ":1:15: not valid JSON: expected a value");
}

TEST(Limits, AFileIsReadCompletely) {
    const test::TempDir dir;
    const std::string path =
        dir.write("limits.json", std::string(10'000, ' ') + R"({"websocket":{"queue":{"size":7}}})" + "\n");
    const auto resolved = load_websocket_limits(path);
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->limits.queue_size, 7U);
}

TEST(Limits, AFileThatCannotBeReadIsAnErrorWithItsPath) {
    const test::TempDir dir;
    EXPECT_EQ(load_websocket_limits(dir.path("none.json")).error().message(),
              dir.path("none.json") + ": cannot be read (No such file or directory)");
    EXPECT_EQ(load_websocket_limits(dir.path(".")).error().message(),
              dir.path(".") + ": cannot be read (Is a directory)");
}

}  // namespace
}  // namespace pinwheel
