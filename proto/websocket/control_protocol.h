#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "../../core/error.h"
#include "../../net/turn_bounds.h"
#include "close_frame.h"
#include "frame_codec.h"

namespace pinwheel {

/// The control frames of one endpoint (RFC 6455 sections 5.5 and 7): which pings are answered, which close
/// frame is sent, and what may still be sent. It decides and does no I/O: its owner sends the frames.
/// Threading: one thread. Invariant: at most one close frame is sent, and no data frame behind it. Allocates:
/// nothing.
class ControlProtocol {
  public:
    /// Of the pings of a batch so many are answered in order, and the last of all further ones.
    static constexpr std::size_t kMostPongs = turn_bounds::kPongs + 1;

    enum class Phase : std::uint8_t {
        before,   ///< the upgrade is not done
        open,     ///< frames go both ways
        closing,  ///< our close frame is out; the peer's is awaited
        ended,    ///< nothing more is sent or heard
    };

    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    /// True while messages and pings may be sent.
    [[nodiscard]] bool may_send() const noexcept { return phase_ == Phase::open; }

    /// The upgrade is done.
    void open() noexcept { phase_ = Phase::open; }

    /// A ping of the peer, with at most 125 bytes; only while open or closing. While earlier pongs wait for
    /// the socket (`pongs_wait`), only the last ping counts (RFC 6455 section 5.5.3).
    void ping_came(std::span<const std::byte> payload, bool pongs_wait) noexcept;
    [[nodiscard]] bool has_pings() const noexcept { return pings_ > 0; }
    /// Payloads of the pongs to send now, in order; they count as sent. Valid until the next ping_came().
    [[nodiscard]] std::span<const ControlPayload> take_pongs() noexcept;

    // The close frame to send, behind the pongs that are due; none if there must not be one.

    /// Begins the close handshake; only while open.
    [[nodiscard]] std::optional<ControlPayload> close(std::uint16_t code, std::string_view reason) noexcept;
    /// The peer's close frame came: its code is echoed unless our close frame is out (section 5.5.1).
    [[nodiscard]] std::optional<ControlPayload> peer_closed(const CloseFrame& frame) noexcept;
    /// The peer broke the protocol.
    [[nodiscard]] std::optional<ControlPayload> peer_broke(Errc broken) noexcept;

    /// The connection has ended; pings that wait are forgotten.
    void end() noexcept;

  private:
    [[nodiscard]] std::optional<ControlPayload> last_close(const CloseFrame& frame) noexcept;

    Phase phase_ = Phase::before;
    std::size_t pings_ = 0;
    std::array<ControlPayload, kMostPongs> ping_{};
};

}  // namespace pinwheel
