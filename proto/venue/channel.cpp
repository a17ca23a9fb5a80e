#include "channel.h"

namespace pinwheel {

std::string_view to_string(ChannelState value) noexcept {
    using State = ChannelState;
    switch (value) {
        case State::wanted:
            return "wanted";
        case State::queued:
            return "queued";
        case State::requested:
            return "requested";
        case State::live:
            return "live";
        case State::refused:
            return "refused";
        case State::leaving:
            return "leaving";
        case State::gone:
            return "gone";
    }
    return "?";
}

}  // namespace pinwheel
