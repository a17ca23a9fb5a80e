#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../../core/clock.h"

namespace pinwheel {

/// What a line of a recording tells.
enum class LineKind : std::uint8_t {
    header,        ///< `pinwheel: 1`: how the lines behind it are to be read, until the next header
    message,       ///< a message as it came
    connected,     ///< a connection is up; `text`: its URL
    disconnected,  ///< it ended, with `code` and `reason`; `text`: the peer's close reason
    sent,          ///< a message that was sent; its payload is left out if it is `hidden`
    dropped,       ///< `count` messages are missing here
    gap,           ///< numbers of the venue are missing here; `text`: which
    leg,           ///< something about a leg of a feed; `text`: what
};

/// The name in a line, such as `connected`. Static storage.
[[nodiscard]] std::string_view to_string(LineKind kind) noexcept;

/// One line of a recording. Views belong to whoever gave the line.
struct RecordLine {
    LineKind kind = LineKind::message;  ///< what it tells
    /// Unix time. Of a message: when it reached the kernel, or was read if not `kernel_time`.
    SystemTime time{};
    std::uint32_t leg = 0;                 ///< of the feed, from 0
    std::uint32_t generation = 0;          ///< of the connection, from 1
    std::uint64_t sequence = 0;            ///< of the message; of others: that of the last message before
    bool kernel_time = true;               ///< header, message: messages have the kernel's time of arrival
    bool is_text = true;                   ///< message, sent: text, else binary
    bool hidden = false;                   ///< sent: the payload is a secret and is not there
    std::uint8_t reason = 0;               ///< disconnected: the DisconnectReason's number; 0: not known
    std::uint16_t code = 0;                ///< disconnected: the close code
    std::uint64_t count = 0;               ///< dropped: how many
    std::span<const std::byte> payload{};  ///< message, sent
    std::string_view text{};               ///< see LineKind
};

/// The bytes of a message's line in front of its payload: 19 digits and a space.
inline constexpr std::size_t kLinePrefix = 20;

/// Appends the line, with its end. A message is `{19 digits} {payload}`. Everything else, binary messages,
/// and text that holds a line break are `#`, spaces up to kLinePrefix, and one JSON object: so that
/// `cut -c21-` leaves JSON of each line of a JSON feed. Time before 1970 counts as 1970.
void append_line(std::string& out, const RecordLine& line);

/// Reads lines, and counts messages over them: a message has the sequence after the last one's, and the leg,
/// the generation and the kind of time of the last line that told them. Threading: one thread. Allocates: for
/// lines with an object.
class LineParser {
  public:
    /// `text` has no line end; 64 readable bytes follow it. Views of the line point into `text` or into the
    /// parser, and are valid until the next call. Nothing: it is no line of a recording.
    [[nodiscard]] std::optional<RecordLine> parse(std::string_view text);

  private:
    [[nodiscard]] std::optional<RecordLine> parse_object(std::string_view object);

    RecordLine state_;  // leg, generation, sequence, kernel_time
    std::string text_;
    std::string payload_;
};

}  // namespace pinwheel
