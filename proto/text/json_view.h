#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pinwheel {

/// Reads values out of a JSON text where it lies, without a copy, and parses only as far as a value is asked
/// for (simdjson on demand). Values are named by JSON pointers (RFC 6901), such as `/data/0/price`; keys are
/// compared unescaped, and the empty pointer names the whole text. A value that is missing or of another type
/// is nothing. A byte order mark at the front is skipped (RFC 8259 section 8.1). Several views may be used in
/// turn on one thread; each change from one to another indexes its text again. Threading: any, each thread
/// for itself. Allocates: when a text is longer than all before it on the thread.
class JsonView {
  public:
    /// At least 64 readable bytes must follow `text`, as they do behind a message's payload.
    explicit JsonView(std::string_view text) noexcept;

    /// True if the text begins and ends as JSON does; what lies between is checked only when it is asked for.
    [[nodiscard]] explicit operator bool() const noexcept { return !text_.empty(); }

    /// A number without fraction that fits.
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view pointer) const noexcept;
    /// Any number.
    [[nodiscard]] std::optional<double> number(std::string_view pointer) const noexcept;
    /// `true` or `false`.
    [[nodiscard]] std::optional<bool> boolean(std::string_view pointer) const noexcept;
    /// Where it lies in the text. One with escapes is unescaped into a buffer of the thread, valid until the
    /// next call of any view.
    [[nodiscard]] std::optional<std::string_view> string(std::string_view pointer) const noexcept;
    /// Any value, as it is written.
    [[nodiscard]] std::optional<std::string_view> raw(std::string_view pointer) const noexcept;

  private:
    std::string_view text_;     // without a byte order mark; empty if it is no JSON
    std::uint64_t number_ = 0;  // of the view, on its thread
};

}  // namespace pinwheel
