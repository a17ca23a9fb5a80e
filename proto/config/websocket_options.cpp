#include "websocket_options.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <variant>

#include "../../core/random.h"

namespace pinwheel {
namespace {

using Options = WebSocketOptions;
using Seconds = Options::Seconds;
using OptionMember = std::variant<std::optional<Seconds> Options::*, std::optional<std::uint32_t> Options::*,
                                  std::optional<std::uint64_t> Options::*, std::optional<double> Options::*>;

/// The option that overrides a row of kLimitRows.
struct OptionRow {
    std::string_view field;
    OptionMember member;
};
/// In the order of kLimitRows.
constexpr std::array kOptionRows{
    OptionRow{"ping_interval", &Options::ping_interval},
    OptionRow{"ping_timeout", &Options::ping_timeout},
    OptionRow{"connection_timeout", &Options::connection_timeout},
    OptionRow{"reconnect_delay", &Options::reconnect_delay},
    OptionRow{"max_reconnect_delay", &Options::max_reconnect_delay},
    OptionRow{"max_reconnect_attempts", &Options::max_reconnect_attempts},
    OptionRow{"stable_connection_time", &Options::stable_connection_time},
    OptionRow{"server_unavailable_delay", &Options::server_unavailable_delay},
    OptionRow{"max_retry_after", &Options::max_retry_after},
    OptionRow{"queue_size", &Options::queue_size},
    OptionRow{"queue_bytes", &Options::queue_bytes},
    OptionRow{"disconnect_check_interval", &Options::disconnect_check_interval},
    OptionRow{"reconnect_check_interval", &Options::reconnect_check_interval},
    OptionRow{"disconnect_margin", &Options::disconnect_margin},
    OptionRow{"disconnect_alert_interval", &Options::disconnect_alert_interval},
    OptionRow{"connection_lifetime", &Options::connection_lifetime},
    OptionRow{"close_timeout", &Options::close_timeout},
    OptionRow{"reconnect_jitter", &Options::reconnect_jitter},
    OptionRow{"max_message_size", &Options::max_message_size},
    OptionRow{"send_buffer_limit", &Options::send_buffer_limit},
};

constexpr bool has_each_limit_once() noexcept {
    if (kOptionRows.size() != kLimitRows.size()) return false;
    for (std::size_t i = 0; i < kLimitRows.size(); ++i)
        if (kOptionRows[i].field != kLimitRows[i].field) return false;
    return true;
}
static_assert(has_each_limit_once(), "each row of kLimitRows has an option of its name, in this order");

double as_number(Seconds value) noexcept {
    return value.count();
}
double as_number(double value) noexcept {
    return value;
}
double as_number(std::uint32_t value) noexcept {
    return value;
}
/// A double holds whole numbers up to 2^53 - 1 exactly. No memory has as many bytes.
double as_number(std::uint64_t value) noexcept {
    return static_cast<double>(std::min(value, (std::uint64_t{1} << 53) - 1));
}

Error merge(const WebSocketOptions& options, ResolvedLimits& limits) {
    for (const OptionRow& row : kOptionRows) {
        const auto set = [&](auto member) {
            const auto& value = options.*member;
            return value ? limits.set_option(row.field, as_number(*value)) : Error{};
        };
        if (Error refused = std::visit(set, row.member); refused.failed()) return refused;
    }
    if (options.reconnect_strategy) limits.reconnect_strategy = options.reconnect_strategy;
    if (options.overflow) limits.overflow = options.overflow;
    if (!options.upgrade.headers.empty()) limits.upgrade.headers = options.upgrade.headers;
    if (!options.upgrade.subprotocols.empty()) limits.upgrade.subprotocols = options.upgrade.subprotocols;
    if (options.upgrade.permessage_deflate)
        limits.upgrade.permessage_deflate = options.upgrade.permessage_deflate;
    limits.upgrade.hidden = options.upgrade.hidden;
    if (options.any_traffic_is_life) limits.any_traffic_is_life = options.any_traffic_is_life;
    return {};
}

/// The fields that no part's validate() checks.
Error validate_own(const ResolvedLimits& resolved) {
    const WebSocketLimits& limits = resolved.limits;
    if (limits.connection_timeout <= Duration::zero())
        return {Errc::invalid_argument, "connection_timeout is 0; a try needs some time"};
    if (limits.max_message_size == 0)
        return {Errc::invalid_argument, "max_message_size is 0; no message would be small enough"};
    if (limits.send_buffer_limit == 0)
        return {Errc::invalid_argument, "send_buffer_limit is 0; no message could be sent"};
    return validate(resolved.upgrade);
}

}  // namespace

Result<SessionSettings> resolve(const WebSocketOptions& options) {
    if (options.config && !*options.config) return options.config->error();
    ResolvedLimits resolved = options.config ? **options.config : ResolvedLimits{};
    if (Error refused = merge(options, resolved); refused.failed()) return refused;
    const WebSocketLimits& limits = resolved.limits;
    if (Error refused = validate_own(resolved); refused.failed()) return refused;

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
                                  .server_unavailable_delay = limits.server_unavailable_delay,
                                  .max_retry_after = limits.max_retry_after},
                    .keepalive = {.interval = limits.ping_interval,
                                  .timeout = limits.ping_timeout,
                                  .any_traffic = resolved.any_traffic_is_life.value_or(false)},
                    .window = {.disconnect_check_interval = limits.disconnect_check_interval,
                               .reconnect_check_interval = limits.reconnect_check_interval,
                               .connection_lifetime = limits.connection_lifetime,
                               .disconnect_margin = limits.disconnect_margin},
                    .jitter_seed = options.jitter_seed ? *options.jitter_seed : SecureRandom().next_u32()},
        .connection = {.upgrade = resolved.upgrade,
                       .addresses = options.addresses,
                       .connection_timeout = limits.connection_timeout,
                       .close_timeout = limits.close_timeout,
                       .max_message_size = limits.max_message_size,
                       .send_buffer_limit = limits.send_buffer_limit},
        .queue_size = limits.queue_size,
        .queue_bytes = limits.queue_bytes,
        .overflow = resolved.overflow.value_or(OverflowPolicy{}),
        .disconnect_alert_interval = limits.disconnect_alert_interval};
    if (Error refused = validate(settings.session); refused.failed()) return refused;
    return settings;
}

}  // namespace pinwheel
