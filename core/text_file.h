#pragma once

#include <string>

#include "result.h"

namespace pinwheel {

/// A whole file. The error names the path and the system's reason.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path);

}  // namespace pinwheel
