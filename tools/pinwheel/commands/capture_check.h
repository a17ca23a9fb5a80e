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

/// A profile's classification of a capture's frames.
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
    const ChannelEntry* channel;  ///< null if it belongs to no channel
    SequenceVerdict verdict;
};

/// Classifies each received frame. Channels come from the frames, because a capture may lack the requests.
/// `hear` is called for each frame, in order.
[[nodiscard]] CaptureCheck check_capture(const VenueProfile& profile, const Capture& capture,
                                         FunctionRef<void(const CheckedFrame&)> hear);

}  // namespace pinwheel::tool
