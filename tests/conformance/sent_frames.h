#pragma once

#include <string>

namespace pinwheel::conformance {

/// The frames that a client has written, for example `text Hello; pong hi; close 1000 bye`. Frames that RFC
/// 6455 section 5 forbids to a client are marked in capitals: no mask, a reused mask, a length that is not
/// minimal, a reserved bit, any frame but a pong behind a close frame.
[[nodiscard]] std::string describe_sent(const std::string& written);

}  // namespace pinwheel::conformance
