#include "session.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <new>
#include <tuple>
#include <utility>

#include "../../core/bounded_text_impl.h"
#include "../../core/bytes.h"
#include "../policy/rate_signal.h"
#include "../text/utf8.h"
#include "make_network.h"
#include "run_all.h"
#include "websocket_error.h"

namespace pinwheel {
namespace {

const WebSocketOptions kNoHandlers;

template <class T>
T value_or_throw(Result<T> result) {
    if (!result) throw WebSocketError(result.error());
    return *std::move(result);
}

Delivery make_delivery(Reactor& reactor, StatsRecorder& stats, DeliveryOwner& owner,
                       const WebSocketOptions& options, const SessionSettings& settings) {
    const auto handler = options.on_message ? Delivery::Handler(options.on_message) : Delivery::Handler();
    if (handler && !options.deliver_to_ring) return Delivery(reactor, stats, owner, handler);
    return Delivery(reactor, stats, owner, handler, settings.queue_size, settings.queue_bytes,
                    settings.overflow);
}

/// The answer of one of the user's conditions. If it throws, the answer is "no" and `problem` has the reason.
template <class Answer, class Condition>
Answer answer_of(const Condition& condition, std::string& problem) {
    if (!condition) return false;
    try {
        return condition();
    } catch (const std::exception& error) {
        problem = std::string(": ") + error.what();
    } catch (...) {
        problem = " an object that is not a std::exception";
    }
    return false;
}

}  // namespace

/// While one exists, waiting calls are refused.
class Session::HandlerScope {
  public:
    explicit HandlerScope(Session& session) noexcept : session_(session) { ++session_.depth_; }
    ~HandlerScope() { --session_.depth_; }
    HandlerScope(const HandlerScope&) = delete;
    HandlerScope& operator=(const HandlerScope&) = delete;

  private:
    Session& session_;
};

Session::Session(Reactor& reactor, std::string_view url, WebSocketOptions options)
    : reactor_(reactor),
      plan_(url, options),
      options_(std::move(options)),
      handlers_(&options_),
      observer_(options_.observer),
      settings_(value_or_throw(resolve(options_))),
      network_(options_.dialer == nullptr
                   ? detail::make_network(reactor, plan_.may_need_tls(), options_.network)
                   : nullptr),
      dialer_(options_.dialer != nullptr ? *options_.dialer : *network_),
      codec_(options_.subscription_codec ? options_.subscription_codec
                                         : std::make_shared<JsonSubscriptionCodec>()),
      fsm_(settings_.session),
      stats_(reactor.now(), reactor.system_now()),
      disconnect_alerts_(settings_.disconnect_alert_interval),
      delivery_(make_delivery(reactor, stats_, *this, options_, settings_)) {}

Session::~Session() = default;

void Session::feed(const SessionEvent::Any& event) {
    if (!reactor_.is_own_process()) return;  // the connection belongs to the parent
    const TimePoint now = reactor_.now();
    const ConnectionState before = fsm_.connection_state();
    const SessionEffects effects = fsm_.on(event, now);
    if (observer_ != nullptr) tell_observer(event, before, effects, now);
    std::exception_ptr thrown;
    const HandlerScope scope(*this);
    for (const auto& effect : effects) {
        try {
            std::visit([this](const auto& one) { execute(one); }, effect);
        } catch (...) {
            if (!thrown) thrown = std::current_exception();
        }
    }
    if (thrown) std::rethrow_exception(thrown);
}

void Session::tell_observer(const SessionEvent::Any& event, ConnectionState before,
                            const SessionEffects& effects, TimePoint now) noexcept {
    const auto text = [&] {
        std::string line = to_string(event) + " -> " + std::string(to_string(fsm_.state()));
        for (const auto& effect : effects) line += ", " + to_string(effect, now);
        return line;
    };
    observer_->on_step({.event = name_of(event),
                        .before = before,
                        .after = fsm_.connection_state(),
                        .attempt = fsm_.tries(),
                        .sends_ping = std::any_of(effects.begin(), effects.end(),
                                                  [](const SessionEffect::Any& effect) {
                                                      return std::holds_alternative<SessionEffect::SendPing>(
                                                          effect);
                                                  }),
                        .time = now,
                        .system_time = reactor_.system_now(),
                        .describe = text});
}

void Session::retire() {
    handlers_ = &kNoHandlers;
    feed(SessionEvent::ForceClose{});
    observer_ = nullptr;
    dispose(std::move(lingering_));
}

// What happens

void Session::due(const SessionEvent::WindowAsked&, TimePoint) {
    std::string problem;
    feed(SessionEvent::WindowAsked{answer_of<WindowAnswer>(handlers_->should_reconnect, problem)});
    if (!problem.empty()) alert("should_reconnect threw" + problem + "; it counts as no");
}

WindowAnswer Session::ask(const std::function<WindowAnswer()>& condition) {
    const HandlerScope scope(*this);
    std::string problem;
    const auto answer = answer_of<WindowAnswer>(condition, problem);
    if (!problem.empty()) alert("should_reconnect threw" + problem + "; it counts as no");
    return answer;
}

void Session::due(const SessionEvent::DisconnectAsked&, TimePoint) {
    std::string problem;
    feed(SessionEvent::DisconnectAsked{answer_of<bool>(handlers_->should_disconnect, problem)});
    if (!problem.empty()) alert("should_disconnect threw" + problem + "; it counts as no");
}

/// The turn may be late: an unread pong is not a missing one.
void Session::due(const SessionEvent::KeepaliveDue&, TimePoint now) {
    if (delivery_.paused()) return feed(SessionEvent::PongsHeldUp{});
    bool all_read = false;
    const bool was_watched = connection_->ensure_watched();
    detail::run_all(
        [&] { all_read = connection_->catch_up(now); },
        [&] {
            const TimePoint last_read = connection_ ? connection_->last_read() : TimePoint{};
            feed(SessionEvent::KeepaliveDue{.all_read = all_read, .last_read = last_read});
        },
        [&] {
            if (!was_watched)
                alert("epoll had lost the socket to " + plan_.url().authority() +
                      "; it is watched again. Does a forked process use descriptors of this one?");
        });
}

void Session::on_open() {
    const TimePoint now = reactor_.now();
    const TlsInfo tls = connection_->tls_info();
    last_error_ = {};
    close_code_ = to_wire(CloseCode::abnormal);
    close_reason_.clear();
    connected_at_ = now;
    stats_.record_connect(now, reactor_.system_now());
    if (!tls.version.empty()) stats_.record_tls(tls);
    delivery_.connected(++generation_, now);
    detail::run_all(
        [&] { feed(SessionEvent::TransportUp{}); },
        [&] {
            if (!options_.hold_subscriptions) feed(SessionEvent::ConnectHandled{});
        },
        [&] {
            if (plan_.url().tls() && !tls.verified)
                alert(
                    "the server's certificate was not verified: anyone on the way can read and change "
                    "everything");
        });
}

void Session::on_pong(std::span<const std::byte> payload) {
    feed(SessionEvent::Pong{payload});
    stats_.record_ping(fsm_.round_trip());
}

void Session::on_warning(const Error& warning) {
    alert(warning.message());
}

void Session::on_end(const ConnectionEnd& end) {
    if (end.error.failed()) last_error_ = end.error;
    if (end.was_open) {
        close_code_ = end.close_code;
        close_reason_ = end.close_reason;
    } else {
        plan_.attempt_failed();
    }
    if (is_rate_status(end.http_status) || is_rate_close(end.close_code, end.close_reason))
        dialer_.limits().slow_down(plan_.url().host(), reactor_.now());
    stats_.record_bytes_to_send(0);
    dispose(std::exchange(lingering_, std::move(connection_)));
    reactor_.schedule_after(linger_timer_, settings_.connection.close_timeout);
    feed(SessionEvent::TransportEnded{.error = end.error.code,
                                      .close_code = end.close_code,
                                      .http_status = end.http_status,
                                      .retry_after = end.retry_after});
}

void Session::on_dropped(std::uint64_t more, DropCause cause) {
    const bool by_bytes = cause == DropCause::queue_bytes;
    const std::array<AlertField, 2> context{
        {{by_bytes ? "queue_bytes" : "queue_size",
          std::to_string(by_bytes ? settings_.queue_bytes : settings_.queue_size)},
         {"dropped", std::to_string(more)}}};
    alert(cause == DropCause::memory ? "No memory for messages" : "Message queue full", context);
}

void Session::on_room() {
    if (connection_) connection_->resume();
    feed(SessionEvent::PongsHeldUp{});
}

// What the machine decides

void Session::execute(const SessionEffect::StartConnect& effect) {
    if (effect.again) {
        stats_.record_reconnect_try();
    } else {
        last_error_ = {};
        plan_.restart();
    }
    failure_.reset();
    begin_attempt(reactor_.now());
}

void Session::begin_attempt(TimePoint now) {
    held_until_.reset();
    plan_.select(settings_.connection.upgrade);
    const TimePoint earliest = dialer_.limits().earliest_connect(plan_.url().host(), now);
    if (earliest > now) {
        held_until_ = earliest;
        reactor_.schedule(attempt_timer_, earliest);
        if (observer_ != nullptr) observer_->on_held(earliest);
        return;
    }
    const Error refused = start_connection();
    if (!refused.failed()) return;
    last_error_ = refused;
    connection_.reset();
    reactor_.schedule(start_failed_, reactor_.now());
}

Error Session::start_connection() {
    ConnectionOptions connection = settings_.connection;
    try {
        if (handlers_->before_attempt && !ask_before_attempt(connection)) return {};
        dialer_.limits().record_connect(plan_.url().host(), reactor_.now());
        ConnectionHandler& handler = *this;
        connection_ =
            std::make_unique<Connection>(reactor_, dialer_, std::move(connection), handler, delivery_.sink());
        connection_->start(plan_.url());
        return {};
    } catch (const std::bad_alloc&) {
        return {Errc::out_of_memory, {}};
    } catch (const WebSocketError& error) {
        return {error.code(), error.what()};
    } catch (const std::exception& error) {
        return {Errc::io_failure, "no connection to " + shown_url() + " could be started: " + error.what()};
    }
}

bool Session::ask_before_attempt(ConnectionOptions& connection) {
    ConnectAttempt attempt = plan_.propose(connection);
    const auto is_ended = [&] {
        return !plan_.is_current(attempt) || fsm_.state() != SessionState::connecting;
    };
    try {
        const HandlerScope scope(*this);
        plan_.ask(handlers_->before_attempt, attempt);
    } catch (const WebSocketError&) {
        if (is_ended()) return false;
        throw;
    }
    if (is_ended()) return false;
    plan_.accept(std::move(attempt), connection);
    return true;
}

void Session::execute(const SessionEffect::SendClose& effect) {
    connection_->close(effect.code);
}

void Session::execute(const SessionEffect::AbortTransport& effect) {
    start_failed_.cancel();
    attempt_timer_.cancel();
    held_until_.reset();
    stats_.record_bytes_to_send(0);
    if (!connection_) return;
    connection_->abort(effect.code);
    dispose(std::move(connection_));
}

void Session::execute(const SessionEffect::SendPing& effect) {
    std::ignore = connection_->ping(effect.payload);  // a failed send is equivalent to a missing pong
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
    if (subscriptions_.size() == 0) return;
    send_texts(codec_->subscribe(subscriptions_.channels()));
}

void Session::execute(const SessionEffect::SendSubscribe& effect) {
    send_texts(codec_->subscribe(effect.channels));
}

void Session::execute(const SessionEffect::SendUnsubscribe& effect) {
    send_texts(codec_->unsubscribe(effect.channels));
}

void Session::execute(const SessionEffect::NotifyDisconnected& effect) {
    const TimePoint now = reactor_.now();
    last_reason_ = effect.reason;
    stats_.record_disconnect(is_proactive(effect.reason), now);
    if (effect.reason == DisconnectReason::protocol_error) stats_.record_protocol_error();
    delivery_.disconnected(static_cast<std::uint8_t>(effect.reason), close_code_, close_reason_, now);
    if (effect.reason == DisconnectReason::ping_timeout)
        last_error_ = {Errc::pong_timeout,
                       plan_.url().authority() + " answered no ping within the ping timeout"};
    if (effect.reason == DisconnectReason::killed)
        last_error_ = {Errc::connection_aborted, "kill() cut the connection to " + plan_.url().authority()};
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
    failure_ = Failure{effect.error, std::exchange(last_error_, {}), effect.attempts, effect.of_connect};
    last_error_ = {effect.error,
                   failure_->error == Errc::retries_exhausted
                       ? std::string(WebSocketReconnectError(effect.attempts, failure_->cause).what())
                       : WebSocketConnectionError(shown_url(), effect.attempts, failure_->cause).what()};
    const std::array<AlertField, 2> context{
        {{"url", shown_url()}, {"attempts", std::to_string(effect.attempts)}}};
    alert(last_error_.message(), context);
}

void Session::execute(const SessionEffect::RecordStop& effect) {
    last_reason_ = effect.reason;
    if (effect.forgets_failure) failure_.reset();
}

void Session::execute(const SessionEffect::Warn& effect) {
    if (effect.warning != SessionWarning::refused_but_trying) return alert(describe(effect));
    const std::array<AlertField, 1> context{{{"last_error", last_error_.message()}}};
    alert(describe(effect), context);
}

Timer& Session::timer(SessionTimer which) noexcept {
    switch (which) {
#define PINWHEEL_CASE(name, event) \
    case SessionTimer::name:       \
        return name##_;
        PINWHEEL_SESSION_TIMERS(PINWHEEL_CASE)
#undef PINWHEEL_CASE
    }
    std::abort();  // not reached: the switch is complete
}

/// It may be the object that is making this call.
void Session::dispose(std::unique_ptr<Connection> connection) noexcept {
    if (connection) reactor_.dispose(std::move(connection));
}

// The user's calls

Errc Session::send(Opcode opcode, std::span<const std::byte> payload) noexcept {
    if (fsm_.state() != SessionState::open) return Errc::not_connected;
    const Errc refused = connection_->send(opcode, payload);
    if (refused != Errc::ok) return refused;
    stats_.record_message_sent(payload.size(), connection_->bytes_to_send(), reactor_.turn_time());
    if (observer_ != nullptr) [[unlikely]]
        tell_sent(opcode, payload);
    return Errc::ok;
}

void Session::tell_sent(Opcode opcode, std::span<const std::byte> payload) noexcept {
    observer_->on_sent({.payload = payload,
                        .is_text = opcode == Opcode::text,
                        .generation = generation_,
                        .sequence = delivery_.sequence(),
                        .time = reactor_.system_now()});
}

void Session::send_texts(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
        if (!is_utf8(bytes_of(text))) {
            alert("a subscription was not sent: the codec's text is not UTF-8");
            continue;
        }
        if (const Errc refused = send(Opcode::text, bytes_of(text)); refused != Errc::ok)
            return alert("a subscription could not be sent: " + std::string(describe(refused)));
    }
}

void Session::subscribe(std::span<const std::string_view> channels) {
    for (const auto channel : channels)
        if (!is_utf8(bytes_of(channel)))
            throw WebSocketError(Error{Errc::invalid_argument, "a channel's name of " +
                                                                   std::to_string(channel.size()) +
                                                                   " bytes is not UTF-8; give it as UTF-8"});
    const auto added = subscriptions_.add(channels);
    if (!added.empty()) feed(SessionEvent::Subscribe{added});
}

void Session::unsubscribe(std::span<const std::string_view> channels) {
    const auto removed = subscriptions_.remove(channels);
    if (!removed.empty()) feed(SessionEvent::Unsubscribe{removed});
}

void Session::alert(std::string_view message, AlertContext context) {
    const HandlerScope scope(*this);
    if (!handlers_->on_alert) return;
    std::vector<AlertField> bounded(context.begin(), context.end());
    for (auto& field : bounded) field.value = detail::bounded_text(std::move(field.value));
    handlers_->on_alert("websocket", detail::bounded_text(std::string(message)), bounded);
}

void Session::reset_stats() noexcept {
    stats_.reset(reactor_.now(), reactor_.system_now());
    fsm_.reset_round_trip();
    if (MessageQueue* const queue = delivery_.queue()) queue->reset_high_water();
    if (connection_) stats_.record_bytes_to_send(connection_->bytes_to_send());
}

WebSocketStats Session::stats() const noexcept {
    WebSocketStats stats = stats_.snapshot();
    if (const MessageQueue* const queue = delivery_.queue()) {
        stats.queued = queue->size();
        stats.queued_high_water = queue->high_water();
        stats.queued_bytes = queue->bytes();
        stats.queued_bytes_high_water = queue->high_water_bytes();
    }
    return stats;
}

}  // namespace pinwheel
