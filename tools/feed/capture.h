#pragma once

#include <string>
#include <vector>

#include "../../core/clock.h"

namespace pinwheel {

/// A recorded session: what the venue sent, in order, each with its time since the first.
struct Capture {
    struct Frame {
        Duration at;
        std::string payload;
    };
    std::vector<Frame> received;

    /// Tab-separated lines: Unix time, `<` received, `>` sent or `=` connected, payload in UTF-8; of at
    /// most 256 MiB. Throws std::runtime_error that names the file, the line, and what is wrong with
    /// it.
    [[nodiscard]] static Capture load(const std::string& path);
};

}  // namespace pinwheel
