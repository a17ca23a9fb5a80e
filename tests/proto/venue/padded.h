#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "../../../core/record.h"

namespace pinwheel::test {

/// A text with padding behind it that is not zero, like a message.
class Padded {
  public:
    Padded(std::string_view text) : bytes_(new char[text.size() + kPayloadPadding]), size_(text.size()) {
        std::memcpy(bytes_.get(), text.data(), size_);
        std::memset(bytes_.get() + size_, '}', kPayloadPadding);
    }
    operator std::string_view() const { return {bytes_.get(), size_}; }

  private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_;
};

}  // namespace pinwheel::test
