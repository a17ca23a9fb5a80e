#include "limit_reader_impl.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "../text/json_error_location.h"

namespace pinwheel::detail {
namespace {

template <class Value, std::size_t N>
using Words = std::array<std::pair<std::string_view, Value>, N>;

constexpr Words<ReconnectStrategy, 4> kStrategies{
    {{"immediate", ReconnectStrategy::immediate},
     {"fixed_delay", ReconnectStrategy::fixed_delay},
     {"exponential_backoff", ReconnectStrategy::exponential_backoff},
     {"callback_controlled", ReconnectStrategy::callback_controlled}}};
constexpr Words<OverflowPolicy, 2> kOverflows{
    {{"drop_newest", OverflowPolicy::drop_newest}, {"backpressure", OverflowPolicy::backpressure}}};

template <class Value, std::size_t N>
std::string_view word_in(const Words<Value, N>& words, Value value) noexcept {
    for (const auto& [word, meaning] : words)
        if (meaning == value) return word;
    return "unknown";
}

template <class Value, std::size_t N>
std::string one_of(const Words<Value, N>& words) {
    std::string text = "one of";
    for (std::size_t i = 0; i < N; ++i) text += (i == 0 ? " '" : ", '") + std::string(words[i].first) + "'";
    return text;
}

std::string listed(const std::vector<std::string>& texts) {
    std::string list;
    for (const auto& text : texts) list += (list.empty() ? "" : ", ") + text;
    return list.empty() ? "none" : list;
}

class Reader {
  public:
    explicit Reader(ResolvedLimits& out) noexcept : out_(out) {}

    void read(const JsonElement& root) {
        const auto members = open(root, "the whole config");
        if (!members) return;
        for (const auto& [key, value] : *members)
            if (key == "websocket") read_websocket(value);
    }

  private:
    void warn(const std::string& path, std::string expected, std::string_view found, std::string used = {}) {
        out_.warnings.push_back({.path = path,
                                 .expected = std::move(expected),
                                 .found = std::string(found),
                                 .used = std::move(used)});
    }
    [[nodiscard]] std::optional<std::vector<JsonElement::Member>> open(const JsonElement& value,
                                                                       const std::string& path) {
        auto members = value.members();
        if (!members) warn(path, "an object", to_string(value.kind()));
        return members;
    }

    void read_websocket(const JsonElement& websocket) {
        const auto groups = open(websocket, "websocket");
        if (!groups) return;
        for (const auto& [group, value] : *groups) {
            const std::string path = "websocket." + std::string(group);
            if (keys_under(path).empty()) {
                warn(path, {}, to_string(value.kind()));
            } else if (const auto keys = open(value, path)) {
                for (const auto& [key, setting] : *keys) read_key(group, key, setting);
            }
        }
    }

    void read_key(std::string_view group, std::string_view key, const JsonElement& value) {
        const auto is_it = [group, key](const auto& one) { return one.group == group && one.key == key; };
        const std::string path = "websocket." + std::string(group) + "." + std::string(key);
        if (const auto* const row = std::find_if(kLimitRows.begin(), kLimitRows.end(), is_it);
            row != kLimitRows.end())
            return read_number(*row, out_.values[static_cast<std::size_t>(row - kLimitRows.begin())], value);
        if (const auto* const row = std::find_if(kSettingRows.begin(), kSettingRows.end(), is_it);
            row != kSettingRows.end())
            return read_setting(*row, path, value);
        warn(path, {}, to_string(value.kind()));
    }
    void read_setting(const SettingRow& row, const std::string& path, const JsonElement& value) {
        switch (row.setting) {
            case Setting::reconnect_strategy:
                return read_word(row, path, value, kStrategies, out_.reconnect_strategy);
            case Setting::overflow:
                return read_word(row, path, value, kOverflows, out_.overflow);
            case Setting::headers:
                return read_headers(row, path, value);
            case Setting::subprotocols:
                return read_subprotocols(row, path, value);
            case Setting::permessage_deflate:
                return read_flag(row, path, value, out_.upgrade.permessage_deflate);
            case Setting::any_traffic:
                return read_flag(row, path, value, out_.any_traffic_is_life);
        }
    }

    void read_number(const LimitRow& row, LimitValue& entry, const JsonElement& value) {
        double asked = 0;
        const bool is_number = value.get(asked);
        if (std::string_view text; row.can_be_unlimited && value.get(text) && text == "unlimited") {
            entry.asked = entry.value = kUnlimited;
            entry.origin = LimitOrigin::config;
        } else if (!is_number || (row.is_count() && std::floor(asked) != asked)) {
            return warn(row.path(), expected_of(row), is_number ? "a fraction" : to_string(value.kind()),
                        with_unit(row, entry.value));
        } else {
            entry.asked = asked;
            entry.value = std::clamp(asked, row.min, row.max);
            entry.origin = entry.value == asked ? LimitOrigin::config : LimitOrigin::clamped;
        }
        set_limit(out_.limits, row, entry.value);
    }

    template <class Value, std::size_t N>
    void read_word(const SettingRow& row, const std::string& path, const JsonElement& value,
                   const Words<Value, N>& words, std::optional<Value>& out) {
        std::string_view text;
        const bool is_text = value.get(text);
        for (const auto& [word, meaning] : words) {
            if (is_text && word == text) {
                out = meaning;
                return;
            }
        }
        warn(path, expected_of(row), is_text ? "another word" : to_string(value.kind()), value_of(row, out_));
    }

    void read_flag(const SettingRow& row, const std::string& path, const JsonElement& value,
                   std::optional<bool>& out) {
        bool flag = false;
        if (!value.get(flag))
            return warn(path, expected_of(row), to_string(value.kind()), value_of(row, out_));
        out = flag;
    }

    void read_headers(const SettingRow& row, const std::string& path, const JsonElement& value) {
        const auto members = value.members();
        if (!members) return warn(path, expected_of(row), to_string(value.kind()));
        std::vector<HttpHeader> headers;
        for (const auto& [name, member] : *members) {
            std::string_view text;
            if (!member.get(text))
                return warn(path, expected_of(row), std::string(to_string(member.kind())) + " in it");
            headers.push_back({.name = std::string(name), .value = std::string(text)});
        }
        out_.upgrade.headers = std::move(headers);
    }
    void read_subprotocols(const SettingRow& row, const std::string& path, const JsonElement& value) {
        const auto members = value.elements();
        if (!members) return warn(path, expected_of(row), to_string(value.kind()));
        std::vector<std::string> subprotocols;
        for (const JsonElement& member : *members) {
            std::string_view text;
            if (!member.get(text))
                return warn(path, expected_of(row), std::string(to_string(member.kind())) + " in it");
            subprotocols.emplace_back(text);
        }
        out_.upgrade.subprotocols = std::move(subprotocols);
    }

    ResolvedLimits& out_;
};

}  // namespace

std::string number(double value) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.12g", value);
    return text.data();
}

Result<JsonElement> parse_config_text(JsonDocument& document, std::string_view json, std::string_view name) {
    JsonElement root;
    if (document.parse(with_finite_numbers(json), root)) return root;
    const JsonErrorLocation place = find_json_error(json);
    return Error{Errc::invalid_argument, std::string(name) + ":" + std::to_string(place.line) + ":" +
                                             std::to_string(place.column) +
                                             ": not valid JSON: " + std::string(place.what)};
}

void read_limits(const JsonElement& root, ResolvedLimits& out) {
    Reader(out).read(root);
}

std::vector<std::string_view> keys_under(std::string_view parent) {
    std::vector<std::string_view> keys;
    const auto add = [&keys, parent](const auto& row) {
        if (parent == "websocket")
            keys.push_back(row.group);
        else if (parent == "websocket." + std::string(row.group))
            keys.push_back(row.key);
    };
    for (const auto& row : kLimitRows) add(row);
    for (const auto& row : kSettingRows) add(row);
    return keys;
}

std::string value_of(const SettingRow& row, const ResolvedLimits& limits) {
    std::vector<std::string> names;
    switch (row.setting) {
        case Setting::reconnect_strategy:
            return std::string(
                word_in(kStrategies, limits.reconnect_strategy.value_or(ReconnectOptions{}.strategy)));
        case Setting::overflow:
            return std::string(word_in(kOverflows, limits.overflow.value_or(OverflowPolicy{})));
        case Setting::headers:
            for (const auto& header : limits.upgrade.headers) names.push_back(header.name);
            break;
        case Setting::subprotocols:
            names = limits.upgrade.subprotocols;
            break;
        case Setting::permessage_deflate:
            return limits.upgrade.permessage_deflate.value_or(false) ? "true" : "false";
        case Setting::any_traffic:
            return limits.any_traffic_is_life.value_or(false) ? "true" : "false";
    }
    return listed(names);
}

bool is_set(const SettingRow& row, const ResolvedLimits& limits) noexcept {
    switch (row.setting) {
        case Setting::reconnect_strategy:
            return limits.reconnect_strategy.has_value();
        case Setting::overflow:
            return limits.overflow.has_value();
        case Setting::headers:
            return !limits.upgrade.headers.empty();
        case Setting::subprotocols:
            return !limits.upgrade.subprotocols.empty();
        case Setting::permessage_deflate:
            return limits.upgrade.permessage_deflate.has_value();
        case Setting::any_traffic:
            return limits.any_traffic_is_life.has_value();
    }
    return false;
}

std::string default_of(const SettingRow& row) {
    return value_of(row, ResolvedLimits());
}

std::string expected_of(const SettingRow& row) {
    if (row.setting == Setting::reconnect_strategy) return one_of(kStrategies);
    if (row.setting == Setting::overflow) return one_of(kOverflows);
    return std::string(row.expected);
}

std::string expected_of(const LimitRow& row) {
    if (row.can_be_unlimited) return "a whole number or \"unlimited\"";
    if (row.is_count()) return "a whole number";
    return row.unit == LimitUnit::seconds ? "a number of seconds" : "a number";
}

std::string bounds_of(const LimitRow& row) {
    return number(row.min) + " to " + number(row.max);
}

std::string with_unit(const LimitRow& row, double value) {
    if (row.can_be_unlimited && value == kUnlimited) return "unlimited";
    return number(value) + (row.unit == LimitUnit::seconds ? " s" : "");
}

}  // namespace pinwheel::detail

namespace pinwheel {

Result<ResolvedLimits> get_websocket_limits(std::string_view json, std::string_view name) {
    detail::JsonDocument document;
    const auto root = detail::parse_config_text(document, json, name);
    if (!root) return root.error();
    ResolvedLimits resolved;
    detail::read_limits(*root, resolved);
    return resolved;
}

}  // namespace pinwheel
