#pragma once

// The texts for the end of a connection. Not installed.

#include <cstddef>
#include <cstdint>
#include <string>

#include "../../core/error.h"
#include "../../net/dialer.h"
#include "close_frame.h"

namespace pinwheel::detail {

[[nodiscard, gnu::visibility("hidden")]] Error cannot_watch(const DialTarget& target, Errc refused);

/// `waiting` is the dial's error: waiting for the name, or for its addresses.
[[nodiscard, gnu::visibility("hidden")]] Error dial_timed_out(const DialTarget& target, const Error& waiting);

[[nodiscard, gnu::visibility("hidden")]] Error request_too_large(const DialTarget& target);
[[nodiscard, gnu::visibility("hidden")]] Error upgrade_timed_out(const DialTarget& target);

[[nodiscard, gnu::visibility("hidden")]] Error no_memory_to_inflate(const DialTarget& target,
                                                                    std::size_t limit);

/// `detail` comes from the stream; may be empty.
[[nodiscard, gnu::visibility("hidden")]] Error stream_error(const DialTarget& target, Errc code,
                                                            const std::string& detail);

[[nodiscard, gnu::visibility("hidden")]] Error closed_by_peer(const DialTarget& target,
                                                              const CloseFrame& frame);

/// For message_too_large: at least `size` bytes came, and `limit` are allowed.
[[nodiscard, gnu::visibility("hidden")]] Error protocol_broken(const DialTarget& target, Errc broken,
                                                               std::uint64_t size, std::size_t limit);

}  // namespace pinwheel::detail
