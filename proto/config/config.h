#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/result.h"
#include "../../net/reactor.h"
#include "../../net/tls_context.h"
#include "websocket_limits.h"

namespace pinwheel {

/// What a config file may say, all of it optional:
///
///     {"url": "wss://feed.example/stream",
///      "subscriptions": ["trades.BTC-USD"],
///      "tls": {"ca_file": "ca.pem"},
///      "reactor": {"mode": "busy_spin", "cpu": 1},
///      "websocket": {"ping": {"interval": 20}, …}}
///
/// Under `tls` stand the fields of TlsOptions by their names, except the dangerous one. Under `websocket`
/// stand the keys of websocket_limit_table(), and `reconnect.strategy`, `queue.overflow`, `upgrade.headers`
/// (an object) and `upgrade.subprotocols` (an array).
struct Config {
    std::optional<std::string> url{};          ///< as it is written there
    std::vector<std::string> subscriptions{};  ///< channels, in order
    TlsOptions tls{};                          ///< of TLS
    std::optional<ReactorMode> mode{};         ///< of the reactor
    std::optional<int> cpu{};                  ///< the core to pin the reactor's thread to
    ResolvedLimits limits{};                   ///< and where each came from

    /// One line for each value, with where it came from. The URL without its query.
    [[nodiscard]] std::vector<std::string> describe() const;
};

/// Reads a config. The error names `name`, the path of the key, and what is wrong: no JSON (with line and
/// column), an unknown key (with the nearest known one), a value of another type than expected. A limit of
/// the wrong type is a warning in `limits`, as get_websocket_limits() has it.
[[nodiscard]] Result<Config> parse_config(std::string_view json, std::string_view name = "config");
/// The same from a file.
[[nodiscard]] Result<Config> load_config(const std::string& path);

}  // namespace pinwheel
