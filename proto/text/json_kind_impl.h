#pragma once

// What kind of value stands in a config, in words. Not installed.

#include <simdjson.h>

#include <string_view>

namespace pinwheel::detail {

[[nodiscard]] inline std::string_view kind_of(simdjson::dom::element value) noexcept {
    switch (value.type()) {
        case simdjson::dom::element_type::ARRAY:
            return "an array";
        case simdjson::dom::element_type::OBJECT:
            return "an object";
        case simdjson::dom::element_type::STRING:
            return "a string";
        case simdjson::dom::element_type::BOOL:
            return "true or false";
        case simdjson::dom::element_type::NULL_VALUE:
            return "null";
        default:
            return "a number";
    }
}

}  // namespace pinwheel::detail
