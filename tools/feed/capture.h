#pragma once

#include <string>
#include <vector>

#include "../../core/clock.h"

namespace pinwheel {

/// A recorded session, in order: messages of the venue and of the client.
struct Capture {
    struct Frame {
        Duration at;  ///< since the capture's first line
        std::string payload;
        std::size_t line = 0;  ///< of the file, from 1
    };
    std::vector<Frame> received;
    std::vector<Frame> sent;
    std::vector<std::string> urls;  ///< the URLs of the connections

    /// Tab-separated lines: Unix time, `<` received, `>` sent or `=` connected, payload in UTF-8; at most 256
    /// MiB. Throws std::runtime_error that names the file, the line and the fault.
    [[nodiscard]] static Capture load(const std::string& path);
};

}  // namespace pinwheel
