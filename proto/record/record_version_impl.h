#pragma once

#include <string_view>

namespace pinwheel::detail {

/// Of the library, from the build; defined in a file that the build makes.
extern const std::string_view kVersion;

}  // namespace pinwheel::detail
