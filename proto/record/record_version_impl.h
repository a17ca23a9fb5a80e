#pragma once

#include <string_view>

namespace pinwheel::detail {

/// The library's version; defined in a file that the build generates.
extern const std::string_view kVersion;

}  // namespace pinwheel::detail
