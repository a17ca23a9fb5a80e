#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "../text/json_kind_impl.h"
#include "../text/json_place.h"
#include "limit_reader_impl.h"

namespace pinwheel::detail {
namespace {

using Element = simdjson::dom::element;

template <class Value, std::size_t N>
using Words = std::array<std::pair<std::string_view, Value>, N>;

constexpr Words<ReconnectStrategy, 4> kStrategies{
    {{"immediate", ReconnectStrategy::immediate},
     {"fixed_delay", ReconnectStrategy::fixed_delay},
     {"exponential_backoff", ReconnectStrategy::exponential_backoff},
     {"callback_controlled", ReconnectStrategy::callback_controlled}}};
constexpr Words<OverflowPolicy, 2> kOverflows{
    {{"drop_newest", OverflowPolicy::drop_newest}, {"backpressure", OverflowPolicy::backpressure}}};

class Reader {
  public:
    explicit Reader(ResolvedLimits& out) noexcept : out_(out) {}

    void read(Element root) {
        simdjson::dom::object object;
        if (!open(root, "the whole config", object)) return;
        for (const auto [key, value] : object)
            if (key == "websocket") read_websocket(value);
    }

    /// A setting that is no number.
    struct Setting {
        std::string_view group;
        std::string_view key;
        void (Reader::*read)(const std::string& path, Element value);
    };
    static const std::array<Setting, 4> kSettings;

  private:
    void warn(const std::string& path, std::string expected, std::string_view found, std::string used = {}) {
        out_.warnings.push_back({.path = path,
                                 .expected = std::move(expected),
                                 .found = std::string(found),
                                 .used = std::move(used)});
    }
    [[nodiscard]] bool open(Element value, const std::string& path, simdjson::dom::object& object) {
        if (value.get(object) == simdjson::SUCCESS) return true;
        warn(path, "an object", kind_of(value));
        return false;
    }

    void read_websocket(Element websocket) {
        simdjson::dom::object groups;
        if (!open(websocket, "websocket", groups)) return;
        for (const auto [group, value] : groups) {
            const std::string path = "websocket." + std::string(group);
            if (keys_under(path).empty())
                warn(path, {}, kind_of(value));
            else if (simdjson::dom::object keys; open(value, path, keys))
                for (const auto [key, setting] : keys) read_setting(group, key, setting);
        }
    }

    void read_setting(std::string_view group, std::string_view key, Element value) {
        const auto is_it = [group, key](const auto& one) { return one.group == group && one.key == key; };
        const std::string path = "websocket." + std::string(group) + "." + std::string(key);
        if (const auto* const row = std::find_if(kLimitRows.begin(), kLimitRows.end(), is_it);
            row != kLimitRows.end())
            return read_number(*row, out_.values[static_cast<std::size_t>(row - kLimitRows.begin())], value);
        if (const auto* const setting = std::find_if(kSettings.begin(), kSettings.end(), is_it);
            setting != kSettings.end())
            return (this->*setting->read)(path, value);
        warn(path, {}, kind_of(value));
    }

    void read_number(const LimitRow& row, LimitValue& entry, Element value) {
        double asked = 0;
        const bool is_number = value.get(asked) == simdjson::SUCCESS;
        if (std::string_view text;
            row.can_be_unlimited && value.get(text) == simdjson::SUCCESS && text == "unlimited") {
            entry.asked = entry.value = kUnlimited;
            entry.origin = LimitOrigin::config;
        } else if (!is_number || (row.is_count() && std::floor(asked) != asked)) {
            return warn(row.path(), expected_of(row), is_number ? "a fraction" : kind_of(value),
                        with_unit(row, entry.value));
        } else {
            entry.asked = asked;
            entry.value = std::clamp(asked, row.min, row.max);
            entry.origin = entry.value == asked ? LimitOrigin::config : LimitOrigin::clamped;
        }
        set_limit(out_.limits, row, entry.value);
    }
    [[nodiscard]] static std::string expected_of(const LimitRow& row) {
        if (row.can_be_unlimited) return "a whole number or \"unlimited\"";
        if (row.is_count()) return "a whole number";
        return row.unit == LimitUnit::seconds ? "a number of seconds" : "a number";
    }

    template <class Value, std::size_t N>
    void read_word(const std::string& path, Element value, const Words<Value, N>& words,
                   std::optional<Value>& out, Value fallback) {
        std::string_view text;
        const bool is_text = value.get(text) == simdjson::SUCCESS;
        std::string expected = "one of";
        for (const auto& [word, meaning] : words) {
            if (is_text && word == text) {
                out = meaning;
                return;
            }
            expected += (expected == "one of" ? " '" : ", '") + std::string(word) + "'";
        }
        warn(path, expected, is_text ? "another word" : kind_of(value),
             std::string(word_of(out.value_or(fallback))));
    }
    void read_strategy(const std::string& path, Element value) {
        read_word(path, value, kStrategies, out_.reconnect_strategy, ReconnectOptions{}.strategy);
    }
    void read_overflow(const std::string& path, Element value) {
        read_word(path, value, kOverflows, out_.overflow, OverflowPolicy{});
    }

    void read_headers(const std::string& path, Element value) {
        simdjson::dom::object members;
        if (value.get(members) != simdjson::SUCCESS)
            return warn(path, "an object of strings", kind_of(value));
        std::vector<HttpHeader> headers;
        for (const auto [name, member] : members) {
            std::string_view text;
            if (member.get(text) != simdjson::SUCCESS)
                return warn(path, "an object of strings", std::string(kind_of(member)) + " in it");
            headers.push_back({.name = std::string(name), .value = std::string(text)});
        }
        out_.upgrade.headers = std::move(headers);
    }
    void read_subprotocols(const std::string& path, Element value) {
        simdjson::dom::array members;
        if (value.get(members) != simdjson::SUCCESS) return warn(path, "an array of strings", kind_of(value));
        std::vector<std::string> subprotocols;
        for (const Element member : members) {
            std::string_view text;
            if (member.get(text) != simdjson::SUCCESS)
                return warn(path, "an array of strings", std::string(kind_of(member)) + " in it");
            subprotocols.emplace_back(text);
        }
        out_.upgrade.subprotocols = std::move(subprotocols);
    }

    ResolvedLimits& out_;
};

const std::array<Reader::Setting, 4> Reader::kSettings{
    {{"reconnect", "strategy", &Reader::read_strategy},
     {"queue", "overflow", &Reader::read_overflow},
     {"upgrade", "headers", &Reader::read_headers},
     {"upgrade", "subprotocols", &Reader::read_subprotocols}}};

template <class Value, std::size_t N>
std::string_view word_in(const Words<Value, N>& words, Value value) noexcept {
    for (const auto& [word, meaning] : words)
        if (meaning == value) return word;
    return "unknown";
}

}  // namespace

Result<Element> parse_json(simdjson::dom::parser& parser, std::string_view json, std::string_view name) {
    const simdjson::padded_string text(with_finite_numbers(json));
    Element root;
    if (parser.parse(text).get(root) == simdjson::SUCCESS) return root;
    const JsonPlace place = find_json_error(json);
    return Error{Errc::invalid_argument, std::string(name) + ":" + std::to_string(place.line) + ":" +
                                             std::to_string(place.column) +
                                             ": not valid JSON: " + std::string(place.what)};
}

void read_limits(Element root, ResolvedLimits& out) {
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
    for (const auto& setting : Reader::kSettings) add(setting);
    return keys;
}

std::string_view word_of(ReconnectStrategy strategy) noexcept {
    return word_in(kStrategies, strategy);
}

std::string_view word_of(OverflowPolicy policy) noexcept {
    return word_in(kOverflows, policy);
}

}  // namespace pinwheel::detail
