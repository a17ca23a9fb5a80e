#include "control_protocol.h"

#include <utility>

namespace pinwheel {

void ControlProtocol::ping_came(std::span<const std::byte> payload, bool pongs_wait) noexcept {
    const std::size_t most = pongs_wait ? 1 : kMostPongs;
    if (pings_ < most) ++pings_;  // otherwise it replaces the last one
    ping_[pings_ - 1] = ControlPayload(payload);
}

std::span<const ControlPayload> ControlProtocol::take_pongs() noexcept {
    return std::span(ping_).first(std::exchange(pings_, 0));
}

std::optional<ControlPayload> ControlProtocol::close(std::uint16_t code, std::string_view reason) noexcept {
    if (phase_ != Phase::open) return std::nullopt;
    phase_ = Phase::closing;
    return write_close({code, reason});
}

std::optional<ControlPayload> ControlProtocol::peer_closed(const CloseFrame& frame) noexcept {
    return last_close({frame.code, {}});
}

std::optional<ControlPayload> ControlProtocol::peer_broke(Errc broken) noexcept {
    return last_close({to_wire(close_code_for(broken)), describe(broken)});
}

std::optional<ControlPayload> ControlProtocol::last_close(const CloseFrame& frame) noexcept {
    const bool is_first = phase_ == Phase::open;
    phase_ = Phase::ended;
    return is_first ? std::optional(write_close(frame)) : std::nullopt;
}

void ControlProtocol::end() noexcept {
    phase_ = Phase::ended;
    pings_ = 0;
}

}  // namespace pinwheel
