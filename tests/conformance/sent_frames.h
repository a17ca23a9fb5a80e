#pragma once

#include <string>

namespace pinwheel::conformance {

/// The frames that a client has written, as in `text Hello; pong hi; close 1000 bye`. Whatever RFC 6455
/// section 5 does not let a client send is named in capitals: no mask, a mask used twice, a length that is
/// not minimal, a reserved bit, anything behind a close frame but a pong.
[[nodiscard]] std::string describe_sent(const std::string& written);

}  // namespace pinwheel::conformance
