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

/// The content of a config file. All keys are optional; config_keys() lists them:
///
///     {"url": "wss://feed.example/stream",
///      "subscriptions": ["trades.BTC-USD"],
///      "tls": {"ca_file": "ca.pem"},
///      "reactor": {"mode": "busy_spin", "cpu": 1},
///      "websocket": {"ping": {"interval": 20}, …}}
///
/// `tls` has the fields of TlsOptions, except the dangerous one. `websocket` has the keys of
/// websocket_limit_table(), and `reconnect.strategy`, `queue.overflow`, `upgrade.headers` (an object),
/// `upgrade.subprotocols` (an array) and `upgrade.permessage_deflate`.
struct Config {
    std::optional<std::string> url{};          ///< as written
    std::vector<std::string> subscriptions{};  ///< channels, in order
    TlsOptions tls{};                          ///< options of TLS
    std::optional<ReactorMode> mode{};         ///< mode of the reactor
    std::optional<int> cpu{};                  ///< the core to pin the reactor's thread to
    ResolvedLimits limits{};                   ///< the limits, each with its source

    /// One line for each value, with its source. The URL is shown without its query.
    [[nodiscard]] std::vector<std::string> describe() const;
};

/// Reads a config. The error gives `name`, the path of the key and the fault: invalid JSON (with line and
/// column), an unknown key (with the nearest known one), or a value of the wrong type. A limit of the wrong
/// type is a warning in `limits`, as in get_websocket_limits().
[[nodiscard]] Result<Config> parse_config(std::string_view json, std::string_view name = "config");
/// The same from a file.
[[nodiscard]] Result<Config> load_config(const std::string& path);

}  // namespace pinwheel
