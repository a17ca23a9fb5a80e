#include "connection.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "../../core/bounded_text_impl.h"
#include "../../core/bytes.h"
#include "../text/utf8.h"
#include "frame_codec.h"

namespace pinwheel {
namespace {

constexpr std::size_t kReceiveBuffer = std::size_t{28} << 10;
constexpr std::size_t kMaxCloseReason = kMaxControlPayload - 2;
/// Behind a full backlog there is still room for a pong and a close frame.
constexpr std::size_t kControlRoom = 2 * frame_size(kMaxControlPayload);

std::string describe_close(std::uint16_t code, std::string_view reason) {
    std::string text =
        "close code " + std::to_string(code) + " (" + std::string(describe_close_code(code)) + ")";
    if (!reason.empty()) text += ": " + one_line(reason);
    return text;
}

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

Connection::~Connection() = default;

// The attempt

void Connection::start(const Url& url) {
    target_ = {.host = url.host(), .port = url.port(), .tls = url.tls(), .server_name = url.name()};
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
    if (state_ != State::dialing) return;  // a handler aborted it in the middle of the dial's call
    end({.error = error}, State::gone);
}

void Connection::on_dialed(std::unique_ptr<ByteStream> stream) {
    if (state_ != State::dialing) return;
    reactor_.dispose(std::move(dial_));
    stream_ = std::move(stream);
    state_ = State::upgrading;
    const Errc refused = reactor_.watch(watch_, stream_->fd(), {.read = true});
    if (refused != Errc::ok)
        return end({.error = {refused, "the socket to " + target_.to_string() + " cannot be watched"}},
                   State::gone);
    if (!tx_.append(bytes_of(upgrade_->request())))
        return end({.error = {Errc::send_buffer_full, "the upgrade request to " + target_.to_string() +
                                                          " does not fit; is send_buffer_limit too small?"}},
                   State::gone);
    flush();
    update_interest();
}

void Connection::read_upgrade_answer() {
    const auto outcome = upgrade_->feed(input_, reactor_.system_now());
    input_ = input_.subspan(outcome.consumed);
    if (outcome.status == UpgradeStatus::need_more) return;
    if (outcome.status == UpgradeStatus::failed) return end_upgrade();
    stream_->rate_peer(true);
    subprotocol_ = upgrade_->subprotocol();
    upgrade_.reset();
    timer_.cancel();
    state_ = State::open;
    handler_.on_open();
}

void Connection::on_timer(TimePoint) {
    switch (state_) {
        case State::dialing:
            return end({.error = dial_timed_out()}, State::gone);
        case State::upgrading:
            if (upgrade_->refused()) return upgrade_cut_short();
            return end({.error = {Errc::connect_timeout,
                                  target_.to_string() + " did not answer the upgrade within the connection "
                                                        "timeout; is this a WebSocket server?"}},
                       State::gone);
        case State::closing:
            return end({}, State::gone);
        case State::idle:
        case State::open:
        case State::draining:
        case State::gone:
            return drop_stream();
    }
}

/// Names what the attempt was waiting for: the name, or the way to its addresses.
Error Connection::dial_timed_out() const {
    const Error waiting = dial_->waiting_for();
    const bool for_name = waiting.code == Errc::resolve_timeout;
    return {waiting.code, (for_name ? "the name '" + target_.host + "' was not resolved"
                                    : target_.to_string() + " could not be reached") +
                              " within the connection timeout" +
                              (waiting.detail.empty() ? "" : " (" + waiting.detail + ")") +
                              (for_name ? "; check the name servers in /etc/resolv.conf"
                                        : "; are host and port right, and is the way there open?")};
}

// Receiving

int Connection::on_io(Interest ready, TimePoint now) {
    int work = 0;
    if (ready.write) write_backlog();
    // TLS may have had to write before it could give what it holds.
    ready.read = ready.read || (ready.write && is_behind());
    if (ready.read && stream_) work = state_ == State::draining ? discard() : receive(now);
    if (ready.write) ++work;
    if (is_behind() && !stream_->reads_wait_for_write()) reactor_.revisit(watch_);
    update_interest();
    return work;
}

/// One read, and everything that it brought: all its frames, and every byte that TLS holds back.
int Connection::receive(TimePoint now) {
    // Should a handler throw, what it has not seen is decoded in the next turn.
    struct Revisit {
        Connection& self;
        bool unwinding = true;
        ~Revisit() {
            if (unwinding && self.watch_.active()) self.reactor_.revisit(self.watch_);
        }
    } revisit{*this};

    int work = 0;
    do {
        if (input_.empty()) {
            IoResult got = read();
            if (got.status == IoStatus::would_block) {
                if (write_error_ == Errc::ok) break;
                got = IoResult::failed(write_error_);
            }
            ++work;
            if (got.status != IoStatus::ok) {
                stream_failed(got);
                break;
            }
        }
        if (state_ == State::upgrading) read_upgrade_answer();
        if (state_ == State::open || state_ == State::closing) decode(now);
    } while (stream_ && state_ != State::draining && progress_ == MessageAssembler::Progress::need_input &&
             (stream_->has_buffered_input() || write_error_ != Errc::ok));
    revisit.unwinding = false;
    sink_.batch_end();
    return work;
}

void Connection::decode(TimePoint now) {
    if (assembler_.wants_input()) assembler_.feed(input_);
    progress_ = assembler_.run({.received = now, .kernel_received = stream_->arrival_time()});
    if (progress_ == MessageAssembler::Progress::paused) return;
    input_ = {};
    if (progress_ != MessageAssembler::Progress::failed) return;
    const Errc broken = assembler_.error();
    // One close frame is all that is sent of them (RFC 6455 section 5.5.1).
    if (state_ == State::open) send_close(to_wire(close_code_for(broken)), pinwheel::describe(broken));
    std::string what(pinwheel::describe(broken));
    if (broken == Errc::message_too_large)
        what += ": " + std::to_string(assembler_.refused_size()) + " bytes or more; max_message_size is " +
                std::to_string(options_.max_message_size);
    end({.error = {broken, what + " (" + target_.to_string() + ")"}}, State::draining);
}

bool Connection::catch_up(TimePoint now) {
    if (watch_.active() && progress_ != MessageAssembler::Progress::paused)
        std::ignore = on_io({.read = true}, now);
    return !stream_ || (progress_ != MessageAssembler::Progress::paused && !stream_->filled());
}

void Connection::resume() noexcept {
    if (progress_ != MessageAssembler::Progress::paused) return;
    progress_ = MessageAssembler::Progress::need_input;
    update_interest();
    reactor_.revisit(watch_);
}

IoResult Connection::read() noexcept {
    rx_.clear();
    const auto room = rx_.writable();
    const IoResult got = stream_->read_view(room, input_);
    if (input_.data() == room.data()) rx_.commit(got.bytes);
    return got;
}

/// After the end only the peer's end of stream is of interest.
int Connection::discard() {
    const IoResult got = read();
    if (got.status == IoStatus::would_block && write_error_ == Errc::ok) return 0;
    if (got.status != IoStatus::ok) drop_stream();
    return 1;
}

/// Behind a pong that waits for the socket only the last ping is answered (RFC 6455 section 5.5.3).
void Connection::on_ping(std::span<const std::byte> payload) {
    std::ranges::copy(payload, ping_.begin());
    ping_size_ = payload.size();
    ping_waits_ = true;
    answer_ping();
    update_interest();
    handler_.on_ping();
}

void Connection::answer_ping() noexcept {
    if (!ping_waits_ || pong_ahead_ > 0) return;
    ping_waits_ = false;
    if (queue_frame(Opcode::pong, std::span(ping_).first(ping_size_)) != Errc::ok) return;
    pong_ahead_ = tx_.size();
    flush();
}

void Connection::on_pong(std::span<const std::byte> payload) {
    handler_.on_pong(payload);
}

/// RFC 6455 section 5.5.1: the answer to a close frame echoes its status code.
void Connection::on_close(const CloseFrame& frame) {
    const bool ours = state_ == State::closing;
    if (!ours) send_close(frame.code, {});
    std::string reason = redactor_.redact(frame.reason);
    Error cause;
    if (!ours)
        cause = {Errc::closed_by_peer,
                 target_.to_string() + " closed the connection with " + describe_close(frame.code, reason)};
    end({.error = std::move(cause), .close_code = frame.code, .close_reason = std::move(reason)},
        State::draining);
}

// Sending

Errc Connection::send(Opcode opcode, std::span<const std::byte> payload) noexcept {
    if (state_ != State::open) return Errc::not_connected;
    const std::size_t limit = options_.send_buffer_limit;
    if (tx_.size() > limit || frame_size(payload.size()) > limit - tx_.size()) return Errc::send_buffer_full;
    return send_frame(opcode, payload);
}

Errc Connection::ping(std::span<const std::byte> payload) noexcept {
    if (payload.size() > kMaxControlPayload) return Errc::invalid_argument;
    return send(Opcode::ping, payload);
}

Errc Connection::queue_frame(Opcode opcode, std::span<const std::byte> payload) noexcept {
    const auto room = tx_.claim(frame_size(payload.size()));
    if (room.empty()) return Errc::send_buffer_full;
    tx_.commit(encode_frame(opcode, payload, reactor_.random().next_u32(), room));
    return Errc::ok;
}

Errc Connection::send_frame(Opcode opcode, std::span<const std::byte> payload) noexcept {
    const Errc refused = queue_frame(opcode, payload);
    if (refused != Errc::ok) return refused;
    flush();
    if (tx_.size() > 0 || watch_.interest().write) [[unlikely]]
        update_interest();
    return Errc::ok;
}

void Connection::send_close(std::uint16_t code, std::string_view reason) noexcept {
    std::array<std::byte, kMaxControlPayload> payload{};
    if (!is_wire_close_code(code)) {
        std::ignore = send_frame(Opcode::close, {});
        return;
    }
    reason = reason.substr(0, kMaxCloseReason);
    const auto progress = check_utf8_prefix(bytes_of(reason));
    reason = reason.substr(0, progress.impossible ? 0 : progress.checked);
    payload[0] = static_cast<std::byte>(code >> 8);
    payload[1] = static_cast<std::byte>(code & 0xff);
    std::ranges::copy(bytes_of(reason), payload.begin() + 2);
    std::ignore = send_frame(Opcode::close, std::span(payload).first(2 + reason.size()));
}

void Connection::flush() noexcept {
    if (!stream_) return;
    const std::size_t before = tx_.size();
    const IoResult result = tx_.flush(*stream_);
    if (result.status == IoStatus::error) {
        tx_.clear();
        // Told by the next read, behind what the peer had to say before.
        if (write_error_ == Errc::ok) write_error_ = result.error;
        if (watch_.active()) reactor_.revisit(watch_);
    }
    pong_ahead_ -= std::min(pong_ahead_, before - tx_.size());
    answer_ping();
    if (state_ != State::draining || tx_.size() > 0 || std::exchange(write_shut_, true)) return;
    stream_->shutdown_write();
}

void Connection::write_backlog() {
    const std::size_t before = tx_.size();
    flush();
    const bool is_up = state_ == State::open || state_ == State::closing;
    if (is_up && tx_.size() != before) handler_.on_backlog(tx_.size());
}

void Connection::update_interest() noexcept {
    if (!watch_.active() || !stream_) return;
    const bool is_paused = progress_ == MessageAssembler::Progress::paused;
    reactor_.change(watch_, {.read = !is_paused && !stream_->reads_wait_for_write(),
                             .write = (tx_.size() > 0 || stream_->wants_write()) &&
                                      (is_paused || !stream_->writes_wait_for_read())});
}

// The end

void Connection::close(std::uint16_t code, std::string_view reason) noexcept {
    if (state_ != State::open) return;
    send_close(code, reason);
    state_ = State::closing;
    resume();  // held-back messages precede the peer's close frame
    reactor_.schedule_after(timer_, options_.close_timeout);
}

void Connection::abort(std::optional<std::uint16_t> code) noexcept {
    if (code && state_ == State::open) send_close(*code, {});
    if (stream_ && !code) stream_->abort();
    assembler_.stop();
    upgrade_.reset();
    if (dial_) reactor_.dispose(std::move(dial_));
    drop_stream();
}

void Connection::stream_failed(const IoResult& result) {
    if (state_ == State::upgrading && (result.status == IoStatus::eof || upgrade_->refused()))
        return upgrade_cut_short();
    const std::string detail = stream_->error_detail();
    end({.error = {result.error, target_.to_string() + ": " + std::string(pinwheel::describe(result.error)) +
                                     (detail.empty() ? "" : " (" + detail + ")")}},
        State::gone);
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
    end.was_open = state_ == State::open || state_ == State::closing;
    end.error.detail = detail::bounded_text(std::move(end.error.detail));
    if (state_ == State::upgrading) stream_->rate_peer(false);
    if (dial_) reactor_.dispose(std::move(dial_));
    assembler_.stop();
    upgrade_.reset();
    ping_waits_ = false;
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
    timer_.cancel();
    watch_.stop();
    if (stream_) reactor_.dispose(std::move(stream_));
}

}  // namespace pinwheel
