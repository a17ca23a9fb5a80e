// Section 11 of the behaviour: options and configuration in a manager.

#include <array>
#include <cmath>
#include <limits>

#include "../support/managed.h"

namespace pinwheel::test {
namespace {

using namespace std::chrono_literals;
using Seconds = WebSocketOptions::Seconds;

struct DurationRow {
    const char* field;
    std::optional<Seconds> WebSocketOptions::*option;
    double default_seconds;
};
const std::vector<DurationRow> kRows{
    {"ping_interval", &WebSocketOptions::ping_interval, 20},
    {"ping_timeout", &WebSocketOptions::ping_timeout, 10},
    {"connection_timeout", &WebSocketOptions::connection_timeout, 30},
    {"reconnect_delay", &WebSocketOptions::reconnect_delay, 1},
    {"max_reconnect_delay", &WebSocketOptions::max_reconnect_delay, 60},
    {"stable_connection_time", &WebSocketOptions::stable_connection_time, 60},
    {"server_unavailable_delay", &WebSocketOptions::server_unavailable_delay, 30},
    {"max_retry_after", &WebSocketOptions::max_retry_after, 3600},
    {"disconnect_check_interval", &WebSocketOptions::disconnect_check_interval, 10},
    {"reconnect_check_interval", &WebSocketOptions::reconnect_check_interval, 5},
    {"disconnect_margin", &WebSocketOptions::disconnect_margin, 300},
    {"disconnect_alert_interval", &WebSocketOptions::disconnect_alert_interval, 300},
    {"connection_lifetime", &WebSocketOptions::connection_lifetime, 0},
    {"close_timeout", &WebSocketOptions::close_timeout, 2},
};

/// The place where a field takes effect.
Duration resolved(const SessionSettings& settings, const std::string& field) {
    const auto& session = settings.session;
    if (field == "ping_interval") return session.keepalive.interval;
    if (field == "ping_timeout") return session.keepalive.timeout;
    if (field == "connection_timeout") return settings.connection.connection_timeout;
    if (field == "reconnect_delay") return session.reconnect.delay;
    if (field == "max_reconnect_delay") return session.reconnect.max_delay;
    if (field == "stable_connection_time") return session.reconnect.stable_connection_time;
    if (field == "server_unavailable_delay") return session.reconnect.server_unavailable_delay;
    if (field == "max_retry_after") return session.reconnect.max_retry_after;
    if (field == "disconnect_check_interval") return session.window.disconnect_check_interval;
    if (field == "reconnect_check_interval") return session.window.reconnect_check_interval;
    if (field == "disconnect_margin") return session.window.disconnect_margin;
    if (field == "connection_lifetime") return session.window.connection_lifetime;
    if (field == "close_timeout") return settings.connection.close_timeout;
    return settings.disconnect_alert_interval;
}

class Limits : public ManagedTest {
  protected:
    /// The error of the options. No manager is made.
    std::string refusal() {
        std::string text;
        try {
            make();
        } catch (const WebSocketError& error) {
            EXPECT_EQ(error.code(), Errc::invalid_argument);
            text = error.what();
        }
        return text;
    }
};

TEST_F(Limits, EachFieldHasItsDefault) {
    const auto settings = resolve({});
    ASSERT_TRUE(settings);
    for (const auto& row : kRows)
        EXPECT_EQ(resolved(*settings, row.field),
                  std::chrono::duration_cast<Duration>(Seconds(row.default_seconds)))
            << row.field;
    EXPECT_EQ(settings->session.reconnect.max_attempts, 10U);
    EXPECT_EQ(settings->queue_size, 65'536U);
    EXPECT_EQ(settings->queue_bytes, 268'435'456U);
    EXPECT_EQ(settings->session.reconnect.strategy, ReconnectStrategy::exponential_backoff);
    EXPECT_TRUE(settings->session.auto_reconnect);
    EXPECT_EQ(settings->session.reconnect.jitter, 0.1);
    EXPECT_EQ(settings->connection.max_message_size, std::size_t{64} << 20);
    EXPECT_EQ(settings->connection.send_buffer_limit, std::size_t{16} << 20);
    EXPECT_EQ(settings->overflow, OverflowPolicy::drop_newest);
}

TEST_F(Limits, AnOptionIsNotClamped) {
    for (const auto& row : kRows) {
        WebSocketOptions one;
        one.*row.option = Seconds(12345.5);
        const auto settings = resolve(one);
        ASSERT_TRUE(settings) << settings.error().message();
        EXPECT_EQ(resolved(*settings, row.field), 12345500ms) << row.field;
    }
}

TEST_F(Limits, ANegativeNanOrInfiniteOptionIsAnErrorThatNamesTheField) {
    for (const double value : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()})
        for (const auto& row : kRows) {
            options.*row.option = Seconds(value);
            EXPECT_TRUE(refusal().starts_with(row.field)) << row.field << ": " << refusal();
            options.*row.option = std::nullopt;
        }
    EXPECT_EQ(refusal(), "");
}

TEST_F(Limits, OtherValuesThatCannotBeNameTheFieldToo) {
    const auto expect = [this](const char* field, const std::function<void(WebSocketOptions&)>& spoil) {
        const WebSocketOptions before = options;
        spoil(options);
        EXPECT_NE(refusal().find(field), std::string::npos) << field << ": " << refusal();
        options.~WebSocketOptions();
        new (&options) WebSocketOptions(before);
    };
    expect("reconnect_jitter", [](auto& o) { o.reconnect_jitter = 1.5; });
    expect("reconnect_jitter", [](auto& o) { o.reconnect_jitter = -0.1; });
    expect("reconnect_jitter", [](auto& o) { o.reconnect_jitter = std::nan(""); });
    expect("ping_timeout", [](auto& o) { o.ping_timeout = 0s; });
    expect("connection_timeout", [](auto& o) { o.connection_timeout = 0s; });
    expect("disconnect_check_interval", [](auto& o) { o.disconnect_check_interval = 0s; });
    expect("reconnect_check_interval", [](auto& o) { o.reconnect_check_interval = 0s; });
    expect("disconnect_margin", [](auto& o) { o.connection_lifetime = 100s; });
    expect("max_message_size", [](auto& o) { o.max_message_size = 0; });
    expect("send_buffer_limit", [](auto& o) { o.send_buffer_limit = 0; });
    expect("header", [](auto& o) { o.upgrade.headers.push_back({"Bad Name", "x"}); });
}

TEST_F(Limits, AConfigIsClampedAndAnOptionOverridesIt) {
    auto config = get_websocket_limits(
        R"({"websocket":{"ping":{"interval":1,"timeout":12},"queue":{"size":18446744073709551616},
            "reconnect":{"delay":"soon","max_attempts":3}}})");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->warnings.size(), 1U) << "a wrong type";
    WebSocketOptions with;
    with.config = *config;
    with.ping_timeout = 100s;
    const auto settings = resolve(with);
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->session.keepalive.interval, 5s) << "clamped";
    EXPECT_EQ(settings->session.keepalive.timeout, 100s) << "the option, not clamped";
    EXPECT_EQ(settings->queue_size, 4'194'304U);
    EXPECT_EQ(settings->session.reconnect.max_attempts, 3U);
    EXPECT_EQ(settings->session.reconnect.delay, 1s) << "the default";
}

TEST_F(Limits, TheConfigReachesEachPartAndAnOptionOverridesIt) {
    constexpr std::string_view kConfig = R"({"websocket":{
        "connection":{"lifetime":86400,"close_timeout":5},
        "reconnect":{"jitter":0.5,"strategy":"immediate"},
        "messages":{"max_size":2048}, "send":{"buffer_limit":8192}, "queue":{"overflow":"backpressure"},
        "upgrade":{"headers":{"X-Key":"secret"},"subprotocols":["v2"]}}})";
    WebSocketOptions own;
    own.config = get_websocket_limits(kConfig);
    const auto by_config = resolve(own);
    ASSERT_TRUE(by_config) << by_config.error().message();
    EXPECT_EQ(by_config->session.window.connection_lifetime, 24h);
    EXPECT_EQ(by_config->connection.close_timeout, 5s);
    EXPECT_EQ(by_config->session.reconnect.jitter, 0.5);
    EXPECT_EQ(by_config->session.reconnect.strategy, ReconnectStrategy::immediate);
    EXPECT_EQ(by_config->connection.max_message_size, 2048U);
    EXPECT_EQ(by_config->connection.send_buffer_limit, 8192U);
    EXPECT_EQ(by_config->overflow, OverflowPolicy::backpressure);
    ASSERT_EQ(by_config->connection.upgrade.headers.size(), 1U);
    EXPECT_EQ(by_config->connection.upgrade.headers[0].value, "secret");
    EXPECT_EQ(by_config->connection.upgrade.subprotocols, (std::vector<std::string>{"v2"}));

    own.connection_lifetime = 0s;
    own.close_timeout = 2s;
    own.reconnect_jitter = 0.1;
    own.reconnect_strategy = ReconnectStrategy::exponential_backoff;
    own.max_message_size = 7;
    own.send_buffer_limit = 8;
    own.overflow = OverflowPolicy::drop_newest;
    own.upgrade = {.headers = {{"X-Other", "x"}}, .subprotocols = {"v1"}};
    const auto by_option = resolve(own);
    ASSERT_TRUE(by_option) << by_option.error().message();
    EXPECT_EQ(by_option->session.window.connection_lifetime, 0s);
    EXPECT_EQ(by_option->connection.close_timeout, 2s);
    EXPECT_EQ(by_option->session.reconnect.jitter, 0.1);
    EXPECT_EQ(by_option->session.reconnect.strategy, ReconnectStrategy::exponential_backoff);
    EXPECT_EQ(by_option->connection.max_message_size, 7U);
    EXPECT_EQ(by_option->connection.send_buffer_limit, 8U);
    EXPECT_EQ(by_option->overflow, OverflowPolicy::drop_newest);
    ASSERT_EQ(by_option->connection.upgrade.headers.size(), 1U);
    EXPECT_EQ(by_option->connection.upgrade.headers[0].name, "X-Other");
    EXPECT_EQ(by_option->connection.upgrade.subprotocols, (std::vector<std::string>{"v1"}));
}

TEST_F(Limits, AFileThatDoesNotParseIsAnErrorWithItsPathAndPlace) {
    const auto broken = get_websocket_limits("{\n  \"websocket\": {,}\n}", "app.json");
    ASSERT_FALSE(broken);
    EXPECT_TRUE(broken.error().message().starts_with("app.json:2:")) << broken.error().message();
    EXPECT_TRUE(load_websocket_limits("/nonexistent/app.json")
                    .error()
                    .message()
                    .starts_with("/nonexistent/app.json"));
}

}  // namespace
}  // namespace pinwheel::test
