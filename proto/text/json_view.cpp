#include "json_view.h"

#include <simdjson.h>

#include <charconv>
#include <cstddef>
#include <system_error>

#include "../../core/record.h"

namespace pinwheel {
namespace {

using simdjson::SUCCESS;
using simdjson::ondemand::json_type;
using Value = simdjson::ondemand::value;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kSpace = " \t\n\r";

/// The thread's parser, and the view whose text it has indexed.
struct IndexedReader {
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document;
    std::uint64_t views = 0;
    std::uint64_t indexed = 0;
    std::string_view text{};

    [[nodiscard]] bool index(std::string_view its_text, std::uint64_t number) noexcept {
        text = its_text;
        indexed = number;
        return parser.iterate(text.data(), text.size(), text.size() + kPayloadPadding).get(document) ==
               SUCCESS;
    }
    /// Returns to the front of the view's document. Indexes it again if another view has used the parser, or
    /// if the last read ran over its end, as in a broken text.
    [[nodiscard]] bool rewind(std::string_view its_text, std::uint64_t number) noexcept {
        const bool is_indexed =
            indexed == number && text.data() == its_text.data() && text.size() == its_text.size();
        if (!is_indexed || !document.is_alive()) return index(its_text, number);
        document.rewind();
        return true;
    }
};

IndexedReader& reader() noexcept {
    static thread_local IndexedReader the_reader;
    return the_reader;
}

/// True if a pointer's segment, in which ~1 means / and ~0 means ~, equals this key.
bool names(std::string_view segment, std::string_view key) noexcept {
    std::size_t at = 0;
    for (std::size_t i = 0; i < segment.size(); ++i, ++at) {
        char c = segment[i];
        if (c == '~') {
            if (++i == segment.size() || (segment[i] != '0' && segment[i] != '1')) return false;
            c = segment[i] == '0' ? '~' : '/';
        }
        if (at == key.size() || key[at] != c) return false;
    }
    return at == key.size();
}

bool find_member(Value& value, std::string_view segment) noexcept {
    simdjson::ondemand::object object;
    if (value.get(object) != SUCCESS) return false;
    for (auto member : object) {
        simdjson::ondemand::field field;
        std::string_view key;
        if (std::move(member).get(field) != SUCCESS || field.unescaped_key().get(key) != SUCCESS)
            return false;
        if (!names(segment, key)) continue;
        value = field.value();
        return true;
    }
    return false;
}

bool find_element(Value& value, std::string_view segment) noexcept {
    std::size_t index = 0;
    const char* const end = segment.data() + segment.size();
    const auto [rest, error] = std::from_chars(segment.data(), end, index);
    if (error != std::errc{} || rest != end || (segment.size() > 1 && segment.front() == '0')) return false;
    simdjson::ondemand::array array;
    if (value.get(array) != SUCCESS) return false;
    for (auto element : array)
        if (index-- == 0) return element.get(value) == SUCCESS;
    return false;
}

/// Follows a non-empty pointer (RFC 6901 section 4).
bool follow(Value& value, std::string_view pointer) noexcept {
    while (!pointer.empty()) {
        if (pointer.front() != '/') return false;
        pointer.remove_prefix(1);
        const std::string_view segment = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(segment.size());
        json_type type{};
        if (value.type().get(type) != SUCCESS) return false;
        const bool found = type == json_type::object
                               ? find_member(value, segment)
                               : type == json_type::array && find_element(value, segment);
        if (!found) return false;
    }
    return true;
}

/// Calls `take` with the value at `pointer`, or with the document if that is a scalar and the pointer is
/// empty.
template <class Result, class Take>
std::optional<Result> look(std::string_view text, std::uint64_t number, std::string_view pointer,
                           Take take) noexcept {
    IndexedReader& the_reader = reader();
    if (text.empty() || !the_reader.rewind(text, number)) return std::nullopt;
    auto& document = the_reader.document;
    json_type type{};
    if (document.type().get(type) != SUCCESS) return std::nullopt;
    if (type != json_type::object && type != json_type::array)
        return pointer.empty() ? take(document) : std::nullopt;
    Value value;
    if (document.get_value().get(value) != SUCCESS || !follow(value, pointer)) return std::nullopt;
    return take(value);
}

template <class T>
std::optional<T> typed(std::string_view text, std::uint64_t number, std::string_view pointer) noexcept {
    return look<T>(text, number, pointer, [](auto& value) -> std::optional<T> {
        T result{};
        if (value.get(result) != SUCCESS) return std::nullopt;
        return result;
    });
}

/// The byte that ends a text with this first byte. Any other byte ends a number or a word.
bool ends_well(char first, char last) noexcept {
    switch (first) {
        case '{':
            return last == '}';
        case '[':
            return last == ']';
        case '"':
            return last == '"';
        default:
            return (last >= '0' && last <= '9') || (last >= 'a' && last <= 'z');
    }
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

JsonView::JsonView(std::string_view text) noexcept {
    static_assert(kPayloadPadding >= simdjson::SIMDJSON_PADDING);
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    const std::string_view inside = trimmed(text);
    if (inside.empty() || !ends_well(inside.front(), inside.back())) return;
    IndexedReader& the_reader = reader();
    number_ = ++the_reader.views;
    json_type type{};
    if (the_reader.index(text, number_) && the_reader.document.type().get(type) == SUCCESS) text_ = text;
}

std::optional<std::int64_t> JsonView::integer(std::string_view pointer) const noexcept {
    return typed<std::int64_t>(text_, number_, pointer);
}

std::optional<double> JsonView::number(std::string_view pointer) const noexcept {
    return typed<double>(text_, number_, pointer);
}

std::optional<bool> JsonView::boolean(std::string_view pointer) const noexcept {
    return typed<bool>(text_, number_, pointer);
}

std::optional<std::string_view> JsonView::string(std::string_view pointer) const noexcept {
    return look<std::string_view>(
        text_, number_, pointer, [](auto& value) -> std::optional<std::string_view> {
            std::string_view token;
            if (simdjson::simdjson_result<std::string_view>(value.raw_json_token()).get(token) != SUCCESS)
                return std::nullopt;
            const auto quote = token.rfind('"');
            if (token.empty() || token.front() != '"' || quote == 0) return std::nullopt;
            const std::string_view inside = token.substr(1, quote - 1);
            if (inside.find('\\') == std::string_view::npos) return inside;
            std::string_view unescaped;
            return value.get(unescaped) == SUCCESS ? std::optional(unescaped) : std::nullopt;
        });
}

std::optional<std::string_view> JsonView::raw(std::string_view pointer) const noexcept {
    return look<std::string_view>(
        text_, number_, pointer, [](auto& value) -> std::optional<std::string_view> {
            std::string_view text;
            return simdjson::to_json_string(value).get(text) == SUCCESS ? std::optional(trimmed(text))
                                                                        : std::nullopt;
        });
}

std::optional<double> JsonView::decimal(std::string_view pointer) const noexcept {
    return JsonItem(raw(pointer).value_or("")).decimal();
}

std::optional<std::int64_t> JsonView::scaled(std::string_view pointer, unsigned digits) const noexcept {
    return JsonItem(raw(pointer).value_or("")).scaled(digits);
}

std::optional<std::int64_t> JsonView::stamp(std::string_view pointer, TimeUnit unit) const noexcept {
    return JsonItem(raw(pointer).value_or("")).stamp(unit);
}

JsonItems JsonView::items(std::string_view pointer) const noexcept {
    return JsonItems(raw(pointer).value_or(""));
}

std::optional<std::size_t> JsonView::size(std::string_view pointer) const noexcept {
    return items(pointer).size();
}

}  // namespace pinwheel
