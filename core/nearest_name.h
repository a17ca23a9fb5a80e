#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pinwheel {

/// The known name with the smallest edit distance to `name`: letters added, dropped, changed or swapped with
/// a neighbour. Empty if the distance exceeds a third of the longer name. Messages about unknown names use
/// it.
[[nodiscard]] std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known);

/// `; did you mean 'x'?`, or an empty text if no known name is near.
[[nodiscard]] std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);

}  // namespace pinwheel
