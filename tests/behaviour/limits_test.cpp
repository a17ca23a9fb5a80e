// Section 11 of the behaviour: options and configuration, as a manager takes them.

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
    {"disconnect_check_interval", &WebSocketOptions::disconnect_check_interval, 10},
    {"reconnect_check_interval", &WebSocketOptions::reconnect_check_interval, 5},
    {"disconnect_margin", &WebSocketOptions::disconnect_margin, 300},
    {"disconnect_alert_interval", &WebSocketOptions::disconnect_alert_interval, 300},
};

/// Where a field ends up.
Duration resolved(const SessionSettings& settings, const std::string& field) {
    const auto& session = settings.session;
    if (field == "ping_interval") return session.keepalive.interval;
    if (field == "ping_timeout") return session.keepalive.timeout;
    if (field == "connection_timeout") return settings.connection.connection_timeout;
    if (field == "reconnect_delay") return session.reconnect.delay;
    if (field == "max_reconnect_delay") return session.reconnect.max_delay;
    if (field == "stable_connection_time") return session.reconnect.stable_connection_time;
    if (field == "server_unavailable_delay") return session.reconnect.server_unavailable_delay;
    if (field == "disconnect_check_interval") return session.window.disconnect_check_interval;
    if (field == "reconnect_check_interval") return session.window.reconnect_check_interval;
    if (field == "disconnect_margin") return session.window.disconnect_margin;
    return settings.disconnect_alert_interval;
}

class Limits : public ManagedTest {
  protected:
    /// What is wrong with the options, which no manager is made of.
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
    EXPECT_EQ(settings->session.window.connection_lifetime, Duration::zero());
    EXPECT_EQ(settings->connection.close_timeout, 2s);
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
    for (auto* const field : {&options.connection_lifetime, &options.close_timeout}) {
        const Seconds before = *field;
        *field = Seconds(-1);
        EXPECT_TRUE(
            refusal().starts_with(field == &options.close_timeout ? "close_timeout" : "connection_lifetime"));
        *field = before;
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

TEST_F(Limits, TheHardBoundsAreThoseOfTheTable) {
    struct Bounds {
        const char* field;
        const char* path;
        double min;
        double max;
    };
    const std::vector<Bounds> wanted{
        {"ping_interval", "websocket.ping.interval", 5, 60},
        {"ping_timeout", "websocket.ping.timeout", 5, 30},
        {"connection_timeout", "websocket.connection.timeout", 5, 120},
        {"reconnect_delay", "websocket.reconnect.delay", 0, 300},
        {"max_reconnect_delay", "websocket.reconnect.max_delay", 1, 600},
        {"max_reconnect_attempts", "websocket.reconnect.max_attempts", 0, 100},
        {"stable_connection_time", "websocket.reconnect.stable_connection_time", 10, 300},
        {"server_unavailable_delay", "websocket.reconnect.server_unavailable_delay", 10, 300},
        {"queue_size", "websocket.queue.size", 0, 4'194'304},
        {"queue_bytes", "websocket.queue.bytes", 1048576, 17179869184},
        {"disconnect_check_interval", "websocket.proactive.disconnect_check_interval", 1, 60},
        {"reconnect_check_interval", "websocket.proactive.reconnect_check_interval", 0.5, 60},
        {"disconnect_margin", "websocket.proactive.disconnect_margin", 60, 3600},
        {"disconnect_alert_interval", "websocket.alerts.disconnect_interval", 30, 3600}};
    const auto rows = websocket_limit_table();
    ASSERT_EQ(rows.size(), wanted.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].field, wanted[i].field);
        EXPECT_EQ(rows[i].path(), wanted[i].path);
        EXPECT_EQ(rows[i].min, wanted[i].min) << wanted[i].field;
        EXPECT_EQ(rows[i].max, wanted[i].max) << wanted[i].field;
    }
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
