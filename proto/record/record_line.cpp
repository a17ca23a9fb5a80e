#include "record_line.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "../../core/bytes.h"
#include "../policy/disconnect_reason.h"
#include "../text/json_view.h"
#include "../text/json_writer.h"
#include "base64_impl.h"

namespace pinwheel {
namespace {

constexpr std::size_t kDigits = kLinePrefix - 1;
constexpr std::string_view kObjectPrefix = "#                   ";
static_assert(kObjectPrefix.size() == kLinePrefix);
constexpr std::array<std::string_view, 8> kKindNames{"header", "bytes",   "connected", "disconnected",
                                                     "sent",   "dropped", "gap",       "leg"};
constexpr std::array kReasons{DisconnectReason::user_requested,
                              DisconnectReason::scheduled,
                              DisconnectReason::callback_triggered,
                              DisconnectReason::connection_limit,
                              DisconnectReason::server_closed,
                              DisconnectReason::network_error,
                              DisconnectReason::ping_timeout,
                              DisconnectReason::protocol_error,
                              DisconnectReason::killed};

std::uint64_t nanoseconds(SystemTime time) noexcept {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

/// The last `kDigits` digits, with leading zeros.
void append_time(std::string& out, std::uint64_t value) {
    const std::size_t begin = out.size();
    out.resize(begin + kDigits);
    for (std::size_t at = kDigits; at > 0; --at, value /= 10)
        out[begin + at - 1] = static_cast<char>('0' + value % 10);
}

std::optional<std::uint64_t> read_time(std::string_view digits) noexcept {
    std::uint64_t value = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '9') return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return value;
}

/// Readers end a line at either character.
bool holds_line_break(std::span<const std::byte> payload) noexcept {
    return !payload.empty() && (std::memchr(payload.data(), '\n', payload.size()) != nullptr ||
                                std::memchr(payload.data(), '\r', payload.size()) != nullptr);
}

void append_field(std::string& out, std::string_view name, std::uint64_t value) {
    out += ",\"";
    out += name;
    out += "\":";
    out += std::to_string(value);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += ",\"";
    out += name;
    out += "\":";
    append_json_string(out, value);
}

void append_payload(std::string& out, const RecordLine& line) {
    if (line.hidden) {
        out += R"(,"hidden":true)";
    } else if (line.is_text && line.kind == LineKind::sent) {
        append_field(out, "payload", chars_of(line.payload));
    } else {
        out += line.is_text ? R"(,"text":true,"base64":")" : R"(,"text":false,"base64":")";
        detail::append_base64(out, line.payload);
        out += '"';
    }
}

std::string_view name_of_reason(std::uint8_t number) noexcept {
    for (const auto reason : kReasons)
        if (static_cast<std::uint8_t>(reason) == number) return to_string(reason);
    return "UNKNOWN";
}

std::uint8_t number_of_reason(std::string_view name) noexcept {
    for (const auto reason : kReasons)
        if (to_string(reason) == name) return static_cast<std::uint8_t>(reason);
    return 0;
}

void append_object(std::string& out, const RecordLine& line) {
    out += kObjectPrefix;
    if (line.kind == LineKind::header) {
        out += R"({"pinwheel":1)";
    } else {
        out += R"({"pinwheel":")";
        out += to_string(line.kind);
        out += '"';
    }
    append_field(out, "ns", nanoseconds(line.time));
    append_field(out, "leg", line.leg);
    append_field(out, "generation", line.generation);
    append_field(out, "sequence", line.sequence);
    switch (line.kind) {
        case LineKind::header:
            append_field(out, "version", line.text);
            append_field(out, "clock", std::string_view("realtime"));
            append_field(out, "resolution_ns", std::uint64_t{1});
            append_field(out, "stamp", std::string_view(line.kernel_time ? "kernel" : "read"));
            break;
        case LineKind::message:
        case LineKind::sent:
            append_payload(out, line);
            break;
        case LineKind::connected:
            append_field(out, "url", line.text);
            break;
        case LineKind::disconnected:
            append_field(out, "code", line.code);
            append_field(out, "reason", name_of_reason(line.reason));
            append_field(out, "close_reason", line.text);
            break;
        case LineKind::dropped:
            append_field(out, "count", line.count);
            break;
        case LineKind::gap:
        case LineKind::leg:
            append_field(out, "detail", line.text);
            break;
    }
    out += "}\n";
}

/// A number that is present and in range; else nothing.
template <class Number>
std::optional<Number> number_of(const JsonView& json, std::string_view pointer) {
    const auto value = json.integer(pointer);
    if (!value || *value < 0) return std::nullopt;
    const auto wide = static_cast<std::uint64_t>(*value);
    if (wide > std::numeric_limits<Number>::max()) return std::nullopt;
    return static_cast<Number>(wide);
}

std::optional<LineKind> kind_of(const JsonView& json) {
    if (json.integer("/pinwheel") == 1) return LineKind::header;
    const auto name = json.string("/pinwheel");
    for (std::size_t i = 1; name && i < kKindNames.size(); ++i)
        if (kKindNames[i] == *name) return static_cast<LineKind>(i);
    return std::nullopt;
}

std::string_view text_field(LineKind kind) noexcept {
    switch (kind) {
        case LineKind::header:
            return "/version";
        case LineKind::connected:
            return "/url";
        case LineKind::disconnected:
            return "/close_reason";
        case LineKind::gap:
        case LineKind::leg:
            return "/detail";
        case LineKind::message:
        case LineKind::sent:
        case LineKind::dropped:
            break;
    }
    return {};
}

/// The payload of a line with an object. False: it is missing and not hidden.
bool read_payload(const JsonView& json, RecordLine& line, std::string& payload) {
    line.hidden = line.kind == LineKind::sent && json.boolean("/hidden").value_or(false);
    line.is_text = json.boolean("/text").value_or(true);
    payload.clear();
    if (line.hidden) return true;
    if (const auto text = json.string("/payload")) {
        payload = *text;
    } else if (const auto base64 = json.string("/base64")) {
        if (!detail::append_from_base64(payload, *base64)) return false;
    } else {
        return false;
    }
    line.payload = std::as_bytes(std::span(payload));
    return true;
}

}  // namespace

std::string_view to_string(LineKind kind) noexcept {
    return kKindNames[static_cast<std::size_t>(kind)];
}

void append_line(std::string& out, const RecordLine& line) {
    if (line.kind != LineKind::message || !line.is_text || holds_line_break(line.payload))
        return append_object(out, line);
    append_time(out, nanoseconds(line.time));
    out += ' ';
    out += chars_of(line.payload);
    out += '\n';
}

std::optional<RecordLine> LineParser::parse(std::string_view text) {
    if (text.starts_with('#')) return parse_object(text.substr(1));
    if (text.size() < kLinePrefix || text[kDigits] != ' ') return std::nullopt;
    const auto time = read_time(text.substr(0, kDigits));
    if (!time) return std::nullopt;
    ++state_.sequence;
    RecordLine line = state_;
    line.time = SystemTime{Duration{static_cast<std::int64_t>(*time)}};
    line.payload = std::as_bytes(std::span(text.substr(kLinePrefix)));
    return line;
}

std::optional<RecordLine> LineParser::parse_object(std::string_view object) {
    const JsonView json(object);
    const auto kind = kind_of(json);
    const auto time = number_of<std::uint64_t>(json, "/ns");
    const auto leg = number_of<std::uint32_t>(json, "/leg");
    const auto generation = number_of<std::uint32_t>(json, "/generation");
    const auto sequence = number_of<std::uint64_t>(json, "/sequence");
    if (!kind || !time || !leg || !generation || !sequence) return std::nullopt;
    RecordLine line{.kind = *kind,
                    .time = SystemTime{Duration{static_cast<std::int64_t>(*time)}},
                    .leg = *leg,
                    .generation = *generation,
                    .sequence = *sequence,
                    .kernel_time = state_.kernel_time};
    const std::string_view field = text_field(*kind);
    text_ = field.empty() ? std::string_view() : json.string(field).value_or(std::string_view());
    if (*kind == LineKind::header) line.kernel_time = json.string("/stamp") != "read";
    if (*kind == LineKind::disconnected) {
        const auto code = number_of<std::uint16_t>(json, "/code");
        if (!code) return std::nullopt;
        line.code = *code;
        line.reason = number_of_reason(json.string("/reason").value_or(std::string_view()));
    }
    if (*kind == LineKind::dropped) {
        const auto count = number_of<std::uint64_t>(json, "/count");
        if (!count) return std::nullopt;
        line.count = *count;
    }
    if ((*kind == LineKind::message || *kind == LineKind::sent) && !read_payload(json, line, payload_))
        return std::nullopt;
    line.text = text_;
    state_.leg = line.leg;
    state_.generation = line.generation;
    state_.sequence = line.sequence;
    state_.kernel_time = line.kernel_time;
    return line;
}

}  // namespace pinwheel
