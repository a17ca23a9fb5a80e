#include "connection_state.h"

#include <array>
#include <cstddef>

namespace pinwheel {

std::string_view to_string(ConnectionState state) noexcept {
    constexpr std::array<std::string_view, 6> kNames{"DISCONNECTED", "CONNECTING", "CONNECTED",
                                                     "RECONNECTING", "CLOSING",    "CLOSED"};
    return kNames[static_cast<std::size_t>(state) - 1];
}

}  // namespace pinwheel
