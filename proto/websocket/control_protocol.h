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
/// frame is sent, and which frames may still be sent. It does no I/O: its owner sends the frames. Threading:
/// one thread. Invariant: at most one close frame is sent, and no data frame behind it. Allocates: nothing.
class ControlProtocol {
  public:
    /// The number of a batch's pings that are answered in order. Of the rest only the last is answered.
    static constexpr std::size_t kMostPongs = turn_bounds::kPongs + 1;

    enum class Phase : std::uint8_t {
        before,   ///< the upgrade is not done
        open,     ///< frames go both ways
        closing,  ///< our close frame is sent; the peer's is expected
        ended,    ///< no frame is sent or processed any more
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
    /// The payloads of the pongs to send now, in order. They count as sent. Valid until the next ping_came().
    [[nodiscard]] std::span<const ControlPayload> take_pongs() noexcept;

    // These return the close frame to send, behind the due pongs; none if none may be sent.

    /// Begins the close handshake; only while open.
    [[nodiscard]] std::optional<ControlPayload> close(std::uint16_t code, std::string_view reason) noexcept;
    /// The peer's close frame came. Echoes its code unless our close frame was sent (section 5.5.1).
    [[nodiscard]] std::optional<ControlPayload> peer_closed(const CloseFrame& frame) noexcept;
    /// The peer broke the protocol.
    [[nodiscard]] std::optional<ControlPayload> peer_broke(Errc broken) noexcept;

    /// The connection has ended. Waiting pings are dropped.
    void end() noexcept;

  private:
    [[nodiscard]] std::optional<ControlPayload> last_close(const CloseFrame& frame) noexcept;

    Phase phase_ = Phase::before;
    std::size_t pings_ = 0;
    std::array<ControlPayload, kMostPongs> ping_{};
};

}  // namespace pinwheel
