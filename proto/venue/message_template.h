#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/result.h"

namespace pinwheel {

/// The values of a template's placeholders.
struct TemplateValues {
    std::uint64_t id = 0;        ///< `{id}`: the request's number
    std::string_view channel{};  ///< `{channel}`: the channel's text, escaped as inside a JSON string
    std::string_view symbol{};   ///< `{symbol}`: the symbol, escaped likewise
    std::string_view args{};     ///< `{args}`: the arguments, joined; they are JSON
    std::string_view extra{};    ///< `{extra}`: the profile's addition for a kind of channel; it is JSON
    std::int64_t number = 0;     ///< `{number}`: the number that the acknowledgement assigned to the channel
    std::string_view value{};    ///< `{value}`: a value of the message that is answered, as written there
    std::int64_t unix_ms = 0;    ///< `{unix_ms}`, `{unix_s}`: Unix time
};

/// A text with `{placeholders}`. Braces around anything but lower-case letters and `_` are literal, so that
/// JSON needs no escaping. Threading: any. Allocates: in parse(); in render() only when `out` must grow.
class MessageTemplate {
  public:
    enum class Field : std::uint8_t {
        text,
        id,
        channel,
        symbol,
        args,
        extra,
        number,
        value,
        unix_ms,
        unix_s
    };

    /// `allowed`: the placeholders that have a value in the template's context. The error names an unknown
    /// one and lists those that are allowed.
    [[nodiscard]] static Result<MessageTemplate> parse(std::string_view text,
                                                       const std::vector<std::string_view>& allowed);

    /// Appends the text with the values inserted.
    void render(const TemplateValues& values, std::string& out) const;
    [[nodiscard]] bool contains(Field field) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }

  private:
    struct Part {
        Field field = Field::text;
        std::string text{};
    };
    std::vector<Part> parts_;
};

/// Appends `text` escaped as inside a JSON string, without the quotes.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace pinwheel
