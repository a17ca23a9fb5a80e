#pragma once

// A parsed JSON text for configs, profiles and replies of venues. JsonView reads messages instead. Not
// installed. The parser's header is slow to compile: only json_document.cpp includes it for this.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pinwheel::detail {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// The kind in text, for example `an array`. Static storage.
[[nodiscard]] std::string_view to_string(JsonKind kind) noexcept;

/// A value of a JsonDocument, which must outlive it and every text from it.
class JsonElement {
  public:
    using Member = std::pair<std::string_view, JsonElement>;

    /// May only be assigned to.
    JsonElement() noexcept = default;

    [[nodiscard]] JsonKind kind() const noexcept;

    // These store the value in `out`. False, with `out` unchanged, if it has another type or does not fit.

    [[nodiscard]] bool get(std::string_view& out) const noexcept;
    [[nodiscard]] bool get(bool& out) const noexcept;
    [[nodiscard]] bool get(std::int64_t& out) const noexcept;
    [[nodiscard]] bool get(double& out) const noexcept;

    /// All members of an object, in order; nothing for another type.
    [[nodiscard]] std::optional<std::vector<Member>> members() const;
    /// All elements of an array; nothing for another type.
    [[nodiscard]] std::optional<std::vector<JsonElement>> elements() const;

    /// The first member of this name; false if there is none.
    [[nodiscard]] bool find(std::string_view name, JsonElement& out) const noexcept;
    /// The value at a JSON pointer (RFC 6901); false if it does not exist.
    [[nodiscard]] bool at(std::string_view pointer, JsonElement& out) const noexcept;

    /// As JSON text without spaces.
    [[nodiscard]] std::string dump() const;

  private:
    friend class JsonDocument;
    struct Access;

    std::array<std::uintptr_t, 2> content_{};  // the parser's element
};

/// Owns the memory of its elements. Threading: one thread.
class JsonDocument {
  public:
    JsonDocument();
    ~JsonDocument();
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;

    /// Parses all of `json`. False: it is invalid; find_json_error() gives the place. Elements of an earlier
    /// text become invalid.
    [[nodiscard]] bool parse(std::string_view json, JsonElement& root);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pinwheel::detail
