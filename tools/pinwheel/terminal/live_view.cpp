#include "live_view.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "screen_text.h"

namespace pinwheel::tool {
namespace {

constexpr std::size_t kLabel = 12;
constexpr std::size_t kCell = 9;

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}
std::string right(const std::string& text, std::size_t width) {
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}
std::string row(const std::string& label, const std::string& value) {
    return padded(label, kLabel) + value;
}
std::string counted(std::uint64_t number, const std::string& what) {
    return grouped(number) + " " + what + (number == 1 ? "" : "s");
}
std::string per_second(double number) {
    return grouped(static_cast<std::uint64_t>(number + 0.5));
}
std::string short_size(double bytes) {
    constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    while (bytes >= 1000 && unit + 1 < kUnits.size()) {
        bytes /= 1000;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
    return text.data();
}
std::string clock_time(Duration time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", static_cast<long long>(seconds / 3600),
                  static_cast<long long>(seconds / 60 % 60), static_cast<long long>(seconds % 60));
    return text.data();
}
std::uint64_t ns(Duration time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
}

std::string latency_row(const std::string& label, const LiveState::Latency& latency) {
    const auto cell = [&](std::uint64_t time) {
        return right(latency.count == 0 ? "-" : short_time(time), kCell);
    };
    return row(label, cell(latency.p50) + cell(latency.p99) + cell(latency.max));
}
std::string state_row(const LiveState& state) {
    std::string value(to_string(state.state));
    if (state.generation > 0) value += ", connection " + std::to_string(state.generation);
    if (state.state == ConnectionState::connected) value += ", up " + clock_time(state.up);
    return row("state", value);
}
std::string ping_row(const RoundTrip& ping) {
    if (ping.count == 0) return row("round trip", "-");
    return row("round trip", short_time(ns(ping.last)) + ", smoothed " + short_time(ns(ping.smoothed)) +
                                 ", min " + short_time(ns(ping.min)) + ", max " + short_time(ns(ping.max)));
}
std::string ring_row(const LiveState& state) {
    constexpr std::uint64_t kBar = 10;
    std::string value = grouped(state.queued);
    if (state.queue_size > 0) {
        const auto filled = std::min(state.queued, state.queue_size) * kBar / state.queue_size;
        value = "[" + std::string(filled, '#') + std::string(kBar - filled, ' ') + "] " + value + " of " +
                grouped(state.queue_size);
    } else {
        value += " queued";
    }
    return row("ring", value + ", high water " + grouped(state.queued_high_water));
}
std::string leg_row(const LiveState::Leg& leg, std::uint64_t all) {
    const auto percent = all == 0 ? 0 : (100 * leg.firsts + all / 2) / all;
    std::string value = padded(std::string(to_string(leg.state)), 11) + "first " +
                        right(std::to_string(percent), 3) + " %, lead ";
    value += leg.leads == 0 ? "-" : short_time(leg.lead_p50) + ", p99 " + short_time(leg.lead_p99);
    return row("leg " + std::to_string(leg.number), value);
}
std::string with_spark(std::string line, const std::vector<std::uint64_t>& values, std::size_t columns,
                       bool unicode) {
    constexpr std::size_t kFrom = 50;
    line = padded(std::move(line), kFrom);
    return line.size() + 2 > columns ? line
                                     : line + " " + sparkline(values, columns - line.size() - 1, unicode);
}

}  // namespace

std::vector<std::string> render_live(const LiveState& state, ScreenSize size) {
    const std::string time = clock_time(state.running);
    const std::string title = fit("pinwheel tail  " + state.url, size.columns - time.size() - 2);
    std::vector<std::string> lines;
    lines.push_back(title + std::string(size.columns - width_of(title) - time.size(), ' ') + time);
    lines.emplace_back();
    lines.push_back(state_row(state));
    lines.push_back(with_spark(row("rate", per_second(state.messages_per_second) + " messages/s, " +
                                               short_size(state.bytes_per_second) + "/s"),
                               state.rates, size.columns, state.unicode));
    lines.push_back(row(
        "total", counted(state.messages, "message") + ", " + short_size(static_cast<double>(state.bytes))));
    lines.emplace_back();
    lines.push_back(row("latency", right("p50", kCell) + right("p99", kCell) + right("max", kCell)) +
                    "  arrival to handler");
    lines.push_back(latency_row("  last 1 s", state.last_second));
    lines.push_back(latency_row("  overall", state.overall));
    lines.push_back(row("  p99 by s", sparkline(state.p99s, size.columns - kLabel, state.unicode)));
    lines.emplace_back();
    lines.push_back(
        row("gaps", grouped(state.dropped) + " dropped, " + counted(state.disconnects, "disconnect")));
    lines.push_back(ping_row(state.ping));
    lines.push_back(ring_row(state));
    std::uint64_t firsts = 0;
    for (const auto& leg : state.legs) firsts += leg.firsts;
    for (const auto& leg : state.legs) lines.push_back(leg_row(leg, firsts));
    lines.emplace_back();

    const std::string foot = row("ctrl-C ends", state.notice);
    const auto is_blank = [](const std::string& line) { return line.empty(); };
    if (lines.size() + 2 > size.rows)
        lines.erase(std::remove_if(lines.begin(), lines.end(), is_blank), lines.end());
    std::string label = "last";
    for (std::string_view rest = state.last_message; lines.size() + 1 < size.rows;) {
        const auto end = rest.find('\n');
        lines.push_back(row(label, std::string(rest.substr(0, end))));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
        label.clear();
    }
    lines.resize(size.rows - 1);
    lines.push_back(foot);
    for (auto& line : lines) line = fit(line, size.columns);
    return lines;
}

std::string render_status(const LiveState& state, std::size_t columns) {
    std::string line = std::string(to_string(state.state)) + ", " + counted(state.messages, "message") +
                       ", " + per_second(state.messages_per_second) + "/s";
    if (state.last_second.count > 0) line += ", p99 " + short_time(state.last_second.p99);
    if (state.dropped > 0) line += ", " + grouped(state.dropped) + " dropped";
    if (state.disconnects > 0) line += ", " + counted(state.disconnects, "disconnect");
    return fit(line, columns);
}

std::string sparkline(const std::vector<std::uint64_t>& values, std::size_t columns, bool unicode) {
    static constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static constexpr std::array<std::string_view, 8> kAscii{"_", ".", ":", "-", "=", "+", "*", "#"};
    const auto& bars = unicode ? kBlocks : kAscii;
    const std::size_t first = values.size() > columns ? values.size() - columns : 0;
    std::uint64_t most = 0;
    for (std::size_t i = first; i < values.size(); ++i) most = std::max(most, values[i]);
    std::string out;
    for (std::size_t i = first; i < values.size(); ++i) {
        const double share = most == 0 ? 0 : static_cast<double>(values[i]) / static_cast<double>(most);
        out += bars[std::min<std::size_t>(static_cast<std::size_t>(share * 8), 7)];
    }
    return out;
}

std::string short_time(std::uint64_t nanoseconds) {
    constexpr std::array kUnits{"ns", "us", "ms", "s"};
    auto value = static_cast<double>(nanoseconds);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value,
                  kUnits[unit]);
    return text.data();
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return digits;
}

}  // namespace pinwheel::tool
