#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "../../core/clock.h"
#include "../../proto/record/record_reader.h"
#include "capture.h"

namespace pinwheel {

/// The next step of a playback.
struct PlayStep {
    enum class Kind : std::uint8_t {
        message,
        begin,  ///< a connection comes up
        close,  ///< it ends with a close frame with this code; 1005: without a code
        cut,    ///< it ends without a close frame
    };
    Kind kind = Kind::message;
    Duration at{};  ///< since the first step
    std::span<const std::byte> payload{};
    bool is_text = true;
    std::uint16_t code = 0;
    std::string_view reason{};
};

/// A recorded session, step by step. Views are valid until pop().
class Playback {
  public:
    virtual ~Playback() = default;
    /// Null at the end.
    [[nodiscard]] virtual const PlayStep* front() = 0;
    virtual void pop() = 0;
};

/// Refers to the capture, which must outlive it.
[[nodiscard]] std::unique_ptr<Playback> play(const Capture& capture);
/// From the reader's place up to `until`.
[[nodiscard]] std::unique_ptr<Playback> play(RecordReader reader, std::optional<SystemTime> until = {});

}  // namespace pinwheel
