#include "config_keys.h"

#include <sched.h>

#include <utility>

#include "config_table_impl.h"
#include "limit_reader_impl.h"

namespace pinwheel {
namespace {

ConfigKey key_of(const detail::TlsRow& row) {
    return {.path = "tls." + std::string(row.name),
            .field = {},
            .fallback = detail::value_of(row, {}),
            .expected = detail::expected_of(row),
            .why = std::string(row.why)};
}

ConfigKey key_of(const detail::ReactorRow& row, std::string_view fallback, std::string_view bounds = {}) {
    return {.path = "reactor." + std::string(row.name),
            .field = {},
            .fallback = std::string(fallback),
            .expected = std::string(row.expected) + std::string(bounds),
            .why = std::string(row.why)};
}

std::string_view unit_of(const LimitRow& row) noexcept {
    if (row.unit == LimitUnit::bytes) return " of bytes";
    return row.unit == LimitUnit::messages ? " of messages" : "";
}

ConfigKey key_of(const LimitRow& row) {
    return {.path = row.path(),
            .field = std::string(row.field),
            .fallback = detail::with_unit(row, row.fallback),
            .expected = detail::expected_of(row) + std::string(unit_of(row)) + ", " + detail::bounds_of(row),
            .why = std::string(row.why)};
}

ConfigKey key_of(const detail::SettingRow& row) {
    return {.path = "websocket." + std::string(row.group) + "." + std::string(row.key),
            .field = std::string(row.field),
            .fallback = detail::default_of(row),
            .expected = detail::expected_of(row),
            .why = std::string(row.why)};
}

}  // namespace

namespace detail {

std::string_view word_of(TlsRecords records) noexcept {
    return records == TlsRecords::openssl ? "openssl" : "in_place";
}

std::string_view word_of(ReactorMode mode) noexcept {
    return mode == ReactorMode::epoll ? "epoll" : "busy_spin";
}

std::string value_of(const TlsRow& row, const TlsOptions& options) {
    if (const auto* const text = std::get_if<std::string TlsOptions::*>(&row.member))
        return (options.*(*text)).empty() ? "none" : options.*(*text);
    if (const auto* const flag = std::get_if<bool TlsOptions::*>(&row.member))
        return options.*(*flag) ? "true" : "false";
    return std::string(word_of(options.records));
}

std::string expected_of(const TlsRow& row) {
    if (std::holds_alternative<std::string TlsOptions::*>(row.member)) return "a string";
    if (std::holds_alternative<bool TlsOptions::*>(row.member)) return "true or false";
    return "'openssl' or 'in_place'";
}

}  // namespace detail

std::vector<ConfigKey> config_keys() {
    std::vector<ConfigKey> keys{
        {.path = "url",
         .field = {},
         .fallback = "none",
         .expected = "a ws:// or wss:// URL",
         .why = "the endpoint"},
        {.path = "subscriptions",
         .field = {},
         .fallback = "none",
         .expected = "an array of strings",
         .why = "channels, in order"},
    };
    for (const auto& row : detail::kTlsRows) keys.push_back(key_of(row));
    keys.push_back(key_of(detail::kModeRow, detail::word_of(ReactorOptions{}.mode)));
    keys.push_back(key_of(detail::kCpuRow, "none", ", 0 to " + std::to_string(CPU_SETSIZE - 1)));
    for (const auto& row : kLimitRows) keys.push_back(key_of(row));
    for (const auto& row : detail::kSettingRows) keys.push_back(key_of(row));
    return keys;
}

}  // namespace pinwheel
