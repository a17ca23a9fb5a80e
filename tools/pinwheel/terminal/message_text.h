#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../../../proto/delivery/message.h"

namespace pinwheel::tool {

/// How a message becomes text.
struct TextOptions {
    bool pretty = false;
    std::optional<std::string> filter{};  // a JSON pointer (RFC 6901)
};

/// Throws UsageError for a filter that is no JSON pointer.
void check_pointer(std::string_view option, std::string_view pointer);

/// Turns messages into text, one after the other.
class MessageText {
  public:
    explicit MessageText(const TextOptions& options) : options_(options) {}

    /// What is to be shown of it, there until the next call; nothing if the filter passes it over.
    [[nodiscard]] std::optional<std::string_view> of(const Message& message);

  private:
    const TextOptions options_;
    std::string indented_;
};

/// JSON with each member and element on a line of its own, two spaces a level, and nothing else changed; text
/// that is no JSON as it is.
[[nodiscard]] std::string pretty_json(std::string_view text);

}  // namespace pinwheel::tool
