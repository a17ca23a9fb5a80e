#pragma once

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include "clock.h"

namespace pinwheel::detail {

/// Seconds, as in `1.5 s`.
[[nodiscard]] inline std::string text_of(Duration duration) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.12g s", std::chrono::duration<double>(duration).count());
    return text.data();
}

}  // namespace pinwheel::detail
