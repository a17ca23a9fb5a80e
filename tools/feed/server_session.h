#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "../../core/receive_buffer.h"
#include "../../net/byte_stream.h"
#include "../../net/reactor.h"
#include "../../net/tls_context.h"
#include "../../net/tls_stream.h"
#include "../../net/tx_buffer.h"
#include "../../proto/delivery/callback_sink.h"
#include "../../proto/websocket/control_protocol.h"
#include "../../proto/websocket/message_assembler.h"
#include "../../proto/websocket/upgrade_server.h"

namespace pinwheel {

class ServerSession;

/// The limits of one client.
struct ServerLimits {
    /// The largest backlog, in bytes. Above it the session ends: the client is too slow.
    std::size_t send_bytes = std::size_t{20} << 20;
    /// A larger message ends the session. Its echo fits into send_bytes.
    std::size_t message_bytes = std::size_t{16} << 20;
    Duration handshake = std::chrono::seconds{10};  ///< for TLS and the upgrade together
    /// A client is pinged after this time without a byte from it, and cut off if it does not answer in the
    /// same time.
    Duration idle = std::chrono::seconds{30};
    Duration closing = std::chrono::seconds{5};  ///< from the close frame to the end of the connection
};

/// Receives the events of a server's clients.
class SessionHandler {
  public:
    virtual ~SessionHandler() = default;
    /// An upgrade request: returns 101, or the HTTP status that refuses it.
    [[nodiscard]] virtual int on_session_request(ServerSession&) { return 101; }
    /// The upgrade is done.
    virtual void on_session_open(ServerSession& session) = 0;
    virtual void on_session_message(ServerSession& session, const Message& message) = 0;
    /// A ping. It is answered after the call.
    virtual void on_session_ping(ServerSession&) {}
    virtual void on_session_pong(ServerSession&) {}
    /// The kernel has taken all sent bytes.
    virtual void on_session_drained(ServerSession& session) = 0;
    /// The last call. The session may be destroyed by Reactor::dispose().
    virtual void on_session_gone(ServerSession& session) = 0;
};

/// One client of a server: TLS if asked for, the upgrade, frames in both directions. Uses the library's codec
/// in the server role. Reading stops while the backlog is above kReadHold bytes. If an allocation fails, the
/// session ends and the server continues: a handler may throw std::bad_alloc from on_session_open(),
/// _message() and _drained().
class ServerSession final : private ControlSink {
  public:
    static constexpr std::size_t kReadHold = std::size_t{2} << 20;

    /// `tls` may be null.
    ServerSession(Reactor& reactor, std::unique_ptr<ByteStream> stream, TlsContext* tls,
                  SessionHandler& handler, const ServerLimits& limits = {});
    ServerSession(const ServerSession&) = delete;
    ServerSession& operator=(const ServerSession&) = delete;

    /// Encodes a message. The next flush() sends it.
    void queue(Opcode opcode, std::span<const std::byte> payload);
    void flush();
    void send(Opcode opcode, std::span<const std::byte> payload) {
        queue(opcode, payload);
        flush();
    }
    /// Frames that are already encoded.
    void queue_raw(std::span<const std::byte> frames);
    /// With 1005 the frame has no code (RFC 6455 section 7.1.5). `reason` is UTF-8 and is cut to 123 bytes.
    void close(std::uint16_t code, std::string_view reason = {});
    /// Ends without a close frame.
    void drop();
    /// Resets the TCP connection. Unsent bytes are dropped.
    void reset();
    /// Stops reading, answering and sending, until drop().
    void freeze() noexcept {
        watch_.stop();
        deadline_.cancel();
    }

    [[nodiscard]] const std::string& target() const noexcept { return upgrade_.target(); }
    [[nodiscard]] std::size_t bytes_to_send() const noexcept { return tx_.size(); }
    [[nodiscard]] bool is_open() const noexcept { return state_ == State::open; }

  private:
    enum class State : std::uint8_t { tls_handshake, upgrading, open, closing, gone };

    int on_io(Interest ready, TimePoint now);
    void on_deadline(TimePoint now);
    void serve(Interest ready, TimePoint now);
    void hear(TimePoint now) noexcept {
        heard_at_ = now;
        pinged_ = false;
    }
    void shake_hands();
    void read(TimePoint now);
    void read_request();
    [[nodiscard]] bool decode(TimePoint now, int& frames_left);
    void on_message(const Message& message) { handler_.on_session_message(*this, message); }
    void on_ping(std::span<const std::byte> payload) override;
    void on_pong(std::span<const std::byte> payload) override;
    void on_close(const CloseFrame& frame) override;
    void queue_pongs();
    void end_writing();
    [[nodiscard]] bool may_read() const noexcept;
    void update_interest();

    Reactor& reactor_;
    SessionHandler& handler_;
    const ServerLimits limits_;
    State state_;
    bool peer_closed_ = false;
    bool pinged_ = false;  // since the client's last byte
    TimePoint heard_at_{};
    std::unique_ptr<ByteStream> stream_;
    TlsStream* tls_ = nullptr;  // stream_, during the handshake
    server::UpgradeServer upgrade_;
    ReceiveBuffer rx_;
    TxBuffer tx_;
    CallbackSink sink_;
    MessageAssembler assembler_;
    ControlProtocol protocol_;
    IoWatch watch_;
    Timer deadline_;  // of the handshake, of silence, of the close handshake
};

}  // namespace pinwheel
