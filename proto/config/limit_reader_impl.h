#pragma once

// Reads the `websocket` part of a parsed config, for get_websocket_limits() and parse_config(). Not
// installed.

#include <string>
#include <string_view>
#include <vector>

#include "../text/json_document_impl.h"
#include "config_table_impl.h"
#include "websocket_limits.h"

namespace pinwheel::detail {

/// Parses a config once. The element lives in `document`. An error names `name` and the place.
[[nodiscard]] Result<JsonElement> parse_config_text(JsonDocument& document, std::string_view json,
                                                    std::string_view name);

/// Reads the limits of a complete config. Unusable values become warnings.
void read_limits(const JsonElement& root, ResolvedLimits& out);

/// The keys of `websocket`, or of one of its groups (`websocket.ping`).
[[nodiscard]] std::vector<std::string_view> keys_under(std::string_view parent);

/// The value of a setting in the config's notation; `none` for an empty list. Headers by name only.
[[nodiscard]] std::string value_of(const SettingRow& row, const ResolvedLimits& limits);
/// True if the config or an option sets it.
[[nodiscard]] bool is_set(const SettingRow& row, const ResolvedLimits& limits) noexcept;
/// The default.
[[nodiscard]] std::string default_of(const SettingRow& row);
/// The type that the config must have, in text.
[[nodiscard]] std::string expected_of(const SettingRow& row);
[[nodiscard]] std::string expected_of(const LimitRow& row);
/// For example `5 to 60`.
[[nodiscard]] std::string bounds_of(const LimitRow& row);
/// With up to 12 digits, without trailing zeros.
[[nodiscard]] std::string number(double value);
/// For example `20 s`.
[[nodiscard]] std::string with_unit(const LimitRow& row, double value);

}  // namespace pinwheel::detail
