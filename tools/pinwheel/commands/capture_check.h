#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../../../core/function_ref.h"
#include "../../../proto/venue/message_classifier.h"
#include "../../feed/capture.h"

namespace pinwheel::tool {

/// What a profile takes the frames of a capture for.
struct CaptureCheck {
    std::map<MessageKind, std::size_t> kinds;
    std::map<std::string, std::size_t> channels;  ///< data, by kind of channel
    std::vector<const Capture::Frame*> unmatched;
    std::size_t gaps = 0;
    std::size_t duplicates = 0;
};

/// One frame's verdict.
struct CheckedFrame {
    const Capture::Frame& frame;
    const ClassifiedMessage& message;
    const ChannelEntry* channel;  ///< null if it is of none
    SequenceVerdict verdict;
};

/// Puts each received frame to the profile. Channels are those that the frames name, since what was asked
/// for does not always stand in a capture. `hear` is called for each frame, in order.
[[nodiscard]] CaptureCheck check_capture(const VenueProfile& profile, const Capture& capture,
                                         FunctionRef<void(const CheckedFrame&)> hear);

}  // namespace pinwheel::tool
