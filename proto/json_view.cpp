#include "json_view.h"

#include <simdjson.h>

#include "../core/record.h"

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

/// The document's value at `pointer`; the document itself is rewound each time.
template <class Take>
auto look(bool usable, std::string_view pointer, Take take) noexcept
    -> decltype(take(simdjson::ondemand::value())) {
    if (!usable) return std::nullopt;
    simdjson::ondemand::value value;
    auto& document = reader().document;
    document.rewind();
    const auto error =
        pointer.empty() ? document.get_value().get(value) : document.at_pointer(pointer).get(value);
    if (error != simdjson::SUCCESS) return std::nullopt;
    return take(value);
}

template <class T>
std::optional<T> typed(bool usable, std::string_view pointer) noexcept {
    return look(usable, pointer, [](simdjson::ondemand::value value) -> std::optional<T> {
        T result{};
        if (value.get(result) != simdjson::SUCCESS) return std::nullopt;
        return result;
    });
}

}  // namespace

JsonView::JsonView(std::string_view text) noexcept {
    static_assert(kPayloadPadding >= simdjson::SIMDJSON_PADDING);
    auto& [parser, document] = reader();
    const auto error = parser.iterate(text.data(), text.size(), text.size() + kPayloadPadding).get(document);
    simdjson::ondemand::json_type type{};
    usable_ = error == simdjson::SUCCESS && document.type().get(type) == simdjson::SUCCESS;
}

std::optional<std::int64_t> JsonView::integer(std::string_view pointer) const noexcept {
    return typed<std::int64_t>(usable_, pointer);
}

std::optional<double> JsonView::number(std::string_view pointer) const noexcept {
    return typed<double>(usable_, pointer);
}

std::optional<bool> JsonView::boolean(std::string_view pointer) const noexcept {
    return typed<bool>(usable_, pointer);
}

std::optional<std::string_view> JsonView::string(std::string_view pointer) const noexcept {
    return typed<std::string_view>(usable_, pointer);
}

std::optional<std::string_view> JsonView::raw(std::string_view pointer) const noexcept {
    return look(usable_, pointer, [](simdjson::ondemand::value value) -> std::optional<std::string_view> {
        std::string_view text;
        if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS) return std::nullopt;
        return text;
    });
}

}  // namespace pinwheel
