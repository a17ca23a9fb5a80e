#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/clock.h"
#include "../../core/error.h"
#include "../../core/receive_buffer.h"
#include "../../net/byte_stream.h"
#include "../../net/dialer.h"
#include "../../net/disposable.h"
#include "../../net/reactor.h"
#include "../../net/tx_buffer.h"
#include "close_code.h"
#include "connection_info.h"
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

/// Options and limits of one connection.
struct ConnectionOptions {
    /// Extra request headers and subprotocols, in order.
    UpgradeOptions upgrade{};
    /// Addresses to connect to in place of those of the URL's host, in this order. Host, SNI and the
    /// certificate's check keep the URL's host. A port of 0 stands for the URL's.
    std::vector<Endpoint> addresses{};
    /// Bounds the whole attempt: name resolution, TCP, TLS and upgrade together.
    Duration connection_timeout = kDefaultLimits.connection_timeout;
    /// Limits the close handshake, and after it the wait for the peer to end the stream.
    Duration close_timeout = kDefaultLimits.close_timeout;
    /// In bytes. A larger message ends the connection with close code 1009.
    std::size_t max_message_size = kDefaultLimits.max_message_size;
    /// The largest backlog, in bytes. send() fails above it. Pongs and a close frame still fit behind it.
    std::size_t send_buffer_limit = kDefaultLimits.send_buffer_limit;
};

/// The end of a connection, reported once.
struct ConnectionEnd {
    /// The cause. ok: the close handshake of close() is complete, or its time is over.
    Error error{};
    bool was_open = false;  ///< on_open() was called
    /// The peer's close frame; code 1005 if it was empty, 1006 if there was none.
    std::uint16_t close_code = to_wire(CloseCode::abnormal);
    /// Without the secrets of the request, which the peer may repeat.
    std::string close_reason{};
    /// The status of the HTTP answer that refused the upgrade; 0 if there was none.
    int http_status = 0;
    /// From the answer's Retry-After.
    std::optional<Duration> retry_after{};
};

/// Receives the events of a connection, on the reactor's thread, after the change of state.
class ConnectionHandler {
  public:
    virtual ~ConnectionHandler() = default;
    /// The upgrade is done. send() works from now on.
    virtual void on_open() = 0;
    /// `payload` has at most 125 bytes and is valid during the call.
    virtual void on_pong(std::span<const std::byte> payload) = 0;
    /// The peer's ping came, and a pong answers it.
    virtual void on_ping() {}
    /// An optional setting, such as a socket option, was refused.
    virtual void on_warning(const Error& warning) = 0;
    /// The socket has taken a part of the backlog; `bytes` remain.
    virtual void on_backlog(std::size_t /*bytes*/) {}
    /// The last call. Exactly one for each start() without abort().
    virtual void on_end(const ConnectionEnd& end) = 0;
};

/// One attempt at one WebSocket connection (RFC 6455, client side), from name resolution to close; used once.
/// Messages go to the sink. After on_end() keep the object until drained(): the peer then ends the stream in
/// its own time. Earlier destruction closes the socket at once. It must not be destroyed inside its own
/// callbacks: give it to Reactor::dispose() there. Threading: the reactor's thread. Allocates: between
/// on_open() and on_end() only for a backlog.
class Connection final : public Disposable, private DialHandler, private ControlSink {
  public:
    /// All arguments but the options must outlive it. The options are copied. No action before start().
    Connection(Reactor& reactor, Dialer& dialer, ConnectionOptions options, ConnectionHandler& handler,
               MessageSink& sink);
    ~Connection() override = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins the attempt; once per object. The outcome is on_open() or on_end(), never inside this call.
    void start(const Url& url);

    /// Queues one message (opcode text or binary) and writes as much as the socket takes. Text must be UTF-8;
    /// it is not checked. not_connected, or send_buffer_full; on an error nothing of the message is sent.
    [[nodiscard]] Errc send(Opcode opcode, std::span<const std::byte> payload) noexcept;
    /// Sends a ping with at most 125 bytes of payload (RFC 6455 section 5.5.2).
    [[nodiscard]] Errc ping(std::span<const std::byte> payload) noexcept;

    /// Begins the close handshake (RFC 6455 section 7.1.2). Messages still come until the peer's close frame,
    /// which on_end() reports. Has an effect only while open. A code that must not be sent (RFC 6455 section
    /// 7.4) is left out with its reason. `reason` is cut to 123 bytes at a character boundary, and left out
    /// if it is not UTF-8.
    void close(std::uint16_t code, std::string_view reason = {}) noexcept;

    /// Resets the connection. With `code`, first tries to send a close frame without waiting. No callback
    /// follows.
    void abort(std::optional<std::uint16_t> code = std::nullopt) noexcept;

    /// Reads now, as a turn would. True if all bytes that came before `now` are read. False if there is more
    /// than one read takes, or if the sink has paused.
    [[nodiscard]] bool catch_up(TimePoint now);

    /// Registers the stream with the poller again if it was lost. False: it was lost, and unread data may
    /// wait.
    [[nodiscard]] bool ensure_watched() noexcept { return !reactor_.restore(watch_); }

    /// Resumes after the sink has paused and has room again.
    void resume() noexcept;

    /// True from on_open() to the begin of the end.
    [[nodiscard]] bool is_open() const noexcept { return protocol_.may_send(); }
    /// True once no work is left: never started, aborted, or ended with the stream closed.
    [[nodiscard]] bool drained() const noexcept { return state_ == State::idle || state_ == State::gone; }
    /// The backlog in bytes.
    [[nodiscard]] std::size_t bytes_to_send() const noexcept { return tx_.size(); }
    /// The subprotocol that the server selected; empty for none.
    [[nodiscard]] const std::string& subprotocol() const noexcept { return subprotocol_; }
    /// The start of the turn that last read bytes of the peer.
    [[nodiscard]] TimePoint last_read() const noexcept { return last_read_; }
    /// True if the server may compress its messages (RFC 7692).
    [[nodiscard]] bool is_compressed() const noexcept { return is_compressed_; }
    /// Socket, TLS and upgrade. Makes system calls and allocates.
    [[nodiscard]] ConnectionInfo info() const;
    /// The result of the TLS handshake; empty without a stream.
    [[nodiscard]] TlsInfo tls_info() const { return stream_ ? stream_->details().tls_info() : TlsInfo{}; }

  private:
    enum class State : std::uint8_t {
        idle,       // not started
        dialing,    // the dialer works
        upgrading,  // the request is being sent, or was sent
        up,         // on_open() was called
        draining,   // on_end() was called; waits for the peer's end of stream
        gone,
    };

    void on_dialed(std::unique_ptr<ByteStream> stream) override;
    void on_dial_failed(const Error& error) override;
    void on_dial_warning(const Error& warning) override;
    void on_ping(std::span<const std::byte> payload) override;
    void on_pong(std::span<const std::byte> payload) override { handler_.on_pong(payload); }
    void on_close(const CloseFrame& frame) override;

    int on_io(Interest ready, TimePoint now);
    void on_timer(TimePoint now);
    int receive(TimePoint now);
    void read_upgrade_answer();
    [[gnu::always_inline]] inline void decode(const MessageStamp& stamp, int& frames_left);
    [[gnu::cold]] void protocol_broken();
    [[nodiscard]] inline bool has_unread_input(const StreamStatus& status) const noexcept;
    [[nodiscard, gnu::always_inline]] inline IoResult read() noexcept;
    int discard();
    void queue_pongs() noexcept;
    void answer_pings() noexcept;
    [[nodiscard, gnu::always_inline]] inline Errc queue_frame(Opcode opcode,
                                                              std::span<const std::byte> payload,
                                                              std::size_t limit) noexcept;
    void send_last(const std::optional<ControlPayload>& close) noexcept;
    [[gnu::always_inline]] inline void flush() noexcept;
    [[gnu::cold]] void after_flush(IoResult result, std::size_t written) noexcept;
    void write_backlog();
    void update_interest() noexcept;
    [[gnu::always_inline]] inline void update_interest(const StreamStatus& status) noexcept;
    void upgrade_cut_short();  // the stream ended before the answer was complete
    void end_upgrade();        // on a failure
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
    std::vector<HttpHeader> headers_;  // of the answer
    bool is_compressed_ = false;
    TimePoint last_read_{};
    std::unique_ptr<Dial> dial_;
    std::unique_ptr<ByteStream> stream_;
    std::unique_ptr<UpgradeClient> upgrade_;  // only while upgrading
    ReceiveBuffer rx_;                        // unused if the stream has its own buffer
    std::span<const std::byte> input_;        // bytes read but not decoded, in either buffer
    TxBuffer tx_;
    MessageAssembler assembler_;
    MessageAssembler::Progress progress_ = MessageAssembler::Progress::need_input;
    ControlProtocol protocol_;
    bool write_shut_ = false;
    std::size_t pong_ahead_ = 0;  // bytes of tx_ up to the end of the last pong
    Errc write_error_ = Errc::ok;
    IoWatch watch_;
    Timer timer_;  // limits the attempt or the close handshake, by state
};

}  // namespace pinwheel
