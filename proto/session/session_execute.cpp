// What the machine wants done.

#include <array>
#include <new>
#include <tuple>
#include <utility>

#include "run_all.h"
#include "session.h"
#include "websocket_error.h"

namespace pinwheel {

void Session::execute(const SessionEffect::StartConnect& effect) {
    if (effect.again)
        stats_.record_reconnect_try();
    else
        last_error_ = {};
    failure_.reset();
    ConnectionHandler& handler = *this;
    try {
        connection_ =
            std::make_unique<Connection>(reactor_, dialer_, settings_.connection, handler, delivery_.sink());
        connection_->start(url_);
        return;
    } catch (const std::bad_alloc&) {
        last_error_ = {Errc::out_of_memory};
    } catch (const std::exception& error) {
        last_error_ = {Errc::io_failure,
                       "no connection to " + url_.without_query() + " could be begun: " + error.what()};
    }
    connection_.reset();
    reactor_.schedule(start_failed_, reactor_.now());
}

void Session::execute(const SessionEffect::SendClose& effect) {
    connection_->close(effect.code);
}

void Session::execute(const SessionEffect::AbortTransport& effect) {
    start_failed_.cancel();
    stats_.record_bytes_to_send(0);
    if (!connection_) return;
    connection_->abort(effect.code);
    bury(std::move(connection_));
}

void Session::execute(const SessionEffect::SendPing& effect) {
    std::ignore = connection_->ping(effect.payload);  // one that cannot be sent is one without a pong
}

void Session::execute(const SessionEffect::Arm& effect) {
    reactor_.schedule(timer(effect.timer), effect.deadline);
}

void Session::execute(const SessionEffect::Disarm& effect) {
    timer(effect.timer).cancel();
}

void Session::execute(const SessionEffect::NotifyConnected&) {
    if (handlers_->on_connect) handlers_->on_connect();
}

void Session::execute(const SessionEffect::ReplaySubscriptions&) {
    if (fsm_.state() != SessionState::open) return;
    replayed_ = generation_;
    if (subscriptions_.size() == 0) return;
    send_texts(codec_->subscribe(subscriptions_.channels()));
}

void Session::execute(const SessionEffect::NotifyDisconnected& effect) {
    const TimePoint now = reactor_.now();
    last_reason_ = effect.reason;
    stats_.record_disconnect(is_proactive(effect.reason), now);
    if (effect.reason == DisconnectReason::protocol_error) stats_.record_protocol_error();
    delivery_.disconnected(static_cast<std::uint8_t>(effect.reason), close_code_, now);
    if (effect.reason == DisconnectReason::ping_timeout)
        last_error_ = {Errc::pong_timeout, url_.authority() + " answered no ping within the ping timeout"};
    if (effect.reason == DisconnectReason::killed)
        last_error_ = {Errc::connection_aborted, "kill() cut the connection to " + url_.authority()};
    const auto count = disconnect_alerts_.count(now);
    detail::run_all(
        [&] {
            if (handlers_->on_disconnect) handlers_->on_disconnect(effect.reason);
        },
        [&] {
            if (count && handlers_->on_disconnect_alert)
                handlers_->on_disconnect_alert(effect.reason, *count);
        });
}

void Session::execute(const SessionEffect::NotifyGaveUp& effect) {
    failure_ = Failure{effect.error, std::exchange(last_error_, {}), effect.attempts};
    last_error_ = {effect.error,
                   failure_->error == Errc::retries_exhausted
                       ? std::string(WebSocketReconnectError(effect.attempts, failure_->cause).what())
                       : WebSocketConnectionError(url_text_, effect.attempts, failure_->cause).what()};
    const std::array<AlertField, 2> context{
        {{"url", url_.without_query()}, {"attempts", std::to_string(effect.attempts)}}};
    alert(last_error_.message(), context);
}

void Session::execute(const SessionEffect::Warn& effect) {
    if (effect.warning != SessionWarning::refused_but_trying) return alert(describe(effect.warning));
    const std::array<AlertField, 1> context{{{"last_error", last_error_.message()}}};
    alert(describe(effect.warning), context);
}

Timer& Session::timer(SessionTimer which) noexcept {
    switch (which) {
        case SessionTimer::backoff:
            return backoff_;
        case SessionTimer::window_check:
            return window_check_;
        case SessionTimer::disconnect_check:
            return disconnect_check_;
        case SessionTimer::lifetime:
            return lifetime_;
        case SessionTimer::stable:
            return stable_;
        default:
            return keepalive_;
    }
}

/// It may be the one whose call this is.
void Session::bury(std::unique_ptr<Connection> connection) noexcept {
    if (connection) reactor_.dispose(std::move(connection));
}

}  // namespace pinwheel
