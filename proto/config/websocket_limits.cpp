#include "websocket_limits.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <type_traits>
#include <variant>

#include "../../core/text_file.h"
#include "../policy/reconnect_policy.h"
#include "../text/json_kind_impl.h"
#include "../text/json_place.h"

namespace pinwheel {
namespace {

using detail::kind_of;
using Limits = WebSocketLimits;
using Member = std::variant<Duration Limits::*, std::uint32_t Limits::*, std::uint64_t Limits::*>;

constexpr std::array kRows{
    LimitRow{"ping_interval", "ping", "interval", false, 5, 60,
             "oftener burdens the venue; idle proxies cut after a minute"},
    LimitRow{"ping_timeout", "ping", "timeout", false, 5, 30,
             "shorter takes a slow network for a dead one; longer trades on a dead one"},
    LimitRow{"connection_timeout", "connection", "timeout", false, 5, 120,
             "shorter cuts a slow TLS handshake; the kernel itself gives up after two minutes"},
    LimitRow{"reconnect_delay", "reconnect", "delay", false, 0, 300, "0 tries again at once"},
    LimitRow{"max_reconnect_delay", "reconnect", "max_delay", false, 1, 600,
             "below a second it is no backoff; beyond ten minutes a session is better given up"},
    LimitRow{"max_reconnect_attempts", "reconnect", "max_attempts", true, 0, 100,
             "0 means no retry; venues ban addresses that never stop", true},
    LimitRow{"stable_connection_time", "reconnect", "stable_connection_time", false, 10, 300,
             "shorter takes a flapping server for a stable one"},
    LimitRow{"server_unavailable_delay", "reconnect", "server_unavailable_delay", false, 10, 300,
             "a server that asked to be left alone is not helped by haste"},
    LimitRow{"queue_size", "queue", "size", true, 0, 4'194'304, "in messages; 0 means unlimited"},
    LimitRow{"queue_bytes", "queue", "bytes", true, 1 << 20, 17'179'869'184,
             "in bytes; less drops whole snapshots, more is memory that no consumer will catch up with"},
    LimitRow{"disconnect_check_interval", "proactive", "disconnect_check_interval", false, 1, 60,
             "the callback runs on the reactor's thread"},
    LimitRow{"reconnect_check_interval", "proactive", "reconnect_check_interval", false, 0.5, 60,
             "the callback runs on the reactor's thread"},
    LimitRow{"disconnect_margin", "proactive", "disconnect_margin", false, 60, 3600,
             "shorter risks the venue's own cut; an hour is lifetime enough to lose"},
    LimitRow{"disconnect_alert_interval", "alerts", "disconnect_interval", false, 30, 3600,
             "oftener floods whoever is on call"},
};

/// In the order of the rows.
constexpr std::array<Member, kRows.size()> kMembers{
    &Limits::ping_interval,
    &Limits::ping_timeout,
    &Limits::connection_timeout,
    &Limits::reconnect_delay,
    &Limits::max_reconnect_delay,
    &Limits::max_reconnect_attempts,
    &Limits::stable_connection_time,
    &Limits::server_unavailable_delay,
    &Limits::queue_size,
    &Limits::queue_bytes,
    &Limits::disconnect_check_interval,
    &Limits::reconnect_check_interval,
    &Limits::disconnect_margin,
    &Limits::disconnect_alert_interval,
};

std::string number(double value) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.12g", value);
    return text.data();
}

std::string with_unit(const LimitRow& row, double value) {
    if (row.can_be_unlimited && value == kUnlimited) return "unlimited";
    return number(value) + (row.is_count ? "" : " s");
}

Duration duration_of(double seconds) noexcept {
    constexpr auto kMost = static_cast<double>(std::numeric_limits<Duration::rep>::max());
    const double nanoseconds = std::round(seconds * 1e9);
    return nanoseconds >= kMost ? Duration::max() : Duration(static_cast<Duration::rep>(nanoseconds));
}

double get(const Limits& limits, std::size_t row) noexcept {
    return std::visit(
        [&limits](auto member) {
            if constexpr (std::is_same_v<decltype(member), Duration Limits::*>)
                return std::chrono::duration<double>(limits.*member).count();
            else
                return static_cast<double>(limits.*member);
        },
        kMembers[row]);
}

void set(Limits& limits, std::size_t row, double value) noexcept {
    std::visit(
        [&limits, value](auto member) {
            if constexpr (std::is_same_v<decltype(member), Duration Limits::*>)
                limits.*member = duration_of(value);
            else
                limits.*member = static_cast<std::remove_reference_t<decltype(limits.*member)>>(value);
        },
        kMembers[row]);
}

/// Of the counts that a row's option may give: those that a double holds exactly.
int count_bits(std::size_t row) noexcept {
    const bool is_wide = std::holds_alternative<std::uint64_t Limits::*>(kMembers[row]);
    return is_wide ? std::numeric_limits<double>::digits : std::numeric_limits<std::uint32_t>::digits;
}

/// Takes what it knows out of a parsed config.
class Reader {
  public:
    explicit Reader(ResolvedLimits& out) noexcept : out_(out) {}

    void read(simdjson::dom::element root) {
        simdjson::dom::object object;
        if (!open(root, "the whole config", object)) return;
        for (const auto [key, value] : object)
            if (key == "websocket") read_websocket(value);
    }

  private:
    [[nodiscard]] bool open(simdjson::dom::element value, const std::string& path,
                            simdjson::dom::object& object) {
        if (value.get(object) == simdjson::SUCCESS) return true;
        out_.warnings.push_back(
            {.path = path, .expected = "an object", .found = std::string(kind_of(value)), .used = {}});
        return false;
    }

    void read_websocket(simdjson::dom::element websocket) {
        simdjson::dom::object groups;
        if (!open(websocket, "websocket", groups)) return;
        for (const auto [group, value] : groups) {
            const std::string path = "websocket." + std::string(group);
            const bool known = std::any_of(kRows.begin(), kRows.end(),
                                           [name = group](const LimitRow& row) { return row.group == name; });
            if (!known)
                unknown(path, value);
            else if (simdjson::dom::object keys; open(value, path, keys))
                for (const auto [key, setting] : keys) read_setting(group, key, setting);
        }
    }

    void read_setting(std::string_view group, std::string_view key, simdjson::dom::element value) {
        const auto* const row = std::find_if(kRows.begin(), kRows.end(), [group, key](const LimitRow& one) {
            return one.group == group && one.key == key;
        });
        if (row == kRows.end())
            return unknown("websocket." + std::string(group) + "." + std::string(key), value);
        auto& entry = out_.values[static_cast<std::size_t>(row - kRows.begin())];
        if (std::string_view text;
            row->can_be_unlimited && value.get(text) == simdjson::SUCCESS && text == "unlimited") {
            entry.asked = entry.value = kUnlimited;
            entry.origin = LimitOrigin::config;
            return set(out_.limits, static_cast<std::size_t>(row - kRows.begin()), entry.value);
        }
        double asked = 0;
        const bool is_number = value.get(asked) == simdjson::SUCCESS;
        if (!is_number || (row->is_count && std::floor(asked) != asked)) {
            out_.warnings.push_back({.path = row->path(),
                                     .expected = expected_of(*row),
                                     .found = is_number ? "a fraction" : std::string(kind_of(value)),
                                     .used = with_unit(*row, entry.value)});
            return;
        }
        entry.asked = asked;
        entry.value = std::clamp(asked, row->min, row->max);
        entry.origin = entry.value == asked ? LimitOrigin::config : LimitOrigin::clamped;
        set(out_.limits, static_cast<std::size_t>(row - kRows.begin()), entry.value);
    }

    [[nodiscard]] static std::string expected_of(const LimitRow& row) {
        if (row.can_be_unlimited) return "a whole number or \"unlimited\"";
        return row.is_count ? "a whole number" : "a number of seconds";
    }

    void unknown(const std::string& path, simdjson::dom::element value) {
        out_.warnings.push_back(
            {.path = path, .expected = {}, .found = std::string(kind_of(value)), .used = {}});
    }

    ResolvedLimits& out_;
};

}  // namespace

std::span<const LimitRow> websocket_limit_table() noexcept {
    return kRows;
}

std::string LimitRow::path() const {
    return "websocket." + std::string(group) + "." + std::string(key);
}

std::string_view to_string(LimitOrigin origin) noexcept {
    constexpr std::array<std::string_view, 4> kNames{"default", "config", "clamped", "option"};
    return kNames[static_cast<std::size_t>(origin)];
}

std::string LimitValue::describe() const {
    std::string text = std::string(row->field) + " = " + with_unit(*row, value) + " (";
    text += to_string(origin);
    if (origin == LimitOrigin::clamped)
        text += ": the config asks for " + with_unit(*row, asked) + ", the bounds are " + number(row->min) +
                " to " + number(row->max);
    return text + ")";
}

std::string LimitWarning::message() const {
    if (expected.empty()) return path + ": unknown key, ignored";
    return path + ": expected " + expected + ", found " + found + "; " +
           (used.empty() ? "ignored" : used + " is used");
}

ResolvedLimits::ResolvedLimits() {
    values.reserve(kRows.size());
    for (std::size_t i = 0; i < kRows.size(); ++i)
        values.push_back(
            {.row = &kRows[i], .value = get(limits, i), .asked = 0, .origin = LimitOrigin::default_value});
}

Error ResolvedLimits::set_option(std::string_view field, double value) {
    const auto* const row =
        std::find_if(kRows.begin(), kRows.end(), [field](const LimitRow& one) { return one.field == field; });
    const std::string name(field);
    if (row == kRows.end()) return {Errc::invalid_argument, name + ": there is no such option"};
    if (!std::isfinite(value) || value < 0)
        return {Errc::invalid_argument, name + " is " + number(value) + "; give a finite value, 0 or more"};
    const auto index = static_cast<std::size_t>(row - kRows.begin());
    const int bits = count_bits(index);
    if (row->is_count && (std::floor(value) != value || value >= std::ldexp(1.0, bits)))
        return {Errc::invalid_argument,
                name + " is " + number(value) + "; give a whole number below 2^" + std::to_string(bits)};
    values[index] = {.row = row, .value = value, .asked = value, .origin = LimitOrigin::option};
    set(limits, index, value);
    return {};
}

Result<ResolvedLimits> get_websocket_limits(std::string_view json, std::string_view name) {
    const simdjson::padded_string text(detail::with_finite_numbers(json));
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(text).get(root) != simdjson::SUCCESS) {
        const JsonPlace place = find_json_error(json);
        return Error{Errc::invalid_argument, std::string(name) + ":" + std::to_string(place.line) + ":" +
                                                 std::to_string(place.column) +
                                                 ": not valid JSON: " + std::string(place.what)};
    }
    ResolvedLimits resolved;
    Reader(resolved).read(root);
    return resolved;
}

Result<ResolvedLimits> load_websocket_limits(const std::string& path) {
    const auto text = read_text_file(path);
    if (!text) return text.error();
    return get_websocket_limits(*text, path);
}

Result<Duration> option_duration(std::string_view field, std::chrono::duration<double> value) {
    if (!std::isfinite(value.count()) || value.count() < 0)
        return Error{Errc::invalid_argument, std::string(field) + " is " + number(value.count()) +
                                                 " s; give a finite time, 0 or more"};
    return duration_of(value.count());
}

}  // namespace pinwheel
