#pragma once

// Translates the matchers and pointers of a profile from JSON to fields of the scanner. Not installed.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "field_scanner.h"
#include "json_object_impl.h"
#include "matcher.h"
#include "profile_data.h"

namespace pinwheel::detail {

class MatcherParser {
  public:
    MatcherParser(FieldScanner& scanner, ProfileErrors& errors) noexcept
        : scanner_(scanner), errors_(errors) {}

    /// A pointer, or a list of pointers of which the first that exists counts.
    [[nodiscard]] FieldChoice choice(JsonObject& parent, std::string_view key, bool required = false) {
        FieldChoice fields;
        JsonElement value;
        if (!(required ? parent.require(key, value) : parent.find(key, value))) return fields;
        if (value.kind() == JsonKind::string) {
            add_field(value, parent.at(key), fields);
            return fields;
        }
        if (value.kind() != JsonKind::array) {
            errors_.expected(parent.at(key), "a JSON pointer or an array of them", value);
            return fields;
        }
        parent.each(key, [&](JsonElement element, const std::string& pointer) {
            add_field(element, pointer, fields);
        });
        if (fields.empty()) errors_.fail(parent.at(key), "expected at least one JSON pointer");
        return fields;
    }

    /// A pointer into an element of a list. The scanner does not read it.
    [[nodiscard]] std::string inner_pointer(JsonObject& parent, std::string_view key) {
        std::string pointer = parent.text(key);
        FieldScanner checker;
        if (const auto field = checker.add(pointer); !field)
            errors_.fail(parent.at(key), field.error().detail);
        return pointer;
    }

    [[nodiscard]] Matcher matcher(JsonObject& parent, std::string_view key, bool required = false) {
        JsonElement value;
        if (!(required ? parent.require(key, value) : parent.find(key, value))) return {};
        return parse(value, parent.at(key), 0);
    }

  private:
    static constexpr int kMaxDepth = 16;

    void add_field(JsonElement value, const std::string& pointer, FieldChoice& fields) {
        std::string_view text;
        if (!value.get(text)) return errors_.expected(pointer, "a JSON pointer", value);
        const auto field = scanner_.add(text);
        if (!field)
            return errors_.fail(pointer, field.error().detail + ", found '" + std::string(text) + "'");
        fields.push_back(*field);
    }

    [[nodiscard]] Matcher parse(JsonElement value, const std::string& pointer, int depth) {
        if (depth > kMaxDepth) {
            errors_.fail(pointer, "expected at most 16 matchers within each other");
            return {};
        }
        JsonObject object(errors_, value, pointer);
        if (!object.valid()) return {};
        Matcher matcher = parse_members(object, pointer, depth);
        object.finish();
        return matcher;
    }

    [[nodiscard]] Matcher parse_members(JsonObject& object, const std::string& pointer, int depth) {
        JsonElement value;
        if (object.find("all", value)) return Matcher::all(parts(object, "all", depth));
        if (object.find("any", value)) return Matcher::any(parts(object, "any", depth));
        if (object.find("text", value)) return Matcher::whole_text(object.required_text("text"));
        const FieldChoice fields = choice(object, "at");
        if (fields.empty()) {
            errors_.fail(pointer, "expected a matcher: 'all', 'any', 'text', or 'at' with a condition");
            return {};
        }
        std::vector<Matcher> each;
        for (const auto field : fields) each.push_back(condition(object, pointer, field));
        return each.size() == 1 ? std::move(each.front()) : Matcher::any(std::move(each));
    }

    [[nodiscard]] Matcher condition(JsonObject& object, const std::string& pointer, std::size_t field) {
        JsonElement value;
        if (object.find("equals", value)) return Matcher::equals(field, scalar(value, object.at("equals")));
        if (object.find("exists", value)) return Matcher::exists(field, object.flag("exists"));
        if (object.find("is", value)) {
            const auto type = object.word("is", {"null", "boolean", "number", "string", "array", "object"});
            return Matcher::is(field, static_cast<JsonType>(type + 1));
        }
        if (object.find("in", value)) {
            std::vector<Matcher::Scalar> scalars;
            object.each("in", [&](JsonElement element, const std::string& at) {
                scalars.push_back(scalar(element, at));
            });
            return Matcher::in(field, std::move(scalars));
        }
        if (object.find("starts_with", value))
            return Matcher::starts_with(field, object.required_text("starts_with"));
        errors_.fail(pointer, "expected one of 'equals', 'exists', 'is', 'in', 'starts_with' beside 'at'");
        return {};
    }

    [[nodiscard]] std::vector<Matcher> parts(JsonObject& object, std::string_view key, int depth) {
        std::vector<Matcher> list;
        object.each(key, [&](JsonElement element, const std::string& pointer) {
            list.push_back(parse(element, pointer, depth + 1));
        });
        if (list.empty()) errors_.fail(object.at(key), "expected at least one matcher");
        return list;
    }

    [[nodiscard]] Matcher::Scalar scalar(JsonElement value, const std::string& pointer) {
        std::string_view text;
        switch (value.kind()) {
            case JsonKind::string:
                std::ignore = value.get(text);
                return {JsonType::string, std::string(text)};
            case JsonKind::boolean:
                return {JsonType::boolean, value.dump()};
            case JsonKind::null:
                return {JsonType::null, value.dump()};
            case JsonKind::number:
                return {JsonType::number, value.dump()};
            case JsonKind::array:
            case JsonKind::object:
                break;
        }
        errors_.expected(pointer, "a string, a number, true, false or null", value);
        return {};
    }

    FieldScanner& scanner_;
    ProfileErrors& errors_;
};

}  // namespace pinwheel::detail
