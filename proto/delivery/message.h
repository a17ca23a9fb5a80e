#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/record.h"
#include "../text/json_view.h"

namespace pinwheel {

/// A received message, as a view: the payload belongs to the library. In a handler it is there until the
/// handler returns, from a ring until the next record is asked for. At least 64 readable bytes follow the
/// payload.
struct Message {
    std::span<const std::byte> payload{};  ///< the library's memory
    bool is_text = false;                  ///< text, else binary
    /// Nothing more came with the same read; known for messages from a ring only.
    bool is_last_in_batch = false;
    /// Of the connection, from 1.
    std::uint32_t generation = 0;
    /// From 1, over all connections; a gap is a message that was dropped.
    std::uint64_t sequence = 0;
    /// When the reactor's turn began that read it.
    TimePoint received{};
    /// When it reached the kernel; the epoch if the kernel does not say.
    SystemTime kernel_received{};

    /// The payload as text: UTF-8, checked, if is_text.
    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(payload.data()), payload.size()};
    }
    /// The payload as JSON, parsed in place and on demand; one at a time on a thread. Empty if it is none.
    [[nodiscard]] JsonView json() const noexcept { return JsonView(text()); }
    /// The message of a ring's record.
    [[nodiscard]] static Message from(const RecordHeader& record) noexcept {
        return {.payload = record.payload(),
                .is_text = record.is_text(),
                .is_last_in_batch = record.is_last_in_batch(),
                .generation = record.generation,
                .sequence = record.sequence,
                .received = TimePoint{Duration{record.received}},
                .kernel_received = SystemTime{Duration{record.kernel_received}}};
    }
};

}  // namespace pinwheel
