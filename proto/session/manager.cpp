#include "manager.h"

#include <tuple>
#include <utility>

#include "../text/utf8.h"
#include "session.h"
#include "wait.h"

namespace pinwheel {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

void require_proactive(DisconnectReason reason) {
    if (is_proactive(reason)) return;
    throw WebSocketError(
        Error{Errc::invalid_argument, "the reason " + std::string(to_string(reason)) +
                                          " is not one that a user can have; give a proactive one"});
}

}  // namespace

WebSocketManager::WebSocketManager(Reactor& reactor, std::string_view url, WebSocketOptions options)
    : session_(std::make_shared<Session>(reactor, url, std::move(options))) {}

WebSocketManager::~WebSocketManager() {
    if (!session_) return;  // moved from
    session_->retire();
    Reactor& reactor = session_->reactor();
    reactor.dispose(std::move(session_));
}

// What there is

const std::string& WebSocketManager::url() const noexcept {
    return session_->url();
}

ConnectionState WebSocketManager::state() const noexcept {
    return session_->fsm().connection_state();
}

WebSocketStats WebSocketManager::stats() const noexcept {
    return session_->stats();
}

void WebSocketManager::reset_stats() noexcept {
    session_->reset_stats();
}

std::vector<std::string> WebSocketManager::subscriptions() const {
    return session_->subscriptions().channels();
}

Duration WebSocketManager::connection_duration() const noexcept {
    if (!is_connected()) return Duration::zero();
    return session_->reactor().now() - session_->connected_at();
}

std::uint32_t WebSocketManager::generation() const noexcept {
    return session_->generation();
}

bool WebSocketManager::is_shutdown() const noexcept {
    return session_->fsm().is_shutdown();
}

bool WebSocketManager::is_dead() const noexcept {
    return state() == ConnectionState::disconnected || state() == ConnectionState::closed;
}

const Error& WebSocketManager::last_error() const noexcept {
    return session_->last_error();
}

std::uint16_t WebSocketManager::close_code() const noexcept {
    return session_->close_code();
}

const std::string& WebSocketManager::close_reason() const noexcept {
    return session_->close_reason();
}

// Connecting and disconnecting

/// A handler may destroy the manager meanwhile.
void WebSocketManager::feed(const SessionEvent::Any& event) {
    const auto session = session_;
    session->feed(event);
}

void WebSocketManager::connect() {
    feed(SessionEvent::Connect{});
}

void WebSocketManager::request_disconnect(std::optional<Duration> reconnect_after, DisconnectReason reason) {
    require_proactive(reason);
    if (reconnect_after) detail::require_not_negative("reconnect_after", *reconnect_after);
    feed(SessionEvent::RequestDisconnect{.reason = reason, .reconnect_after = reconnect_after});
}

void WebSocketManager::schedule_reconnect(Duration delay) {
    detail::require_not_negative("the delay of schedule_reconnect()", delay);
    feed(SessionEvent::ScheduleReconnect{delay});
}

void WebSocketManager::close() {
    feed(SessionEvent::Close{});
}

void WebSocketManager::kill() {
    feed(SessionEvent::Kill{});
}

void WebSocketManager::shutdown() {
    feed(SessionEvent::Shutdown{});
}

void WebSocketManager::force_close() {
    feed(SessionEvent::ForceClose{});
}

// Sending

Errc WebSocketManager::try_send(std::string_view text) noexcept {
    const auto bytes = bytes_of(text);
    return is_ascii(bytes) || is_utf8(bytes) ? session_->send(Opcode::text, bytes) : Errc::invalid_argument;
}

Errc WebSocketManager::try_send_binary(std::span<const std::byte> bytes) noexcept {
    return session_->send(Opcode::binary, bytes);
}

namespace {

void throw_unless_sent(Errc refused, std::size_t size) {
    switch (refused) {
        case Errc::ok:
            return;
        case Errc::not_connected:
            throw WebSocketClosedError(to_wire(CloseCode::abnormal));
        case Errc::invalid_argument:
            throw WebSocketError(
                Error{refused, "a text message must be UTF-8; use send_binary() for other bytes"});
        default:
            throw WebSocketError(
                Error{refused, "a message of " + std::to_string(size) +
                                   " bytes does not fit the send buffer: the peer reads too slowly; "
                                   "wait, or raise send_buffer_limit"});
    }
}

}  // namespace

void WebSocketManager::send(std::string_view text) {
    throw_unless_sent(try_send(text), text.size());
}

void WebSocketManager::send_binary(std::span<const std::byte> bytes) {
    throw_unless_sent(try_send_binary(bytes), bytes.size());
}

void WebSocketManager::subscribe(std::span<const std::string_view> channels) {
    const auto session = session_;
    session->subscribe(channels);
}

void WebSocketManager::unsubscribe(std::span<const std::string_view> channels) {
    const auto session = session_;
    session->unsubscribe(channels);
}

// Waiting

namespace {

/// Something is open, or is to be.
bool connection_is_coming(const SessionFsm& fsm) noexcept {
    switch (fsm.state()) {
        case SessionState::idle:
        case SessionState::closed:
            return false;
        default:
            return true;
    }
}

[[noreturn]] void throw_failure(const Session& session) {
    const Session::Failure& failure = *session.failure();
    if (failure.error == Errc::retries_exhausted)
        throw WebSocketReconnectError(failure.attempts, failure.cause);
    throw WebSocketConnectionError(session.url(), failure.attempts, failure.cause);
}

[[noreturn]] void throw_ended(const Session& session) {
    if (session.failure()) throw_failure(session);
    const auto reason = session.last_reason();
    if (reason && *reason == DisconnectReason::protocol_error)
        throw WebSocketProtocolError(session.last_error());
    throw WebSocketClosedError(session.close_code(), session.close_reason());
}

/// The user ended it: close() and the like, or CLOSED.
bool ended_as_wanted(const Session& session) noexcept {
    if (session.fsm().state() == SessionState::closed) return true;
    return !session.failure() && session.last_reason() && is_proactive(*session.last_reason());
}

std::optional<bool> settled_state(const Session& session) {
    if (session.fsm().state() == SessionState::open) return true;
    if (connection_is_coming(session.fsm())) return std::nullopt;
    if (session.failure()) throw_failure(session);
    return false;
}

MessageQueue& ring_of(Session& session) {
    if (MessageQueue* const queue = session.delivery().queue()) return *queue;
    throw WebSocketError(
        Error{Errc::invalid_state,
              "there is no ring, since on_message takes the messages; set deliver_to_ring as well"});
}

/// The ring's next message that is there now.
std::optional<Message> message_now(Session& session) {
    MessageQueue& queue = ring_of(session);
    session.delivery().release();
    const RecordHeader* const record = session.delivery().show_next(session.options().throw_on_dropped);
    if (record == nullptr) return std::nullopt;
    if (record->kind == RecordKind::dropped)
        throw WebSocketQueueFullError(queue.max_messages(), record->count);
    return Message::from(*record);
}

/// Waits for the ring's next message; nothing if none is there and no connection is coming.
std::optional<Message> next_message(const std::shared_ptr<Session>& session, std::string_view operation,
                                    std::optional<Duration> timeout) {
    const detail::Wait wait(session, operation, timeout);
    std::optional<Message> message;
    const auto found = [&] {
        message = message_now(*session);
        return message || !connection_is_coming(session->fsm());
    };
    if (!wait.until(found)) wait.time_out();
    return message;
}

bool is_over(const Session& session) {
    if (connection_is_coming(session.fsm())) return false;
    if (!ended_as_wanted(session)) throw_ended(session);
    return true;
}

}  // namespace

Message WebSocketManager::receive(std::optional<Duration> timeout) {
    const auto session = session_;
    if (const auto message = next_message(session, "receive", timeout)) return *message;
    throw_ended(*session);
}

std::optional<Message> WebSocketManager::take_message() {
    return message_now(*session_);
}

std::optional<Message> WebSocketManager::try_receive() {
    const auto session = session_;
    const auto message = message_now(*session);
    if (!message && !connection_is_coming(session->fsm())) throw_ended(*session);
    return message;
}

void MessageStream::next() {
    current_ = next_message(session_, "stream", std::nullopt);
    if (!current_) std::ignore = is_over(*session_);
}

MessageStream WebSocketManager::stream() {
    std::ignore = ring_of(*session_);
    return MessageStream(session_);
}

MessageQueue& WebSocketManager::queue() {
    return ring_of(*session_);
}

std::optional<bool> WebSocketManager::settled() const {
    return settled_state(*session_);
}

bool WebSocketManager::stream_is_over() const {
    return is_over(*session_);
}

namespace {

bool wait_until_connected(const std::shared_ptr<Session>& session, std::string_view operation,
                          std::optional<Duration> timeout) {
    const detail::Wait wait(session, operation, timeout);
    std::optional<bool> connected;
    if (!wait.until([&] { return (connected = settled_state(*session)).has_value(); })) return false;
    return *connected;
}

bool wait_until_disconnected(const std::shared_ptr<Session>& session, std::string_view operation,
                             std::optional<Duration> timeout) {
    return detail::Wait(session, operation, timeout).until([&] {
        const auto state = session->fsm().state();
        return state != SessionState::open && state != SessionState::closing;
    });
}

}  // namespace

bool WebSocketManager::wait_connected(std::optional<Duration> timeout) {
    const auto session = session_;
    return wait_until_connected(session, "wait_connected", timeout);
}

bool WebSocketManager::wait_disconnected(std::optional<Duration> timeout) {
    const auto session = session_;
    return wait_until_disconnected(session, "wait_disconnected", timeout);
}

bool WebSocketManager::wait_for_reconnect_window(const std::function<WindowAnswer()>& should_reconnect,
                                                 std::optional<Duration> timeout) {
    const auto session = session_;
    const auto& condition = should_reconnect ? should_reconnect : session->options().should_reconnect;
    const detail::Wait wait(session, "wait_for_reconnect_window", timeout);
    if (!condition) return true;
    const WindowPolicy policy(session->settings().session.window);
    const auto closed = [&] { return session->fsm().state() == SessionState::closed; };
    Reactor& reactor = session->reactor();
    while (true) {
        const auto step = policy.after(session->ask(condition), reactor.now());
        if (closed()) return false;
        if (step.kind == WindowPolicy::Step::Kind::connect) return true;
        if (wait.until(closed, step.at) || reactor.now() < step.at) return false;
        if (step.kind == WindowPolicy::Step::Kind::connect_at) return true;
    }
}

// The scope

ConnectedScope::ConnectedScope(WebSocketManager& manager, std::optional<Duration> timeout)
    : session_(manager.session_) {
    constexpr std::string_view kOperation = "ConnectedScope";
    const detail::Wait allowed(session_, kOperation, timeout);  // before anything begins
    session_->feed(SessionEvent::Connect{});
    try {
        if (wait_until_connected(session_, kOperation, timeout)) return;
    } catch (...) {
        session_->feed(SessionEvent::Close{});
        throw;
    }
    const bool in_time = !connection_is_coming(session_->fsm());
    session_->feed(SessionEvent::Close{});
    if (!in_time) throw WebSocketTimeoutError(kOperation, timeout.value_or(Duration{}));
    throw_ended(*session_);
}

ConnectedScope::~ConnectedScope() {
    try {
        session_->feed(SessionEvent::Close{});
        std::ignore = wait_until_disconnected(session_, "ConnectedScope", std::nullopt);
    } catch (...) {  // a handler's, or this is one
    }
}

}  // namespace pinwheel
