#include <simdjson.h>

#include <bit>
#include <type_traits>

#include "json_document_impl.h"

namespace pinwheel::detail {

using Parsed = simdjson::dom::element;
static_assert(sizeof(Parsed) == sizeof(std::array<std::uintptr_t, 2>) &&
              std::is_trivially_copyable_v<Parsed>);

struct JsonElement::Access {
    [[nodiscard]] static JsonElement wrap(const Parsed& parsed) noexcept {
        JsonElement element;
        element.content_ = std::bit_cast<std::array<std::uintptr_t, 2>>(parsed);
        return element;
    }
    [[nodiscard]] static Parsed unwrap(const JsonElement& element) noexcept {
        return std::bit_cast<Parsed>(element.content_);
    }
    template <class T>
    [[nodiscard]] static bool get(const JsonElement& element, T& out) noexcept {
        T value{};
        if (unwrap(element).get(value) != simdjson::SUCCESS) return false;
        out = value;
        return true;
    }
    [[nodiscard]] static bool take(const simdjson::simdjson_result<Parsed>& result,
                                   JsonElement& out) noexcept {
        Parsed parsed;
        if (simdjson::simdjson_result<Parsed>(result).get(parsed) != simdjson::SUCCESS) return false;
        out = wrap(parsed);
        return true;
    }
};

std::string_view to_string(JsonKind kind) noexcept {
    constexpr std::array<std::string_view, 6> kNames{"null",     "true or false", "a number",
                                                     "a string", "an array",      "an object"};
    return kNames[static_cast<std::size_t>(kind)];
}

JsonKind JsonElement::kind() const noexcept {
    using Type = simdjson::dom::element_type;
    switch (Access::unwrap(*this).type()) {
        case Type::ARRAY:
            return JsonKind::array;
        case Type::OBJECT:
            return JsonKind::object;
        case Type::STRING:
            return JsonKind::string;
        case Type::BOOL:
            return JsonKind::boolean;
        case Type::NULL_VALUE:
            return JsonKind::null;
        case Type::INT64:
        case Type::UINT64:
        case Type::DOUBLE:
            break;
    }
    return JsonKind::number;
}

bool JsonElement::get(std::string_view& out) const noexcept {
    return Access::get(*this, out);
}
bool JsonElement::get(bool& out) const noexcept {
    return Access::get(*this, out);
}
bool JsonElement::get(std::int64_t& out) const noexcept {
    return Access::get(*this, out);
}
bool JsonElement::get(double& out) const noexcept {
    return Access::get(*this, out);
}

std::optional<std::vector<JsonElement::Member>> JsonElement::members() const {
    simdjson::dom::object object;
    if (Access::unwrap(*this).get(object) != simdjson::SUCCESS) return std::nullopt;
    std::vector<Member> all;
    for (const auto [name, value] : object) all.emplace_back(name, Access::wrap(value));
    return all;
}

std::optional<std::vector<JsonElement>> JsonElement::elements() const {
    simdjson::dom::array array;
    if (Access::unwrap(*this).get(array) != simdjson::SUCCESS) return std::nullopt;
    std::vector<JsonElement> all;
    for (const Parsed value : array) all.push_back(Access::wrap(value));
    return all;
}

bool JsonElement::find(std::string_view name, JsonElement& out) const noexcept {
    return Access::take(Access::unwrap(*this).at_key(name), out);
}

bool JsonElement::at(std::string_view pointer, JsonElement& out) const noexcept {
    return Access::take(Access::unwrap(*this).at_pointer(pointer), out);
}

std::string JsonElement::dump() const {
    return simdjson::minify(Access::unwrap(*this));
}

struct JsonDocument::Impl {
    simdjson::dom::parser parser;
};

JsonDocument::JsonDocument() : impl_(std::make_unique<Impl>()) {}
JsonDocument::~JsonDocument() = default;

bool JsonDocument::parse(std::string_view json, JsonElement& root) {
    const simdjson::padded_string text(json);
    Parsed parsed;
    if (impl_->parser.parse(text).get(parsed) != simdjson::SUCCESS) return false;
    root = JsonElement::Access::wrap(parsed);
    return true;
}

}  // namespace pinwheel::detail
