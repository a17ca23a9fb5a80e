#pragma once

// Reads a profile's JSON and reports its faults. Not installed.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "../../core/bounded_text_impl.h"
#include "../../core/clock.h"
#include "../../core/error.h"
#include "../../core/nearest_name.h"
#include "../text/json_document_impl.h"

namespace pinwheel::detail {

/// The first error, with file, JSON pointer and the expected value.
struct ProfileErrors {
    std::string file;
    std::vector<std::string> sources{};  ///< the valid names for `source`
    Error error{};

    void fail(const std::string& pointer, const std::string& what) {
        if (error.failed()) return;
        error = {Errc::invalid_argument,
                 bounded_text(file + ": " + (pointer.empty() ? "the whole" : pointer) + ": " + what)};
    }
    void expected(const std::string& pointer, std::string_view what, JsonElement found) {
        fail(pointer, "expected " + std::string(what) + ", found " + std::string(to_string(found.kind())));
    }
};

/// An object, read member by member. finish() reports members that were not read. Any object may have `note`
/// and `source`.
class JsonObject {
  public:
    JsonObject(ProfileErrors& errors, JsonElement element, std::string pointer)
        : errors_(errors), pointer_(std::move(pointer)) {
        members_ = element.members();
        if (!members_) errors_.expected(pointer_, "an object", element);
        const std::string source = text("source");
        if (!source.empty() &&
            std::find(errors.sources.begin(), errors.sources.end(), source) == errors.sources.end())
            errors_.fail(at("source"), "expected a name that stands in /sources, found '" + source + "'");
        std::ignore = text("note");
    }

    [[nodiscard]] bool find(std::string_view key, JsonElement& value) {
        known_.push_back(key);
        if (!valid()) return false;
        const auto member = std::find_if(members_->begin(), members_->end(),
                                         [key](const auto& one) { return one.first == key; });
        if (member == members_->end()) return false;
        value = member->second;
        return true;
    }
    [[nodiscard]] bool require(std::string_view key, JsonElement& value) {
        if (find(key, value)) return true;
        if (valid()) errors_.fail(at(key), "expected a value, found none");
        return false;
    }

    [[nodiscard]] std::string text(std::string_view key, std::string_view otherwise = {}) {
        JsonElement value;
        return find(key, value) ? as_text(key, value) : std::string(otherwise);
    }
    [[nodiscard]] std::string required_text(std::string_view key) {
        JsonElement value;
        if (!require(key, value)) return {};
        std::string text = as_text(key, value);
        if (text.empty()) errors_.fail(at(key), "expected a string that is not empty");
        return text;
    }
    [[nodiscard]] bool flag(std::string_view key, bool otherwise = false) {
        JsonElement value;
        if (find(key, value) && !value.get(otherwise)) errors_.expected(at(key), "true or false", value);
        return otherwise;
    }
    /// At least 1; 0 if it is missing.
    [[nodiscard]] std::size_t count(std::string_view key, bool required = false) {
        JsonElement value;
        if (!(required ? require(key, value) : find(key, value))) return 0;
        std::int64_t number = 0;
        if (!value.get(number))
            errors_.expected(at(key), "a whole number above 0", value);
        else if (number < 1 || number > kMaxCount)
            errors_.fail(at(key), "expected a whole number from 1 to " + std::to_string(kMaxCount) +
                                      ", found " + std::to_string(number));
        return number < 1 ? 0 : static_cast<std::size_t>(number);
    }
    [[nodiscard]] Duration milliseconds(std::string_view key, bool required = false) {
        return std::chrono::milliseconds(std::min<std::size_t>(count(key, required), kMaxCount));
    }
    /// The index of the value among several words.
    [[nodiscard]] std::size_t word(std::string_view key, const std::vector<std::string_view>& words,
                                   std::size_t otherwise = 0) {
        JsonElement value;
        if (!find(key, value)) return otherwise;
        const std::string text = as_text(key, value);
        for (std::size_t i = 0; i < words.size(); ++i)
            if (words[i] == text) return i;
        std::string known;
        for (const auto word : words) known += (known.empty() ? "'" : ", '") + std::string(word) + "'";
        errors_.fail(at(key), "expected one of " + known + ", found '" + text + "'");
        return otherwise;
    }
    [[nodiscard]] std::vector<std::string> texts(std::string_view key) {
        std::vector<std::string> list;
        each(key, [&](JsonElement element, const std::string& pointer) {
            std::string_view text;
            if (!element.get(text))
                errors_.expected(pointer, "a string", element);
            else
                list.emplace_back(text);
        });
        return list;
    }
    /// Calls `take(element, pointer)` for each element of a list.
    template <class Take>
    void each(std::string_view key, Take take) {
        JsonElement value;
        if (!find(key, value)) return;
        const auto elements = value.elements();
        if (!elements) return errors_.expected(at(key), "an array", value);
        std::size_t i = 0;
        for (const JsonElement& element : *elements) take(element, at(key) + "/" + std::to_string(i++));
    }

    void finish() {
        if (!valid()) return;
        for (const auto& [key, value] : *members_) {
            if (std::find(known_.begin(), known_.end(), key) == known_.end())
                errors_.fail(at(key), "unknown key" + did_you_mean(key, known_));
        }
    }

    [[nodiscard]] std::string at(std::string_view key) const {
        std::string pointer = pointer_ + "/";
        for (const char byte : key) pointer += byte == '~' ? "~0" : byte == '/' ? "~1" : std::string(1, byte);
        return pointer;
    }
    [[nodiscard]] ProfileErrors& errors() noexcept { return errors_; }
    [[nodiscard]] bool valid() const noexcept { return members_.has_value(); }

  private:
    static constexpr std::int64_t kMaxCount = 1'000'000'000'000;

    std::string as_text(std::string_view key, JsonElement value) {
        std::string_view text;
        if (!value.get(text)) errors_.expected(at(key), "a string", value);
        return std::string(text);
    }

    ProfileErrors& errors_;
    std::string pointer_;
    std::optional<std::vector<JsonElement::Member>> members_;
    std::vector<std::string_view> known_;
};

}  // namespace pinwheel::detail
