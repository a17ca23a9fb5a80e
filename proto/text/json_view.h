#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pinwheel {

/// JSON text looked into where it stands, without a copy and only as far as is asked for (simdjson on
/// demand). Values are named by JSON pointers (RFC 6901), such as `/data/0/price`; the empty one names the
/// whole. A value that is not there, or of another type, is nothing. Views and texts that come out of it are
/// gone with the text, and with the next JsonView on the thread. Threading: any, each thread for itself.
/// Allocates: when a text is longer than all before it on the thread.
class JsonView {
  public:
    /// At least 64 readable bytes must follow `text`, as they do behind a message's payload.
    explicit JsonView(std::string_view text) noexcept;

    /// True if the text begins as JSON does; what stands further in is seen only when it is asked for.
    [[nodiscard]] explicit operator bool() const noexcept { return !text_.empty(); }

    /// A number without fraction that fits.
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view pointer) const noexcept;
    /// Any number.
    [[nodiscard]] std::optional<double> number(std::string_view pointer) const noexcept;
    /// `true` or `false`.
    [[nodiscard]] std::optional<bool> boolean(std::string_view pointer) const noexcept;
    /// Where it stands in the text; one with escapes is unescaped into a buffer that the next look reuses.
    [[nodiscard]] std::optional<std::string_view> string(std::string_view pointer) const noexcept;
    /// Any value, as it is written.
    [[nodiscard]] std::optional<std::string_view> raw(std::string_view pointer) const noexcept;

  private:
    std::string_view text_;  // empty if it is no JSON
};

}  // namespace pinwheel
