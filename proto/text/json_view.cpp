#include "json_view.h"

#include <simdjson.h>

#include "../../core/record.h"

namespace pinwheel {
namespace {

struct Reader {
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document;
};

Reader& reader() noexcept {
    static thread_local Reader the_reader;
    return the_reader;
}

/// The value at `pointer`. Each look begins at the front of the document, which is indexed anew if the look
/// before went over its end, as it does in text that is broken.
template <class Take>
auto look(std::string_view text, std::string_view pointer, Take take) noexcept
    -> decltype(take(simdjson::ondemand::value())) {
    auto& [parser, document] = reader();
    if (document.is_alive())
        document.rewind();
    else if (parser.iterate(text.data(), text.size(), text.size() + kPayloadPadding).get(document) !=
             simdjson::SUCCESS)
        return std::nullopt;
    simdjson::ondemand::value value;
    const auto error =
        pointer.empty() ? document.get_value().get(value) : document.at_pointer(pointer).get(value);
    if (error != simdjson::SUCCESS) return std::nullopt;
    return take(value);
}

template <class T>
std::optional<T> typed(std::string_view text, std::string_view pointer) noexcept {
    return look(text, pointer, [](simdjson::ondemand::value value) -> std::optional<T> {
        T result{};
        if (value.get(result) != simdjson::SUCCESS) return std::nullopt;
        return result;
    });
}

}  // namespace

JsonView::JsonView(std::string_view text) noexcept {
    static_assert(kPayloadPadding >= simdjson::SIMDJSON_PADDING);
    auto& [parser, document] = reader();
    simdjson::ondemand::json_type type{};
    if (parser.iterate(text.data(), text.size(), text.size() + kPayloadPadding).get(document) ==
            simdjson::SUCCESS &&
        document.type().get(type) == simdjson::SUCCESS)
        text_ = text;
}

std::optional<std::int64_t> JsonView::integer(std::string_view pointer) const noexcept {
    return *this ? typed<std::int64_t>(text_, pointer) : std::nullopt;
}

std::optional<double> JsonView::number(std::string_view pointer) const noexcept {
    return *this ? typed<double>(text_, pointer) : std::nullopt;
}

std::optional<bool> JsonView::boolean(std::string_view pointer) const noexcept {
    return *this ? typed<bool>(text_, pointer) : std::nullopt;
}

std::optional<std::string_view> JsonView::string(std::string_view pointer) const noexcept {
    if (!*this) return std::nullopt;
    return look(text_, pointer, [](simdjson::ondemand::value value) -> std::optional<std::string_view> {
        const std::string_view token = value.raw_json_token();
        const auto quote = token.rfind('"');
        if (token.empty() || token.front() != '"' || quote == 0) return std::nullopt;
        const std::string_view inside = token.substr(1, quote - 1);
        if (inside.find('\\') == std::string_view::npos) return inside;
        std::string_view unescaped;
        return value.get(unescaped) == simdjson::SUCCESS ? std::optional(unescaped) : std::nullopt;
    });
}

std::optional<std::string_view> JsonView::raw(std::string_view pointer) const noexcept {
    if (!*this) return std::nullopt;
    return look(text_, pointer, [](simdjson::ondemand::value value) -> std::optional<std::string_view> {
        std::string_view text;
        return simdjson::to_json_string(value).get(text) == simdjson::SUCCESS ? std::optional(text)
                                                                              : std::nullopt;
    });
}

}  // namespace pinwheel
