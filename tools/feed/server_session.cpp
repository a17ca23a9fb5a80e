#include "server_session.h"

#include <array>
#include <tuple>

#include "../../proto/websocket/close_code.h"

namespace pinwheel {
namespace {

constexpr std::size_t kReceiveBuffer = std::size_t{32} << 10;
constexpr std::size_t kMaxMessage = std::size_t{64} << 20;

}  // namespace

ServerSession::ServerSession(Reactor& reactor, std::unique_ptr<ByteStream> stream, TlsContext* tls,
                             SessionHandler& handler, std::size_t send_limit)
    : reactor_(reactor),
      handler_(handler),
      state_(tls != nullptr ? State::tls_handshake : State::upgrading),
      stream_(std::move(stream)),
      rx_(kReceiveBuffer),
      tx_(send_limit),
      sink_(CallbackSink::Callback::member<&ServerSession::on_message>(*this)),
      assembler_(Role::server, kMaxMessage, sink_, *this),
      watch_(IoWatch::Callback::member<&ServerSession::on_io>(*this)) {
    if (tls != nullptr) {
        auto secured = tls->accept(std::move(stream_));
        tls_ = secured.get();
        stream_ = std::move(secured);
    }
    std::ignore = reactor_.watch(watch_, stream_->fd(), {.read = true});
}

int ServerSession::on_io(Interest ready, TimePoint now) {
    if (state_ == State::tls_handshake) shake_hands();
    if (ready.write && state_ != State::gone) {
        flush();
        if (state_ == State::open && tx_.size() == 0) handler_.on_session_drained(*this);
    }
    if (ready.read && state_ != State::gone && state_ != State::tls_handshake) read(now);
    if (state_ != State::gone && stream_->has_buffered_input() && !stream_->reads_wait_for_write())
        reactor_.revisit(watch_);
    update_interest();
    return 1;
}

void ServerSession::shake_hands() {
    const IoResult result = tls_->handshake();
    if (result.status == IoStatus::ok) state_ = State::upgrading;
    if (result.status == IoStatus::error) drop();
}

void ServerSession::read(TimePoint now) {
    do {
        const IoResult got = stream_->read_some(rx_.writable());
        if (got.status == IoStatus::would_block) return;
        if (got.status != IoStatus::ok) return drop();
        rx_.commit(got.bytes);
        if (state_ == State::upgrading) read_request();
        if (state_ == State::open) decode(now);
        rx_.clear();
    } while (state_ != State::gone && stream_->has_buffered_input());
}

void ServerSession::read_request() {
    const auto outcome = upgrade_.feed(rx_.readable());
    rx_.consume(outcome.consumed);
    if (outcome.status == UpgradeStatus::need_more) return;
    queue_raw(std::as_bytes(std::span(upgrade_.response())));
    flush();
    if (state_ == State::gone) return;
    if (outcome.status == UpgradeStatus::failed) return drop();
    state_ = State::open;
    handler_.on_session_open(*this);
}

void ServerSession::decode(TimePoint now) {
    assembler_.feed(rx_.readable());
    if (assembler_.run({.received = now}) == MessageAssembler::Progress::failed)
        close(to_wire(CloseCode::protocol_error));
}

void ServerSession::on_ping(std::span<const std::byte> payload) {
    send(Opcode::pong, payload);
}

void ServerSession::on_pong(std::span<const std::byte>) {}

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

/// The close frame is out.
void ServerSession::end_writing() {
    if (peer_closed_) return drop();
    stream_->shutdown_write();
}

void ServerSession::close(std::uint16_t code) {
    const std::array payload{static_cast<std::byte>(code >> 8), static_cast<std::byte>(code & 0xff)};
    queue(Opcode::close, payload);
    if (state_ == State::gone) return;
    state_ = State::closing;
    flush();
}

void ServerSession::drop() {
    if (state_ == State::gone) return;
    state_ = State::gone;
    assembler_.stop();
    watch_.stop();
    reactor_.dispose(std::move(stream_));
    handler_.on_session_gone(*this);
}

void ServerSession::reset() {
    if (state_ != State::gone) stream_->abort();
    drop();
}

void ServerSession::update_interest() {
    if (watch_.active())
        reactor_.change(watch_, {.read = true, .write = tx_.size() > 0 || stream_->wants_write()});
}

}  // namespace pinwheel
