#include "server_session.h"

#include <new>
#include <tuple>

#include "../../core/bytes.h"
#include "../../net/turn_bounds.h"
#include "../../proto/websocket/close_frame.h"

namespace pinwheel {
namespace {

constexpr std::size_t kReceiveBuffer = std::size_t{32} << 10;
/// Then the next client has its turn; a TLS stream may hold more than one read takes.
constexpr int kReadsATurn = 4;

}  // namespace

ServerSession::ServerSession(Reactor& reactor, std::unique_ptr<ByteStream> stream, TlsContext* tls,
                             SessionHandler& handler, const ServerLimits& limits)
    : reactor_(reactor),
      handler_(handler),
      limits_(limits),
      state_(tls != nullptr ? State::tls_handshake : State::upgrading),
      stream_(std::move(stream)),
      rx_(kReceiveBuffer),
      tx_(limits.send_bytes),
      sink_(CallbackSink::Callback::member<&ServerSession::on_message>(*this)),
      assembler_(Role::server, limits.message_bytes, sink_, *this),
      watch_(IoWatch::Callback::member<&ServerSession::on_io>(*this)),
      deadline_(Timer::Callback::member<&ServerSession::on_deadline>(*this)) {
    if (tls != nullptr) {
        auto secured = tls->accept(std::move(stream_));
        tls_ = secured.get();
        stream_ = std::move(secured);
    }
    std::ignore = reactor_.watch(watch_, stream_->fd(), {.read = true});  // else the deadline ends it
    reactor_.schedule_after(deadline_, limits_.handshake);
}

int ServerSession::on_io(Interest ready, TimePoint now) {
    try {
        serve(ready, now);
    } catch (const std::bad_alloc&) {
        drop();
    }
    update_interest();
    return 1;
}

void ServerSession::serve(Interest ready, TimePoint now) {
    if (state_ == State::tls_handshake) shake_hands();
    if (ready.write && state_ != State::gone) {
        const std::size_t waited = tx_.size();
        flush();
        if (tx_.size() < waited) hear(now);  // there was no room before: the client has read
        if (state_ == State::open && tx_.size() == 0) handler_.on_session_drained(*this);
    }
    if (ready.read && state_ != State::gone && state_ != State::tls_handshake) read(now);
}

void ServerSession::on_deadline(TimePoint now) {
    if (state_ != State::open) return drop();
    if (const TimePoint due = time_after(heard_at_, limits_.idle); now < due)
        return reactor_.schedule(deadline_, due);
    if (pinged_) return drop();
    pinged_ = true;
    reactor_.schedule_after(deadline_, limits_.idle);
    send(Opcode::ping, {});
}

void ServerSession::shake_hands() {
    const IoResult result = tls_->handshake();
    if (result.status == IoStatus::ok) state_ = State::upgrading;
    if (result.status == IoStatus::error) drop();
}

void ServerSession::read(TimePoint now) {
    int frames_left = turn_bounds::kDecodedFrames;
    for (int reads = 0; reads < kReadsATurn && may_read(); ++reads) {
        if (rx_.readable().empty()) {
            const IoResult got = stream_->read_some(rx_.writable());
            if (got.status == IoStatus::would_block) return;
            if (got.status != IoStatus::ok) return drop();
            hear(now);
            rx_.commit(got.bytes);
        }
        if (state_ == State::upgrading) read_request();
        if (state_ == State::open && !decode(now, frames_left)) return;
        rx_.clear();
        if (state_ == State::gone || !stream_->status().has_buffered_input) return;
    }
}

void ServerSession::read_request() {
    const auto outcome = upgrade_.feed(rx_.readable());
    rx_.consume(outcome.consumed);
    if (outcome.status == UpgradeStatus::need_more) return;
    std::string response = upgrade_.response();
    bool is_refused = outcome.status == UpgradeStatus::failed;
    if (const int status = is_refused ? 101 : handler_.on_session_request(*this); status != 101) {
        is_refused = true;
        response = "HTTP/1.1 " + std::to_string(status) +
                   " Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    }
    queue_raw(bytes_of(response));
    flush();
    if (state_ == State::gone) return;
    if (is_refused) return drop();
    state_ = State::open;
    protocol_.open();
    reactor_.schedule_after(deadline_, limits_.idle);
    handler_.on_session_open(*this);
}

/// False: the frames of this turn are used up, and the next turn continues.
bool ServerSession::decode(TimePoint now, int& frames_left) {
    if (assembler_.wants_input()) assembler_.feed(rx_.readable());
    const auto progress = assembler_.run({.received = now}, frames_left);
    if (progress == MessageAssembler::Progress::more) return false;
    if (progress == MessageAssembler::Progress::failed) close(to_wire(CloseCode::protocol_error));
    if (!protocol_.has_pings()) return true;
    queue_pongs();
    flush();
    return true;
}

void ServerSession::on_ping(std::span<const std::byte> payload) {
    handler_.on_session_ping(*this);
    protocol_.ping_came(payload, /*pongs_wait=*/false);
}

void ServerSession::queue_pongs() {
    for (const ControlPayload& payload : protocol_.take_pongs()) queue(Opcode::pong, payload.bytes());
}

void ServerSession::on_pong(std::span<const std::byte>) {
    handler_.on_session_pong(*this);
}

void ServerSession::on_close(const CloseFrame& frame) {
    peer_closed_ = true;
    close(frame.code == to_wire(CloseCode::no_status) ? to_wire(CloseCode::normal) : frame.code);
}

void ServerSession::queue(Opcode opcode, std::span<const std::byte> payload) {
    if (state_ != State::open) return;
    const auto room = tx_.claim(frame_size(payload.size()));
    if (room.empty()) return drop();
    tx_.commit(encode_frame(opcode, payload, std::nullopt, room));
}

void ServerSession::queue_raw(std::span<const std::byte> frames) {
    if (state_ != State::gone && !tx_.append(frames)) drop();
}

void ServerSession::flush() {
    if (state_ == State::gone) return;
    const IoResult result = tx_.flush(*stream_);
    if (result.status == IoStatus::error) return drop();
    if (state_ == State::closing && tx_.size() == 0) end_writing();
    update_interest();
}

/// The close frame is sent.
void ServerSession::end_writing() {
    if (peer_closed_) return drop();
    stream_->shutdown_write();
}

void ServerSession::close(std::uint16_t code, std::string_view reason) {
    queue_pongs();
    queue(Opcode::close, write_close({code, reason}).bytes());
    if (state_ == State::gone) return;
    state_ = State::closing;
    reactor_.schedule_after(deadline_, limits_.closing);
    flush();
}

void ServerSession::drop() {
    if (state_ == State::gone) return;
    state_ = State::gone;
    assembler_.stop();
    watch_.stop();
    deadline_.cancel();
    reactor_.dispose(std::move(stream_));
    handler_.on_session_gone(*this);
}

void ServerSession::reset() {
    if (state_ != State::gone) stream_->abort();
    drop();
}

bool ServerSession::may_read() const noexcept {
    return state_ != State::gone && tx_.size() <= kReadHold && !stream_->status().reads_wait_for_write;
}

void ServerSession::update_interest() {
    if (!watch_.active()) return;
    const bool reads = may_read();
    reactor_.change(watch_, {.read = reads, .write = tx_.size() > 0 || stream_->status().wants_write});
    if (reads && (!rx_.readable().empty() || stream_->status().has_buffered_input)) reactor_.revisit(watch_);
}

}  // namespace pinwheel
