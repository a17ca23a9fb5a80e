#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "../../core/result.h"
#include "profile_data.h"

namespace pinwheel {

namespace detail {
class InflateStream;
}  // namespace detail

/// Inflates binary payloads of venues that compress each message separately (gzip, RFC 1952; deflate, RFC
/// 1951), into one buffer of a fixed size. Threading: one thread. Invariant: never writes beyond the bound.
/// Allocates: in the constructor only.
class PayloadInflater {
  public:
    /// Messages inflate to at most `max_bytes`.
    PayloadInflater(detail::BinaryPayload format, std::size_t max_bytes);
    ~PayloadInflater();
    PayloadInflater(const PayloadInflater&) = delete;
    PayloadInflater& operator=(const PayloadInflater&) = delete;

    /// The message's text, valid until the next call, with 64 readable bytes behind it. An error if the
    /// payload is malformed, is cut short, has bytes behind its end, or inflates beyond the bound.
    [[nodiscard]] Result<std::string_view> inflate(std::span<const std::byte> payload);

  private:
    std::unique_ptr<detail::InflateStream> stream_;  // null: payloads are plain
    std::size_t max_bytes_;
    std::unique_ptr<char[]> buffer_;  // NOLINT(modernize-avoid-c-arrays): not cleared, as a vector's would be
};

}  // namespace pinwheel
