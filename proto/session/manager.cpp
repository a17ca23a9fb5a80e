#include "manager.h"

#include <tuple>
#include <utility>

#include "../../core/bytes.h"
#include "../text/utf8.h"
#include "session.h"
#include "session_outcome.h"
#include "wait.h"

namespace pinwheel {
namespace {

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
    if (!session_) return;  // moved-from
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

std::optional<ConnectionInfo> WebSocketManager::connection_info() const {
    return session_->connection_info();
}

std::optional<TimePoint> WebSocketManager::held_until() const noexcept {
    return session_->held_until();
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

namespace {

/// A handler may destroy the manager meanwhile. The copy keeps the session alive.
void feed(std::shared_ptr<Session> session, const SessionEvent::Any& event) {
    const auto kept = std::move(session);
    kept->feed(event);
}

}  // namespace

void WebSocketManager::connect() {
    feed(session_, SessionEvent::Connect{});
}

void WebSocketManager::request_disconnect(std::optional<Duration> reconnect_after, DisconnectReason reason) {
    require_proactive(reason);
    if (reconnect_after) detail::require_not_negative("reconnect_after", *reconnect_after);
    feed(session_, SessionEvent::RequestDisconnect{.reason = reason, .reconnect_after = reconnect_after});
}

void WebSocketManager::schedule_reconnect(Duration delay) {
    detail::require_not_negative("the delay of schedule_reconnect()", delay);
    feed(session_, SessionEvent::ScheduleReconnect{delay});
}

void WebSocketManager::close() {
    feed(session_, SessionEvent::Close{});
}

void WebSocketManager::kill() {
    feed(session_, SessionEvent::Kill{});
}

void WebSocketManager::shutdown() {
    feed(session_, SessionEvent::Shutdown{});
}

void WebSocketManager::force_close() {
    feed(session_, SessionEvent::ForceClose{});
}

// Sending

Errc WebSocketManager::try_send(std::string_view text) noexcept {
    const auto bytes = bytes_of(text);
    return is_ascii(bytes) || is_utf8(bytes) ? session_->send(Opcode::text, bytes) : Errc::invalid_argument;
}

Errc WebSocketManager::try_send_binary(std::span<const std::byte> bytes) noexcept {
    return session_->send(Opcode::binary, bytes);
}

Errc WebSocketManager::try_send(const PreparedMessage& message) noexcept {
    return session_->send(message.is_text() ? Opcode::text : Opcode::binary, message.payload());
}

namespace {

Error unsent(const Session& session, Errc refused, std::size_t size) {
    if (refused == Errc::not_connected)
        return {refused, "nothing was sent: the session is " +
                             std::string(to_string(session.fsm().connection_state())) +
                             "; wait until it is CONNECTED"};
    if (refused == Errc::invalid_argument)
        return {refused, "a text message must be UTF-8; use send_binary() for other bytes"};
    const std::size_t limit = session.settings().connection.send_buffer_limit;
    const std::string message = "a message of " + std::to_string(size) + " bytes ";
    const std::string bound = "send_buffer_limit of " + std::to_string(limit) + " bytes";
    if (frame_size(size) > limit) return {refused, message + "exceeds the " + bound + "; raise it"};
    return {refused, message + "does not fit: " + std::to_string(session.stats().bytes_to_send) +
                         " bytes wait already, of the " + bound +
                         ". The peer reads too slowly; wait, or raise the limit"};
}

void throw_unless_sent(const Session& session, Errc refused, std::size_t size) {
    if (refused == Errc::ok) return;
    const Error error = unsent(session, refused, size);
    if (refused == Errc::not_connected) throw WebSocketClosedError(error);
    throw WebSocketError(error);
}

}  // namespace

void WebSocketManager::send(std::string_view text) {
    throw_unless_sent(*session_, try_send(text), text.size());
}

void WebSocketManager::send(const PreparedMessage& message) {
    throw_unless_sent(*session_, try_send(message), message.payload().size());
}

void WebSocketManager::send_binary(std::span<const std::byte> bytes) {
    throw_unless_sent(*session_, try_send_binary(bytes), bytes.size());
}

void WebSocketManager::subscribe(std::span<const std::string_view> channels) {
    const auto session = session_;
    session->subscribe(channels);
}

void WebSocketManager::unsubscribe(std::span<const std::string_view> channels) {
    const auto session = session_;
    session->unsubscribe(channels);
}

void WebSocketManager::on_authenticated() {
    feed(session_, SessionEvent::ConnectHandled{});
}

// Waiting

namespace {

MessageQueue& ring_of(Session& session) {
    if (MessageQueue* const queue = session.delivery().queue()) return *queue;
    throw WebSocketError(
        Error{Errc::invalid_state,
              "there is no ring, because on_message takes the messages; set deliver_to_ring as well"});
}

/// The ring's next message, if there is one.
std::optional<Message> message_now(Session& session) {
    MessageQueue& queue = ring_of(session);
    session.delivery().release();
    const RecordHeader* const record = session.delivery().show_next(session.options().throw_on_dropped);
    if (record == nullptr) return std::nullopt;
    if (record->kind == RecordKind::dropped)
        throw WebSocketQueueFullError(queue.max_messages(), record->count);
    return Message::from(*record);
}

/// Waits for the ring's next message. Nothing if the ring is empty and the session `over`.
template <class Over>
std::optional<Message> next_message(const std::shared_ptr<Session>& session, std::string_view operation,
                                    std::optional<Duration> timeout, const Over& over) {
    const detail::Wait wait(session, operation, timeout);
    std::optional<Message> message;
    const auto found = [&] {
        message = message_now(*session);
        return message || over();
    };
    if (!wait.until(found)) wait.time_out();
    return message;
}

}  // namespace

Message WebSocketManager::receive(std::optional<Duration> timeout) {
    const auto session = session_;
    const auto over = [&] { return !detail::connection_is_coming(session->fsm()); };
    if (const auto message = next_message(session, "receive", timeout, over)) return *message;
    detail::throw_ended(*session);
}

std::optional<Message> WebSocketManager::try_next() {
    const auto session = session_;
    return message_now(*session);
}

std::optional<Message> WebSocketManager::try_receive() {
    const auto session = session_;
    const auto message = message_now(*session);
    if (!message && !detail::connection_is_coming(session->fsm())) detail::throw_ended(*session);
    return message;
}

void MessageStream::next() {
    const auto session = session_;
    current_ = next_message(session, "stream", std::nullopt, [&] { return detail::is_over(*session); });
}

MessageStream WebSocketManager::stream() {
    std::ignore = ring_of(*session_);
    return MessageStream(session_);
}

MessageQueue& WebSocketManager::queue() {
    return ring_of(*session_);
}

std::optional<bool> WebSocketManager::connect_outcome() const {
    return detail::connect_outcome(*session_);
}

bool WebSocketManager::stream_is_over() const {
    return detail::is_over(*session_);
}

namespace {

bool wait_until_connected(const std::shared_ptr<Session>& session, std::string_view operation,
                          std::optional<Duration> timeout) {
    const detail::Wait wait(session, operation, timeout);
    std::optional<bool> connected;
    if (!wait.until([&] { return (connected = detail::connect_outcome(*session)).has_value(); }))
        return false;
    return *connected;
}

WindowPolicy::Step ask_window(Session& session, const std::function<WindowAnswer()>& should_reconnect) {
    const auto& condition = should_reconnect ? should_reconnect : session.options().should_reconnect;
    const WindowPolicy policy(session.settings().session.window);
    return policy.after(condition ? session.ask(condition) : WindowAnswer(true), session.reactor().now());
}

}  // namespace

bool WebSocketManager::wait_connected(std::optional<Duration> timeout) {
    const auto session = session_;
    return wait_until_connected(session, "wait_connected", timeout);
}

bool WebSocketManager::wait_disconnected(std::optional<Duration> timeout) {
    const auto session = session_;
    return detail::Wait(session, "wait_disconnected", timeout).until([&] {
        return !detail::has_connection(session->fsm()) &&
               session->fsm().connection_state() != ConnectionState::connecting;
    });
}

WindowPolicy::Step WebSocketManager::ask_reconnect_window(
    const std::function<WindowAnswer()>& should_reconnect) {
    const auto session = session_;
    return ask_window(*session, should_reconnect);
}

bool WebSocketManager::wait_for_reconnect_window(const std::function<WindowAnswer()>& should_reconnect,
                                                 std::optional<Duration> timeout) {
    const auto session = session_;
    const detail::Wait wait(session, "wait_for_reconnect_window", timeout);
    const auto over = [&] { return session->fsm().state() != SessionState::closing; };
    if (!wait.until(over)) return false;
    if (session->fsm().state() == SessionState::closed) return false;
    const auto closed = [&] { return session->fsm().state() == SessionState::closed; };
    Reactor& reactor = session->reactor();
    while (true) {
        const auto step = ask_window(*session, should_reconnect);
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
    const detail::Wait allowed(session_, kOperation, timeout);  // before any other step
    session_->feed(SessionEvent::Connect{});
    try {
        if (wait_until_connected(session_, kOperation, timeout)) return;
    } catch (...) {
        session_->feed(SessionEvent::Close{});
        throw;
    }
    const bool in_time = !detail::connection_is_coming(session_->fsm());
    const Error last_error = session_->last_error();
    session_->feed(SessionEvent::Close{});
    if (!in_time) throw WebSocketTimeoutError(kOperation, timeout.value_or(Duration{}), last_error);
    detail::throw_ended(*session_);
}

ConnectedScope::~ConnectedScope() {
    try {
        session_->feed(SessionEvent::Close{});
        std::ignore = detail::Wait(session_, "ConnectedScope", std::nullopt).until([&] {
            return !detail::has_connection(session_->fsm());
        });
    } catch (...) {  // of a handler, possibly thrown again here
    }
}

}  // namespace pinwheel
