#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pinwheel::bench {

/// The upper median of an even number; 0 for an empty list.
[[nodiscard]] inline double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return values.empty() ? 0 : *middle;
}

}  // namespace pinwheel::bench
