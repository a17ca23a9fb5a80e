#pragma once

// Reads the `websocket` part of a parsed config, for get_websocket_limits() and parse_config(). Not
// installed.

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "websocket_limits.h"

namespace pinwheel::detail {

/// Parses a config once; the element lives in `parser`. An error names `name` and the place.
[[nodiscard]] Result<simdjson::dom::element> parse_json(simdjson::dom::parser& parser, std::string_view json,
                                                        std::string_view name);

/// Reads the limits of a whole config. What cannot be used is a warning.
void read_limits(simdjson::dom::element root, ResolvedLimits& out);

/// The keys that `websocket` has, or one of its groups (`websocket.ping`).
[[nodiscard]] std::vector<std::string_view> keys_under(std::string_view parent);

/// The config's word for a value. Static storage.
[[nodiscard]] std::string_view word_of(ReconnectStrategy strategy) noexcept;
[[nodiscard]] std::string_view word_of(OverflowPolicy policy) noexcept;

/// With up to 12 digits, without zeros at the end.
[[nodiscard]] std::string number(double value);
/// Such as `20 s`.
[[nodiscard]] std::string with_unit(const LimitRow& row, double value);

}  // namespace pinwheel::detail
