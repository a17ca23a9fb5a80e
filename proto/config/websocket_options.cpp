#include "websocket_options.h"

#include <array>

#include "../../core/random.h"

namespace pinwheel {
namespace {

using Seconds = WebSocketOptions::Seconds;

struct DurationOption {
    std::string_view field;
    std::optional<Seconds> WebSocketOptions::*value;
};
constexpr std::array<DurationOption, 11> kDurations{{
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
}};

Error merge(const WebSocketOptions& options, ResolvedLimits& limits) {
    for (const auto& option : kDurations)
        if (const auto& value = options.*option.value)
            if (Error refused = limits.set_option(option.field, *value)) return refused;
    if (options.max_reconnect_attempts)
        if (Error refused = limits.set_option("max_reconnect_attempts", *options.max_reconnect_attempts))
            return refused;
    if (options.queue_size)
        if (Error refused = limits.set_option("queue_size", *options.queue_size)) return refused;
    if (options.queue_bytes)
        return limits.set_option("queue_bytes", static_cast<double>(*options.queue_bytes));
    return {};
}

/// The fields that no other validate() looks at.
Error validate_own(const WebSocketOptions& options, const WebSocketLimits& limits) {
    if (limits.connection_timeout <= Duration::zero())
        return {Errc::invalid_argument, "connection_timeout is 0; a try needs some time"};
    if (options.max_message_size == 0)
        return {Errc::invalid_argument, "max_message_size is 0; no message would be small enough"};
    if (options.send_buffer_limit == 0)
        return {Errc::invalid_argument, "send_buffer_limit is 0; nothing could be sent"};
    return validate(options.upgrade);
}

}  // namespace

Result<SessionSettings> resolve(const WebSocketOptions& options) {
    if (options.config && !*options.config) return options.config->error();
    ResolvedLimits resolved = options.config ? **options.config : ResolvedLimits{};
    if (Error refused = merge(options, resolved)) return refused;
    const WebSocketLimits& limits = resolved.limits;
    if (Error refused = validate_own(options, limits)) return refused;
    const auto lifetime = option_duration("connection_lifetime", options.connection_lifetime);
    if (!lifetime) return lifetime.error();
    const auto close_timeout = option_duration("close_timeout", options.close_timeout);
    if (!close_timeout) return close_timeout.error();

    SessionSettings settings{
        .session = {.auto_reconnect = options.auto_reconnect,
                    .has_should_disconnect = static_cast<bool>(options.should_disconnect),
                    .has_should_reconnect = static_cast<bool>(options.should_reconnect),
                    .reconnect = {.strategy = options.reconnect_strategy,
                                  .delay = limits.reconnect_delay,
                                  .max_delay = limits.max_reconnect_delay,
                                  .jitter = options.reconnect_jitter,
                                  .max_attempts = limits.max_reconnect_attempts,
                                  .stable_connection_time = limits.stable_connection_time,
                                  .server_unavailable_delay = limits.server_unavailable_delay},
                    .keepalive = {.interval = limits.ping_interval, .timeout = limits.ping_timeout},
                    .window = {.disconnect_check_interval = limits.disconnect_check_interval,
                               .reconnect_check_interval = limits.reconnect_check_interval,
                               .connection_lifetime = *lifetime,
                               .disconnect_margin = limits.disconnect_margin},
                    .jitter_seed = options.jitter_seed ? *options.jitter_seed : SecureRandom().next_u32()},
        .connection = {.upgrade = options.upgrade,
                       .connection_timeout = limits.connection_timeout,
                       .close_timeout = *close_timeout,
                       .max_message_size = options.max_message_size,
                       .send_buffer_limit = options.send_buffer_limit},
        .queue_size = limits.queue_size,
        .queue_bytes = limits.queue_bytes,
        .disconnect_alert_interval = limits.disconnect_alert_interval};
    if (Error refused = validate(settings.session)) return refused;
    return settings;
}

}  // namespace pinwheel
