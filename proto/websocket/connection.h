#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../../core/receive_buffer.h"
#include "../../net/byte_stream.h"
#include "../../net/dialer.h"
#include "../../net/disposable.h"
#include "../../net/reactor.h"
#include "../../net/tx_buffer.h"
#include "close_code.h"
#include "control_protocol.h"
#include "frame_codec.h"
#include "limit_table.h"
#include "message_assembler.h"
#include "message_sink.h"
#include "opcode.h"
#include "redactor.h"
#include "upgrade_client.h"
#include "url.h"

namespace pinwheel {

/// How one connection is made and bounded.
struct ConnectionOptions {
    /// Extra request headers and subprotocols, in order.
    UpgradeOptions upgrade{};
    /// Bounds the whole attempt: name resolution, TCP, TLS and upgrade together.
    Duration connection_timeout = kDefaultLimits.connection_timeout;
    /// Bounds the close handshake, and after it the wait for the peer to end the stream.
    Duration close_timeout = kDefaultLimits.close_timeout;
    /// A larger message is refused with close code 1009.
    std::size_t max_message_size = kDefaultLimits.max_message_size;
    /// Bytes that may wait for the socket; send() fails past it. Pongs and a close frame still fit behind.
    std::size_t send_buffer_limit = kDefaultLimits.send_buffer_limit;
};

/// Why a connection ended, told once.
struct ConnectionEnd {
    /// The cause. ok: the close handshake that close() began was completed, or ran out of time.
    Error error{};
    bool was_open = false;  ///< on_open() had been called
    /// What the peer's close frame said; 1005 if it said nothing, 1006 if there was no close frame.
    std::uint16_t close_code = to_wire(CloseCode::abnormal);
    /// Without the secrets of the request, should the peer have repeated them.
    std::string close_reason{};
    /// Status of the HTTP answer that refused the upgrade; 0 if there was none.
    int http_status = 0;
    /// From the answer's Retry-After.
    std::optional<Duration> retry_after{};
};

/// Hears what happens to a connection, on the reactor's thread, after the state has changed.
class ConnectionHandler {
  public:
    virtual ~ConnectionHandler() = default;
    /// The upgrade is done; send() works from now on.
    virtual void on_open() = 0;
    /// `payload` is at most 125 bytes and is gone after the call.
    virtual void on_pong(std::span<const std::byte> payload) = 0;
    /// The peer's ping came, and a pong answers it.
    virtual void on_ping() {}
    /// Something was refused that the connection can do without, such as a socket option.
    virtual void on_warning(const Error& warning) = 0;
    /// The socket has taken some of what waited for it; `bytes` still wait.
    virtual void on_backlog(std::size_t /*bytes*/) {}
    /// The last call, exactly one for each start() that was not followed by abort().
    virtual void on_end(const ConnectionEnd& end) = 0;
};

/// One attempt at one WebSocket connection (RFC 6455, client side), from name to close; thrown away after it.
/// Messages go to the sink. After on_end() the object may be kept until drained(): the peer then ends the
/// stream in its own time; destroying it earlier closes the socket at once. It must not be destroyed inside
/// its own callbacks: give it to Reactor::dispose() there. Threading: the reactor's thread. Allocates:
/// nothing between on_open() and on_end(), save for backlog to send.
class Connection final : public Disposable, private DialHandler, private ControlSink {
  public:
    /// All but the options must outlive it, which are copied. Does nothing before start().
    Connection(Reactor& reactor, Dialer& dialer, ConnectionOptions options, ConnectionHandler& handler,
               MessageSink& sink);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins the attempt; once per object. The outcome is on_open() or on_end(), never from inside this
    /// call.
    void start(const Url& url);

    /// Queues one message (opcode text or binary) and writes what the socket takes. Text must be UTF-8; it is
    /// not checked. not_connected, or send_buffer_full with nothing of the message sent.
    [[nodiscard]] Errc send(Opcode opcode, std::span<const std::byte> payload) noexcept;
    /// Sends a ping with at most 125 bytes of payload (RFC 6455 section 5.5.2).
    [[nodiscard]] Errc ping(std::span<const std::byte> payload) noexcept;

    /// Begins the close handshake (RFC 6455 section 7.1.2); messages still come until the peer's close frame,
    /// which on_end() tells. Only while open, else nothing happens. A code that may not be on the wire (RFC
    /// 6455 section 7.4) is left out with its reason. `reason` is cut to 123 bytes at a character's end, and
    /// left out if it is not UTF-8.
    void close(std::uint16_t code, std::string_view reason = {}) noexcept;

    /// Tries a close frame without waiting, if `code` is given, and resets the connection. No callback
    /// follows.
    void abort(std::optional<std::uint16_t> code = std::nullopt) noexcept;

    /// Reads now what a turn would read. True if nothing that came before `now` is left unread: false if
    /// there is more than one read takes, or the sink has asked to pause.
    [[nodiscard]] bool catch_up(TimePoint now);

    /// Sees to it that the poller watches the stream. False: it had lost it, and data may lie unread.
    [[nodiscard]] bool ensure_watched() noexcept { return !reactor_.restore(watch_); }

    /// Goes on after the sink has asked to pause and has room again.
    void resume() noexcept;

    /// True between on_open() and the begin of the end.
    [[nodiscard]] bool is_open() const noexcept { return protocol_.may_send(); }
    /// True once nothing is left to do: never started, aborted, or ended and the stream closed.
    [[nodiscard]] bool drained() const noexcept { return state_ == State::idle || state_ == State::gone; }
    /// Bytes that wait for the socket.
    [[nodiscard]] std::size_t bytes_to_send() const noexcept { return tx_.size(); }
    /// The subprotocol that the server chose; empty for none.
    [[nodiscard]] const std::string& subprotocol() const noexcept { return subprotocol_; }
    /// What TLS agreed on; empty without a stream.
    [[nodiscard]] TlsInfo tls_info() const { return stream_ ? stream_->details().tls_info() : TlsInfo{}; }

  private:
    enum class State : std::uint8_t {
        idle,       // not started
        dialing,    // the dialer works
        upgrading,  // the request is out, or on its way
        up,         // on_open() was called
        draining,   // on_end() was called, the peer's end of stream is awaited
        gone,
    };

    void on_dialed(std::unique_ptr<ByteStream> stream) override;
    void on_dial_failed(const Error& error) override;
    void on_dial_warning(const Error& warning) override;
    void on_ping(std::span<const std::byte> payload) override;
    void on_pong(std::span<const std::byte> payload) override;
    void on_close(const CloseFrame& frame) override;

    int on_io(Interest ready, TimePoint now);
    void on_timer(TimePoint now);
    int receive(TimePoint now);
    void read_upgrade_answer();
    void decode(const MessageStamp& stamp, int& frames_left);
    [[nodiscard]] bool has_unread_input(const StreamStatus& status) const noexcept;
    [[nodiscard]] IoResult read() noexcept;
    int discard();
    void queue_pongs() noexcept;
    void answer_pings() noexcept;
    [[nodiscard]] Errc queue_frame(Opcode opcode, std::span<const std::byte> payload) noexcept;
    [[nodiscard]] Errc send_frame(Opcode opcode, std::span<const std::byte> payload) noexcept;
    void send_last(const std::optional<ControlPayload>& close) noexcept;
    void flush() noexcept;
    void write_backlog();
    void update_interest() noexcept;
    void update_interest(const StreamStatus& status) noexcept;
    void upgrade_cut_short();  // before the answer was complete
    void end_upgrade();        // failed
    void stream_failed(const IoResult& result);
    void end(ConnectionEnd end, State next);
    void drop_stream() noexcept;

    Reactor& reactor_;
    Dialer& dialer_;
    const ConnectionOptions options_;
    ConnectionHandler& handler_;
    MessageSink& sink_;
    State state_ = State::idle;
    DialTarget target_;
    Redactor redactor_;
    std::string subprotocol_;
    std::unique_ptr<Dial> dial_;
    std::unique_ptr<ByteStream> stream_;
    std::unique_ptr<UpgradeClient> upgrade_;  // only while upgrading
    ReceiveBuffer rx_;                        // unless the stream has a buffer of its own
    std::span<const std::byte> input_;        // read and not yet decoded, in either
    TxBuffer tx_;
    MessageAssembler assembler_;
    MessageAssembler::Progress progress_ = MessageAssembler::Progress::need_input;
    ControlProtocol protocol_;
    bool write_shut_ = false;
    std::size_t pong_ahead_ = 0;  // bytes of tx_ up to the end of the last pong
    Errc write_error_ = Errc::ok;
    IoWatch watch_;
    Timer timer_;  // the attempt's or the close handshake's time, by state
};

}  // namespace pinwheel
