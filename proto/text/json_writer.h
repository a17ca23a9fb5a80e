#pragma once

#include <string>
#include <string_view>

namespace pinwheel {

/// Appends `text` as a JSON string, quoted and escaped (RFC 8259 section 7). `text` must be UTF-8; it is not
/// checked. Non-ASCII characters are not escaped.
void append_json_string(std::string& out, std::string_view text);

}  // namespace pinwheel
