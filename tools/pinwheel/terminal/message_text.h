#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../../../proto/delivery/message.h"

namespace pinwheel::tool {

/// The formatting of messages.
struct TextOptions {
    bool pretty = false;
    std::optional<std::string> filter{};  // a JSON pointer (RFC 6901)
};

/// Throws UsageError for a filter that is not a JSON pointer.
void check_pointer(std::string_view option, std::string_view pointer);

/// Formats messages, one after the other.
class MessageText {
  public:
    explicit MessageText(const TextOptions& options) : options_(options) {}

    /// The text of a message, valid until the next call; nothing if the filter excludes it.
    [[nodiscard]] std::optional<std::string_view> of(const Message& message);

  private:
    const TextOptions options_;
    std::string indented_;
};

/// JSON with each member and element on its own line, two spaces a level, otherwise unchanged. Text that is
/// not JSON stays unchanged.
[[nodiscard]] std::string pretty_json(std::string_view text);

}  // namespace pinwheel::tool
