#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/record.h"
#include "../text/json_view.h"

namespace pinwheel {

/// A view of a received message. The library owns the payload. It is valid until the handler returns; for a
/// message of a ring, until the next record is read. At least 64 readable bytes follow the payload.
struct Message {
    std::span<const std::byte> payload{};  ///< memory of the library
    bool is_text = false;                  ///< true for text, false for binary
    /// The last message of its read. Set for messages from a ring only.
    bool is_last_in_batch = false;
    /// Of the connection, from 1.
    std::uint32_t generation = 0;
    /// From 1, over all connections. A gap is a dropped message.
    std::uint64_t sequence = 0;
    /// The start of the reactor turn that read it.
    TimePoint received{};
    /// The arrival time in the kernel; the epoch if it is not known.
    SystemTime kernel_received{};

    /// The payload as text. It is valid UTF-8 if is_text.
    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(payload.data()), payload.size()};
    }
    /// The payload as JSON, parsed in place and on demand. One view at a time on a thread. Empty if it is not
    /// JSON.
    [[nodiscard]] JsonView json() const noexcept { return JsonView(text()); }
    /// The message of a record in a ring.
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
