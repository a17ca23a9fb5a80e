#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "../../core/result.h"

namespace pinwheel {

/// A message that is checked once and sent many times, such as an order's cancel. Each send masks it anew
/// (RFC 6455 section 5.3). Threading: a value. Allocates: at construction only.
class PreparedMessage {
  public:
    /// A text message. invalid_argument if it is not UTF-8.
    [[nodiscard]] static Result<PreparedMessage> text(std::string_view text);
    /// A binary message.
    [[nodiscard]] static PreparedMessage binary(std::span<const std::byte> bytes) {
        return PreparedMessage(bytes, false);
    }

    /// The bytes without a mask.
    [[nodiscard]] std::span<const std::byte> payload() const noexcept { return payload_; }
    /// True for text, false for binary.
    [[nodiscard]] bool is_text() const noexcept { return is_text_; }

  private:
    PreparedMessage(std::span<const std::byte> bytes, bool is_text)
        : payload_(bytes.begin(), bytes.end()), is_text_(is_text) {}

    std::vector<std::byte> payload_;
    bool is_text_;
};

}  // namespace pinwheel
