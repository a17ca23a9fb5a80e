#include "json_items.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "decimal.h"

namespace pinwheel {
namespace {

constexpr std::string_view kBlanks = " \t\n\r";
constexpr auto kNone = std::string_view::npos;

void skip_space(std::string_view& text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
}

/// The size of the string at the front, with its quotes; npos if it does not end.
std::size_t string_size(std::string_view text) noexcept {
    for (std::size_t at = 1; (at = text.find_first_of("\"\\", at)) != kNone; at += 2)
        if (text[at] == '"') return at + 1;
    return kNone;
}

/// The same of an array or object. Brackets inside strings do not count.
std::size_t container_size(std::string_view text) noexcept {
    const char close = text.front() == '{' ? '}' : ']';
    std::size_t depth = 0;
    for (std::size_t at = 0; (at = text.find_first_of("\"[]{}", at)) != kNone; ++at) {
        if (text[at] == '"') {
            const std::size_t size = string_size(text.substr(at));
            if (size == kNone) return kNone;
            at += size - 1;
        } else if (text[at] == '[' || text[at] == '{') {
            ++depth;
        } else if (--depth == 0) {
            return text[at] == close ? at + 1 : kNone;
        }
    }
    return kNone;
}

std::size_t value_size(std::string_view text) noexcept {
    if (text.empty()) return kNone;
    if (text.front() == '"') return string_size(text);
    if (text.front() == '[' || text.front() == '{') return container_size(text);
    const std::size_t size = text.find_first_of(" \t\n\r,:]}[{\"");
    return size == 0 ? kNone : size;
}

}  // namespace

std::optional<std::string_view> JsonItem::string() const noexcept {
    if (raw_.size() < 2 || raw_.front() != '"') return std::nullopt;
    const auto inside = raw_.substr(1, raw_.size() - 2);
    return inside.find('\\') == kNone ? std::optional(inside) : std::nullopt;
}

std::optional<bool> JsonItem::boolean() const noexcept {
    if (raw_ == "true") return true;
    return raw_ == "false" ? std::optional(false) : std::nullopt;
}

std::optional<std::int64_t> JsonItem::integer() const noexcept {
    std::int64_t value = 0;
    const char* const end = raw_.data() + raw_.size();
    const auto [rest, error] = std::from_chars(raw_.data(), end, value);
    return error == std::errc{} && rest == end ? std::optional(value) : std::nullopt;
}

std::string_view JsonItem::number_text() const noexcept {
    return string().value_or(raw_);
}

std::optional<double> JsonItem::decimal() const noexcept {
    return parse_decimal(number_text());
}

std::optional<std::int64_t> JsonItem::scaled(unsigned digits) const noexcept {
    return parse_scaled(number_text(), digits);
}

std::optional<std::int64_t> JsonItem::stamp(TimeUnit unit) const noexcept {
    return parse_stamp(number_text(), unit);
}

JsonItems JsonItem::items() const noexcept {
    return JsonItems(raw_);
}

JsonItems::JsonItems(std::string_view raw) noexcept {
    if (raw.empty() || (raw.front() != '[' && raw.front() != '{')) return;
    close_ = raw.front() == '[' ? ']' : '}';
    inside_ = raw.substr(1);
}

std::optional<std::size_t> JsonItems::size() const noexcept {
    if (close_ == 0) return std::nullopt;
    std::size_t count = 0;
    Iterator at = begin();
    for (; !at.is_over_; ++at) ++count;
    return at.is_broken_ ? std::nullopt : std::optional(count);
}

void JsonItems::Iterator::end(bool is_broken) noexcept {
    is_over_ = true;
    is_broken_ = is_broken;
    item_ = {};
}

/// The first item, or none.
void JsonItems::Iterator::read() noexcept {
    skip_space(rest_);
    if (rest_.empty()) return end(close_ != 0);
    if (rest_.front() == close_) return end(false);
    std::string_view key;
    if (close_ == '}') {
        const std::size_t size = rest_.front() == '"' ? string_size(rest_) : kNone;
        if (size == kNone) return end(true);
        key = rest_.substr(1, size - 2);
        rest_.remove_prefix(size);
        skip_space(rest_);
        if (rest_.empty() || rest_.front() != ':') return end(true);
        rest_.remove_prefix(1);
        skip_space(rest_);
    }
    const std::size_t size = value_size(rest_);
    if (size == kNone) return end(true);
    item_ = JsonItem(rest_.substr(0, size), key);
    rest_.remove_prefix(size);
}

void JsonItems::Iterator::next() noexcept {
    skip_space(rest_);
    if (rest_.empty()) return end(true);
    if (rest_.front() == close_) return end(false);
    if (rest_.front() != ',') return end(true);
    rest_.remove_prefix(1);
    skip_space(rest_);
    if (!rest_.empty() && rest_.front() == close_) return end(true);
    read();
}

}  // namespace pinwheel
