#include "session_outcome.h"

#include "websocket_error.h"

namespace pinwheel::detail {
namespace {

[[noreturn]] void throw_failure(const Session& session) {
    const Session::Failure& failure = *session.failure();
    if (!failure.of_connect) throw WebSocketReconnectError(failure.attempts, failure.cause);
    if (failure.cause.code == Errc::connect_timeout)
        throw WebSocketTimeoutError("connect", session.settings().connection.connection_timeout,
                                    failure.cause);
    throw WebSocketConnectionError(session.shown_url(), failure.attempts, failure.cause);
}

/// Neither connected nor closed yet, and no attempt was made.
bool is_untouched(const Session& session) noexcept {
    return session.fsm().state() == SessionState::idle && session.generation() == 0 && !session.failure() &&
           !session.last_reason();
}

/// The user ended it: close() and the like, or CLOSED.
bool ended_as_wanted(const Session& session) noexcept {
    if (session.fsm().state() == SessionState::closed) return true;
    return !session.failure() && session.last_reason() && is_proactive(*session.last_reason());
}

}  // namespace

bool connection_is_coming(const SessionFsm& fsm) noexcept {
    return fsm.state() != SessionState::idle && fsm.state() != SessionState::closed;
}

bool has_connection(const SessionFsm& fsm) noexcept {
    return fsm.state() == SessionState::open || fsm.state() == SessionState::closing;
}

std::optional<bool> connect_outcome(const Session& session) {
    if (session.fsm().state() == SessionState::open) return true;
    if (connection_is_coming(session.fsm())) return std::nullopt;
    if (session.failure()) throw_failure(session);
    return false;
}

bool is_over(const Session& session) {
    if (connection_is_coming(session.fsm()) || is_untouched(session)) return false;
    if (!ended_as_wanted(session)) throw_ended(session);
    return true;
}

void throw_ended(const Session& session) {
    if (session.failure()) throw_failure(session);
    const auto reason = session.last_reason();
    if (reason && *reason == DisconnectReason::protocol_error)
        throw WebSocketProtocolError(session.last_error());
    if (session.generation() == 0)
        throw WebSocketClosedError(
            Error{Errc::not_connected, "no connection has been up, and none is coming; call connect()"});
    throw WebSocketClosedError(session.close_code(), session.close_reason());
}

}  // namespace pinwheel::detail
