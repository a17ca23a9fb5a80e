#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "../../core/message_queue.h"

namespace pinwheel {

inline void push(MessageQueue& queue, std::string_view text, std::uint64_t sequence = 0) {
    auto* const room = queue.claim(text.size());
    ASSERT_NE(room, nullptr);
    std::memcpy(room, text.data(), text.size());
    queue.commit({.size = static_cast<std::uint32_t>(text.size()), .sequence = sequence});
}

/// Removes the oldest record and returns its payload.
inline std::string take(MessageQueue& queue) {
    const auto* const record = queue.front();
    if (record == nullptr) return "(nothing)";
    const auto payload = record->payload();
    std::string text(reinterpret_cast<const char*>(payload.data()), payload.size());
    queue.pop();
    return text;
}

}  // namespace pinwheel
