#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "../../core/record.h"

namespace pinwheel {

/// False if there is no room.
template <class Ring>
[[nodiscard]] bool push(Ring& ring, std::string_view text, std::uint64_t sequence = 0) {
    auto* const room = ring.claim(text.size());
    if (room == nullptr) return false;
    std::memcpy(room, text.data(), text.size());
    ring.commit({.size = static_cast<std::uint32_t>(text.size()), .sequence = sequence});
    return true;
}

[[nodiscard]] inline std::string text_of(const RecordHeader& record) {
    const auto payload = record.payload();
    return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

}  // namespace pinwheel
