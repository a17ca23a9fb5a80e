#pragma once

#include <string>
#include <vector>

namespace pinwheel {

/// A key of a config file, described in text.
struct ConfigKey {
    std::string path;      ///< such as `websocket.ping.interval`
    std::string field;     ///< the option that overrides it, such as `ping_interval`; empty: none
    std::string fallback;  ///< the default, such as `20 s`
    std::string expected;  ///< such as `a number of seconds, 5 to 60`
    std::string why;       ///< its effect, or the reason for its bounds
};

/// All keys, in the order of Config. From the tables that the reader uses: `pinwheel config keys`, the man
/// page and proto/behaviour.md show this list. Threading: any.
[[nodiscard]] std::vector<ConfigKey> config_keys();

}  // namespace pinwheel
