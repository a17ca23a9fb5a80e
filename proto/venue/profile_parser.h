#pragma once

#include <memory>
#include <string_view>

#include "../../core/result.h"
#include "profile_data.h"

namespace pinwheel::detail {

/// Reads and compiles a profile. The error names `file`, a JSON pointer and the expected value.
[[nodiscard]] Result<std::shared_ptr<const ProfileData>> parse_profile(std::string_view json,
                                                                       std::string_view file);

}  // namespace pinwheel::detail
