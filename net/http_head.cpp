#include "http_head.h"

#include <algorithm>

namespace pinwheel {
namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trim(std::string_view text) noexcept {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return (u >= 0x20 && u != 0x7f) || c == '\t';
    });
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool is_valid_header(const HttpHeader& header) noexcept {
    return is_token(header.name) && is_field_value(header.value);
}

bool has_token(std::string_view list, std::string_view token) noexcept {
    while (true) {
        const auto comma = list.find(',');
        if (equal_ignoring_case(trim(list.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) return false;
        list.remove_prefix(comma + 1);
    }
}

HttpHead::Status HttpHead::feed(std::span<const std::byte> bytes, std::size_t& consumed) {
    for (consumed = 0; consumed < bytes.size();) {
        const char c = static_cast<char>(bytes[consumed++]);
        if ((c == '\n') != text_.ends_with('\r')) {
            start_line_ = text_.substr(0, text_.find('\r'));
            const auto lines = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n'));
            return malformed(lines,
                             c == '\n' ? "ends with a line feed alone" : "has a carriage return alone");
        }
        text_.push_back(c);
        if (c == '\n' && text_.ends_with("\r\n\r\n")) return parse();
        if (text_.size() >= kMaxSize) return Status::too_large;
    }
    return Status::need_more;
}

HttpHead::Status HttpHead::parse() {
    std::string_view rest(text_);
    const auto next_line = [&rest] {
        const auto line = rest.substr(0, rest.find("\r\n"));
        rest.remove_prefix(line.size() + 2);
        return line;
    };
    start_line_ = next_line();
    if (!is_field_value(start_line_)) return malformed(0, "has a control character");
    std::size_t number = 1;
    for (auto line = next_line(); !line.empty(); line = next_line(), ++number) {
        if (number > kMaxHeaders) return Status::too_large;
        if (const std::string wrong = take_line(line); !wrong.empty()) return malformed(number, wrong);
    }
    return Status::done;
}

std::string HttpHead::take_line(std::string_view line) {
    const bool is_folded = line.starts_with(' ') || line.starts_with('\t');
    if (is_folded) {
        if (folding_ == Folding::refuse) return "continues the line before it";
        if (headers_.empty()) return "continues a header, and there is none before it";
        if (!is_field_value(line)) return "has a control character";
        std::string& value = headers_.back().value;
        if (const auto more = trim(line); !more.empty()) (value += value.empty() ? "" : " ") += more;
        return {};
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return "has no colon";
    HttpHeader header{std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))};
    if (header.name.empty()) return "has no name before the colon";
    if (trim(header.name).size() != header.name.size()) return "has a space before the colon";
    if (!is_token(header.name)) return "has a name with a character that no header's name has";
    if (!is_field_value(header.value)) return "('" + header.name + "') has a control character in its value";
    headers_.push_back(std::move(header));
    return {};
}

HttpHead::Status HttpHead::malformed(std::size_t line, const std::string& what) {
    fault_ = (line == 0 ? "the start line " : "header line " + std::to_string(line) + " ") + what;
    return Status::malformed;
}

std::size_t HttpHead::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(
        std::count_if(headers_.begin(), headers_.end(),
                      [&](const HttpHeader& header) { return equal_ignoring_case(header.name, name); }));
}

std::optional<std::string_view> HttpHead::single(std::string_view name) const noexcept {
    if (count(name) != 1) return std::nullopt;
    for (const auto& header : headers_)
        if (equal_ignoring_case(header.name, name)) return header.value;
    return std::nullopt;
}

std::string HttpHead::joined(std::string_view name) const {
    std::string all;
    for (const auto& header : headers_)
        if (equal_ignoring_case(header.name, name)) all += (all.empty() ? "" : ",") + header.value;
    return all;
}

}  // namespace pinwheel
