#include "close_frame.h"

#include <algorithm>
#include <array>

#include "../../core/bytes.h"
#include "../text/utf8.h"
#include "redactor.h"

namespace pinwheel {

std::string describe(const CloseFrame& frame) {
    std::string text = "close code " + std::to_string(frame.code) + " (" +
                       std::string(describe_close_code(frame.code)) + ")";
    if (!frame.reason.empty()) text += ": " + one_line(frame.reason);
    return text;
}

Errc read_close(std::span<const std::byte> payload, CloseFrame& frame) noexcept {
    if (payload.empty()) return Errc::ok;
    if (payload.size() == 1) return Errc::bad_close;
    frame.code = static_cast<std::uint16_t>(std::to_integer<unsigned>(payload[0]) << 8 |
                                            std::to_integer<unsigned>(payload[1]));
    if (!is_wire_close_code(frame.code)) return Errc::bad_close;
    const auto reason = payload.subspan(2);
    if (!is_utf8(reason)) return Errc::bad_utf8;
    frame.reason = chars_of(reason);
    return Errc::ok;
}

ControlPayload write_close(const CloseFrame& frame) noexcept {
    if (!is_wire_close_code(frame.code)) return {};
    std::array<std::byte, kMaxControlPayload> payload{static_cast<std::byte>(frame.code >> 8),
                                                      static_cast<std::byte>(frame.code & 0xff)};
    auto reason = std::as_bytes(std::span(frame.reason.data(), frame.reason.size()));
    reason = reason.first(std::min(reason.size(), payload.size() - 2));
    const auto progress = check_utf8_prefix(reason);
    reason = reason.first(progress.impossible ? 0 : progress.checked);
    std::ranges::copy(reason, payload.begin() + 2);
    return ControlPayload(std::span(payload).first(2 + reason.size()));
}

}  // namespace pinwheel
