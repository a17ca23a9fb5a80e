#include "connection.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "../../core/bounded_text_impl.h"
#include "../../core/bytes.h"
#include "../../net/turn_bounds.h"
#include "connection_error_impl.h"
#include "frame_codec.h"

namespace pinwheel {
namespace {

constexpr std::size_t kReceiveBuffer = std::size_t{28} << 10;
/// Behind a full backlog there is room for a batch of pongs, one more pong and a close frame.
constexpr std::size_t kControlRoom = (ControlProtocol::kMostPongs + 2) * frame_size(kMaxControlPayload);

}  // namespace

Connection::Connection(Reactor& reactor, Dialer& dialer, ConnectionOptions options,
                       ConnectionHandler& handler, MessageSink& sink)
    : reactor_(reactor),
      dialer_(dialer),
      options_(std::move(options)),
      handler_(handler),
      sink_(sink),
      rx_(kReceiveBuffer),
      tx_(std::max(options_.send_buffer_limit, options_.send_buffer_limit + kControlRoom)),  // saturates
      assembler_(Role::client, options_.max_message_size, sink, *this),
      watch_(IoWatch::Callback::member<&Connection::on_io>(*this)),
      timer_(Timer::Callback::member<&Connection::on_timer>(*this)) {}

// The attempt

void Connection::start(const Url& url) {
    target_ = {.host = url.host(),
               .port = url.port(),
               .tls = url.tls(),
               .server_name = url.name(),
               .addresses = options_.addresses};
    const UpgradeOptions& upgrade = options_.upgrade;
    redactor_ = Redactor(url.target(), upgrade.headers, upgrade.subprotocols, upgrade.hidden);
    upgrade_ = std::make_unique<UpgradeClient>(url, options_.upgrade, reactor_.random());
    dial_ = dialer_.dial(target_, *this);
    state_ = State::dialing;
    reactor_.schedule_after(timer_, options_.connection_timeout);
}

void Connection::on_dial_warning(const Error& warning) {
    if (state_ == State::dialing) handler_.on_warning(warning);
}

void Connection::on_dial_failed(const Error& error) {
    if (state_ != State::dialing) return;  // a handler aborted it during the dial's call
    end({.error = error}, State::gone);
}

void Connection::on_dialed(std::unique_ptr<ByteStream> stream) {
    if (state_ != State::dialing) return;
    reactor_.dispose(std::move(dial_));
    stream_ = std::move(stream);
    state_ = State::upgrading;
    const Errc refused = reactor_.watch(watch_, stream_->fd(), {.read = true});
    if (refused != Errc::ok) return end({.error = detail::cannot_watch(target_, refused)}, State::gone);
    if (!tx_.append(bytes_of(upgrade_->request())))
        return end({.error = detail::request_too_large(target_)}, State::gone);
    flush();
    update_interest();
}

void Connection::read_upgrade_answer() {
    const auto outcome = upgrade_->feed(input_, reactor_.system_now());
    input_ = input_.subspan(outcome.consumed);
    if (outcome.status == UpgradeStatus::need_more) return;
    if (outcome.status == UpgradeStatus::failed) return end_upgrade();
    stream_->details().rate_peer(true);
    subprotocol_ = upgrade_->subprotocol();
    headers_ = upgrade_->headers();
    is_compressed_ = upgrade_->is_compressed();
    if (is_compressed_ && assembler_.allow_compression() != Errc::ok)
        return end({.error = detail::no_memory_to_inflate(target_, options_.max_message_size)}, State::gone);
    upgrade_.reset();
    timer_.cancel();
    state_ = State::up;
    protocol_.open();
    handler_.on_open();
}

void Connection::on_timer(TimePoint) {
    switch (state_) {
        case State::dialing:
            return end({.error = detail::dial_timed_out(target_, dial_->waiting_for())}, State::gone);
        case State::upgrading:
            if (upgrade_->refused()) return upgrade_cut_short();
            return end({.error = detail::upgrade_timed_out(target_)}, State::gone);
        case State::up:  // the time of the close handshake is over
            return end({}, State::gone);
        case State::idle:
        case State::draining:
        case State::gone:
            return drop_stream();
    }
}

// Receiving

int Connection::on_io(Interest ready, TimePoint now) {
    int work = 0;
    if (ready.write) [[unlikely]] {
        write_backlog();
        ++work;
        // TLS may have needed to write before it could return the bytes that it holds.
        const auto status = stream_ ? stream_->status() : StreamStatus{};
        ready.read = ready.read || status.reads_wait_for_write || has_unread_input(status);
    }
    if (ready.read && stream_) work += state_ == State::draining ? discard() : receive(now);
    if (!stream_) return work;
    const StreamStatus status = stream_->status();
    if (has_unread_input(status)) reactor_.revisit(watch_);
    update_interest(status);
    return work;
}

/// True if the next turn has input that the descriptor does not show, left by the bound of a turn, by TLS or
/// by a failed write.
inline bool Connection::has_unread_input(const StreamStatus& status) const noexcept {
    if (progress_ == MessageAssembler::Progress::paused) return false;
    return progress_ == MessageAssembler::Progress::more || write_error_ != Errc::ok ||
           (status.has_buffered_input && !status.reads_wait_for_write);
}

/// One read with all its frames, and all bytes that TLS holds, within the bounds of a turn. A peer must not
/// hold the reactor.
int Connection::receive(TimePoint now) {
    // If a handler throws, the next turn decodes the rest.
    struct Revisit {
        Connection& self;
        bool unwinding = true;
        ~Revisit() {
            if (unwinding && self.watch_.active()) self.reactor_.revisit(self.watch_);
        }
    } revisit{*this};

    int reads = 0;
    int frames_left = turn_bounds::kDecodedFrames;
    std::size_t bytes = 0;
    StreamStatus status;
    do {
        if (input_.empty()) {
            IoResult got = read();
            if (got.status == IoStatus::would_block) {
                if (write_error_ == Errc::ok) break;
                got = IoResult::failed(write_error_);
            }
            ++reads;
            if (got.status != IoStatus::ok) {
                stream_failed(got);
                break;
            }
            bytes += got.bytes;
            last_read_ = now;
        }
        if (state_ == State::upgrading) read_upgrade_answer();
        if (!stream_) break;
        status = stream_->status();
        if (state_ == State::up)
            decode({.received = now, .kernel_received = status.arrival_time}, frames_left);
    } while ((status.has_buffered_input || write_error_ != Errc::ok) && stream_ &&
             state_ != State::draining && progress_ == MessageAssembler::Progress::need_input &&
             reads < turn_bounds::kReads && bytes < turn_bounds::kReadBytes);
    revisit.unwinding = false;
    if (protocol_.has_pings() && progress_ != MessageAssembler::Progress::more) [[unlikely]]
        answer_pings();
    sink_.batch_end();
    return reads + (turn_bounds::kDecodedFrames - frames_left);
}

inline void Connection::decode(const MessageStamp& stamp, int& frames_left) {
    using Progress = MessageAssembler::Progress;
    if (assembler_.wants_input()) assembler_.feed(input_);
    progress_ = assembler_.run(stamp, frames_left);
    if (progress_ == Progress::paused || progress_ == Progress::more) return;
    input_ = {};
    if (progress_ == Progress::failed) [[unlikely]]
        protocol_broken();
}

void Connection::protocol_broken() {
    const Errc broken = assembler_.error();
    send_last(protocol_.peer_broke(broken));
    end({.error =
             detail::protocol_broken(target_, broken, assembler_.refused_size(), options_.max_message_size)},
        State::draining);
}

bool Connection::catch_up(TimePoint now) {
    if (watch_.active() && progress_ != MessageAssembler::Progress::paused)
        std::ignore = on_io({.read = true}, now);
    if (!stream_) return true;
    const StreamStatus status = stream_->status();
    return progress_ != MessageAssembler::Progress::paused && !has_unread_input(status) && !status.filled;
}

void Connection::resume() noexcept {
    if (progress_ != MessageAssembler::Progress::paused || !watch_.active()) return;
    progress_ = MessageAssembler::Progress::need_input;
    update_interest();
    reactor_.revisit(watch_);
}

inline IoResult Connection::read() noexcept {
    rx_.clear();
    const auto room = rx_.writable();
    const IoResult got = stream_->read_view(room, input_);
    if (input_.data() == room.data()) rx_.commit(got.bytes);
    return got;
}

/// After the end only the peer's end of stream matters.
int Connection::discard() {
    const IoResult got = read();
    if (got.status == IoStatus::would_block && write_error_ == Errc::ok) return 0;
    if (got.status != IoStatus::ok) drop_stream();
    return 1;
}

void Connection::on_ping(std::span<const std::byte> payload) {
    protocol_.ping_came(payload, pong_ahead_ > 0);
    handler_.on_ping();
}

/// Sends the pongs in one write, behind the batch that brought the pings. While earlier pongs wait for the
/// socket, these wait too: a peer that reads nothing costs one batch of buffer.
void Connection::answer_pings() noexcept {
    if (pong_ahead_ > 0) return;
    queue_pongs();
    flush();
}

void Connection::queue_pongs() noexcept {
    if (!protocol_.has_pings()) return;
    for (const ControlPayload& payload : protocol_.take_pongs())
        std::ignore = queue_frame(Opcode::pong, payload.bytes(), tx_.limit());
    pong_ahead_ = tx_.size();
}

void Connection::on_close(const CloseFrame& frame) {
    const bool ours = protocol_.phase() == ControlProtocol::Phase::closing;
    send_last(protocol_.peer_closed(frame));
    std::string reason = redactor_.redact(frame.reason);
    Error cause;
    if (!ours) cause = detail::closed_by_peer(target_, {frame.code, reason});
    end({.error = std::move(cause), .close_code = frame.code, .close_reason = std::move(reason)},
        State::draining);
}

// Sending

Errc Connection::send(Opcode opcode, std::span<const std::byte> payload) noexcept {
    if (!protocol_.may_send()) return Errc::not_connected;
    const Errc refused = queue_frame(opcode, payload, options_.send_buffer_limit);
    if (refused != Errc::ok) return refused;
    flush();
    if (tx_.size() > 0 || watch_.interest().write) [[unlikely]]
        update_interest();
    return Errc::ok;
}

Errc Connection::ping(std::span<const std::byte> payload) noexcept {
    if (payload.size() > kMaxControlPayload) return Errc::invalid_argument;
    return send(Opcode::ping, payload);
}

inline Errc Connection::queue_frame(Opcode opcode, std::span<const std::byte> payload,
                                    std::size_t limit) noexcept {
    const auto room = tx_.claim(frame_size(payload.size()), limit);
    if (room.empty()) return Errc::send_buffer_full;
    tx_.commit(encode_frame(opcode, payload, reactor_.random().next_u32(), room));
    return Errc::ok;
}

/// The due pongs, and a close frame behind them.
void Connection::send_last(const std::optional<ControlPayload>& close) noexcept {
    queue_pongs();
    if (close) std::ignore = queue_frame(Opcode::close, close->bytes(), tx_.limit());
    flush();
    update_interest();
}

inline void Connection::flush() noexcept {
    if (!stream_) return;
    const std::size_t before = tx_.size();
    const IoResult result = tx_.flush(*stream_);
    if (result.status == IoStatus::error || pong_ahead_ > 0 || state_ == State::draining) [[unlikely]]
        after_flush(result, before - tx_.size());
}

void Connection::after_flush(IoResult result, std::size_t written) noexcept {
    if (result.status == IoStatus::error) {
        written += tx_.size();
        tx_.clear();
        // The next read reports it, after the peer's remaining bytes.
        if (write_error_ == Errc::ok) write_error_ = result.error;
        if (watch_.active()) reactor_.revisit(watch_);
    }
    if (pong_ahead_ > 0) {
        pong_ahead_ -= std::min(pong_ahead_, written);
        if (pong_ahead_ == 0 && protocol_.has_pings() && watch_.active()) reactor_.revisit(watch_);
    }
    if (state_ != State::draining || tx_.size() > 0 || std::exchange(write_shut_, true)) return;
    stream_->shutdown_write();
}

void Connection::write_backlog() {
    const std::size_t before = tx_.size();
    flush();
    if (state_ == State::up && tx_.size() != before) handler_.on_backlog(tx_.size());
}

void Connection::update_interest() noexcept {
    if (watch_.active()) update_interest(stream_->status());
}

inline void Connection::update_interest(const StreamStatus& status) noexcept {
    const bool is_paused = progress_ == MessageAssembler::Progress::paused;
    const Interest interest{
        .read = !is_paused && !status.reads_wait_for_write,
        .write = (tx_.size() > 0 || status.wants_write) && (is_paused || !status.writes_wait_for_read)};
    if (interest != watch_.interest()) [[unlikely]]
        reactor_.change(watch_, interest);
}

// The end

void Connection::close(std::uint16_t code, std::string_view reason) noexcept {
    const auto close = protocol_.close(code, reason);
    if (!close) return;
    send_last(close);
    resume();  // held messages precede the peer's close frame
    reactor_.schedule_after(timer_, options_.close_timeout);
}

void Connection::abort(std::optional<std::uint16_t> code) noexcept {
    if (const auto close = code ? protocol_.close(*code, {}) : std::nullopt) send_last(close);
    if (stream_ && !code) stream_->abort();
    assembler_.stop();
    upgrade_.reset();
    if (dial_) reactor_.dispose(std::move(dial_));
    drop_stream();
}

void Connection::stream_failed(const IoResult& result) {
    if (state_ == State::upgrading && (result.status == IoStatus::eof || upgrade_->refused()))
        return upgrade_cut_short();
    const Error error = detail::stream_error(target_, result.error, stream_->details().error_detail());
    end({.error = error}, State::gone);
}

void Connection::upgrade_cut_short() {
    upgrade_->end_of_stream();
    end_upgrade();
}

void Connection::end_upgrade() {
    end({.error = upgrade_->error(),
         .http_status = upgrade_->http_status(),
         .retry_after = upgrade_->retry_after()},
        State::gone);
}

void Connection::end(ConnectionEnd end, State next) {
    end.was_open = state_ == State::up;
    end.error.detail = detail::bounded_text(std::move(end.error.detail));
    if (state_ == State::upgrading) stream_->details().rate_peer(false);
    if (dial_) reactor_.dispose(std::move(dial_));
    assembler_.stop();
    upgrade_.reset();
    protocol_.end();
    state_ = next;
    timer_.cancel();
    if (next == State::draining) {
        reactor_.schedule_after(timer_, options_.close_timeout);
        flush();
    } else {
        drop_stream();
    }
    handler_.on_end(end);
}

void Connection::drop_stream() noexcept {
    state_ = State::gone;
    protocol_.end();
    timer_.cancel();
    watch_.stop();
    if (stream_) reactor_.dispose(std::move(stream_));
}

}  // namespace pinwheel
