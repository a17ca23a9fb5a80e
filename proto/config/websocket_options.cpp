#include "websocket_options.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "../../core/random.h"

namespace pinwheel {
namespace {

using Seconds = WebSocketOptions::Seconds;

struct DurationOption {
    std::string_view field;
    std::optional<Seconds> WebSocketOptions::*value;
};
constexpr std::array<DurationOption, 13> kDurations{{
    {"ping_interval", &WebSocketOptions::ping_interval},
    {"ping_timeout", &WebSocketOptions::ping_timeout},
    {"connection_timeout", &WebSocketOptions::connection_timeout},
    {"reconnect_delay", &WebSocketOptions::reconnect_delay},
    {"max_reconnect_delay", &WebSocketOptions::max_reconnect_delay},
    {"stable_connection_time", &WebSocketOptions::stable_connection_time},
    {"server_unavailable_delay", &WebSocketOptions::server_unavailable_delay},
    {"disconnect_check_interval", &WebSocketOptions::disconnect_check_interval},
    {"reconnect_check_interval", &WebSocketOptions::reconnect_check_interval},
    {"disconnect_margin", &WebSocketOptions::disconnect_margin},
    {"disconnect_alert_interval", &WebSocketOptions::disconnect_alert_interval},
    {"connection_lifetime", &WebSocketOptions::connection_lifetime},
    {"close_timeout", &WebSocketOptions::close_timeout},
}};

struct SizeOption {
    std::string_view field;
    std::optional<std::size_t> WebSocketOptions::*value;
};
constexpr std::array<SizeOption, 2> kSizes{{
    {"max_message_size", &WebSocketOptions::max_message_size},
    {"send_buffer_limit", &WebSocketOptions::send_buffer_limit},
}};
/// The largest size that a double holds exactly, which is more than any memory.
constexpr std::size_t kMostBytes = (std::size_t{1} << 53) - 1;

Error merge(const WebSocketOptions& options, ResolvedLimits& limits) {
    for (const auto& option : kDurations)
        if (const auto& value = options.*option.value)
            if (Error refused = limits.set_option(option.field, *value)) return refused;
    for (const auto& option : kSizes)
        if (const auto& value = options.*option.value)
            if (Error refused =
                    limits.set_option(option.field, static_cast<double>(std::min(*value, kMostBytes))))
                return refused;
    if (options.max_reconnect_attempts)
        if (Error refused = limits.set_option("max_reconnect_attempts", *options.max_reconnect_attempts))
            return refused;
    if (options.reconnect_jitter)
        if (Error refused = limits.set_option("reconnect_jitter", *options.reconnect_jitter)) return refused;
    if (options.queue_size)
        if (Error refused = limits.set_option("queue_size", *options.queue_size)) return refused;
    if (options.queue_bytes)
        if (Error refused = limits.set_option("queue_bytes", static_cast<double>(*options.queue_bytes)))
            return refused;
    if (options.reconnect_strategy) limits.reconnect_strategy = options.reconnect_strategy;
    if (options.overflow) limits.overflow = options.overflow;
    if (!options.upgrade.headers.empty()) limits.upgrade.headers = options.upgrade.headers;
    if (!options.upgrade.subprotocols.empty()) limits.upgrade.subprotocols = options.upgrade.subprotocols;
    return {};
}

/// The fields that no other validate() looks at.
Error validate_own(const ResolvedLimits& resolved) {
    const WebSocketLimits& limits = resolved.limits;
    if (limits.connection_timeout <= Duration::zero())
        return {Errc::invalid_argument, "connection_timeout is 0; a try needs some time"};
    if (limits.max_message_size == 0)
        return {Errc::invalid_argument, "max_message_size is 0; no message would be small enough"};
    if (limits.send_buffer_limit == 0)
        return {Errc::invalid_argument, "send_buffer_limit is 0; nothing could be sent"};
    return validate(resolved.upgrade);
}

}  // namespace

Result<SessionSettings> resolve(const WebSocketOptions& options) {
    if (options.config && !*options.config) return options.config->error();
    ResolvedLimits resolved = options.config ? **options.config : ResolvedLimits{};
    if (Error refused = merge(options, resolved)) return refused;
    const WebSocketLimits& limits = resolved.limits;
    if (Error refused = validate_own(resolved)) return refused;

    SessionSettings settings{
        .session = {.auto_reconnect = options.auto_reconnect,
                    .has_should_disconnect = static_cast<bool>(options.should_disconnect),
                    .has_should_reconnect = static_cast<bool>(options.should_reconnect),
                    .reconnect = {.strategy =
                                      resolved.reconnect_strategy.value_or(ReconnectOptions{}.strategy),
                                  .delay = limits.reconnect_delay,
                                  .max_delay = limits.max_reconnect_delay,
                                  .jitter = limits.reconnect_jitter,
                                  .max_attempts = limits.max_reconnect_attempts,
                                  .stable_connection_time = limits.stable_connection_time,
                                  .server_unavailable_delay = limits.server_unavailable_delay},
                    .keepalive = {.interval = limits.ping_interval, .timeout = limits.ping_timeout},
                    .window = {.disconnect_check_interval = limits.disconnect_check_interval,
                               .reconnect_check_interval = limits.reconnect_check_interval,
                               .connection_lifetime = limits.connection_lifetime,
                               .disconnect_margin = limits.disconnect_margin},
                    .jitter_seed = options.jitter_seed ? *options.jitter_seed : SecureRandom().next_u32()},
        .connection = {.upgrade = resolved.upgrade,
                       .connection_timeout = limits.connection_timeout,
                       .close_timeout = limits.close_timeout,
                       .max_message_size = limits.max_message_size,
                       .send_buffer_limit = limits.send_buffer_limit},
        .queue_size = limits.queue_size,
        .queue_bytes = limits.queue_bytes,
        .overflow = resolved.overflow.value_or(OverflowPolicy{}),
        .disconnect_alert_interval = limits.disconnect_alert_interval};
    if (Error refused = validate(settings.session)) return refused;
    return settings;
}

}  // namespace pinwheel
