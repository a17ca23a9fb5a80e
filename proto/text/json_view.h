#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "json_items.h"

namespace pinwheel {

/// Reads values from a JSON text in place, without a copy. Parses only as far as needed (simdjson on demand).
/// A JSON pointer (RFC 6901) addresses a value, for example `/data/0/price`. Keys are compared unescaped. The
/// empty pointer addresses the whole text. A missing value, or one of another type, is nothing. A byte order
/// mark at the front is skipped (RFC 8259 section 8.1). One thread may alternate between views; each change
/// of the view indexes its text again. Threading: any; a view belongs to one thread. Allocates: for a text
/// longer than all earlier ones of the thread.
class JsonView {
  public:
    /// At least 64 readable bytes must follow `text`, as they do behind a message's payload.
    explicit JsonView(std::string_view text) noexcept;

    /// True if the first and last characters could be JSON. The rest is checked when a value is read.
    [[nodiscard]] explicit operator bool() const noexcept { return !text_.empty(); }

    /// A whole number in range.
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view pointer) const noexcept;
    /// Any number.
    [[nodiscard]] std::optional<double> number(std::string_view pointer) const noexcept;
    /// `true` or `false`.
    [[nodiscard]] std::optional<bool> boolean(std::string_view pointer) const noexcept;
    /// A view into the text. A string with escapes is unescaped into a buffer of the thread, valid until the
    /// next call of any view.
    [[nodiscard]] std::optional<std::string_view> string(std::string_view pointer) const noexcept;
    /// A number, or a string that holds one.
    [[nodiscard]] std::optional<double> decimal(std::string_view pointer) const noexcept;
    /// The same as a whole number of 10^-`digits`, exactly: `63978.5` with 2 digits is 6397850. Nothing if
    /// the value has more digits than that behind the point.
    [[nodiscard]] std::optional<std::int64_t> scaled(std::string_view pointer,
                                                     unsigned digits) const noexcept;
    /// A time as a number or a string, in ns since 1970.
    [[nodiscard]] std::optional<std::int64_t> stamp(std::string_view pointer, TimeUnit unit) const noexcept;
    /// The elements of an array or the members of an object, read in place; empty for other values.
    [[nodiscard]] JsonItems items(std::string_view pointer) const noexcept;
    /// How many elements or members there are. Nothing for other values and for a malformed text.
    [[nodiscard]] std::optional<std::size_t> size(std::string_view pointer) const noexcept;
    /// Any value, as written.
    [[nodiscard]] std::optional<std::string_view> raw(std::string_view pointer) const noexcept;

  private:
    std::string_view text_;     // without a byte order mark; empty if it is not JSON
    std::uint64_t number_ = 0;  // of the view, on its thread
};

}  // namespace pinwheel
