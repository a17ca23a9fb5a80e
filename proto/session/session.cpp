#include "session.h"

#include <array>
#include <exception>
#include <system_error>
#include <tuple>
#include <utility>

#include "observer.h"
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

/// Null if a dialer is given.
std::unique_ptr<Network> make_network(Reactor& reactor, const Url& url, const WebSocketOptions& options) {
    if (options.dialer != nullptr) return nullptr;
    try {
        return std::make_unique<Network>(reactor, options.network, url.tls());
    } catch (const std::system_error& error) {
        const bool ours = error.code().category() == pinwheel_category();
        throw WebSocketError(
            Error{ours ? static_cast<Errc>(error.code().value()) : Errc::io_failure, error.what()});
    }
}

Delivery make_delivery(Reactor& reactor, StatsRecorder& stats, DeliveryOwner& owner,
                       const WebSocketOptions& options, const SessionSettings& settings) {
    const auto handler = options.on_message ? Delivery::Handler(options.on_message) : Delivery::Handler();
    if (handler && !options.deliver_to_ring) return Delivery(reactor, stats, owner, handler);
    return Delivery(reactor, stats, owner, handler, settings.queue_size, options.overflow);
}

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// The answer of one of the user's conditions. One that cannot be had is "no", and `problem` says why.
template <class Answer, class Condition>
Answer answer_of(const Condition& condition, std::string& problem) {
    if (!condition) return false;
    try {
        return condition();
    } catch (const std::exception& error) {
        problem = std::string(": ") + error.what();
    } catch (...) {
        problem = " something that is no std::exception";
    }
    return false;
}

/// The reason if the event is a call that ends the tries for a connection.
std::optional<DisconnectReason> reason_to_stop(const SessionEvent::Any& event) noexcept {
    if (std::holds_alternative<SessionEvent::Kill>(event)) return DisconnectReason::killed;
    if (const auto* const request = std::get_if<SessionEvent::RequestDisconnect>(&event))
        return request->reason;
    if (std::holds_alternative<SessionEvent::Close>(event) ||
        std::holds_alternative<SessionEvent::Shutdown>(event) ||
        std::holds_alternative<SessionEvent::ForceClose>(event))
        return DisconnectReason::user_requested;
    return std::nullopt;
}

bool is_trying(SessionState state) noexcept {
    return state == SessionState::connecting || state == SessionState::backoff ||
           state == SessionState::awaiting_window;
}

}  // namespace

/// While one is there, calls that wait are refused.
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
      url_text_(url),
      url_(value_or_throw(Url::parse(url))),
      options_(std::move(options)),
      handlers_(&options_),
      observer_(options_.observer),
      settings_(value_or_throw(resolve(options_))),
      network_(make_network(reactor, url_, options_)),
      dialer_(options_.dialer != nullptr ? *options_.dialer : *network_),
      codec_(options_.subscription_codec ? options_.subscription_codec
                                         : std::make_shared<JsonSubscriptionCodec>()),
      fsm_(settings_.session),
      stats_(reactor.now(), reactor.system_now()),
      disconnect_alerts_(settings_.disconnect_alert_interval),
      delivery_(make_delivery(reactor, stats_, *this, options_, settings_)) {}

Session::~Session() = default;

void Session::feed(const SessionEvent::Any& event) {
    const TimePoint now = reactor_.now();
    const SessionState before = fsm_.state();
    const SessionEffects effects = fsm_.on(event, now);
    if (observer_ != nullptr) observer_->on_step(event, fsm_, effects, now);
    note_stop(event, before);
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

/// A call that finds no connection up leaves no disconnect to tell what it wanted.
void Session::note_stop(const SessionEvent::Any& event, SessionState before) noexcept {
    const bool ended = fsm_.state() == SessionState::idle || fsm_.state() == SessionState::closed;
    const auto reason = reason_to_stop(event);
    if (!ended || !reason || (before != SessionState::idle && !is_trying(before))) return;
    if (before == SessionState::idle && reason == DisconnectReason::killed) return;
    last_reason_ = reason;
    if (is_trying(before) || fsm_.state() == SessionState::closed) failure_.reset();
}

void Session::retire() {
    handlers_ = &kNoHandlers;
    feed(SessionEvent::ForceClose{});
    observer_ = nullptr;
    bury(std::move(ended_));
}

// What happens

void Session::on_window_check(TimePoint) {
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

void Session::on_disconnect_check(TimePoint) {
    std::string problem;
    feed(SessionEvent::DisconnectAsked{answer_of<bool>(handlers_->should_disconnect, problem)});
    if (!problem.empty()) alert("should_disconnect threw" + problem + "; it counts as no");
}

/// The turn may come late: a pong that lies unread is no missing one.
void Session::on_keepalive(TimePoint now) {
    if (delivery_.paused()) return feed(SessionEvent::PongsHeldUp{});
    bool all_read = false;
    detail::run_all([&] { all_read = connection_->catch_up(now); },
                    [&] { feed(SessionEvent::KeepaliveDue{.all_read = all_read}); });
}

void Session::on_open() {
    const TimePoint now = reactor_.now();
    const TlsInfo tls = connection_->stream()->tls_info();
    last_error_ = {};
    close_code_ = to_wire(CloseCode::abnormal);
    close_reason_.clear();
    connected_at_ = now;
    stats_.record_connect(now, reactor_.system_now());
    stats_.record_tls(tls.resumed, tls.kernel_tls);
    delivery_.connected(++generation_, now);
    detail::run_all(
        [&] { feed(SessionEvent::TransportUp{}); },
        [&] {
            if (url_.tls() && !tls.verified)
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
    if (end.error) last_error_ = end.error;
    if (end.was_open) {
        close_code_ = end.close_code;
        close_reason_ = end.close_reason;
    }
    stats_.record_bytes_to_send(0);
    bury(std::exchange(ended_, std::move(connection_)));
    reactor_.schedule_after(grave_timer_, settings_.connection.close_timeout);
    feed(SessionEvent::TransportEnded{.error = end.error.code,
                                      .close_code = end.close_code,
                                      .http_status = end.http_status,
                                      .retry_after = end.retry_after});
}

void Session::on_dropped(std::uint64_t more) {
    const std::array<AlertField, 2> context{
        {{"queue_size", std::to_string(settings_.queue_size)}, {"dropped", std::to_string(more)}}};
    const bool has_limit = delivery_.queue() != nullptr && settings_.queue_size != 0;
    alert(has_limit ? "Message queue full" : "No memory for messages", context);
}

void Session::on_room() {
    if (connection_) connection_->resume();
    feed(SessionEvent::PongsHeldUp{});
}

// The user's calls

Errc Session::send(Opcode opcode, std::span<const std::byte> payload) noexcept {
    if (fsm_.state() != SessionState::open) return Errc::not_connected;
    const Errc refused = connection_->send(opcode, payload);
    if (refused != Errc::ok) return refused;
    stats_.record_message_sent(payload.size(), reactor_.now());
    stats_.record_bytes_to_send(connection_->bytes_to_send());
    return Errc::ok;
}

void Session::send_texts(const std::vector<std::string>& texts) {
    for (const auto& text : texts)
        if (const Errc refused = send(Opcode::text, bytes_of(text)); refused != Errc::ok)
            return alert("a subscription could not be sent: " + std::string(describe(refused)));
}

void Session::subscribe(std::span<const std::string_view> channels) {
    const auto added = subscriptions_.add(channels);
    if (!added.empty() && tells_subscriptions()) send_texts(codec_->subscribe(added));
}

void Session::unsubscribe(std::span<const std::string_view> channels) {
    const auto removed = subscriptions_.remove(channels);
    if (!removed.empty() && tells_subscriptions()) send_texts(codec_->unsubscribe(removed));
}

void Session::alert(std::string_view message, AlertContext context) {
    const HandlerScope scope(*this);
    if (handlers_->on_alert) handlers_->on_alert("websocket", message, context);
}

void Session::reset_stats() noexcept {
    const bool kernel_tls = stats_.snapshot().kernel_tls;
    stats_.reset(reactor_.now(), reactor_.system_now());
    fsm_.reset_round_trip();
    if (MessageQueue* const queue = delivery_.queue()) queue->reset_high_water();
    // What is not counted, but is so.
    stats_.record_tls(false, kernel_tls);
    if (connection_) stats_.record_bytes_to_send(connection_->bytes_to_send());
}

WebSocketStats Session::stats() const noexcept {
    WebSocketStats stats = stats_.snapshot();
    if (const MessageQueue* const queue = delivery_.queue()) {
        stats.queued = queue->size();
        stats.queued_high_water = queue->high_water();
    }
    return stats;
}

}  // namespace pinwheel
