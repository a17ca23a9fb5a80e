#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pinwheel {

/// The one of `known` that takes the fewest letters to add, drop, change or swap with its neighbour to make
/// of `name`; empty if even that is more than a third of the longer one. For messages about names that are
/// not known.
[[nodiscard]] std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known);

/// `; did you mean 'x'?`, or nothing if no known name is near.
[[nodiscard]] std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);

}  // namespace pinwheel
