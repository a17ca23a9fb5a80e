#include "websocket_limits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <type_traits>
#include <variant>

#include "../../core/bounded_text_impl.h"
#include "../../core/text_file.h"
#include "limit_reader_impl.h"

namespace pinwheel {
namespace {

double get(const WebSocketLimits& limits, const LimitRow& row) noexcept {
    return std::visit(
        [&limits](auto member) {
            if constexpr (std::is_same_v<decltype(member), Duration WebSocketLimits::*>)
                return std::chrono::duration<double>(limits.*member).count();
            else
                return static_cast<double>(limits.*member);
        },
        row.member);
}

/// The largest count that an option may give: a double holds exactly all counts up to it.
int count_bits(const LimitRow& row) noexcept {
    const bool is_wide = std::holds_alternative<std::uint64_t WebSocketLimits::*>(row.member);
    return is_wide ? std::numeric_limits<double>::digits : std::numeric_limits<std::uint32_t>::digits;
}

}  // namespace

std::span<const LimitRow> websocket_limit_table() noexcept {
    return kLimitRows;
}

std::string LimitRow::path() const {
    return "websocket." + std::string(group) + "." + std::string(key);
}

std::string_view to_string(LimitOrigin origin) noexcept {
    constexpr std::array<std::string_view, 4> kNames{"default", "config", "clamped", "option"};
    return kNames[static_cast<std::size_t>(origin)];
}

std::string LimitValue::describe() const {
    std::string text = std::string(row->field) + " = " + detail::with_unit(*row, value) + " (";
    text += to_string(origin);
    if (origin == LimitOrigin::clamped)
        text += ": the config asks for " + detail::with_unit(*row, asked) + ", the bounds are " +
                detail::bounds_of(*row);
    return text + ")";
}

std::string LimitWarning::message() const {
    if (expected.empty()) return detail::bounded_text(path) + ": unknown key, ignored";
    return detail::bounded_text(path + ": expected " + expected + ", found " + found + "; " +
                                (used.empty() ? "ignored" : used + " is used"));
}

ResolvedLimits::ResolvedLimits() {
    values.reserve(kLimitRows.size());
    for (const LimitRow& row : kLimitRows)
        values.push_back(
            {.row = &row, .value = get(limits, row), .asked = 0, .origin = LimitOrigin::default_value});
}

std::vector<std::string> ResolvedLimits::describe() const {
    std::vector<std::string> lines;
    for (const auto& value : values) lines.push_back(value.describe());
    for (const auto& row : detail::kSettingRows)
        lines.push_back(std::string(row.field) + " = " + detail::value_of(row, *this) +
                        (detail::is_set(row, *this) ? " (config)" : " (default)"));
    return lines;
}

Error ResolvedLimits::set_option(std::string_view field, double value) {
    const auto* const row = std::find_if(kLimitRows.begin(), kLimitRows.end(),
                                         [field](const LimitRow& one) { return one.field == field; });
    const std::string name(field);
    if (row == kLimitRows.end()) return {Errc::invalid_argument, name + ": unknown option"};
    if (!std::isfinite(value) || value < 0)
        return {Errc::invalid_argument,
                name + " is " + detail::number(value) + "; give a finite value, 0 or more"};
    const int bits = count_bits(*row);
    if (row->is_count() && (std::floor(value) != value || value >= std::ldexp(1.0, bits)))
        return {Errc::invalid_argument, name + " is " + detail::number(value) +
                                            "; give a whole number below 2^" + std::to_string(bits)};
    values[static_cast<std::size_t>(row - kLimitRows.begin())] = {
        .row = row, .value = value, .asked = value, .origin = LimitOrigin::option};
    detail::set_limit(limits, *row, value);
    return {};
}

Result<ResolvedLimits> load_websocket_limits(const std::string& path) {
    const auto text = read_text_file(path);
    if (!text) return text.error();
    return get_websocket_limits(*text, path);
}

}  // namespace pinwheel
