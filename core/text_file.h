#pragma once

#include <cstdint>
#include <string>

#include "result.h"

namespace pinwheel {

/// Ok if `path` is a regular file of at most `limit` bytes: a device or a FIFO may have no end, or never
/// begin. The error names the path and the reason.
[[nodiscard]] Error check_regular_file(const std::string& path, std::uint64_t limit);

/// A whole file of at most 16 MiB. The error names the path and the reason.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

}  // namespace pinwheel
