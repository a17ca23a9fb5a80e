#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../../core/clock.h"

namespace pinwheel {

/// The kind of a recording's line.
enum class LineKind : std::uint8_t {
    header,        ///< `pinwheel: 1`: the format of the lines behind it, until the next header
    message,       ///< a received message
    connected,     ///< a connection is up; `text`: its URL
    disconnected,  ///< the connection ended, with `code` and `reason`; `text`: the peer's close reason
    sent,          ///< a sent message; the payload is left out if it is `hidden`
    dropped,       ///< `count` messages are missing at this place
    gap,           ///< numbers of the venue are missing at this place; `text`: the numbers
    leg,           ///< an event of a feed's leg; `text`: its description
};

/// The name in a line, for example `connected`. Static storage.
[[nodiscard]] std::string_view to_string(LineKind kind) noexcept;

/// One line of a recording. The views belong to the source of the line.
struct RecordLine {
    LineKind kind = LineKind::message;  ///< the kind of line
    /// Unix time. Of a message: its arrival in the kernel, or the time of reading if not `kernel_time`.
    SystemTime time{};
    std::uint32_t leg = 0;                 ///< of the feed, from 0
    std::uint32_t generation = 0;          ///< of the connection, from 1
    std::uint64_t sequence = 0;            ///< of the message; on other lines, of the message before
    bool kernel_time = true;               ///< header, message: messages have arrival times from the kernel
    bool is_text = true;                   ///< message, sent: text, else binary
    bool hidden = false;                   ///< sent: the payload is a secret and is left out
    std::uint8_t reason = 0;               ///< disconnected: the DisconnectReason's number; 0: not known
    std::uint16_t code = 0;                ///< disconnected: the close code
    std::uint64_t count = 0;               ///< dropped: the number of messages
    std::span<const std::byte> payload{};  ///< message, sent
    std::string_view text{};               ///< see LineKind
};

/// The bytes of a message's line in front of its payload: 19 digits and a space.
inline constexpr std::size_t kLinePrefix = 20;

/// Appends the line, with its line end. A message is `{19 digits} {payload}`. All other lines, binary
/// messages, and text with a line break are `#`, spaces up to kLinePrefix, and one JSON object. So `cut
/// -c21-` gives JSON for each line of a JSON feed. Times before 1970 count as 1970.
void append_line(std::string& out, const RecordLine& line);

/// Reads lines and numbers the messages. A message has the sequence after the last one's. Its leg, generation
/// and kind of time come from the last line that set them. Threading: one thread. Allocates: for lines with
/// an object.
class LineParser {
  public:
    /// `text` has no line end; 64 readable bytes follow it. Views of the line point into `text` or into the
    /// parser, and are valid until the next call. Nothing: it is not a line of a recording.
    [[nodiscard]] std::optional<RecordLine> parse(std::string_view text);

  private:
    [[nodiscard]] std::optional<RecordLine> parse_object(std::string_view object);

    RecordLine state_;  // leg, generation, sequence, kernel_time
    std::string text_;
    std::string payload_;
};

}  // namespace pinwheel
