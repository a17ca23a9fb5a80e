#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <string>

#include "../../proto/config/websocket_limits.h"
#include "../../proto/text/json_error_location.h"
#include "../../proto/websocket/url.h"
#include "../support/require.h"
#include "fuzz_input.h"
#include "targets.h"

namespace pinwheel::test {
namespace {

std::string_view text_in(std::span<const std::byte> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_one_plain_line(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

constexpr std::size_t kMaxJsonDepth = 1000;  // the two parsers may differ beyond it

std::size_t depth_of(std::string_view json) {
    std::size_t depth = 0;
    for (const char c : json) depth += c == '[' || c == '{' ? 1 : 0;
    return depth;
}

void check_limits(const ResolvedLimits& resolved) {
    const auto table = websocket_limit_table();
    require(resolved.values.size() == table.size(), "a value for each row");
    for (const auto& value : resolved.values) {
        require(value.row >= table.data() && value.row < table.data() + table.size(), "a stray row");
        if (value.origin == LimitOrigin::config || value.origin == LimitOrigin::clamped)
            require(value.value >= value.row->min && value.value <= value.row->max, "beyond a bound");
        if (value.origin == LimitOrigin::clamped) require(value.asked != value.value, "clamped for nothing");
        require(!value.describe().empty(), "no description");
    }
    const auto& limits = resolved.limits;
    require(
        limits.ping_interval >= std::chrono::seconds{5} && limits.ping_interval <= std::chrono::seconds{60},
        "ping_interval");
    require(limits.reconnect_check_interval >= std::chrono::milliseconds{500}, "reconnect_check_interval");
    require(limits.queue_size <= 4'194'304, "queue_size");
    for (const auto& warning : resolved.warnings) require(!warning.message().empty(), "an empty warning");
}

}  // namespace

void fuzz_url(std::span<const std::byte> bytes) {
    const auto text = text_in(bytes);
    const auto url = Url::parse(text);
    if (!url) {
        require(url.error().code == Errc::invalid_url, "the error's code");
        require(is_one_plain_line(url.error().message()), "the error is no line of text");
        return;
    }
    require(url->port() != 0 && !url->host().empty(), "no host or port");
    require(url->target().starts_with('/') && is_one_plain_line(url->target()), "the target");
    require(url->target().find_first_of(" #") == std::string::npos, "the target ends early");
    const std::string name = url->name();
    require(std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::isupper(c) != 0; }),
            "an upper-case host");
    require(url->authority().find_first_of("/?#@% ") == std::string::npos, "the authority");
    require(url->without_query().find('?') == std::string::npos, "a query without query");

    const auto again = Url::parse((url->tls() ? "wss://" : "ws://") + url->authority() + url->target());
    require(bool(again), "what was parsed does not parse");
    require(again->tls() == url->tls() && again->host() == name && again->port() == url->port() &&
                again->target() == url->target(),
            "parsed twice, it differs");
}

void fuzz_config(std::span<const std::byte> bytes) {
    FuzzInput input(bytes);
    const auto row = input.size_below(websocket_limit_table().size() + 1);
    const auto bits = input.below(std::uint64_t{1} << 32) << 32 | input.below(std::uint64_t{1} << 32);
    const auto text = input.rest();
    const auto resolved = get_websocket_limits(text, "fuzz.json");
    const auto place = find_json_error(text);
    constexpr std::string_view kNothingFound = "the parser refuses it";
    require(place.line >= 1 && place.column >= 1 && !place.what.empty(), "no place");
    require(place.line <= 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) &&
                place.column <= text.size() + 1,
            "a place outside");
    if (!resolved) {
        require(place.what != kNothingFound, "a fault without a place");
        return;
    }
    const bool is_out_of_range = place.what == "a number out of range";  // the limits clamp it
    require(place.what == kNothingFound || is_out_of_range || depth_of(text) >= kMaxJsonDepth,
            "a place without a fault");
    check_limits(*resolved);

    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    auto changed = *resolved;
    const auto field = row < websocket_limit_table().size() ? websocket_limit_table()[row].field : "nothing";
    if (!changed.set_option(field, value).failed()) {
        require(std::isfinite(value) && value >= 0, "an option that is no number");
        require(changed.values[row].origin == LimitOrigin::option && changed.values[row].value == value,
                "an option that was not set");
    } else {
        require(changed.limits == resolved->limits, "a refused option that was set");
    }
}

}  // namespace pinwheel::test
