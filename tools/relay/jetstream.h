#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/clock.h"

namespace pinwheel {

/// Requests to JetStream and its answers, as JSON. No I/O.
/// https://docs.nats.io/reference/reference-protocols/nats_api_reference

/// The limits of a stream that the relay makes.
struct JetStreamConfig {
    std::string name{};
    std::vector<std::string> subjects{};
    Duration duplicates{};
    Duration max_age{};
    std::int64_t max_bytes = 0;
};

/// The API's subject for a stream; `verb` is, for example, `STREAM.INFO`.
[[nodiscard]] std::string jetstream_subject(std::string_view verb, std::string_view stream);
/// The body of STREAM.CREATE: a file store that discards the oldest.
[[nodiscard]] std::string create_stream_request(const JetStreamConfig& config);
/// The body of STREAM.MSG.GET for a subject's last message.
[[nodiscard]] std::string last_message_request(std::string_view subject);

/// The answer to a publication.
struct PublishAnswer {
    bool is_stored = false;
    bool is_duplicate = false;
    std::string why{};  ///< the reason if it is not stored
};
[[nodiscard]] PublishAnswer parse_publish_answer(std::string_view payload);

/// The answer to STREAM.INFO or STREAM.CREATE.
struct StreamAnswer {
    bool is_missing = false;  ///< the stream does not exist
    std::string why{};        ///< why it cannot be used; empty: it can
    Duration duplicates{};    ///< the stream's own window
};
/// `subjects` are those that it must capture.
[[nodiscard]] StreamAnswer parse_stream_answer(std::string_view payload,
                                               const std::vector<std::string>& subjects);

/// The answer to STREAM.MSG.GET.
struct LastMessageAnswer {
    bool is_failed = false;
    /// The number in the message's id; nothing if there is no message, or no number in it.
    std::optional<std::int64_t> number{};
};
[[nodiscard]] LastMessageAnswer parse_last_message_answer(std::string_view payload);

/// The value of the header with this name (case-sensitive) in a block of NATS headers; empty if there is
/// none.
[[nodiscard]] std::string_view header_value(std::string_view headers, std::string_view name) noexcept;

}  // namespace pinwheel
